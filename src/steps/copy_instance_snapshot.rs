//! Copies an instance's snapshot into the target's region, or under another key: what it is restored from must be there, and
//! under the key that the target shall have.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    absence,
    body::{Body, Description, Makes, Thing},
    failure,
    tags::{self, Whose},
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{backups::model::InstanceSnapshot, plain::requests::CopyInstanceSnapshot as Request},
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that copies an instance's snapshot.
pub const ID: &str = "copy-instance-snapshot";

/// Makes the copy. It stays after the recovery, as the state the target began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyInstanceSnapshot {
    /// What is sent, to the region of the target.
    pub request: Request,
}

/// What the step leaves: which snapshot it was.
#[derive(Serialize, Deserialize)]
struct Seen {
    identifier: String,
    resource_id: String,
}

impl CopyInstanceSnapshot {
    fn name(&self) -> &str {
        &self.request.target_db_snapshot_identifier
    }

    fn doing(&self) -> String {
        format!("copy snapshot {} as {}", self.request.source_db_snapshot_identifier, self.name())
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<InstanceSnapshot>, StepError> {
        world.instances.instance_snapshot(self.name()).await.map_err(|error| failure::of_aws(doing, &error))
    }
}

#[async_trait]
impl Body for CopyInstanceSnapshot {
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
            title: format!("copy the snapshot as {}", self.name()),
            calls: vec![self.request.call()],
            undo: format!("delete snapshot {}, which also ends the copying", self.name()),
        }
    }

    fn makes(&self) -> Option<Makes<'_>> {
        Some(Makes { thing: Thing::InstanceSnapshot, identifier: self.name(), class: None })
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let Some(snapshot) = self.look(world, &doing).await? else { return Ok(Observed::Act) };
        tags::ours(&snapshot, cx.run, None)?;
        match snapshot.status.as_str() {
            "available" => {
                Ok(Observed::Done(json!(Seen { identifier: snapshot.identifier, resource_id: snapshot.arn })))
            }
            "failed" | "deleting" => {
                let message = format!("{doing}: snapshot {} is {}", self.name(), snapshot.status);
                Err(StepError::terminal(Failure::new(message).hint("make a new plan: it copies anew")))
            }
            status => {
                let progress = snapshot.percent_progress.map(|percent| format!("{percent} %"));
                let words = format!("snapshot {} is {status}", self.name());
                Ok(Observed::Wait(Waiting::on(words).progress(progress)))
            }
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        match world.instances.copy_instance_snapshot(&self.request).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failure::of_aws(&self.doing(), &error)),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete snapshot {}", self.name());
        let Some(snapshot) = self.look(world, &doing).await? else {
            let snapshots =
                world.instances.manual_instance_snapshots().await.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = snapshots.iter().any(|snapshot| snapshot.identifier.eq_ignore_ascii_case(self.name()));
            return Ok(absence::judge(&format!("snapshot {}", self.name()), ID, listed, cx));
        };
        match tags::whose(&snapshot, cx.run, None) {
            Whose::Ours => {}
            Whose::Theirs(why) => return Ok(Undone::Done(format!("left alone: {why}"))),
        }
        if snapshot.status != "deleting" {
            match world.instances.delete_instance_snapshot(self.name()).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("snapshot {} is being deleted", self.name()))))
    }
}
