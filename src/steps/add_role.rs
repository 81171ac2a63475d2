//! Gives the target an IAM role of the source's. Before the cutover it has none, so that nothing that runs by itself in the
//! restored database reaches production.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure, made,
    world::World,
};
use crate::{
    aws::{
        self, ErrorKind,
        rds::{
            fittings::requests,
            model::{AssociatedRole, Cluster},
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Adds one role and waits until it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddRole {
    /// What is sent.
    pub request: requests::AddRole,
}

impl AddRole {
    fn target(&self) -> &str {
        &self.request.db_cluster_identifier
    }

    fn role(&self) -> String {
        let feature = self.request.feature_name.as_ref().map(|feature| format!(" for {feature}")).unwrap_or_default();
        format!("role {}{feature}", self.request.role_arn)
    }

    fn doing(&self) -> String {
        format!("give cluster {} {}", self.target(), self.role())
    }

    fn of<'a>(&self, cluster: &'a Cluster) -> Option<&'a AssociatedRole> {
        cluster
            .associated_roles
            .iter()
            .find(|role| role.role_arn == self.request.role_arn && role.feature_name == self.request.feature_name)
    }

    /// What the application needs it for cannot be known here: a person decides whether to go on without it.
    fn held(&self, failure: Failure, cx: &Context<'_>) -> StepError {
        let hint = format!(
            "let {} be attached (iam:PassRole on it, a trust policy for rds.amazonaws.com), then daybreak resume {}",
            self.request.role_arn, cx.run
        );
        StepError::hold(failure.hint(hint))
    }

    fn refused(&self, error: &aws::Error, cx: &Context<'_>) -> StepError {
        let failed = failure::of_aws(&self.doing(), error);
        if failed.is_passing() { failed } else { self.held(failed.failure, cx) }
    }
}

#[async_trait]
impl Body for AddRole {
    fn id(&self) -> StepId {
        // A cluster has one role for a feature.
        StepId(format!("add-role-{}", self.request.feature_name.as_deref().unwrap_or("any")))
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn settings(&self) -> Vec<String> {
        vec!["IAM roles".to_owned()]
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("give {} the source's {}", self.target(), self.role()),
            calls: vec![self.request.call()],
            undo: format!("take the role from {}", self.target()),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let target = made::target(world, cx, self.target(), &self.doing()).await?;
        let role = target.cluster.as_ref().and_then(|cluster| self.of(cluster));
        match role.map(|role| role.status.as_deref().unwrap_or("PENDING")) {
            Some("ACTIVE") => Ok(Observed::Done(json!({ "role": self.request.role_arn }))),
            Some("INVALID") => {
                let failure = Failure::new(format!("{}: RDS cannot use it (INVALID)", self.doing()));
                Err(self.held(failure, cx))
            }
            Some(status) => Ok(Observed::Wait(Waiting::on(format!("{} is {status}", self.role())))),
            None => Ok(target.into_change()),
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        match world.fittings.add_role(&self.request).await {
            Err(error) if error.kind != ErrorKind::AlreadyExists => Err(self.refused(&error, cx)),
            _ => Ok(()),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("take {} from cluster {}", self.role(), self.target());
        let Some(cluster) = made::target_to_undo(world, cx, self.target(), &doing).await? else {
            return Ok(Undone::Done(format!("cluster {} is gone, and the role with it", self.target())));
        };
        if self.of(&cluster).is_none() {
            return Ok(Undone::Done(format!("cluster {} has no such role", self.target())));
        }
        let request = requests::RemoveRole {
            db_cluster_identifier: self.request.db_cluster_identifier.clone(),
            role_arn: self.request.role_arn.clone(),
            feature_name: self.request.feature_name.clone(),
        };
        match world.fittings.remove_role(&request).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(failure::of_aws(&doing, &error)),
            _ => Ok(Undone::Wait(Waiting::on(format!("{} to leave cluster {}", self.role(), self.target())))),
        }
    }
}
