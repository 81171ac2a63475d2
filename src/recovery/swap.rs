//! Whether source and target can swap names, looked at before anything is created; and what a swap means to everything that knows
//! the source by its name.

use super::{configuration::Configuration, refusal::Refusal, survey::Survey};
use crate::{
    aws::rds::model::Cluster,
    config::Database,
    steps::surroundings::{ALARMS, SUBSCRIPTIONS, Surroundings},
};

/// A source whose name can be given to its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedSwap {
    /// Its name.
    pub name: String,
    /// Its resource id.
    pub resource_id: String,
    /// The host that takes writes.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Surveys the swap that the profile wants; none where it wants none.
pub fn survey(database: &Database, source: &Configuration, live: bool) -> Result<Option<SurveyedSwap>, Refusal> {
    if !database.cutover.rename {
        return Ok(None);
    }
    let unfit = |why: String, hint: &str| {
        let what =
            format!("{} {} cannot swap names with its target: {why}", source.family().word(), source.identifier());
        Err(Refusal::unfit(what, hint))
    };
    let otherwise = "move the application by secret or dns instead, under [databases.….cutover]";
    if !database.cutover.secrets.is_empty() || database.cutover.dns.is_some() {
        let why = "another pointer is to be moved, too, and what leads to the endpoint follows by itself".to_owned();
        return unfit(why, "leave rename or the other out, under cutover and the region's cutover_secret");
    }
    let Configuration::Cluster(source) = source else {
        let why = "it is an instance: each rename restarts it, and the name can be gone for ten minutes".to_owned();
        return unfit(why, otherwise);
    };
    let Cluster { identifier, resource_id, endpoint, port, .. } = &source.cluster;
    if !live {
        let why = "it does not exist any more, so there is nobody to swap with".to_owned();
        return unfit(why, "--as-before gives the target its name from the beginning");
    }
    if let Some(global) = &source.cluster.global_cluster_identifier {
        let why = format!(
            "it belongs to the global database {global}, and AWS does not say what becomes of that when a member is renamed"
        );
        return unfit(why, otherwise);
    }
    let replicates = source.cluster.read_replicas.first().or(source.cluster.replication_source.as_ref());
    if let Some(other) = replicates {
        let why = format!("it replicates to or from {other}, which knows it by its name");
        return unfit(why, otherwise);
    }
    match (endpoint, port) {
        (Some(host), Some(port)) => Ok(Some(SurveyedSwap {
            name: identifier.clone(),
            resource_id: resource_id.clone(),
            host: host.clone(),
            port: *port,
        })),
        _ => unfit("it has no endpoint that clients could follow".to_owned(), "give it an instance first"),
    }
}

/// What its reader should know of a swap.
pub fn warnings(survey: &Survey, swap: &SurveyedSwap, aside: &str) -> Vec<String> {
    let SurveyedSwap { name, host, .. } = swap;
    let mut warnings = vec![
        format!(
            "names are swapped by two renames, one after the other: in between nothing bears the name {name} and {host} leads nowhere, forward and back; AWS does not say for how long"
        ),
        format!(
            "clients that verify the host name (verify-full) cannot connect to {name} after the swap: a renamed cluster keeps the certificate of its former name until it is stopped and started"
        ),
        format!(
            "what names the cluster follows to the target: IAM policies by its ARN, autoscaling, backup selections and monitoring by its name. What goes by resource id stays with {aside}: rds-db:connect, and the backups of before"
        ),
        format!("instances keep their names, and so do custom endpoints: whoever uses those stays with {aside}"),
    ];
    if let Configuration::Cluster(source) = &survey.source {
        let around = &source.surroundings;
        for (what, names) in [(ALARMS, alarms(around, name)), (SUBSCRIPTIONS, subscriptions(around, name))] {
            if !names.is_empty() {
                warnings.push(format!("{what} that name {name} watch the target after the swap: {}", names.join(", ")));
            }
        }
        if around.scalable_target.is_some() {
            warnings.push(format!(
                "the readers of {name} are scaled by its name: the scaling is the target's after the swap, and no longer that of {aside}; look at it afterwards"
            ));
        }
    }
    warnings
}

/// The alarms on the cluster itself, which go with its name.
pub fn alarms<'a>(around: &'a Surroundings, cluster: &str) -> Vec<&'a str> {
    let names = |databases: &[String]| databases.iter().any(|one| one.eq_ignore_ascii_case(cluster));
    around.alarms.iter().filter(|alarm| names(&alarm.databases)).map(|alarm| alarm.name.as_str()).collect()
}

/// The subscriptions to events of the cluster itself, which go with its name.
pub fn subscriptions<'a>(around: &'a Surroundings, cluster: &str) -> Vec<&'a str> {
    let names = |sources: &[String]| sources.iter().any(|one| one.eq_ignore_ascii_case(cluster));
    let those = around.subscriptions.iter().filter(|subscription| names(&subscription.sources));
    those.map(|subscription| subscription.name.as_str()).collect()
}
