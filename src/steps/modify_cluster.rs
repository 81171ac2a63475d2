//! Changes settings of the target cluster: those a restore does not take, the security groups, the last ones.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    restore_cluster::{ID as RESTORE, RestoredCluster},
    tags,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{model::Cluster, requests},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The name of the step that applies the last settings.
pub const SETTLE: &str = "settle";

/// What the change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Settings that a restore does not take.
    ApplySettings,
    /// The quarantine's security groups give way to the source's.
    LiftQuarantine,
    /// The last settings, after which the run no longer turns back by itself.
    Settle,
}

impl Purpose {
    /// The name of the step that serves it, in a plan of either family.
    pub(super) fn id(self) -> StepId {
        StepId::from(match self {
            Self::ApplySettings => "apply-settings",
            Self::LiftQuarantine => "lift-quarantine",
            Self::Settle => SETTLE,
        })
    }

    pub(super) const fn until(self) -> Until {
        match self {
            Self::ApplySettings => Until::Restored,
            Self::LiftQuarantine | Self::Settle => Until::Cutover,
        }
    }

    /// `back`: whether the step has something to take it back with.
    pub(super) const fn reversibility(self, back: bool) -> Undo {
        match (self, back) {
            (Self::Settle, _) => Undo::PointOfNoReturn,
            (_, true) => Undo::Reversible,
            (_, false) => Undo::NothingToUndo,
        }
    }
}

/// Changes the target cluster, and changes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyCluster {
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub request: Box<requests::ModifyCluster>,
    /// What is sent to take it back, where that matters: a target about to be deleted needs no former settings.
    pub back: Option<Box<requests::ModifyCluster>>,
}

impl ModifyCluster {
    fn target(&self) -> &str {
        &self.request.db_cluster_identifier
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Cluster>, StepError> {
        world.rds.cluster(self.target()).await.map_err(|error| failure::of_aws(doing, &error))
    }

    fn doing(&self) -> String {
        match self.purpose {
            Purpose::ApplySettings => format!("apply settings to cluster {}", self.target()),
            Purpose::LiftQuarantine => format!("lift the quarantine of cluster {}", self.target()),
            Purpose::Settle => format!("apply the last settings to cluster {}", self.target()),
        }
    }
}

/// How far `cluster` is from being as wanted.
#[derive(Debug, PartialEq, Eq)]
enum Distance {
    /// It is as wanted.
    None,
    /// It has been told, and takes its time.
    Settling,
    /// It has still to be told.
    Untold,
}

/// Compares what the requests of these purposes carry. What else is pending is somebody else's and of no concern here.
fn distance(cluster: &Cluster, wanted: &requests::ModifyCluster) -> Distance {
    let mut groups = wanted.vpc_security_group_ids.clone();
    groups.sort_unstable();
    groups.dedup();
    let protection = wanted.deletion_protection;
    let window = &wanted.preferred_maintenance_window;
    let told = (groups.is_empty() || groups == cluster.security_group_ids())
        && (protection.is_none() || protection == cluster.deletion_protection)
        && (window.is_none() || *window == cluster.preferred_maintenance_window);
    let in_force = |status: &Option<String>| status.as_deref().is_none_or(|status| status == "active");
    if !told {
        Distance::Untold
    } else if cluster.status.is_available() && cluster.vpc_security_groups.iter().all(|group| in_force(&group.status)) {
        Distance::None
    } else {
        Distance::Settling
    }
}

#[async_trait]
impl Body for ModifyCluster {
    fn id(&self) -> StepId {
        self.purpose.id()
    }

    fn until(&self) -> Until {
        self.purpose.until()
    }

    fn reversibility(&self) -> Undo {
        self.purpose.reversibility(self.back.is_some())
    }

    fn describe(&self) -> Description {
        let title = match self.purpose {
            Purpose::ApplySettings => format!("give {} the settings a restore does not take", self.target()),
            Purpose::LiftQuarantine => {
                format!("lift the quarantine: the source's security groups on {}", self.target())
            }
            Purpose::Settle => format!("protect {} like the source", self.target()),
        };
        let undo = match (self.purpose, &self.back) {
            (_, Some(back)) => format!("quarantine again: security groups {}", back.vpc_security_group_ids.join(", ")),
            (Purpose::Settle, None) => "none: from here on daybreak no longer rolls back by itself".to_owned(),
            (_, None) => "none needed: the cluster goes as a whole".to_owned(),
        };
        Description { title, calls: vec![self.request.call()], undo }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let Some(cluster) = self.look(world, &doing).await? else {
            return Ok(Observed::Wait(Waiting::on(format!("cluster {} is not listed", self.target()))));
        };
        tags::ours(&cluster, cx.run, Some(&cx.outputs.of::<RestoredCluster>(RESTORE)?.resource_id))?;
        if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
            return Err(lost);
        }
        Ok(match distance(&cluster, &self.request) {
            Distance::None => Observed::Done(json!({})),
            Distance::Untold if cluster.status.is_available() => Observed::Act,
            Distance::Untold | Distance::Settling => {
                Observed::Wait(Waiting::on(format!("cluster {} is {}", self.target(), cluster.status)))
            }
        })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        world.rds.modify_cluster(&self.request).await.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Some(back) = &self.back else { return Ok(Undone::Done("nothing to take back".to_owned())) };
        let doing = format!("quarantine cluster {} again", self.target());
        let Some(cluster) = self.look(world, &doing).await? else {
            return Ok(Undone::Done(format!("cluster {} is gone", self.target())));
        };
        tags::ours(&cluster, cx.run, Some(&cx.outputs.of::<RestoredCluster>(RESTORE)?.resource_id))?;
        if cluster.status.is_terminal() || cluster.status.is_deleting() {
            // It serves nobody and takes no settings, and must not hold up the rest of the way back.
            let words = format!(
                "cluster {} is {}: nobody can use it, its security groups stay as they are",
                self.target(),
                cluster.status
            );
            return Ok(Undone::Done(words));
        }
        match distance(&cluster, back) {
            Distance::None => {
                return Ok(Undone::Done(format!("cluster {} is in quarantine again", self.target())));
            }
            Distance::Untold if cluster.status.is_available() => match world.rds.modify_cluster(back).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(failure::of_aws(&doing, &error)),
                Ok(()) => {}
            },
            Distance::Untold | Distance::Settling => {}
        }
        Ok(Undone::Wait(Waiting::on(format!("cluster {} to take its quarantine groups", self.target()))))
    }
}
