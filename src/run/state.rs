//! The one transition function: from records to what is true now, and from that to what comes next.
//!
//! Execution, resume, `status` and `report` all go through [`RunState::apply`]; there is no second reading of a
//! journal. States of a run:
//!
//! ```text
//! none ──Begun──► going ──Stopped──► stopped ──Allowed──► going
//!                  going ──Ended──► recovered
//!                  going ──Failed──► turning back, or stuck (held, or beyond the point of no return)
//!   stopped, stuck, recovered ──TurnedBack──► turning back
//!           turning back ──Ended──► rolled_back (the pointer), undone (everything)
//!           turning back ──UndoFailed──► stuck ──Retried──► where it was
//!            rolled_back ──Allowed──► going,  ──TurnedBack──► turning back
//! ```
//!
//! What `Removing` begins and `Removed` ends does not change the stage: see [`super::removal`].

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    plan::{Actor, Plan},
    record::{Consequence, Entry, Outcome, Record, Scope},
    removal::{Progress, Removal},
    step::{Failure, Outputs, Step, StepId, Undo, Until},
};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Steps are being executed.
    Going,
    /// As far as allowed; a person says how to go on.
    Stopped(Until),
    /// Steps are being taken back.
    TurningBack(Scope),
    /// Neither forward nor back without a person.
    Stuck(Direction),
    /// At an end.
    Ended(Outcome),
}

/// Which way a stuck run was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Towards recovery.
    Forward,
    /// Back, over this scope.
    Back(Scope),
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Begun: its effect may or may not be there.
    Started,
    /// Its effect is there.
    Done,
    /// It could not be completed.
    Failed,
    /// It is being taken back.
    Undoing,
    /// It has been taken back.
    Undone,
    /// It could not be taken back.
    UndoFailed,
}

/// All that is known of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepStatus {
    /// Its name.
    pub id: StepId,
    /// What must be allowed before it starts.
    pub until: Until,
    /// Whether it can be taken back.
    pub reversibility: Undo,
    /// Whether the run goes on without it where it cannot be done.
    pub optional: bool,
    /// Whether it goes when the target of an ended run is removed.
    pub goes_with_the_target: bool,
    /// Where it is.
    pub state: StepState,
    /// When it, or its undo, last started.
    pub started: Option<Timestamp>,
    /// When it, or its undo, last ended.
    pub ended: Option<Timestamp>,
    /// What it noted since it last started.
    pub notes: Vec<(Timestamp, Value)>,
    /// What it, or its undo, waits for, and since when.
    pub awaiting: Option<(Timestamp, String)>,
    /// Why it, or its undo, failed.
    pub failure: Option<Failure>,
    /// How it was taken back.
    pub undone: Option<String>,
}

/// What is true of a run after its records so far.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState<S: Step> {
    /// What the run is to do.
    pub plan: Plan<S>,
    /// Where it is.
    pub stage: Stage,
    /// How far it may go.
    pub allowed: Until,
    /// When it began.
    pub begun: Timestamp,
    /// When its last record was written.
    pub latest: Timestamp,
    /// Who began it.
    pub begun_by: Actor,
    /// Its steps, in plan order.
    pub steps: Vec<StepStatus>,
    /// What finished steps left.
    pub outputs: Outputs,
    /// Whether a step of the cutover has ever started: from then on the target may hold what the application wrote, whether or
    /// not the cutover was taken back.
    pub opened: bool,
    /// The name under which the target's data is kept when it is removed, by whoever last had it removed.
    pub final_snapshot: Option<String>,
    /// The removal of the ended run's target.
    pub removal: Option<Removal>,
}

/// A record that cannot follow those before it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("record {number} ({event}) cannot follow: {why}")]
pub struct IllegalRecord {
    /// The record's place.
    pub number: u64,
    /// What it says.
    pub event: &'static str,
    /// Why that cannot be.
    pub why: String,
}

/// What comes next, decided by the records alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Record that step `.0` has started.
    Start(usize),
    /// Observe step `.0`, and act if need be.
    Work(usize),
    /// Record that the run has gone as far as it may.
    Stop(Until),
    /// Record that the undo of step `.0` has started.
    StartUndo(usize),
    /// Take step `.0` back, or go on taking it back.
    Undo(usize),
    /// Record the end.
    End(Outcome),
    /// Record that the target is removed.
    EndRemoval,
    /// Nothing, until a person says more.
    Rest,
}

