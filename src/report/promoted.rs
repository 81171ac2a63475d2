//! The words for runs that promote: nothing is made by them, so nothing is gone or left, but somebody else takes the writes.

use super::fenced;
use crate::{
    recovery::recipe::promote::is_final,
    run::{
        record::Outcome,
        state::{RunState, Stage, StepState},
        step::Until,
    },
    steps::{
        copy_snapshot::CopiedSnapshot,
        fence::{self, Fenced},
        keep_snapshot,
        promotion::promote,
        step::Step,
    },
};

/// Whether the run promotes.
#[must_use]
pub fn promotes(state: &RunState<Step>) -> bool {
    state.plan.brief.promotion.is_some()
}

/// Whether the target may be the primary and cannot be made a follower again.
#[must_use]
pub fn stands(state: &RunState<Step>) -> bool {
    is_final(&state.plan) && state.step(promote::ID).is_some_and(|step| step.state != StepState::Pending)
}

/// Whether the promotion is part of the cutover: it can be taken back by switching back, or it follows a fence.
#[must_use]
pub fn is_a_cutover(state: &RunState<Step>) -> bool {
    state.step(promote::ID).is_some_and(|step| step.until == Until::Cutover)
}

/// Whether the promotion is still to come.
#[must_use]
pub fn is_to_come(state: &RunState<Step>) -> bool {
    state.step(promote::ID).is_some_and(|step| matches!(step.state, StepState::Pending | StepState::Undone))
}

/// Who takes the writes, in a sentence.
#[must_use]
pub fn role_words(state: &RunState<Step>) -> String {
    let brief = &state.plan.brief;
    let (source, target) = (&brief.source.identifier, &brief.target.writer);
    match state.step(promote::ID).map(|step| step.state) {
        None | Some(StepState::Pending) => format!("{target} was not promoted: {source} is the primary"),
        Some(StepState::Done) => format!("{target} is the primary"),
        Some(StepState::Undone) => format!("{target} is not the primary any more: {source} is"),
        Some(StepState::Started | StepState::Failed | StepState::Undoing | StepState::UndoFailed) => {
            format!("{target} may or may not be the primary: only RDS knows")
        }
    }
}

/// The snapshot in which what only the old primary had is kept, where it is.
#[must_use]
pub fn kept(state: &RunState<Step>) -> Option<CopiedSnapshot> {
    state.outputs.of(keep_snapshot::ID).ok()
}

/// What is still to be done by hand, and what was kept, a line each.
#[must_use]
pub fn afterwards(state: &RunState<Step>) -> Vec<String> {
    let Some(promotion) = &state.plan.brief.promotion else { return Vec::new() };
    match kept(state) {
        Some(copy) => vec![format!(
            "what only {} had is kept in snapshot {}, which stays until a person deletes it",
            state.plan.brief.source.identifier, copy.arn
        )],
        None => promotion.afterwards.clone(),
    }
}

fn is_done(state: &RunState<Step>) -> bool {
    state.step(promote::ID).is_some_and(|step| step.state == StepState::Done)
}

/// What a rollback does, where the promotion comes after a fence and cannot be taken back.
#[must_use]
pub fn rollback_words(state: &RunState<Step>) -> Option<&'static str> {
    fenced::step(state).filter(|_| promotes(state))?;
    // One that could not be fenced takes writes as ever.
    if state.outputs.of::<Fenced>(fence::ID).is_ok_and(|fenced| fenced.unfenced.is_some()) {
        return None;
    }
    Some(match is_done(state) {
        true => {
            "moves the application's secret back to the old primary, which STAYS FENCED, and shuts the application out of the target: nobody can write until a person opens one of them by hand"
        }
        false => "lets the application in to the old primary again, unless the target has become a primary meanwhile",
    })
}

/// The stage of a run at rest, where a promotion needs words of its own.
#[must_use]
pub fn stage_words(state: &RunState<Step>, moves: bool) -> Option<String> {
    let (finally, role) = (is_final(&state.plan), role_words(state));
    Some(match state.stage {
        Stage::Stopped(Until::Restored | Until::Validated) if is_to_come(state) => {
            "stopped before the promotion: nothing stands against it".to_owned()
        }
        Stage::Stopped(Until::Restored) if finally => "stopped: the target is promoted, not proven".to_owned(),
        Stage::Stopped(Until::Validated) if finally => {
            "stopped: the target is promoted and proven, the application not moved".to_owned()
        }
        Stage::Stopped(Until::Restored | Until::Validated) => format!("stopped: {role}"),
        Stage::Stopped(Until::Cutover) | Stage::Ended(Outcome::Recovered) if moves => {
            format!("promoted: {role}, and the application is on it")
        }
        Stage::Stopped(Until::Cutover) | Stage::Ended(Outcome::Recovered) => {
            format!("promoted: {role}; daybreak moved no secret")
        }
        Stage::Ended(Outcome::RolledBack) if finally && is_done(state) => {
            "rolled back: the application is where it was; the promoted target stays a primary".to_owned()
        }
        Stage::Ended(Outcome::RolledBack) => format!("rolled back: {role}"),
        Stage::Ended(Outcome::Undone) if stands(state) => {
            format!("ended early; a promotion cannot be taken back: {role}")
        }
        Stage::Ended(Outcome::Undone) => format!("ended: {role}"),
        Stage::Going | Stage::TurningBack(_) | Stage::Stuck(_) => return None,
    })
}
