//! Who bears the name that a run swaps; and the target, which may bear it.

use std::time::Duration;

use super::{Answer, Side, bounded};
use crate::{
    aws::rds::model::Cluster,
    run::{clock::Clock, state::RunState},
    steps::{
        moves,
        renaming::Swap,
        restore_cluster::{ID as RESTORE, RestoredCluster},
        step::Step,
        world::World,
    },
};

/// The name that a run swaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSeen {
    /// The resource id of the cluster that bears it, none where nothing does, or why it could not be found out.
    pub borne_by: Result<Option<String>, String>,
    /// Which of the two that is.
    pub side: Side,
}

fn target(state: &RunState<Step>) -> Option<String> {
    state.outputs.of::<RestoredCluster>(RESTORE).ok().map(|restored| restored.resource_id)
}

/// The target cluster, under its own name or under the source's.
pub(super) async fn cluster(
    world: &World,
    state: &RunState<Step>,
    identifier: &str,
    clock: &dyn Clock,
    within: Duration,
) -> Answer<Cluster> {
    let own = bounded(world.rds.cluster(identifier), clock, within);
    let Some(swap) = moves::swap(&state.plan.steps) else { return own.await };
    let (own, other) = tokio::join!(own, bounded(world.rds.cluster(&swap.name), clock, within));
    let id = target(state);
    match (own, other) {
        (Answer::Absent, Answer::Found(found)) if Some(&found.resource_id) == id.as_ref() => Answer::Found(found),
        (Answer::Absent, Answer::Unanswered(why)) => Answer::Unanswered(why),
        (own, _) => own,
    }
}

/// Who bears the name now.
pub(super) async fn name(
    world: &World,
    state: &RunState<Step>,
    swap: &Swap,
    clock: &dyn Clock,
    within: Duration,
) -> NameSeen {
    let borne_by = match bounded(world.rds.cluster(&swap.name), clock, within).await {
        Answer::Found(cluster) => Ok(Some(cluster.resource_id)),
        Answer::Absent => Ok(None),
        Answer::Unanswered(why) => Err(why),
    };
    let side = match &borne_by {
        Ok(Some(id)) if *id == swap.source => Side::Source,
        Ok(Some(id)) if target(state).as_ref() == Some(id) => Side::Target,
        Ok(_) => Side::Elsewhere,
        Err(_) => Side::Unknown,
    };
    NameSeen { borne_by, side }
}
