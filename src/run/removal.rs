//! The removal of an ended run's target, long after: recorded in the run's own journal, done by the steps' own undo.
//!
//! A removal annotates the run and does not change its stage: what is recovered stays recovered, also when nothing is left of
//! it. Once one has begun, the run can neither be cut over nor turned back any more.
//!
//! ```text
//! ended ──Removing──► UndoStarted, UndoFinished of the steps that made the target, last first ──Removed──► ended
//!                      └─UndoFailed──► rests ──Removing──► where it was
//! ```

use std::time::Duration;

use jiff::Timestamp;

use super::{
    clock::Clock,
    executor::{Advance, Executor},
    interrupt::Interrupt,
    journal::JournalError,
    pace,
    plan::Actor,
    record::Scope,
    state::{Next, RunState, StepState, StepStatus},
    step::Step,
};

/// How far a removal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Begun, and not complete.
    Open,
    /// Something could not be removed; a person has it tried again.
    Failed,
    /// Complete.
    Done(Timestamp),
}

/// What is known of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// When it began.
    pub began: Timestamp,
    /// Who last said that it shall be.
    pub by: Actor,
    /// How far it is.
    pub progress: Progress,
}

impl Removal {
    /// Whether it still needs an executor.
    pub fn is_open(&self) -> bool {
        self.progress == Progress::Open
    }

    /// When it was complete; none while it is not.
    pub fn done(&self) -> Option<Timestamp> {
        match self.progress {
            Progress::Done(at) => Some(at),
            Progress::Open | Progress::Failed => None,
        }
    }
}

impl<S: Step> RunState<S> {
    pub(super) fn begin_removal(&mut self, at: Timestamp, final_snapshot: &Option<String>, by: &Actor) {
        let unfinished = self.removal.as_ref().filter(|removal| removal.done().is_none());
        let began = unfinished.map_or(at, |removal| removal.began);
        for step in self.steps.iter_mut().filter(|step| step.goes_with_the_target) {
            match step.state {
                StepState::UndoFailed => step.start(StepState::Undoing, at),
                // Believed gone, and found again: a request that was under way when it was looked for.
                StepState::Undone if unfinished.is_none() => step.state = StepState::Started,
                _ => {}
            }
        }
        self.final_snapshot.clone_from(final_snapshot);
        self.removal = Some(Removal { began, by: by.clone(), progress: Progress::Open });
    }

    pub(super) fn end_removal(&mut self, at: Timestamp) {
        if let Some(removal) = &mut self.removal {
            removal.progress = Progress::Done(at);
        }
    }

    /// What comes next in the life of an ended run.
    pub(super) fn next_of_removal(&self) -> Next {
        if !self.removal.as_ref().is_some_and(Removal::is_open) {
            return Next::Rest;
        }
        if let Some(index) = self.position(|step| step.state == StepState::Undoing) {
            return Next::Undo(index);
        }
        let left = |step: &StepStatus| step.goes_with_the_target && step.owes_undo(Scope::Everything);
        self.steps.iter().rposition(left).map_or(Next::EndRemoval, Next::StartUndo)
    }
}

/// How removing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removing {
    /// The run rests: the target is removed, or something could not be removed.
    Rested,
    /// It was asked to stop.
    Interrupted,
    /// It may not go on, for this reason: what is left stays.
    Forbidden(String),
}

/// Whether something may be removed, asked of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Given,
    /// It must stay, for this reason.
    Refused(String),
    /// The world did not answer, for this reason.
    Unknown(String),
}

/// How long a permission holds: what was true when it was given may change while RDS takes its time.
const HOLDS: Duration = Duration::from_secs(30);

/// How long a world that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(300);

/// Removes the target until the run rests or `interrupt` is raised. `permission` is asked for before each thing begins to be
/// removed, and again while that takes its time.
pub async fn remove<S: Step>(
    executor: &mut Executor<'_, S>,
    clock: &dyn Clock,
    interrupt: &Interrupt,
    permission: impl AsyncFn() -> Permission,
) -> Result<Removing, JournalError> {
    let mut given: Option<(usize, Duration)> = None;
    let mut unanswered: Option<Duration> = None;
    loop {
        let next = executor.journal().state().next();
        if let Some(by) = interrupt.by() {
            if next == Next::Rest {
                return Ok(Removing::Rested);
            }
            executor.interrupted(by).await?;
            return Ok(Removing::Interrupted);
        }
        if let Next::StartUndo(index) | Next::Undo(index) = next
            && !given.is_some_and(|(of, at)| of == index && clock.awake().saturating_sub(at) < HOLDS)
        {
            let answer = tokio::select! {
                biased;
                answer = permission() => answer,
                () = interrupt.raised() => continue,
            };
            match answer {
                Permission::Given => {
                    given = Some((index, clock.awake()));
                    unanswered = None;
                }
                Permission::Refused(why) => return Ok(Removing::Forbidden(why)),
                Permission::Unknown(why) => {
                    let waited = clock.awake().saturating_sub(*unanswered.get_or_insert(clock.awake()));
                    if waited > PATIENCE {
                        return Ok(Removing::Forbidden(why));
                    }
                    sleep(clock, interrupt, pace::interval(waited, clock.jitter())).await;
                    continue;
                }
            }
        }
        match executor.advance(interrupt).await? {
            Advance::Moved | Advance::Interrupted => {}
            Advance::Resting => return Ok(Removing::Rested),
            Advance::Wait(span) => sleep(clock, interrupt, span).await,
        }
    }
}

async fn sleep(clock: &dyn Clock, interrupt: &Interrupt, span: Duration) {
    tokio::select! {
        () = clock.sleep(span) => {}
        () = interrupt.raised() => {}
    }
}