impl<S: Step> RunState<S> {
    /// The state after the first record, which must be [`Entry::Begun`].
    pub fn begin(record: &Record<S>) -> Result<Self, IllegalRecord> {
        let Entry::Begun { plan, until, by } = &record.entry else {
            return Err(illegal(record, "a journal begins with a plan"));
        };
        let steps = plan.steps.iter().map(|planned| StepStatus::pending(&planned.step)).collect();
        Ok(Self {
            plan: (**plan).clone(),
            stage: Stage::Going,
            allowed: *until,
            begun: record.at,
            latest: record.at,
            begun_by: by.clone(),
            steps,
            outputs: Outputs::default(),
            opened: false,
            final_snapshot: None,
            removal: None,
        })
    }

    /// Takes one more record into account. On an error nothing has changed.
    pub fn apply(&mut self, record: &Record<S>) -> Result<(), IllegalRecord> {
        let at = record.at;
        match (&record.entry, self.stage) {
            (Entry::Allowed { until, .. }, Stage::Going | Stage::Stopped(_)) if *until > self.allowed => {
                self.allowed = *until;
                self.stage = Stage::Going;
            }
            (Entry::Allowed { until: Until::Cutover, .. }, Stage::Ended(Outcome::RolledBack))
                if self.removal.is_none() =>
            {
                self.allowed = Until::Cutover;
                self.stage = Stage::Going;
                for step in self.steps.iter_mut().filter(|step| step.until == Until::Cutover) {
                    step.reset();
                    self.outputs.0.remove(&step.id);
                }
            }
            (Entry::Started { step }, Stage::Going) => match self.next() {
                Next::Start(index) if self.steps[index].id == *step => {
                    self.opened |= self.steps[index].until == Until::Cutover;
                    self.steps[index].start(StepState::Started, at);
                }
                _ => return Err(illegal(record, format!("it is not the turn of {step}"))),
            },
            (Entry::Noted { step, note }, Stage::Going) => self.working(record, step)?.notes.push((at, note.clone())),
            (Entry::Noted { step, note }, Stage::TurningBack(_) | Stage::Ended(_)) => {
                self.undoing(record, step)?.notes.push((at, note.clone()));
            }
            (Entry::Awaiting { step, on }, Stage::Going) => {
                self.working(record, step)?.awaiting = Some((at, on.clone()));
            }
            (Entry::Awaiting { step, on }, Stage::TurningBack(_) | Stage::Ended(_)) => {
                self.undoing(record, step)?.awaiting = Some((at, on.clone()));
            }
            (Entry::Finished { step, output }, Stage::Going) => {
                self.working(record, step)?.end(StepState::Done, at);
                self.outputs.0.insert(step.clone(), output.clone());
            }
            (Entry::Failed { step, failure, then }, Stage::Going) => {
                let status = self.working(record, step)?;
                status.end(StepState::Failed, at);
                status.failure = Some(failure.clone());
                self.stage = match then {
                    Consequence::TurnBack(scope) => Stage::TurningBack(*scope),
                    Consequence::Hold => Stage::Stuck(Direction::Forward),
                };
            }
            (Entry::Stopped { after }, Stage::Going) if self.next() == Next::Stop(*after) => {
                self.stage = Stage::Stopped(*after)
            }
            (Entry::TurnedBack { scope, final_snapshot, .. }, _) if self.can_turn_back(*scope) => {
                self.final_snapshot.clone_from(final_snapshot);
                self.stage = Stage::TurningBack(*scope)
            }
            (Entry::UndoStarted { step }, Stage::TurningBack(_) | Stage::Ended(_)) => match self.next() {
                Next::StartUndo(index) if self.steps[index].id == *step => {
                    self.steps[index].start(StepState::Undoing, at)
                }
                _ => return Err(illegal(record, format!("it is not the turn of {step} to be undone"))),
            },
            (Entry::UndoFinished { step, how }, Stage::TurningBack(_) | Stage::Ended(_)) => {
                let status = self.undoing(record, step)?;
                status.end(StepState::Undone, at);
                status.undone = Some(how.clone());
                self.outputs.0.remove(step);
            }
            (Entry::UndoFailed { step, failure }, Stage::TurningBack(_) | Stage::Ended(_)) => {
                let status = self.undoing(record, step)?;
                status.end(StepState::UndoFailed, at);
                status.failure = Some(failure.clone());
                match (self.stage, &mut self.removal) {
                    (Stage::TurningBack(scope), _) => self.stage = Stage::Stuck(Direction::Back(scope)),
                    (_, Some(removal)) => removal.progress = Progress::Failed,
                    (_, None) => {}
                }
            }
            (Entry::Retried { .. }, Stage::Stuck(direction)) => {
                let (from, to, stage) = match direction {
                    Direction::Forward => (StepState::Failed, StepState::Started, Stage::Going),
                    Direction::Back(scope) => (StepState::UndoFailed, StepState::Undoing, Stage::TurningBack(scope)),
                };
                for step in self.steps.iter_mut().filter(|step| step.state == from) {
                    step.start(to, at);
                }
                self.stage = stage;
            }
            (Entry::Interrupted { .. }, Stage::Going | Stage::TurningBack(_)) => {}
            (Entry::Interrupted { .. }, Stage::Ended(_)) if self.removal.as_ref().is_some_and(Removal::is_open) => {}
            (Entry::Ended { outcome }, Stage::Going | Stage::TurningBack(_)) if self.next() == Next::End(*outcome) => {
                self.stage = Stage::Ended(*outcome);
            }
            (Entry::Removing { final_snapshot, by }, Stage::Ended(_)) => self.begin_removal(at, final_snapshot, by),
            (Entry::Removed, Stage::Ended(_)) if self.next() == Next::EndRemoval => self.end_removal(at),
            (_, stage) => return Err(illegal(record, format!("the run is {}", stage_words(stage)))),
        }
        self.latest = at;
        Ok(())
    }

