//! Moves the application: AWSCURRENT goes to the staged version, compare-and-set, and is read back as a client would.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::{Access, read_secret},
    body::{Body, Description},
    failure,
    serving::{self, Writer},
    stage_secret::{describe, numbered, unchanged},
    target::TargetName,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        secrets::{
            model::{CURRENT, PENDING, PREVIOUS, SecretDescription, VersionRef},
            requests::MoveLabel,
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until},
};

/// The name of the step that moves the first secret.
pub const ID: &str = "move-secret";

/// How long a rollback tries to move a label that nobody waits for.
const LABEL_PATIENCE: Duration = Duration::from_secs(30);

/// Moves AWSCURRENT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveSecret {
    /// Which of the secrets that are moved it is, from 1.
    pub nth: usize,
    /// The secret's ARN.
    pub secret: String,
    /// The version the application follows now, and again after a rollback.
    pub from_version: String,
    /// The version that holds AWSPREVIOUS now, and again after a rollback.
    pub previous_version: Option<String>,
    /// The staged version.
    pub to_version: String,
    /// The label it was staged under, which it then no longer needs.
    pub staging_label: String,
    /// The target.
    pub target: TargetName,
    /// How to log in as the secret's readers do.
    pub access: Access,
    /// The key under which a URL stands, where the secret is JSON with one.
    pub url_key: Option<String>,
}

impl MoveSecret {
    fn doing(&self) -> String {
        format!("move secret {} to {}", self.secret, self.target)
    }

    fn label(&self, label: &str, from: Option<&str>, to: Option<&str>) -> MoveLabel {
        MoveLabel {
            secret_id: self.secret.clone(),
            version_stage: label.to_owned(),
            move_to_version_id: to.map(str::to_owned),
            remove_from_version_id: from.map(str::to_owned),
        }
    }

    fn forward(&self, label: &str) -> MoveLabel {
        self.label(label, Some(&self.from_version), Some(&self.to_version))
    }

    fn back(&self, label: &str) -> MoveLabel {
        self.label(label, Some(&self.to_version), Some(&self.from_version))
    }

    fn unlabel(&self) -> MoveLabel {
        self.label(&self.staging_label, Some(&self.to_version), None)
    }

    /// The labels still to be moved. AWSPENDING, which a finished rotation leaves beside AWSCURRENT, goes with it: left behind it
    /// would look like a rotation that has not ended.
    fn to_do(&self, secret: &SecretDescription) -> Vec<MoveLabel> {
        let mut requests = Vec::new();
        if secret.current() == Some(&self.from_version) {
            requests.push(self.forward(CURRENT));
        }
        if secret.holder(PENDING) == Some(&self.from_version) {
            requests.push(self.forward(PENDING));
        }
        if secret.holder(&self.staging_label) == Some(&self.to_version) {
            requests.push(self.unlabel());
        }
        requests
    }

    async fn describe(&self, world: &World, doing: &str) -> Result<SecretDescription, StepError> {
        describe(world, &self.secret, doing).await
    }

    /// Moves a label. A refused compare-and-set is no verdict: what was described may have been stale, so it is looked at
    /// again, and the next look tells whether somebody else has moved it.
    async fn put(&self, world: &World, request: &MoveLabel, doing: &str) -> Result<(), StepError> {
        world.secrets_of(&request.secret_id).move_label(request).await.map_err(|error| match error.kind {
            ErrorKind::InvalidParameter => StepError::passing(Failure::of(doing, &error)),
            _ => failure::of_aws(doing, &error),
        })
    }

