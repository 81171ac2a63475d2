//! Takes a manual snapshot of the target once the application has stayed on it: its automated backups began anew with it
//! (Aurora User Guide, backing up), and expire.
//!
//! It is evidence, and what the next mishap is recovered from: no way back and no cleanup removes it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    body::{Body, Description},
    copy_snapshot::CopiedSnapshot,
    failure, tags,
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    aws::{
        Call, ErrorKind,
        rds::{model::Tag, plain::requests::CreateInstanceSnapshot, snapshots::requests::CreateClusterSnapshot},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Until},
};

/// The step's name in every plan that takes one.
pub const ID: &str = "take-snapshot";

/// Takes the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeSnapshot {
    /// The target.
    pub target: TargetName,
    /// The snapshot's name.
    pub name: String,
    /// The snapshot's tags.
    pub tags: Vec<Tag>,
}

impl TakeSnapshot {
    fn doing(&self) -> String {
        format!("take snapshot {} of {}", self.name, self.target)
    }

    fn of_cluster(&self) -> CreateClusterSnapshot {
        CreateClusterSnapshot {
            db_cluster_snapshot_identifier: self.name.clone(),
            db_cluster_identifier: self.target.identifier.clone(),
            tags: self.tags.clone(),
        }
    }

    fn of_instance(&self) -> CreateInstanceSnapshot {
        CreateInstanceSnapshot {
            db_snapshot_identifier: self.name.clone(),
            db_instance_identifier: self.target.identifier.clone(),
            tags: self.tags.clone(),
        }
    }

    fn call(&self) -> Call {
        match self.target.family {
            Family::Cluster => self.of_cluster().call(),
            Family::Instance => self.of_instance().call(),
        }
    }
}

#[async_trait]
impl Body for TakeSnapshot {
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

    fn goes_with_the_target(&self) -> bool {
        false
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("have snapshot {} of {} taken", self.name, self.target.identifier),
            calls: vec![self.call()],
            undo: format!("snapshot {} stays: it is evidence", self.name),
        }
    }

    /// Nobody waits until it is complete: RDS goes on with it by itself.
    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let of = |error| failure::of_aws(&doing, &error);
        let taken = match self.target.family {
            Family::Cluster => {
                let found = world.snapshots.snapshot(&self.name).await.map_err(of)?;
                found.as_ref().map(|found| tags::ours(found, cx.run, None)).transpose()?;
                found.map(|found| CopiedSnapshot {
                    identifier: found.identifier,
                    arn: found.arn,
                    created: found.created,
                })
            }
            Family::Instance => {
                let found = world.instances.instance_snapshot(&self.name).await.map_err(of)?;
                found.as_ref().map(|found| tags::ours(found, cx.run, None)).transpose()?;
                found.map(|found| CopiedSnapshot {
                    identifier: found.identifier,
                    arn: found.arn,
                    created: found.created,
                })
            }
        };
        Ok(taken.map_or(Observed::Act, |taken| Observed::Done(serde_json::json!(taken))))
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let asked = match self.target.family {
            Family::Cluster => world.snapshots.create_cluster_snapshot(&self.of_cluster()).await,
            Family::Instance => world.instances.create_instance_snapshot(&self.of_instance()).await,
        };
        match asked {
            Ok(()) => Ok(()),
            // Asked for before, by a call whose answer was lost: the next look tells whether it is ours.
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(failure::of_aws(&self.doing(), &error)),
        }
    }
}