    /// What comes next.
    pub fn next(&self) -> Next {
        match self.stage {
            Stage::Going => {
                if let Some(index) = self.position(|step| step.state == StepState::Started) {
                    return Next::Work(index);
                }
                match self.position(|step| step.state == StepState::Pending) {
                    Some(index) if self.steps[index].until <= self.allowed => Next::Start(index),
                    Some(_) => Next::Stop(self.allowed),
                    // A plan that proves nothing recovers nothing: it stops with what it has.
                    None if self.steps.iter().all(|step| step.until < Until::Validated) => Next::Stop(self.allowed),
                    None => Next::End(Outcome::Recovered),
                }
            }
            Stage::TurningBack(scope) => {
                if let Some(index) = self.position(|step| step.state == StepState::Undoing) {
                    return Next::Undo(index);
                }
                let owes = |step: &StepStatus| step.owes_undo(scope);
                let moved = |step: &StepStatus| owes(step) && step.until == Until::Cutover && !step.optional;
                // What moved the application comes first: nothing optional keeps it from its source.
                match self.steps.iter().rposition(moved).or_else(|| self.steps.iter().rposition(owes)) {
                    Some(index) => Next::StartUndo(index),
                    None => Next::End(match scope {
                        Scope::Cutover => Outcome::RolledBack,
                        Scope::Everything => Outcome::Undone,
                    }),
                }
            }
            Stage::Ended(_) => self.next_of_removal(),
            Stage::Stopped(_) | Stage::Stuck(_) => Next::Rest,
        }
    }

    /// What a failure of step `index` leads to, unless the step asks to be held.
    pub fn consequence_of_failure(&self, index: usize) -> Consequence {
        if self.beyond_return() {
            Consequence::Hold
        } else if self.steps[index].until == Until::Cutover {
            Consequence::TurnBack(Scope::Cutover)
        } else {
            Consequence::TurnBack(Scope::Everything)
        }
    }

    /// Whether the point of no return has been crossed: the run no longer turns back by itself.
    pub fn beyond_return(&self) -> bool {
        self.steps.iter().any(|step| step.reversibility == Undo::PointOfNoReturn && step.state != StepState::Pending)
    }

    /// Whether any step that moves the application has begun and has not been taken back.
    pub fn cutover_begun(&self) -> bool {
        self.steps.iter().any(|step| {
            step.owes_undo(Scope::Cutover) || (step.until == Until::Cutover && step.state == StepState::Undoing)
        })
    }

    /// Whether a person may take `scope` back now. What the application may have been moved onto is only removed
    /// after the application has been moved away from it.
    pub fn can_turn_back(&self, scope: Scope) -> bool {
        match (scope, self.stage) {
            _ if self.removal.is_some() => false,
            (_, Stage::TurningBack(_) | Stage::Ended(Outcome::Undone)) => false,
            (Scope::Cutover, Stage::Stuck(Direction::Back(Scope::Everything)) | Stage::Ended(Outcome::RolledBack)) => {
                false
            }
            (Scope::Cutover, _) => self.cutover_begun(),
            (Scope::Everything, _) => !self.cutover_begun(),
        }
    }

