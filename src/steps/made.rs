//! The target cluster, for the steps that give it something: looked up by its name, and known by its resource id.

use super::{
    failure,
    restore_cluster::{ID as RESTORE, RestoredCluster},
    tags::{self, Whose},
    world::World,
};
use crate::{
    aws::{self, ErrorKind, rds::model::Cluster},
    run::step::{Context, Forgone, Observed, StepError, Undone, Waiting},
};

/// What a look at the target found.
pub(super) struct Look {
    /// The target, where it is listed.
    pub(super) cluster: Option<Cluster>,
    /// What it does instead of taking changes.
    busy: Option<Waiting>,
}

impl Look {
    /// What a step says that has still to change it: it acts, once the target takes changes.
    pub(super) fn into_change(self) -> Observed {
        self.busy.map_or(Observed::Act, Observed::Wait)
    }

    /// Whether the target takes changes now.
    pub(super) fn is_ready(&self) -> bool {
        self.busy.is_none()
    }
}

/// The target, for a step that wants to change it; an error when it is no longer this run's, or given up.
pub(super) async fn target(world: &World, cx: &Context<'_>, name: &str, doing: &str) -> Result<Look, StepError> {
    let found = world.rds.cluster(name).await.map_err(|error| failure::of_aws(doing, &error))?;
    let Some(cluster) = found else {
        return Ok(Look { cluster: None, busy: Some(Waiting::on(format!("cluster {name} is not listed"))) });
    };
    tags::ours(&cluster, cx.run, Some(&seen(cx)?.resource_id))?;
    if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
        return Err(lost);
    }
    let ready = cluster.status.is_available();
    let busy = (!ready).then(|| Waiting::on(format!("cluster {name} is {}", cluster.status)));
    Ok(Look { cluster: Some(cluster), busy })
}

/// The target, for an undo; none when there is nothing left to take anything from: it is gone, going, given up, or not
/// this run's.
pub(super) async fn target_to_undo(
    world: &World,
    cx: &Context<'_>,
    name: &str,
    doing: &str,
) -> Result<Option<Cluster>, StepError> {
    let found = world.rds.cluster(name).await.map_err(|error| failure::of_aws(doing, &error))?;
    let seen = seen(cx)?;
    Ok(found.filter(|cluster| {
        tags::whose(cluster, cx.run, Some(&seen.resource_id)) == Whose::Ours
            && !cluster.status.is_terminal()
            && !cluster.status.is_deleting()
    }))
}

/// The target as it was restored.
pub(super) fn seen(cx: &Context<'_>) -> Result<RestoredCluster, StepError> {
    cx.outputs.of(RESTORE)
}

/// An undo that failed. What the run was not allowed to make, and went on without, it may not be allowed to look for either:
/// that is no reason to be stuck.
pub(super) fn not_undone(step: &str, doing: &str, error: &aws::Error, cx: &Context<'_>) -> Result<Undone, StepError> {
    match cx.outputs.of::<Forgone>(step) {
        Ok(Forgone { forgone: why }) if error.kind == ErrorKind::AccessDenied => {
            Ok(Undone::Done(format!("not looked for, {error}; the run went on without it: {}", why.message)))
        }
        _ => Err(failure::of_aws(doing, error)),
    }
}
