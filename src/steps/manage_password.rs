//! Has RDS manage the target's master password in a secret of its own, as it does the source's, and logs in with it. A restored
//! cluster has the password of the restore point, and no such secret.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    failure, made, serving,
    world::World,
};
use crate::{
    aws::{
        rds::{model::MasterUserSecret, requests::ModifyCluster},
        secrets::model::VersionRef,
    },
    pg::ErrorKind as LoginError,
    pointer::Master,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
};

/// Hands the password to RDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagePassword {
    /// What is sent.
    pub request: Box<ModifyCluster>,
    /// How the target is reached; who logs in is the secret's to say.
    pub access: Access,
}

impl ManagePassword {
    fn target(&self) -> &str {
        &self.request.db_cluster_identifier
    }

    fn doing(&self) -> String {
        format!("have RDS manage the master password of cluster {}", self.target())
    }

    /// Logs in with what the secret holds.
    async fn proven(&self, world: &World, cx: &Context<'_>, arn: &str) -> Result<Observed, StepError> {
        let doing = format!("log in to cluster {} with its managed secret", self.target());
        let found = world.secrets.get(arn, &VersionRef::Current).await;
        let Some(found) = found.map_err(|error| failure::of_aws(&doing, &error))? else {
            return Ok(Observed::Wait(Waiting::on(format!("secret {arn} to be readable"))));
        };
        let master = Master::parse(&found.value).map_err(|error| StepError::terminal(Failure::of(&doing, &error)))?;
        let writer = serving::writer(cx.outputs)?;
        let login = self.access.with(world, writer.endpoint, writer.port, master.user, master.password);
        match world.postgres.connect_check(&login).await {
            Ok(landed) => Ok(Observed::Done(json!({ "secret": arn, "landed": landed }))),
            // RDS sets the password after it has made the secret.
            Err(error) if error.kind == LoginError::Authentication => {
                Err(StepError::passing(failure::of_postgres(&doing, &error).failure))
            }
            Err(error) => Err(failure::of_postgres(&doing, &error)),
        }
    }
}

#[async_trait]
impl Body for ManagePassword {
    fn id(&self) -> StepId {
        StepId::from("manage-password")
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn is_optional(&self) -> bool {
        true
    }

    fn settings(&self) -> Vec<String> {
        vec!["RDS-managed password".to_owned()]
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("have RDS manage the master password of {}, and log in with it", self.target()),
            calls: vec![self.request.call()],
            undo: "none needed: RDS removes the secret with the cluster".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let target = made::target(world, cx, self.target(), &self.doing()).await?;
        let secret = target.cluster.as_ref().and_then(|cluster| cluster.master_user_secret.clone());
        match (secret, target.is_ready()) {
            (None, _) => Ok(target.into_change()),
            (Some(MasterUserSecret { arn: Some(arn), status: Some(status), .. }), true) if status == "active" => {
                self.proven(world, cx, &arn).await
            }
            (Some(MasterUserSecret { status: Some(status), .. }), _) if status == "impaired" => {
                let message = format!("{}: the secret is {status}: RDS cannot use its key or reach it", self.doing());
                Err(StepError::terminal(Failure::new(message)))
            }
            (Some(secret), _) => {
                let status = secret.status.as_deref().unwrap_or("creating");
                let words = format!("the managed secret of cluster {} is {status}", self.target());
                Ok(Observed::Wait(Waiting::on(words)))
            }
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let answer = world.rds.modify_cluster(&self.request).await;
        answer.map_err(|error| failure::of_aws(&self.doing(), &error))
    }
}
