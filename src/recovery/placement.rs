//! Where a target is placed: the source's configuration as it holds in the target's region, with what the profile says for that
//! region.

use super::{configuration::ClusterConfiguration, refusal::Refusal, survey::Survey};
use crate::{
    aws::rds::model::{ParameterGroup, SecurityGroup},
    config::{Database, Regional},
};

/// The source's configuration, less what only its own region has, with what the profile says for the target's.
pub fn placed(source: &ClusterConfiguration, survey: &Survey, database: &Database) -> ClusterConfiguration {
    let mut placed = source.clone();
    let elsewhere = survey.region != survey.into;
    let cluster = &mut placed.cluster;
    if elsewhere {
        cluster.subnet_group = None;
        cluster.vpc_security_groups = Vec::new();
        cluster.parameter_group = None;
        for instance in &mut placed.instances {
            instance.parameter_groups = Vec::new();
            instance.availability_zone = None;
            instance.performance_insights_kms_key_id = None;
        }
    }
    let Some(set) = database.regions.get(&survey.into) else { return placed };
    let Regional { subnet_group, security_groups, parameter_group, instance_parameter_group, .. } = set;
    if let Some(group) = subnet_group {
        cluster.subnet_group = Some(group.clone());
    }
    if !security_groups.is_empty() {
        let group = |id: &String| SecurityGroup { id: id.clone(), status: None };
        cluster.vpc_security_groups = security_groups.iter().map(group).collect();
    }
    if let Some(group) = parameter_group {
        cluster.parameter_group = Some(group.clone());
    }
    if let Some(name) = instance_parameter_group {
        for instance in &mut placed.instances {
            instance.parameter_groups = vec![ParameterGroup { name: name.clone(), status: None }];
        }
    }
    placed
}

/// Refuses a target of which nothing says in which network it shall be: RDS would put it into the default one.
pub fn whole(
    subnet_group: Option<&String>,
    security_groups: &[String],
    survey: &Survey,
    database: &Database,
) -> Result<(), Refusal> {
    if survey.live && survey.region == survey.into {
        return Ok(());
    }
    let source = survey.source.identifier();
    let lacking = [("subnet_group", subnet_group.is_none()), ("security_groups", security_groups.is_empty())];
    let lacking: Vec<&str> = lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(key, _)| key).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let why = match survey.live {
        true => format!("those of {source} are of {}", survey.region),
        false => format!("{source} does not exist any more, and no backup holds them"),
    };
    Err(Refusal::unfit(
        format!("nothing says which {} a target in {} gets: {why}", lacking.join(" and "), survey.into),
        format!("set {} under {}", lacking.join(" and "), table(database, &survey.into)),
    ))
}

/// What is known of the key of that which is restored.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'a> {
    /// Its key; none where it is not encrypted.
    pub key: Option<&'a str>,
    /// Whether the key can be the target's as well: it is of the target's region and of this account.
    pub reachable: bool,
}

/// The key of the target, and of a copy on the way to it: the profile's, or that of what is restored. None: not encrypted.
pub fn key(sealed: Sealed<'_>, survey: &Survey, database: &Database) -> Result<Option<String>, Refusal> {
    match (&database.restore.kms_key, sealed.key) {
        (Some(own), _) => Ok(Some(own.clone())),
        (None, None) => Ok(None),
        (None, Some(key)) if sealed.reachable => Ok(Some(key.to_owned())),
        (None, Some(key)) => Err(Refusal::unfit(
            format!("what is restored is encrypted with {key}, which cannot encrypt a target in {}", survey.into),
            match survey.region == survey.into {
                true => format!("set kms_key under [databases.{}.restore]: a key of this account", database.name),
                false => format!("set kms_key under {}: a key of that region", table(database, &survey.into)),
            },
        )),
    }
}

/// The profile's table for a region.
fn table(database: &Database, region: &str) -> String {
    format!("[databases.{}.regions.{region}]", database.name)
}
