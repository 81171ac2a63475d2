//! Restores the target instance, from a continuous backup or from a snapshot, under a name fixed in the plan, and waits
//! until it serves.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    absence,
    body::{Body, Description, Makes, Thing},
    failure, final_snapshot,
    purpose::SETTLE,
    tags::{self, Whose},
    window::Family,
    world::World,
};
use crate::{
    aws::{
        Call, ErrorKind,
        rds::{
            model::Instance,
            plain::requests::{ModifyInstance, RestoreInstanceFromSnapshot, RestoreInstanceToPointInTime},
            requests::DeleteInstance,
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that restores an instance.
pub const ID: &str = "restore-instance";

/// Makes the target instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreInstance {
    /// What is sent.
    pub request: Request,
}

/// The call that makes the instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// From the backup of an instance that is there, that was deleted, or that is in another region.
    PointInTime(Box<RestoreInstanceToPointInTime>),
    /// From a snapshot.
    Snapshot(Box<RestoreInstanceFromSnapshot>),
}

impl Request {
    /// The new instance's name.
    pub fn target(&self) -> &str {
        match self {
            Self::PointInTime(request) => &request.target_db_instance_identifier,
            Self::Snapshot(request) => &request.db_instance_identifier,
        }
    }

    /// The new instance's class, where the request names it.
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::PointInTime(request) => request.db_instance_class.as_deref(),
            Self::Snapshot(request) => request.db_instance_class.as_deref(),
        }
    }

    fn call(&self) -> Call {
        match self {
            Self::PointInTime(request) => request.call(),
            Self::Snapshot(request) => request.call(),
        }
    }
}

/// What the step leaves: the target instance, and where it serves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoredInstance {
    /// Its name.
    pub identifier: String,
    /// Its ARN.
    pub arn: String,
    /// Its resource id, which no other instance ever has.
    pub resource_id: String,
    /// Its host.
    pub endpoint: String,
    /// Its port.
    pub port: u16,
    /// When the restore was asked for: whatever was committed from then on was committed on the target.
    pub requested_at: Timestamp,
}

impl RestoreInstance {
    fn target(&self) -> &str {
        self.request.target()
    }

    fn doing(&self) -> String {
        format!("restore instance {}", self.target())
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Instance>, StepError> {
        world.rds.instance(self.target()).await.map_err(|error| failure::of_aws(doing, &error))
    }

    /// Takes the deletion protection away that this run itself put on.
    async fn unprotect(
        &self,
        world: &World,
        cx: &Context<'_>,
        instance: &Instance,
        doing: &str,
    ) -> Result<Undone, StepError> {
        if !cx.outputs.has(SETTLE) {
            let message = format!("{doing}: it is protected against deletion, and by no finished step of this run");
            let hint = format!(
                "if it shall go all the same: aws rds modify-db-instance --db-instance-identifier {} --no-deletion-protection --apply-immediately{}; then daybreak resume {}",
                self.target(),
                failure::region_of(&instance.arn),
                cx.run
            );
            return Err(StepError::terminal(Failure::new(message).hint(hint)));
        }
        let request = ModifyInstance {
            db_instance_identifier: self.target().to_owned(),
            apply_immediately: true,
            deletion_protection: Some(false),
            ..ModifyInstance::default()
        };
        world.instances.modify_instance(&request).await.map_err(|error| match error.kind {
            // What RDS has given up takes no settings any more: no wait changes that.
            ErrorKind::InvalidState if instance.status.is_terminal() => StepError::terminal(Failure::of(doing, &error)),
            _ => failure::of_aws(doing, &error),
        })?;
        Ok(Undone::Wait(Waiting::on(format!("the deletion protection of instance {} to go", self.target()))))
    }
}

#[async_trait]
impl Body for RestoreInstance {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Restored
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("restore into a new instance {}", self.target()),
            calls: vec![self.request.call()],
            undo: format!("delete instance {}, with a final snapshot only after a cutover", self.target()),
        }
    }

    fn makes(&self) -> Option<Makes<'_>> {
        Some(Makes { thing: Thing::Instance, identifier: self.target(), class: self.request.class() })
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Some(instance) = self.look(world, &self.doing()).await? else { return Ok(Observed::Act) };
        tags::ours(&instance, cx.run, None)?;
        if let Some(lost) = failure::of_instance(world, &instance, cx.run).await {
            return Err(lost);
        }
        if !instance.status.is_available() {
            let progress = instance.percent_progress.map(|percent| format!("{percent} %"));
            let words = format!("instance {} is {}", self.target(), instance.status);
            return Ok(Observed::Wait(Waiting::on(words).progress(progress)));
        }
        let (Some(endpoint), Some(port)) = (instance.address, instance.port) else {
            return Ok(Observed::Wait(Waiting::on(format!("instance {} has no endpoint yet", self.target()))));
        };
        let restored = RestoredInstance {
            identifier: instance.identifier,
            arn: instance.arn,
            resource_id: instance.resource_id,
            endpoint,
            port,
            requested_at: cx.started,
        };
        Ok(Observed::Done(json!(restored)))
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let asked = match &self.request {
            Request::PointInTime(request) => world.instances.restore_instance_to_point_in_time(request).await,
            Request::Snapshot(request) => world.instances.restore_instance_from_snapshot(request).await,
        };
        match asked {
            Ok(()) => Ok(()),
            // Asked for before, by a call whose answer was lost: the next look tells whether it is ours.
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failure::of_aws(&self.doing(), &error)),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete instance {}", self.target());
        let seen = cx.outputs.of::<RestoredInstance>(ID).ok().map(|seen| seen.resource_id);
        let Some(instance) = self.look(world, &doing).await? else {
            let instances = world.rds.instances().await.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = instances.iter().any(|instance| instance.identifier == self.target());
            let judged = absence::judge(&format!("instance {}", self.target()), ID, listed, cx);
            return match (judged, cx.final_snapshot) {
                (Undone::Done(how), Some(name)) => {
                    final_snapshot::left_behind(world, Family::Instance, &how, name, seen.as_deref(), &doing).await
                }
                (judged, _) => Ok(judged),
            };
        };
        match tags::whose(&instance, cx.run, seen.as_deref()) {
            Whose::Ours => {}
            // This run was refused the name, or lost it: what is there was made by somebody else and is left alone.
            Whose::Theirs(why) => return Ok(Undone::Done(format!("left alone: {why}"))),
        }
        if instance.deletion_protection == Some(true) {
            return self.unprotect(world, cx, &instance, &doing).await;
        }
        if !instance.status.is_deleting() {
            let request = DeleteInstance {
                db_instance_identifier: self.target().to_owned(),
                skip_final_snapshot: cx.final_snapshot.is_none(),
                final_db_snapshot_identifier: cx.final_snapshot.map(str::to_owned),
                delete_automated_backups: Some(true),
            };
            if let Some(name) = cx.final_snapshot {
                final_snapshot::possible(&instance, name, &doing)?;
            }
            match world.rds.delete_instance(&request).await {
                Err(error) if error.kind == ErrorKind::AlreadyExists => {
                    let name = cx.final_snapshot.unwrap_or_default();
                    return final_snapshot::collided(world, &instance, name, &doing, &error, cx).await;
                }
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("instance {} is being deleted", self.target()))))
    }
}
