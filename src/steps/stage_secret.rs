//! Puts the secret's next version in place, under a label of its own, and logs in with it: nothing follows it yet.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::{Access, read_secret},
    await_replicas::behind,
    body::{Body, Description},
    failure, serving,
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        secrets::{
            model::{SecretDescription, VersionRef},
            requests::{MoveLabel, PutVersion},
        },
    },
    pg::ErrorKind as LoginError,
    pointer::{Address, Names},
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until},
};

/// The name of the step that stages the first secret.
pub const ID: &str = "stage-secret";

/// Adds the version that points at the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageSecret {
    /// Which of the secrets that are moved it is, from 1.
    pub nth: usize,
    /// The version the plan saw; the new one is made from it.
    pub from_version: String,
    /// What is sent, but for the value.
    pub put: PutVersion,
    /// The target.
    pub target: TargetName,
    /// How to log in as the secret's readers do.
    pub access: Access,
    /// The key under which a URL stands, where the secret is JSON with one.
    pub url_key: Option<String>,
}

impl StageSecret {
    fn doing(&self) -> String {
        format!("stage a new version of secret {}", self.put.secret_id)
    }

    fn label(&self) -> &str {
        self.put.version_stages.first().map_or("", String::as_str)
    }

    fn version(&self) -> &str {
        &self.put.client_request_token
    }
}

/// The name of the first of several steps, and of those after it: `move-secret`, `move-secret-2`.
pub(super) fn numbered(name: &str, nth: usize) -> StepId {
    if nth < 2 { StepId::from(name) } else { StepId(format!("{name}-{nth}")) }
}

/// Looks at a secret that is there.
pub(super) async fn describe(world: &World, secret: &str, doing: &str) -> Result<SecretDescription, StepError> {
    let found = world.secrets_of(secret).describe(secret).await.map_err(|error| failure::of_aws(doing, &error))?;
    found.ok_or_else(|| StepError::terminal(Failure::new(format!("{doing}: there is no such secret"))))
}

/// Refuses a secret whose current version is neither of the two that this run knows: somebody else changed it.
pub(super) fn unchanged(secret: &SecretDescription, known: [&str; 2], doing: &str) -> Result<(), StepError> {
    match secret.current() {
        Some(current) if known.contains(&current) => Ok(()),
        current => {
            let current = current.unwrap_or("no version");
            let message = format!(
                "{doing}: somebody changed the secret meanwhile: AWSCURRENT is on {current}, not on {}",
                known[0]
            );
            Err(StepError::terminal(Failure::new(message).hint("find out who wrote it, then make a new plan")))
        }
    }
}

#[async_trait]
impl Body for StageSecret {
    fn id(&self) -> StepId {
        numbered(ID, self.nth)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        Description {
            title: format!(
                "stage a version of {} that points at {}, and log in with it",
                self.put.secret_id, self.target.identifier
            ),
            calls: vec![self.put.call()],
            undo: format!("take the label {} away; AWS discards versions without a label", self.label()),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let secret = describe(world, &self.put.secret_id, &doing).await?;
        unchanged(&secret, [&self.from_version, self.version()], &doing)?;
        if secret.is_rotating() {
            let failure = Failure::new(format!("{doing}: a rotation of it has begun and not ended"));
            let hint = format!("let the rotation end, then daybreak cutover {}", cx.run);
            return Err(StepError::terminal(failure.hint(hint)));
        }
        let staged = secret.holder(self.label()) == Some(self.version()) || secret.current() == Some(self.version());
        if !staged {
            return Ok(Observed::Act);
        }
        // One that has failed would leave its clients behind; one that is only late is waited for once it matters.
        behind(&secret, &doing)?;
        let version = VersionRef::Id(self.version().to_owned());
        let (_, value) = read_secret(world, &self.put.secret_id, &version, self.url_key.as_deref()).await?;
        let login = self.access.as_client(world, value.connection().clone())?;
        let doing = format!("log in to {} with the staged version of secret {}", self.target, self.put.secret_id);
        let landed = world.postgres.connect_check(&login).await.map_err(|error| {
            let mut failed = failure::of_postgres(&doing, &error);
            if error.kind == LoginError::Authentication {
                let hint = "passwords are as of the requested time: if this one was changed since, set the target's to the secret's";
                failed.failure = failed.failure.hint(hint);
            }
            failed
        })?;
        Ok(Observed::Done(json!({ "version": self.version(), "landed": landed })))
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        let writer = serving::writer(cx.outputs)?;
        let version = VersionRef::Id(self.from_version.clone());
        let (_, value) = read_secret(world, &self.put.secret_id, &version, self.url_key.as_deref()).await?;
        let address = Address {
            host: writer.endpoint,
            port: writer.port,
            names: match self.target.family {
                Family::Cluster => Names::Cluster,
                Family::Instance => Names::Instance,
            },
            identifier: self.target.identifier.clone(),
        };
        let staged = value.retarget(&address);
        match world.secrets_of(&self.put.secret_id).put_version(&self.put, &staged).await {
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::AlreadyExists => {
                let failure = Failure::of(&doing, &error);
                let hint = "this run staged another value before: make a new plan";
                return Err(StepError::terminal(failure.hint(hint)));
            }
            Err(error) => return Err(failure::of_aws(&doing, &error)),
        }
        // A version that was staged, and whose label was taken away by an undo, does not get it back from a repeated put.
        let secret = describe(world, &self.put.secret_id, &doing).await?;
        if secret.holder(self.label()) == Some(self.version()) {
            return Ok(());
        }
        let request = MoveLabel {
            secret_id: self.put.secret_id.clone(),
            version_stage: self.label().to_owned(),
            move_to_version_id: Some(self.version().to_owned()),
            remove_from_version_id: None,
        };
        world.secrets_of(&request.secret_id).move_label(&request).await.map_err(|error| failure::of_aws(&doing, &error))
    }

    async fn undo(&self, world: &World, _: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("take the label {} from secret {}", self.label(), self.put.secret_id);
        let secret = describe(world, &self.put.secret_id, &doing).await?;
        if secret.holder(self.label()) != Some(self.version()) {
            return Ok(Undone::Done(format!("no version carries the label {}", self.label())));
        }
        let request = MoveLabel {
            secret_id: self.put.secret_id.clone(),
            version_stage: self.label().to_owned(),
            move_to_version_id: None,
            remove_from_version_id: Some(self.version().to_owned()),
        };
        world
            .secrets_of(&request.secret_id)
            .move_label(&request)
            .await
            .map_err(|error| failure::of_aws(&doing, &error))?;
        Ok(Undone::Done(format!("version {} has lost its label", self.version())))
    }
}