    /// The status of the step named `id`.
    pub fn step(&self, id: &str) -> Option<&StepStatus> {
        self.steps.iter().find(|step| step.id.0 == id)
    }

    /// Whether the run still needs an executor or a person.
    pub fn unfinished(&self) -> bool {
        !matches!(self.stage, Stage::Ended(_))
    }

    pub(super) fn position(&self, wanted: impl Fn(&StepStatus) -> bool) -> Option<usize> {
        self.steps.iter().position(wanted)
    }

    fn working(&mut self, record: &Record<S>, id: &StepId) -> Result<&mut StepStatus, IllegalRecord> {
        self.in_state(record, id, StepState::Started)
    }

    fn undoing(&mut self, record: &Record<S>, id: &StepId) -> Result<&mut StepStatus, IllegalRecord> {
        self.in_state(record, id, StepState::Undoing)
    }

    fn in_state(
        &mut self,
        record: &Record<S>,
        id: &StepId,
        state: StepState,
    ) -> Result<&mut StepStatus, IllegalRecord> {
        self.steps
            .iter_mut()
            .find(|step| step.id == *id && step.state == state)
            .ok_or_else(|| illegal(record, format!("{id} is not in progress")))
    }
}

impl StepStatus {
    fn pending<S: Step>(step: &S) -> Self {
        Self {
            id: step.id(),
            until: step.until(),
            reversibility: step.reversibility(),
            optional: step.is_optional(),
            goes_with_the_target: step.goes_with_the_target(),
            state: StepState::Pending,
            started: None,
            ended: None,
            notes: Vec::new(),
            awaiting: None,
            failure: None,
            undone: None,
        }
    }

    fn reset(&mut self) {
        self.state = StepState::Pending;
        (self.started, self.ended, self.failure, self.undone) = (None, None, None, None);
        self.awaiting = None;
        self.notes.clear();
    }

    pub(super) fn start(&mut self, state: StepState, at: Timestamp) {
        self.state = state;
        (self.started, self.ended, self.failure) = (Some(at), None, None);
        self.awaiting = None;
        self.notes.clear();
    }

    fn end(&mut self, state: StepState, at: Timestamp) {
        self.state = state;
        self.ended = Some(at);
        self.awaiting = None;
    }

    /// Undo is owed by every reversible step that started, whether it succeeded or not.
    pub(super) fn owes_undo(&self, scope: Scope) -> bool {
        let begun =
            matches!(self.state, StepState::Started | StepState::Done | StepState::Failed | StepState::UndoFailed);
        let covered = scope == Scope::Everything || self.until == Until::Cutover;
        begun && covered && self.reversibility == Undo::Reversible
    }
}

/// The stage as an adjective.
pub fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Going => "going",
        Stage::Stopped(_) => "stopped",
        Stage::TurningBack(Scope::Cutover) => "rolling back",
        Stage::TurningBack(Scope::Everything) => "being undone",
        Stage::Stuck(_) => "stuck",
        Stage::Ended(Outcome::Recovered) => "recovered",
        Stage::Ended(Outcome::RolledBack) => "rolled back",
        Stage::Ended(Outcome::Undone) => "undone",
    }
}

fn illegal<S: Step>(record: &Record<S>, why: impl Into<String>) -> IllegalRecord {
    IllegalRecord { number: record.number, event: record.entry.name(), why: why.into() }
}

impl<S: Step> Entry<S> {
    /// The entry's name, as stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "begun",
            Self::Allowed { .. } => "allowed",
            Self::Started { .. } => "started",
            Self::Noted { .. } => "noted",
            Self::Awaiting { .. } => "awaiting",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Stopped { .. } => "stopped",
            Self::TurnedBack { .. } => "turned-back",
            Self::UndoStarted { .. } => "undo-started",
            Self::UndoFinished { .. } => "undo-finished",
            Self::UndoFailed { .. } => "undo-failed",
            Self::Retried { .. } => "retried",
            Self::Interrupted { .. } => "interrupted",
            Self::Ended { .. } => "ended",
            Self::Removing { .. } => "removing",
            Self::Removed => "removed",
        }
    }
}
