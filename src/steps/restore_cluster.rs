//! Restores the target cluster from a backup or a snapshot, under a name fixed in the plan.

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
        self, Call, ErrorKind,
        rds::{
            model::Cluster,
            requests::{DeleteCluster, ModifyCluster, RestoreClusterToPointInTime},
            snapshots::requests::RestoreClusterFromSnapshot,
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that restores a cluster.
pub const ID: &str = "restore-cluster";

/// Makes the target cluster; without instances it accepts no connection yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreCluster {
    /// What is sent.
    pub request: Request,
}

/// The calls that make a cluster of what was kept of another, by the API's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Of a continuous backup, live or retained, or of the present by copy-on-write.
    #[serde(rename = "RestoreDBClusterToPointInTime")]
    PointInTime(Box<RestoreClusterToPointInTime>),
    /// Of a snapshot.
    #[serde(rename = "RestoreDBClusterFromSnapshot")]
    Snapshot(Box<RestoreClusterFromSnapshot>),
}

impl Request {
    /// The name of the cluster that it makes.
    pub fn target(&self) -> &str {
        match self {
            Self::PointInTime(request) => &request.db_cluster_identifier,
            Self::Snapshot(request) => &request.db_cluster_identifier,
        }
    }

    /// The call as a plan shows it.
    pub fn call(&self) -> Call {
        match self {
            Self::PointInTime(request) => request.call(),
            Self::Snapshot(request) => request.call(),
        }
    }

    /// Whether it makes a copy-on-write clone, which shares its source's storage.
    pub fn clones(&self) -> bool {
        matches!(self, Self::PointInTime(request) if request.restore_type.as_deref() == Some(COPY_ON_WRITE))
    }

    async fn send(&self, world: &World) -> Result<(), aws::Error> {
        match self {
            Self::PointInTime(request) => world.rds.restore_cluster_to_point_in_time(request).await,
            Self::Snapshot(request) => world.snapshots.restore_cluster_from_snapshot(request).await,
        }
    }
}

/// The `RestoreType` of a clone.
pub const COPY_ON_WRITE: &str = "copy-on-write";

/// What the step leaves: the target cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoredCluster {
    /// Its name.
    pub identifier: String,
    /// Its ARN.
    pub arn: String,
    /// Its resource id, which no other cluster ever has.
    pub resource_id: String,
    /// When the restore was asked for: whatever was committed from then on was committed on the target.
    pub requested_at: Timestamp,
}

impl RestoreCluster {
    fn target(&self) -> &str {
        self.request.target()
    }

    fn doing(&self) -> String {
        format!("restore cluster {}", self.target())
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Cluster>, StepError> {
        world.rds.cluster(self.target()).await.map_err(|error| failure::of_aws(doing, &error))
    }
}

#[async_trait]
impl Body for RestoreCluster {
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
            title: match self.request.clones() {
                true => format!("clone the present into a new cluster {}", self.target()),
                false => format!("restore into a new cluster {}", self.target()),
            },
            calls: vec![self.request.call()],
            undo: format!("delete cluster {}, with a final snapshot only after a cutover", self.target()),
        }
    }

    fn makes(&self) -> Option<Makes<'_>> {
        Some(Makes { thing: Thing::Cluster, identifier: self.target(), class: None })
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Some(cluster) = self.look(world, &self.doing()).await? else { return Ok(Observed::Act) };
        tags::ours(&cluster, cx.run, None)?;
        if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
            return Err(lost);
        }
        if !cluster.status.is_available() {
            let progress = cluster.percent_progress.map(|percent| format!("{percent} %"));
            let words = format!("cluster {} is {}", self.target(), cluster.status);
            return Ok(Observed::Wait(Waiting::on(words).progress(progress)));
        }
        let restored = RestoredCluster {
            identifier: cluster.identifier,
            arn: cluster.arn,
            resource_id: cluster.resource_id,
            requested_at: cx.started,
        };
        Ok(Observed::Done(json!(restored)))
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        match self.request.send(world).await {
            Ok(()) => Ok(()),
            // Asked for before, by a call whose answer was lost: the next look tells whether it is ours.
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failure::of_aws(&self.doing(), &error)),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete cluster {}", self.target());
        let seen = cx.outputs.of::<RestoredCluster>(ID).ok().map(|seen| seen.resource_id);
        let Some(cluster) = self.look(world, &doing).await? else {
            let clusters = world.rds.clusters().await.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = clusters.iter().any(|cluster| cluster.identifier == self.target());
            let judged = absence::judge(&format!("cluster {}", self.target()), ID, listed, cx);
            return match (judged, cx.final_snapshot) {
                (Undone::Done(how), Some(name)) => {
                    final_snapshot::left_behind(world, Family::Cluster, &how, name, seen.as_deref(), &doing).await
                }
                (judged, _) => Ok(judged),
            };
        };
        match tags::whose(&cluster, cx.run, seen.as_deref()) {
            Whose::Ours => {}
            // This run was refused the name, or lost it: what is there was made by somebody else and is left alone.
            Whose::Theirs(why) => return Ok(Undone::Done(format!("left alone: {why}"))),
        }
        if cluster.deletion_protection == Some(true) {
            if !cx.outputs.has(SETTLE) {
                let message = format!("{doing}: it is protected against deletion, and by no finished step of this run");
                let hint = format!(
                    "if it shall go all the same: aws rds modify-db-cluster --db-cluster-identifier {} --no-deletion-protection --apply-immediately{}; then daybreak resume {}",
                    self.target(),
                    failure::region_of(&cluster.arn),
                    cx.run
                );
                return Err(StepError::terminal(Failure::new(message).hint(hint)));
            }
            let request = ModifyCluster {
                db_cluster_identifier: self.target().to_owned(),
                apply_immediately: true,
                deletion_protection: Some(false),
                ..ModifyCluster::default()
            };
            world.rds.modify_cluster(&request).await.map_err(|error| match error.kind {
                // What RDS has given up takes no settings any more: no wait changes that.
                ErrorKind::InvalidState if cluster.status.is_terminal() => {
                    StepError::terminal(Failure::of(&doing, &error))
                }
                _ => failure::of_aws(&doing, &error),
            })?;
            let wait = format!("the deletion protection of cluster {} to go", self.target());
            return Ok(Undone::Wait(Waiting::on(wait)));
        }
        if !cluster.status.is_deleting() {
            let request = DeleteCluster {
                db_cluster_identifier: self.target().to_owned(),
                skip_final_snapshot: cx.final_snapshot.is_none(),
                final_db_snapshot_identifier: cx.final_snapshot.map(str::to_owned),
                delete_automated_backups: Some(true),
            };
            if let Some(name) = cx.final_snapshot {
                final_snapshot::possible(&cluster, name, &doing)?;
            }
            match world.rds.delete_cluster(&request).await {
                Err(error) if error.kind == ErrorKind::AlreadyExists => {
                    let name = cx.final_snapshot.unwrap_or_default();
                    return final_snapshot::collided(world, &cluster, name, &doing, &error, cx).await;
                }
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("cluster {} is being deleted", self.target()))))
    }
}
