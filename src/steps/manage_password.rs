//! Has RDS manage the target's master password in a secret of its own, as it does the source's, and logs in with it. A restored
//! target has the password of the restore point, and no such secret.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    failure,
    made::{self, Made},
    serving,
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    aws::{
        self, Call,
        rds::{model::MasterUserSecret, plain::requests::ModifyInstance, requests::ModifyCluster},
        secrets::model::VersionRef,
    },
    pg::{ErrorKind as LoginError, Landed},
    pointer::Master,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
};

/// Hands the password to RDS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagePassword {
    /// Whose password it is.
    pub target: TargetName,
    /// The key for its secret; without one AWS's own for secrets.
    pub key: Option<String>,
    /// How the target is reached; who logs in is the secret's to say.
    pub access: Access,
}

/// The step's name in every plan that has it.
pub const ID: &str = "manage-password";

/// What the step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// The ARN of the secret that RDS made.
    pub secret: String,
    /// Where the login with it got.
    pub landed: Landed,
}

/// Who the secret says the master is; none while it cannot be read.
async fn master(world: &World, arn: &str, doing: &str) -> Result<Option<Master>, StepError> {
    let found = world.secrets_of(arn).get(arn, &VersionRef::Current).await;
    let Some(found) = found.map_err(|error| failure::of_aws(doing, &error))? else { return Ok(None) };
    Master::parse(&found.value).map(Some).map_err(|error| StepError::terminal(Failure::of(doing, &error)))
}

impl ManagePassword {
    fn doing(&self) -> String {
        format!("have RDS manage the master password of {}", self.target)
    }

    fn of_cluster(&self) -> ModifyCluster {
        ModifyCluster {
            db_cluster_identifier: self.target.identifier.clone(),
            apply_immediately: true,
            manage_master_user_password: Some(true),
            master_user_secret_kms_key_id: self.key.clone(),
            ..ModifyCluster::default()
        }
    }

    fn of_instance(&self) -> ModifyInstance {
        ModifyInstance {
            db_instance_identifier: self.target.identifier.clone(),
            apply_immediately: true,
            manage_master_user_password: Some(true),
            master_user_secret_kms_key_id: self.key.clone(),
            ..ModifyInstance::default()
        }
    }

    fn call(&self) -> Call {
        match self.target.family {
            Family::Cluster => self.of_cluster().call(),
            Family::Instance => self.of_instance().call(),
        }
    }

    async fn send(&self, world: &World) -> Result<(), aws::Error> {
        match self.target.family {
            Family::Cluster => world.rds.modify_cluster(&self.of_cluster()).await,
            Family::Instance => world.instances.modify_instance(&self.of_instance()).await,
        }
    }

    /// Logs in with what the secret holds.
    async fn proven(&self, world: &World, cx: &Context<'_>, arn: &str) -> Result<Observed, StepError> {
        let doing = format!("log in to {} with its managed secret", self.target);
        let Some(master) = master(world, arn, &doing).await? else {
            return Ok(Observed::Wait(Waiting::on(format!("secret {arn} to be readable"))));
        };
        let writer = serving::writer(cx.outputs)?;
        let login = self.access.with(world, writer.endpoint, writer.port, master.user, master.password);
        match world.postgres.connect_check(&login).await {
            Ok(landed) => Ok(Observed::Done(json!(Managed { secret: arn.to_owned(), landed }))),
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
        StepId::from(ID)
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
            title: format!("have RDS manage the master password of {}, and log in with it", self.target.identifier),
            calls: vec![self.call()],
            undo: format!("none needed: RDS removes the secret with the {}", self.target.family.word()),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let target = made::target(world, cx, &self.target, &self.doing()).await?;
        let secret = target.made.as_ref().and_then(Made::master_secret).cloned();
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
                let words = format!("the managed secret of {} is {status}", self.target);
                Ok(Observed::Wait(Waiting::on(words)))
            }
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        self.send(world).await.map_err(|error| failure::of_aws(&self.doing(), &error))
    }
}