    /// Gives AWSPREVIOUS, which follows AWSCURRENT by itself, back to where the plan saw it. Nobody waits for this label: that
    /// it cannot be moved is tried again for a moment, then said, and does not hold up the rollback.
    async fn give_back_previous(
        &self,
        world: &World,
        cx: &Context<'_>,
        secret: &SecretDescription,
        doing: &str,
    ) -> Result<&'static str, StepError> {
        if secret.holder(PREVIOUS) != Some(&self.to_version) {
            return Ok("");
        }
        let request = self.label(PREVIOUS, Some(&self.to_version), self.previous_version.as_deref());
        match world.secrets_of(&request.secret_id).move_label(&request).await {
            Ok(()) => Ok(""),
            Err(error) if error.is_retryable() && cx.attended < LABEL_PATIENCE => Err(failure::of_aws(doing, &error)),
            Err(_) => Ok("; AWSPREVIOUS is on the version that led to the target"),
        }
    }

    /// What to do about a version that neither the plan nor this run made.
    async fn undo_beside_a_stranger(
        &self,
        world: &World,
        cx: &Context<'_>,
        current: &str,
        doing: &str,
    ) -> Result<Undone, StepError> {
        let writer = serving::writer(cx.outputs)?;
        let leads_to_target =
            match read_secret(world, &self.secret, &VersionRef::Current, self.url_key.as_deref()).await {
                Ok((_, value)) => value.points_at() == (writer.endpoint.as_str(), writer.port),
                Err(error) if error.is_passing() => return Err(error),
                // Not a connection at all: it leads nowhere.
                Err(_) => false,
            };
        if !leads_to_target {
            return Ok(Undone::Done(format!(
                "AWSCURRENT is on {current}, which somebody else wrote and which does not lead to the target: left alone"
            )));
        }
        let message = format!(
            "{doing}: AWSCURRENT is on {current}, which somebody else wrote, and which leads to the target, too"
        );
        let command = format!(
            "aws secretsmanager update-secret-version-stage --secret-id {} --version-stage AWSCURRENT --move-to-version-id {} --remove-from-version-id {current}{}",
            self.secret,
            self.from_version,
            failure::region_of(&self.secret)
        );
        Err(StepError::terminal(
            Failure::new(message).hint(format!("find out why; to move the application back all the same: {command}")),
        ))
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
            title: format!("move the application: AWSCURRENT of {} to the staged version", self.secret),
            calls: vec![self.forward(CURRENT).call(), self.unlabel().call()],
            undo: format!("move AWSCURRENT back to version {}, exactly", self.from_version),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let secret = self.describe(world, &doing).await?;
        unchanged(&secret, [&self.from_version, &self.to_version], &doing)?;
        let to_do = self.to_do(&secret);
        if to_do.is_empty() { self.verify(world, &serving::writer(cx.outputs)?).await } else { Ok(Observed::Act) }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        let secret = self.describe(world, &doing).await?;
        unchanged(&secret, [&self.from_version, &self.to_version], &doing)?;
        for request in self.to_do(&secret) {
            self.put(world, &request, &doing).await?;
        }
        Ok(())
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("move secret {} back to version {}", self.secret, self.from_version);
        let secret = self.describe(world, &doing).await?;
        match secret.current() {
            Some(current) if current == self.to_version => self.put(world, &self.back(CURRENT), &doing).await?,
            Some(current) if current == self.from_version => {}
            current => return self.undo_beside_a_stranger(world, cx, current.unwrap_or("no version"), &doing).await,
        }
        if secret.holder(PENDING) == Some(&self.to_version) {
            self.put(world, &self.back(PENDING), &doing).await?;
        }
        let (version, _) = read_secret(world, &self.secret, &VersionRef::Current, self.url_key.as_deref()).await?;
        if version != self.from_version {
            return Err(StepError::passing(Failure::new(format!("{doing}: clients still get version {version}"))));
        }
        let secret = self.describe(world, &doing).await?;
        if secret.current() != Some(&self.from_version) {
            // An answer from before the move: what it says of AWSPREVIOUS is as old.
            let failure = Failure::new(format!("{doing}: the secret is still described as it was before"));
            return Err(StepError::passing(failure));
        }
        let remark = self.give_back_previous(world, cx, &secret, &doing).await?;
        Ok(Undone::Done(format!("clients get version {version} again{remark}")))
    }
}
