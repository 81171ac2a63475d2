//! Gives the target an IAM role of the source's. Before the cutover it has none, so that nothing that runs by itself in the
//! restored database reaches production.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    made::{self, Made},
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    aws::{
        self, Call, ErrorKind,
        rds::{
            fittings::requests::{self, AddInstanceRole, RemoveInstanceRole, RemoveRole},
            model::AssociatedRole,
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Adds one role and waits until it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddRole {
    /// Who gets it.
    pub target: TargetName,
    /// The role's ARN.
    pub role_arn: String,
    /// What for, such as `s3Import`. An instance's role always says.
    pub feature_name: Option<String>,
}

impl AddRole {
    fn role(&self) -> String {
        let feature = self.feature_name.as_ref().map(|feature| format!(" for {feature}")).unwrap_or_default();
        format!("role {}{feature}", self.role_arn)
    }

    fn doing(&self) -> String {
        format!("give {} {}", self.target, self.role())
    }

    fn of<'a>(&self, made: &'a Made) -> Option<&'a AssociatedRole> {
        made.roles().iter().find(|role| role.role_arn == self.role_arn && role.feature_name == self.feature_name)
    }

    fn to_cluster(&self) -> requests::AddRole {
        requests::AddRole {
            db_cluster_identifier: self.target.identifier.clone(),
            role_arn: self.role_arn.clone(),
            feature_name: self.feature_name.clone(),
        }
    }

    fn to_instance(&self) -> AddInstanceRole {
        AddInstanceRole {
            db_instance_identifier: self.target.identifier.clone(),
            role_arn: self.role_arn.clone(),
            feature_name: self.feature_name.clone().unwrap_or_default(),
        }
    }

    fn call(&self) -> Call {
        match self.target.family {
            Family::Cluster => self.to_cluster().call(),
            Family::Instance => self.to_instance().call(),
        }
    }

    async fn add(&self, world: &World) -> Result<(), aws::Error> {
        match self.target.family {
            Family::Cluster => world.fittings.add_role(&self.to_cluster()).await,
            Family::Instance => world.fittings.add_instance_role(&self.to_instance()).await,
        }
    }

    async fn remove(&self, world: &World) -> Result<(), aws::Error> {
        match self.target.family {
            Family::Cluster => {
                let requests::AddRole { db_cluster_identifier, role_arn, feature_name } = self.to_cluster();
                world.fittings.remove_role(&RemoveRole { db_cluster_identifier, role_arn, feature_name }).await
            }
            Family::Instance => {
                let AddInstanceRole { db_instance_identifier, role_arn, feature_name } = self.to_instance();
                let request = RemoveInstanceRole { db_instance_identifier, role_arn, feature_name };
                world.fittings.remove_instance_role(&request).await
            }
        }
    }

    /// What the application needs it for cannot be known here: a person decides whether to go on without it.
    fn held(&self, failure: Failure, cx: &Context<'_>) -> StepError {
        let hint = format!(
            "let {} be attached (iam:PassRole on it, a trust policy for rds.amazonaws.com), then daybreak resume {}",
            self.role_arn, cx.run
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
        // A target has one role for a feature.
        StepId(format!("add-role-{}", self.feature_name.as_deref().unwrap_or("any")))
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
            title: format!("give {} the source's {}", self.target.identifier, self.role()),
            calls: vec![self.call()],
            undo: format!("take the role from {}", self.target.identifier),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let target = made::target(world, cx, &self.target, &self.doing()).await?;
        let role = target.made.as_ref().and_then(|made| self.of(made));
        match role.map(|role| role.status.as_deref().unwrap_or("PENDING")) {
            Some("ACTIVE") => Ok(Observed::Done(json!({ "role": self.role_arn }))),
            Some("INVALID") => {
                let failure = Failure::new(format!("{}: RDS cannot use it (INVALID)", self.doing()));
                Err(self.held(failure, cx))
            }
            Some(status) => Ok(Observed::Wait(Waiting::on(format!("{} is {status}", self.role())))),
            None => Ok(target.into_change()),
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        match self.add(world).await {
            Err(error) if error.kind != ErrorKind::AlreadyExists => Err(self.refused(&error, cx)),
            _ => Ok(()),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("take {} from {}", self.role(), self.target);
        let Some(made) = made::target_to_undo(world, cx, &self.target, &doing).await? else {
            return Ok(Undone::Done(format!("{} is gone, and the role with it", self.target)));
        };
        if self.of(&made).is_none() {
            return Ok(Undone::Done(format!("{} has no such role", self.target)));
        }
        match self.remove(world).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(failure::of_aws(&doing, &error)),
            _ => Ok(Undone::Wait(Waiting::on(format!("{} to leave {}", self.role(), self.target)))),
        }
    }
}
