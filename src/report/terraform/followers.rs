//! What else in a state names the source, and what becomes of it once its references name the target.

use serde::Serialize;

use super::{
    address::Address,
    state::{Managed, State},
    takeover::{CLUSTER, INSTANCE, MEMBER, VERSION, is_of},
};
use crate::steps::{brief::Source, window::Family};

/// A resource that follows the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Follower {
    /// Where it is.
    pub address: Address,
    /// What a changed reference does.
    pub becomes: &'static str,
}

/// Attributes that name a database by its identifier alone, which elsewhere may be any word.
const NAMING: [&str; 7] = [
    "cluster_identifier",
    "db_cluster_identifier",
    "db_instance_identifier",
    "source_db_cluster_identifier",
    "source_ids",
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
];

/// What follows the source, by address.
pub(super) fn followers(source: &Source, state: &State) -> Vec<Follower> {
    let own = |one: &Managed| [CLUSTER, MEMBER, INSTANCE, VERSION].contains(&one.address.kind.as_str());
    let members: Vec<&str> =
        state.resources().filter(|one| is_of(source, one)).filter_map(|one| one.text("identifier")).collect();
    let kind = match source.family {
        Family::Cluster => "cluster",
        Family::Instance => "db",
    };
    let (arn, scaled) = (format!(":{kind}:{}", source.identifier), format!("{kind}:{}", source.identifier));
    let named = |attribute: &str, text: &str| {
        NAMING.contains(&attribute) && (text == source.identifier || members.contains(&text))
            || (text.starts_with("arn:") && text.ends_with(&arn) && text.contains(&source.region))
            || text == scaled
            || text == source.resource_id
            || source.endpoint.as_deref().is_some_and(|endpoint| text.contains(endpoint))
    };
    let follows = state.resources().filter(|one| !own(one) && one.any(&named));
    follows.map(|one| Follower { address: one.address.clone(), becomes: becomes(&one.address.kind) }).collect()
}

fn becomes(kind: &str) -> &'static str {
    match kind {
        "aws_db_cluster_snapshot" | "aws_db_snapshot" => {
            "is replaced, which DELETES the snapshot of the source: write the source's identifier out, so that it does not change"
        }
        "aws_rds_cluster_role_association" | "aws_db_instance_role_association" => {
            "is replaced: the role is taken from the source and given to the target"
        }
        "aws_rds_cluster_endpoint" => {
            "is replaced: the source's custom endpoint is deleted, and made anew on the target; clients lose it in between"
        }
        "aws_appautoscaling_target" | "aws_appautoscaling_policy" => {
            "is replaced: the source is no longer scaled, the target is"
        }
        "aws_db_proxy_target" => {
            "is replaced: the proxy lets go of the source and takes the target; clients queue in between"
        }
        "aws_rds_cluster_activity_stream" => "is replaced: the source's stream ends",
        "aws_db_instance_automated_backups_replication" => "is replaced: the source's replicated backups end",
        "aws_rds_global_cluster" => "must not follow: the target is in no global database",
        "aws_route53_record" => "is changed in place, which moves the clients that follow the record",
        "aws_cloudwatch_metric_alarm" | "aws_db_event_subscription" | "aws_ssm_parameter" => "is changed in place",
        "aws_secretsmanager_secret_rotation" => "is changed in place: see that it rotates what the target accepts",
        _ => "names the source: look at what the plan does to it",
    }
}
