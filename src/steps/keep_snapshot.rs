//! Keeps what only the old primary of a global database had when it was failed over: RDS saves it in an automated snapshot once the
//! region is back, which expires, and this copies it to a manual one.
//!
//! It is evidence, perhaps the last of those writes: no way back and no cleanup removes the copy.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    body::{Body, Description},
    copy_snapshot, failure,
    promotion::look::within,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{
            model::{ClusterSnapshot, Tag},
            snapshots::requests::CopyClusterSnapshot,
        },
    },
    run::{
        clock::elapsed,
        step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
    },
};

/// The step's name in every plan that fails a global database over.
pub const ID: &str = "keep-snapshot";

/// How RDS names what it saves.
pub const SAVED: &str = "rds:unplanned-global-failover-";

/// How far this machine's clock may be ahead of RDS's.
const SKEW_SECONDS: u64 = 60;

/// Copies the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeepSnapshot {
    /// The old primary.
    pub cluster: String,
    /// Its region.
    pub region: String,
    /// When the plan was made: older snapshots are of earlier failovers.
    pub since: Timestamp,
    /// The copy's name.
    pub name: String,
    /// The copy's tags.
    pub tags: Vec<Tag>,
    /// How far the run must be allowed to go: as far as for the step before.
    pub until: Until,
}

impl KeepSnapshot {
    fn doing(&self) -> String {
        format!("keep what only cluster {} ({}) had, in snapshot {}", self.cluster, self.region, self.name)
    }

    /// The region must answer: one that is away is not waited for.
    fn answered(&self, error: StepError, away: bool) -> StepError {
        if !away {
            return error;
        }
        let message = format!("{}: the region does not answer yet, and nothing was kept", self.doing());
        StepError::terminal(Failure { causes: vec![error.failure.message], ..Failure::new(message) })
    }

    /// What RDS has saved of this failover.
    async fn saved(&self, there: &World) -> Result<Option<ClusterSnapshot>, StepError> {
        let found = within("DescribeDBClusterSnapshots", there.snapshots.automated_of(&self.cluster)).await;
        let found = found.map_err(|error| {
            let away = matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unreachable | ErrorKind::Service);
            self.answered(failure::of_aws(&self.doing(), &error), away)
        })?;
        let is_new = |taken: Timestamp| taken >= self.since || elapsed(taken, self.since).as_secs() <= SKEW_SECONDS;
        let of_this = found
            .into_iter()
            .filter(|snapshot| snapshot.identifier.starts_with(SAVED))
            .filter(|snapshot| snapshot.created.is_some_and(is_new));
        Ok(of_this.max_by_key(|snapshot| snapshot.created))
    }
}

#[async_trait]
impl Body for KeepSnapshot {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        self.until
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
        let request = self.request(format!("{SAVED}{}-…", self.cluster));
        Description {
            title: format!(
                "keep what only {} had, if {} is back: copy the snapshot that RDS takes of it to {}",
                self.cluster, self.region, self.name
            ),
            calls: vec![request.call()],
            undo: format!("snapshot {} stays: it is evidence", self.name),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let there = world.of_region(&self.region);
        // Asked first: it tells whether the region is back.
        let saved = self.saved(&there).await?;
        if let Some(copy) = copy_snapshot::observe(&there, &self.name, &self.doing(), cx).await? {
            return Ok(copy);
        }
        Ok(match saved {
            Some(snapshot) if snapshot.status == "available" => Observed::Act,
            Some(snapshot) => {
                Observed::Wait(Waiting::on(format!("snapshot {} is {}", snapshot.identifier, snapshot.status)))
            }
            None => Observed::Wait(Waiting::on(format!("RDS to save what only {} had", self.cluster))),
        })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let there = world.of_region(&self.region);
        let Some(saved) = self.saved(&there).await? else {
            return Err(StepError::passing(Failure::new(format!("{}: it is gone again", self.doing()))));
        };
        copy_snapshot::ask(&there, &self.request(saved.identifier), &self.doing()).await
    }
}

impl KeepSnapshot {
    fn request(&self, source: String) -> CopyClusterSnapshot {
        CopyClusterSnapshot {
            source_db_cluster_snapshot_identifier: source,
            target_db_cluster_snapshot_identifier: self.name.clone(),
            kms_key_id: None,
            copy_tags: false,
            tags: self.tags.clone(),
        }
    }
}
