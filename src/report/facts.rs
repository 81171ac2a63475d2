//! One reading of a journal for all reports: what the finished steps left, what failed, when the application moved.
//!
//! Read from the records rather than from the state, since an undo takes from the state what had been there.

use jiff::Timestamp;
use serde_json::Value;

use super::application::state_of_moves;
use crate::{
    pg::Proof,
    run::{
        clock::elapsed,
        journal::History,
        plan::Planned,
        record::{Entry, Outcome, Scope},
        state::{Next, RunState, Stage, StepState, StepStatus},
        step::{Failure, StepId},
    },
    steps::{
        await_record,
        create_instance::{CreateInstance, Role},
        guard_cutover, moves, prove,
        proxy::await_target,
        renaming::rename_target::{self, Renamed},
        restore_cluster, restore_instance,
        serving::{self, Writer},
        step::Step,
    },
};

/// What a journal says, in the terms of reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The resource id of the target as it was restored, whether or not it still exists.
    pub restored: Option<String>,
    /// Its writer.
    pub writer: Option<Writer>,
    /// The last proof made, and when.
    pub proof: Option<(Timestamp, Proof)>,
    /// The failure that decides where the run is: of an undo before that of a step.
    pub failure: Option<(StepId, Failure)>,
    /// The first failure of the run's present course, which an undo may have followed.
    pub cause: Option<(StepId, Failure)>,
    /// The application's moves, oldest first.
    pub cutover: Option<Cutover>,
    /// Whether the last thing recorded is an interruption.
    pub interrupted: bool,
}

/// What became of the application's pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutover {
    /// Where the moves are as a whole.
    pub state: StepState,
    /// When they last started.
    pub started: Timestamp,
    /// When the application was last seen to be on the target.
    pub moved: Option<Timestamp>,
    /// When it was last moved back.
    pub moved_back: Option<Timestamp>,
    /// Where clients landed, as `host:port`.
    pub leads_to: Option<String>,
}

impl Facts {
    /// Reads `history`.
    #[must_use]
    pub fn of(history: &History<Step>) -> Self {
        let mut facts = Self {
            restored: None,
            writer: None,
            proof: None,
            failure: None,
            cause: None,
            cutover: None,
            interrupted: matches!(history.records.last().map(|record| &record.entry), Some(Entry::Interrupted { .. })),
        };
        let steps = &history.state.plan.steps;
        let moves = moves::of(steps);
        let mut undo_failure: Option<(StepId, Failure)> = None;
        for record in &history.records {
            match &record.entry {
                Entry::Started { step } if moves.first().is_some_and(|first| first.id() == *step) => {
                    facts.cutover = Some(Cutover {
                        state: StepState::Started,
                        started: record.at,
                        moved: None,
                        moved_back: None,
                        leads_to: None,
                    });
                }
                Entry::Noted { step, note } if step.0 == prove::ID || step.0 == guard_cutover::ID => {
                    if let Ok(proof) = serde_json::from_value(note.clone()) {
                        facts.proof = Some((record.at, proof));
                    }
                }
                Entry::Finished { step, output } => {
                    facts.finished(steps, step, output);
                    if moves::last(steps).as_ref() == Some(step)
                        && let Some(cutover) = &mut facts.cutover
                    {
                        cutover.moved = Some(record.at);
                    }
                }
                Entry::Failed { step, failure, .. } => {
                    facts.cause = Some((step.clone(), failure.clone()));
                    undo_failure = None;
                }
                Entry::UndoFailed { step, failure } => undo_failure = Some((step.clone(), failure.clone())),
                Entry::UndoFinished { step, .. } => {
                    if undo_failure.as_ref().is_some_and(|(failed, _)| failed == step) {
                        undo_failure = None;
                    }
                    // The way back ends where the way forward began.
                    if moves.first().is_some_and(|first| first.id() == *step)
                        && let Some(cutover) = &mut facts.cutover
                    {
                        cutover.moved_back = Some(record.at);
                    }
                }
                // What failed is tried again: an undo where one failed, the step otherwise.
                Entry::Retried { .. } => {
                    let undo_again = undo_failure.take().is_some();
                    facts.cause = facts.cause.take().filter(|_| undo_again);
                }
                Entry::Allowed { .. } => facts.cause = None,
                _ => {}
            }
        }
        if let (Some(cutover), Some(state)) = (&mut facts.cutover, state_of_moves(&history.state)) {
            cutover.state = state;
        }
        facts.failure = undo_failure.or_else(|| facts.cause.clone());
        facts
    }

