//! Copies a cluster snapshot into the target's region, under a name fixed in the plan, encrypted there with a key of that
//! region.
//!
//! The copy stays when the run has recovered the database: it is what another attempt in that region would begin with. It goes
//! with the rest when the run is cancelled, or its target removed.

use async_trait::async_trait;
use jiff::Timestamp;
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
        rds::{
            model::ClusterSnapshot,
            snapshots::requests::{CopyClusterSnapshot, DeleteClusterSnapshot},
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that copies a snapshot.
pub const ID: &str = "copy-snapshot";

/// Makes the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopySnapshot {
    /// What is sent.
    pub request: CopyClusterSnapshot,
    /// The region that it is copied from.
    pub from_region: String,
}

/// What the step leaves: the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopiedSnapshot {
    /// Its name.
    pub identifier: String,
    /// Its ARN.
    pub arn: String,
    /// `SnapshotCreateTime`, which tells it from a later snapshot of its name.
    pub created: Option<Timestamp>,
}

impl CopySnapshot {
    fn name(&self) -> &str {
        &self.request.target_db_cluster_snapshot_identifier
    }

    fn doing(&self) -> String {
        format!("copy snapshot {} to {}", self.request.source_db_cluster_snapshot_identifier, self.name())
    }
}

async fn look(world: &World, name: &str, doing: &str) -> Result<Option<ClusterSnapshot>, StepError> {
    world.snapshots.snapshot(name).await.map_err(|error| failure::of_aws(doing, &error))
}

/// How far this run's copy of this name is; none where there is none.
pub(super) async fn observe(
    world: &World,
    name: &str,
    doing: &str,
    cx: &Context<'_>,
) -> Result<Option<Observed>, StepError> {
    let Some(snapshot) = look(world, name, doing).await? else { return Ok(None) };
    tags::ours(&snapshot, cx.run, None)?;
    Ok(Some(match snapshot.status.as_str() {
        "available" => Observed::Done(json!(CopiedSnapshot {
            identifier: snapshot.identifier,
            arn: snapshot.arn,
            created: snapshot.created,
        })),
        "copying" | "creating" => {
            let progress = snapshot.percent_progress.map(|percent| format!("{percent} %"));
            Observed::Wait(Waiting::on(format!("snapshot {name} is {}", snapshot.status)).progress(progress))
        }
        status => {
            let message = format!("{doing}: it is {status}, which RDS does not recover from by itself");
            return Err(StepError::terminal(Failure::new(message)));
        }
    }))
}

/// Asks for the copy.
pub(super) async fn ask(world: &World, request: &CopyClusterSnapshot, doing: &str) -> Result<(), StepError> {
    match world.snapshots.copy_cluster_snapshot(request).await {
        Ok(()) => Ok(()),
        // Asked for before, by a call whose answer was lost: the next look tells whether it is ours.
        Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failure::of_aws(doing, &error)),
    }
}

/// Why a snapshot of the copy's name is not this run's copy; none where it is.
fn stranger(snapshot: &ClusterSnapshot, cx: &Context<'_>) -> Option<String> {
    if let Whose::Theirs(why) = tags::whose(snapshot, cx.run, None) {
        return Some(why);
    }
    let seen = cx.outputs.of::<CopiedSnapshot>(ID).ok()?.created?;
    (snapshot.created? != seen)
        .then(|| format!("snapshot {} is not the one of {seen}, which this run made", snapshot.identifier))
}

#[async_trait]
impl Body for CopySnapshot {
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
            title: format!("copy the snapshot from {} as {}", self.from_region, self.name()),
            calls: vec![self.request.call()],
            undo: format!("delete snapshot {}, which cancels a copy under way", self.name()),
        }
    }

    fn makes(&self) -> Option<Makes<'_>> {
        Some(Makes { thing: Thing::ClusterSnapshot, identifier: self.name(), class: None })
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        Ok(observe(world, self.name(), &doing, cx).await?.unwrap_or(Observed::Act))
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        ask(world, &self.request, &self.doing()).await
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete snapshot {}", self.name());
        let Some(snapshot) = look(world, self.name(), &doing).await? else {
            let listed = world.rds.manual_cluster_snapshots().await.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = listed.iter().any(|listed| listed.identifier == self.name());
            return Ok(absence::judge(&format!("snapshot {}", self.name()), ID, listed, cx));
        };
        if let Some(why) = stranger(&snapshot, cx) {
            return Ok(Undone::Done(format!("left alone: {why}")));
        }
        if !matches!(snapshot.status.as_str(), "deleting" | "deleted") {
            let request = DeleteClusterSnapshot { db_cluster_snapshot_identifier: self.name().to_owned() };
            match world.snapshots.delete_cluster_snapshot(&request).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("snapshot {} is being deleted", self.name()))))
    }
}
