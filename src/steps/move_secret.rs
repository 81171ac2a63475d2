//! Moves the application: AWSCURRENT goes to the staged version, compare-and-set, and is read back as a client would.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::{Access, read_secret},
    body::{Body, Description},
    create_instance::{WRITER, Writer},
    failure,
    stage_secret::{describe, unchanged},
    world::World,
};
use crate::{
    aws::secrets::{
        model::{CURRENT, VersionRef},
        requests::MoveLabel,
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until},
};

/// The step's name in every plan that cuts over by secret.
pub const ID: &str = "move-secret";

/// Moves AWSCURRENT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveSecret {
    /// The secret's ARN.
    pub secret: String,
    /// The version the application follows now, and again after a rollback.
    pub from_version: String,
    /// The staged version.
    pub to_version: String,
    /// The label it was staged under, which it then no longer needs.
    pub staging_label: String,
    /// The target cluster.
    pub cluster: String,
    /// How to log in as the secret's readers do.
    pub access: Access,
    /// The key under which a URL stands, where the secret is JSON with one.
    pub url_key: Option<String>,
}

impl MoveSecret {
    fn doing(&self) -> String {
        format!("move secret {} to cluster {}", self.secret, self.cluster)
    }

    fn current(&self, from: &str, to: &str) -> MoveLabel {
        MoveLabel {
            secret_id: self.secret.clone(),
            version_stage: CURRENT.to_owned(),
            move_to_version_id: Some(to.to_owned()),
            remove_from_version_id: Some(from.to_owned()),
        }
    }

    fn forward(&self) -> MoveLabel {
        self.current(&self.from_version, &self.to_version)
    }

    fn back(&self) -> MoveLabel {
        self.current(&self.to_version, &self.from_version)
    }

    fn unlabel(&self) -> MoveLabel {
        MoveLabel {
            secret_id: self.secret.clone(),
            version_stage: self.staging_label.clone(),
            move_to_version_id: None,
            remove_from_version_id: Some(self.to_version.clone()),
        }
    }

    /// Fetches the secret, connects, and asks where that landed, once by the secret and once by the target's endpoint.
    async fn verify(&self, world: &World, writer: &Writer) -> Result<Observed, StepError> {
        let doing = format!("follow secret {} as a client would", self.secret);
        let (version, value) = read_secret(world, &self.secret, &VersionRef::Current, self.url_key.as_deref()).await?;
        if version != self.to_version {
            let failure =
                Failure::new(format!("{doing}: clients still get version {version}, not {}", self.to_version));
            return Err(StepError::passing(failure));
        }
        let client = self.access.as_client(world, value.connection().clone())?;
        let direct = self.access.at(world, &writer.endpoint, writer.port).await?;
        let ask = async |login| {
            world.postgres.connect_check(login).await.map_err(|error| failure::of_postgres(&doing, &error))
        };
        let (landed, target) = (ask(&client).await?, ask(&direct).await?);
        if !landed.same_server(&target) || landed.in_recovery {
            let message = format!("{doing}: it led to {}, and the target's writer is {}", landed.name(), target.name());
            return Err(StepError::terminal(Failure::new(message)));
        }
        Ok(Observed::Done(json!({ "version": version, "host": client.host, "port": client.port, "landed": landed })))
    }
}

#[async_trait]
impl Body for MoveSecret {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("move the application: AWSCURRENT of {} to the staged version", self.secret),
            calls: vec![self.forward().call(), self.unlabel().call()],
            undo: format!("move AWSCURRENT back to version {}, exactly", self.from_version),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let secret = describe(world, &self.secret, &doing).await?;
        unchanged(&secret, [&self.from_version, &self.to_version], &doing)?;
        let moved = secret.current() == Some(&self.to_version);
        if !moved || secret.holder(&self.staging_label) == Some(&self.to_version) {
            return Ok(Observed::Act);
        }
        self.verify(world, &cx.outputs.of(WRITER)?).await
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        let secret = describe(world, &self.secret, &doing).await?;
        unchanged(&secret, [&self.from_version, &self.to_version], &doing)?;
        if secret.current() == Some(&self.from_version) {
            world.secrets.move_label(&self.forward()).await.map_err(|error| failure::of_aws(&doing, &error))?;
        }
        if secret.holder(&self.staging_label) == Some(&self.to_version) {
            world.secrets.move_label(&self.unlabel()).await.map_err(|error| failure::of_aws(&doing, &error))?;
        }
        Ok(())
    }

    async fn undo(&self, world: &World, _: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("move secret {} back to version {}", self.secret, self.from_version);
        let secret = describe(world, &self.secret, &doing).await?;
        unchanged(&secret, [&self.from_version, &self.to_version], &doing)?;
        if secret.current() == Some(&self.to_version) {
            world.secrets.move_label(&self.back()).await.map_err(|error| failure::of_aws(&doing, &error))?;
        }
        let (version, _) = read_secret(world, &self.secret, &VersionRef::Current, self.url_key.as_deref()).await?;
        if version == self.from_version {
            Ok(Undone::Done(format!("clients get version {version} again")))
        } else {
            Err(StepError::passing(Failure::new(format!("{doing}: clients still get version {version}"))))
        }
    }
}