    fn finished(&mut self, steps: &[Planned<Step>], step: &StepId, output: &Value) {
        match step.0.as_str() {
            restore_cluster::ID => self.restored = resource_id(output),
            step if serving::brings_up(step) => {
                self.writer = serde_json::from_value(output.clone()).ok();
                if step == restore_instance::ID {
                    self.restored = resource_id(output);
                }
            }
            rename_target::ID => {
                let endpoint = serde_json::from_value::<Renamed>(output.clone()).ok().map(|renamed| renamed.endpoint);
                let port = moves::swap(steps).map(|swap| swap.port);
                if let Some(cutover) = &mut self.cutover {
                    cutover.leads_to = endpoint.zip(port).map(|(host, port)| format!("{host}:{port}"));
                }
            }
            step if moves::is_move(steps, step) || [await_record::ID, await_target::ID].contains(&step) => {
                if let Some(cutover) = &mut self.cutover {
                    let host = output.get("host").and_then(Value::as_str);
                    let port = output.get("port").and_then(Value::as_u64);
                    cutover.leads_to = host.zip(port).map(|(host, port)| format!("{host}:{port}"));
                }
            }
            _ => {}
        }
    }
}

fn resource_id(output: &Value) -> Option<String> {
    output.get("resource_id").and_then(Value::as_str).map(str::to_owned)
}

/// What the run waits for, and since when: the step at work, or being taken back.
#[must_use]
pub fn waiting(state: &RunState<Step>) -> Option<(&StepId, Timestamp, &str)> {
    let waits = |step: &'_ StepStatus| step.awaiting.is_some();
    let step = state.steps.iter().find(|step| waits(step)).filter(|_| state.next() != Next::Rest)?;
    step.awaiting.as_ref().map(|(since, on)| (&step.id, *since, on.as_str()))
}

/// The instances that the plan makes, writer first: name and class.
pub fn instances(steps: &[Planned<Step>]) -> impl Iterator<Item = (Role, &CreateInstance)> {
    steps.iter().filter_map(|planned| match &planned.step {
        Step::CreateInstance(step) => Some((step.role, step)),
        _ => None,
    })
}

/// RTO achieved, in seconds: from the run's beginning to the application served by the target, or, where the plan
/// moves no pointer, to the proof. None while that has not been reached, or once it has been taken back.
#[must_use]
pub fn rto_seconds(history: &History<Step>) -> Option<f64> {
    let state = &history.state;
    if matches!(state.stage, Stage::Ended(Outcome::Undone) | Stage::TurningBack(Scope::Everything)) {
        return None;
    }
    let served = moves::last(&state.plan.steps).unwrap_or_else(|| StepId::from(prove::ID));
    let step = state.step(&served.0).filter(|step| step.state == StepState::Done)?;
    Some(elapsed(state.begun, step.ended?).as_secs_f64())
}

/// RPO achieved, in seconds: from the newest data that the proof found to the time asked for. None when the proof could
/// not tell, or found data from after that time.
#[must_use]
pub fn rpo_seconds(history: &History<Step>, facts: &Facts) -> Option<f64> {
    let newest = facts.proof.as_ref()?.1.newest?;
    // A promotion has no time that was asked for.
    if history.state.plan.brief.promotion.is_some() {
        return None;
    }
    let wanted = history.state.plan.brief.requested_time;
    (newest <= wanted).then(|| elapsed(newest, wanted).as_secs_f64())
}
