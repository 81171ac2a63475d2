//! Waits until the replicas of secrets that were moved have the version that leads to the target: clients in their regions read
//! them, and no other copy.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    stage_secret::describe,
    world::World,
};
use crate::{
    aws::secrets::model::SecretDescription,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
};

/// The step's name in every plan that moves a replicated secret.
pub const ID: &str = "await-replicas";

/// Waits for replicas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitReplicas {
    /// The secrets that have some.
    pub secrets: Vec<Replicated>,
}

/// A secret that is replicated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replicated {
    /// Its ARN.
    pub secret: String,
    /// Its replicas' regions, as the plan saw them.
    pub regions: Vec<String>,
}

/// The replicas that have not followed yet, in words; a terminal error where one has failed (`ReplicationStatus` of
/// `DescribeSecret`).
pub(super) fn behind(secret: &SecretDescription, doing: &str) -> Result<Option<String>, StepError> {
    if let Some(failed) = secret.replication.iter().find(|replica| replica.failed()) {
        let why = failed.message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let message = format!("{doing}: the replica in {} has failed{why}", failed.region);
        let hint = format!(
            "mend it, or do without it: aws secretsmanager remove-regions-from-replication --secret-id {} --remove-replica-regions {}",
            secret.arn, failed.region
        );
        return Err(StepError::terminal(Failure::new(message).hint(hint)));
    }
    let behind: Vec<&str> = secret
        .replication
        .iter()
        .filter(|replica| !replica.is_in_sync())
        .map(|replica| replica.region.as_str())
        .collect();
    Ok((!behind.is_empty()).then(|| format!("the replicas of secret {} in {}", secret.name, behind.join(", "))))
}

#[async_trait]
impl Body for AwaitReplicas {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        let words = |one: &Replicated| format!("{} in {}", one.secret, one.regions.join(", "));
        let replicas: Vec<String> = self.secrets.iter().map(words).collect();
        Description {
            title: format!("wait until the replicas have followed: {}", replicas.join("; ")),
            calls: Vec::new(),
            undo: "nothing to undo: it changes nothing".to_owned(),
        }
    }

    async fn observe(&self, world: &World, _: &Context<'_>) -> Result<Observed, StepError> {
        let mut waiting = Vec::new();
        for Replicated { secret, .. } in &self.secrets {
            let doing = format!("wait for the replicas of secret {secret}");
            let secret = describe(world, secret, &doing).await?;
            waiting.extend(behind(&secret, &doing)?);
        }
        Ok(match waiting.is_empty() {
            true => Observed::Done(json!({ "replicated": self.secrets })),
            false => Observed::Wait(Waiting::on(waiting.join("; "))),
        })
    }
}
