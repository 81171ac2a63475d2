//! The promises, held against every record at the moment it becomes durable. Nothing here asks the engine's own state.

use std::time::Duration;

use daybreak::run::{
    record::{Consequence, Entry, Outcome, Record, Scope},
    step::{Remedy, Undo, Until},
};
use jiff::Timestamp;

use crate::{
    site::Answer,
    step::{ModelStep, name},
    tally::Seen,
};

/// What the records say of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Untouched,
    UnderWay,
    Finished,
    Failed,
    BeingUndone,
    NotUndone,
    Undone,
}

/// What the records say of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Unborn,
    Going,
    Stopped,
    Back(Scope),
    StuckForward,
    StuckBack(Scope),
    Ended(Outcome),
}

/// A person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Allow(Until),
    TurnBack(Scope),
    Retry,
}

/// One step, as the records tell of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) step: ModelStep,
    pub(crate) mark: Mark,
    pub(crate) started: Option<Timestamp>,
    pub(crate) notes: usize,
    deadline: Duration,
}

/// What is true besides the records while one is written.
pub(crate) struct Circumstances {
    /// Parts of each step's effect in the world.
    pub(crate) parts: Vec<u8>,
    /// What the world last told the writer since its last record.
    pub(crate) answer: Option<Answer>,
    /// How long the writer has executed the run.
    pub(crate) executed: Duration,
    /// How long the writer has been at this step, at most.
    pub(crate) attended: Duration,
}

/// All records so far, as one who only reads them understands them.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) phase: Phase,
    pub(crate) allowed: Until,
    pub(crate) steps: Vec<Told>,
    deadline: Option<Duration>,
    /// Whether a person has asked for the way back that is being gone, or was gone last.
    by_person: bool,
}

fn place(steps: &[Told], id: &str) -> usize {
    (0..steps.len()).find(|index| name(*index) == id).expect("a record names a step of the plan")
}

impl Told {
    /// A step that started, whether it succeeded or not, and has not been taken back.
    pub(crate) fn stands(&self) -> bool {
        !matches!(self.mark, Mark::Untouched | Mark::Undone)
    }

    fn owed(&self, scope: Scope) -> bool {
        self.stands()
            && self.step.reversibility == Undo::Reversible
            && (scope == Scope::Everything || self.step.until == Until::Cutover)
    }
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { phase: Phase::Unborn, allowed: Until::Restored, steps: Vec::new(), deadline: None, by_person: false }
    }

    /// Whether the point of no return has been crossed.
    pub(crate) fn beyond_return(&self) -> bool {
        self.steps.iter().any(|told| told.step.reversibility == Undo::PointOfNoReturn && told.mark != Mark::Untouched)
    }

    fn cutover_stands(&self) -> bool {
        self.steps.iter().any(|told| told.owed(Scope::Cutover))
    }

    /// Whether a person may say this now.
    pub(crate) fn may(&self, word: Word) -> bool {
        match (word, self.phase) {
            (_, Phase::Unborn) => false,
            (Word::Allow(until), Phase::Going | Phase::Stopped) => until > self.allowed,
            (Word::Allow(until), Phase::Ended(Outcome::RolledBack)) => until == Until::Cutover,
            (Word::Allow(_), _) => false,
            (Word::TurnBack(_), Phase::Back(_) | Phase::Ended(Outcome::Undone)) => false,
            (Word::TurnBack(Scope::Cutover), Phase::StuckBack(Scope::Everything)) => false,
            (Word::TurnBack(Scope::Cutover), Phase::Ended(Outcome::RolledBack)) => false,
            // What the application is on is removed only after the application has been moved away from it.
            (Word::TurnBack(Scope::Cutover), _) => self.cutover_stands(),
            (Word::TurnBack(Scope::Everything), _) => !self.cutover_stands(),
            (Word::Retry, phase) => matches!(phase, Phase::StuckForward | Phase::StuckBack(_)),
        }
    }

    fn in_progress(&self) -> Option<usize> {
        self.steps.iter().position(|told| told.mark == Mark::UnderWay)
    }

    fn begin(&mut self, index: usize, mark: Mark, at: Timestamp) {
        let told = &mut self.steps[index];
        (told.mark, told.started, told.notes) = (mark, Some(at), 0);
    }

    /// What must follow when step `index` fails after `answer`.
    fn consequence(&self, index: usize, circumstances: &Circumstances) -> (Consequence, Option<Seen>) {
        let back = match (self.beyond_return(), self.steps[index].step.until) {
            (true, _) => Consequence::Hold,
            (false, Until::Cutover) => Consequence::TurnBack(Scope::Cutover),
            (false, _) => Consequence::TurnBack(Scope::Everything),
        };
        let waited = circumstances.attended > self.steps[index].deadline;
        match circumstances.answer {
            Some(Answer::Error(Remedy::TurnBack)) => (back, None),
            Some(Answer::Error(Remedy::Hold)) => (Consequence::Hold, None),
            Some(answer) => {
                assert!(waited, "step {index} was given up after {answer:?}, before its deadline");
                let hold = answer == Answer::Error(Remedy::Await);
                (if hold { Consequence::Hold } else { back }, Some(Seen::GaveUpWaiting))
            }
            None => {
                let limit = self.deadline.expect("a failure without a look, and the run has no deadline");
                assert!(circumstances.executed > limit, "the run was held before its deadline");
                let moving = self.steps[..index].iter().any(|told| told.step.until == Until::Cutover);
                assert!(!moving, "a cutover that had begun was not finished");
                (Consequence::Hold, Some(Seen::RunTooLate))
            }
        }
    }

    /// Takes note of a record that has just become durable, and of what it shows to have been met.
    pub(crate) fn take(&mut self, record: &Record<ModelStep>, circumstances: &Circumstances) -> Vec<Seen> {
        let at = record.at;
        let mut seen = Vec::new();
        let going = self.phase == Phase::Going;
        match &record.entry {
            Entry::Begun { plan, until, .. } => {
                assert_eq!(self.phase, Phase::Unborn, "a run begins once");
                self.steps.extend(plan.steps.iter().map(|planned| Told {
                    step: planned.step.clone(),
                    mark: Mark::Untouched,
                    started: None,
                    notes: 0,
                    deadline: Duration::from_secs(planned.deadline_seconds),
                }));
                self.deadline = plan.deadline_seconds.map(Duration::from_secs);
                (self.phase, self.allowed) = (Phase::Going, *until);
            }
            Entry::Allowed { until, .. } => {
                assert!(self.may(Word::Allow(*until)), "allowed {until} in {:?}", self.phase);
                if self.phase == Phase::Ended(Outcome::RolledBack) {
                    seen.push(Seen::CutOverAgain);
                    for told in self.steps.iter_mut().filter(|told| told.step.until == Until::Cutover) {
                        (told.mark, told.started, told.notes) = (Mark::Untouched, None, 0);
                    }
                }
                (self.phase, self.allowed) = (Phase::Going, *until);
            }
            Entry::Started { step } => {
                let index = place(&self.steps, &step.0);
                assert!(going, "{step} started in {:?}", self.phase);
                assert!(
                    self.steps[..index].iter().all(|told| told.mark == Mark::Finished),
                    "{step} started before what stands before it in the plan was finished"
                );
                assert!(
                    self.steps[index..].iter().all(|told| told.mark == Mark::Untouched),
                    "{step} started twice or late"
                );
                assert!(self.steps[index].step.until <= self.allowed, "{step} started and was not allowed");
                self.begin(index, Mark::UnderWay, at);
            }
            Entry::Noted { step, .. } => {
                let index = place(&self.steps, &step.0);
                let undoing = self.steps[index].mark == Mark::BeingUndone;
                assert!(undoing || going && self.in_progress() == Some(index), "a note of {step} out of turn");
                self.steps[index].notes += 1;
            }
            Entry::Awaiting { step, .. } => {
                let mark = self.steps[place(&self.steps, &step.0)].mark;
                let working = going && mark == Mark::UnderWay;
                let undoing = matches!(self.phase, Phase::Back(_)) && mark == Mark::BeingUndone;
                assert!(working || undoing, "{step} is awaited in {:?}", self.phase);
            }
            Entry::Finished { step, .. } => {
                let index = place(&self.steps, &step.0);
                assert!(going && self.in_progress() == Some(index), "{step} finished out of turn");
                assert_eq!(circumstances.answer, Some(Answer::Done), "{step} finished without having been seen done");
                assert_eq!(circumstances.parts[index], self.steps[index].step.parts, "{step} is not done");
                self.steps[index].mark = Mark::Finished;
            }
            Entry::Failed { step, then, .. } => {
                let index = place(&self.steps, &step.0);
                assert!(going && self.in_progress() == Some(index), "{step} failed out of turn");
                let (expected, why) = self.consequence(index, circumstances);
                assert_eq!(*then, expected, "what follows the failure of {step} after {:?}", circumstances.answer);
                self.steps[index].mark = Mark::Failed;
                seen.extend(why);
                self.phase = match then {
                    Consequence::TurnBack(scope) => {
                        assert!(!self.beyond_return(), "turned back by itself beyond the point of no return");
                        seen.push(Seen::TurnedBackByItself);
                        self.by_person = false;
                        Phase::Back(*scope)
                    }
                    Consequence::Hold => {
                        seen.push(Seen::HeldAfterFailure);
                        seen.extend(self.beyond_return().then_some(Seen::HeldBeyondReturn));
                        Phase::StuckForward
                    }
                };
            }
            Entry::Stopped { after } => {
                assert!(going && self.in_progress().is_none(), "stopped in {:?}", self.phase);
                assert_eq!(*after, self.allowed, "stopped elsewhere than where it had to");
                let next = self.steps.iter().find(|told| told.mark == Mark::Untouched);
                match next {
                    Some(told) => assert!(told.step.until > self.allowed, "stopped before it had to"),
                    None => assert!(self.steps.iter().all(|told| told.step.until == Until::Restored)),
                }
                self.phase = Phase::Stopped;
            }
            Entry::TurnedBack { scope, .. } => {
                assert!(self.may(Word::TurnBack(*scope)), "turned back {scope:?} in {:?}", self.phase);
                seen.extend(self.beyond_return().then_some(Seen::TurnedBackBeyondReturn));
                (self.phase, self.by_person) = (Phase::Back(*scope), true);
            }
            Entry::UndoStarted { step } => {
                let index = place(&self.steps, &step.0);
                let Phase::Back(scope) = self.phase else { panic!("{step} is undone in {:?}", self.phase) };
                assert!(self.by_person || !self.beyond_return(), "{step} is undone beyond the point of no return");
                assert!(self.steps[index].owed(scope), "the undo of {step} is not owed");
                assert!(
                    !self.steps[index + 1..].iter().any(|told| told.owed(scope)),
                    "{step} is undone before what was done after it"
                );
                assert!(!self.steps.iter().any(|told| told.mark == Mark::BeingUndone), "two undos at a time");
                self.begin(index, Mark::BeingUndone, at);
            }
            Entry::UndoFinished { step, .. } => {
                let index = place(&self.steps, &step.0);
                assert!(matches!(self.phase, Phase::Back(_)) && self.steps[index].mark == Mark::BeingUndone);
                assert_eq!(circumstances.parts[index], 0, "{step} is not undone");
                self.steps[index].mark = Mark::Undone;
            }
            Entry::UndoFailed { step, .. } => {
                let index = place(&self.steps, &step.0);
                let Phase::Back(scope) = self.phase else { panic!("an undo failed in {:?}", self.phase) };
                assert_eq!(self.steps[index].mark, Mark::BeingUndone);
                let terminal = matches!(circumstances.answer, Some(Answer::Error(Remedy::TurnBack | Remedy::Hold)));
                assert!(
                    terminal || circumstances.attended > self.steps[index].deadline,
                    "the undo of {step} was given up before its deadline"
                );
                self.steps[index].mark = Mark::NotUndone;
                seen.push(Seen::UndoFailed);
                self.phase = Phase::StuckBack(scope);
            }
            Entry::Retried { .. } => {
                assert!(self.may(Word::Retry), "retried in {:?}", self.phase);
                let (from, to, phase) = match self.phase {
                    Phase::StuckBack(scope) => (Mark::NotUndone, Mark::BeingUndone, Phase::Back(scope)),
                    _ => (Mark::Failed, Mark::UnderWay, Phase::Going),
                };
                let stuck: Vec<usize> = (0..self.steps.len()).filter(|index| self.steps[*index].mark == from).collect();
                assert_eq!(stuck.len(), 1, "a run is stuck at one step");
                self.begin(stuck[0], to, at);
                self.phase = phase;
            }
            Entry::Interrupted { .. } => {
                assert!(matches!(self.phase, Phase::Going | Phase::Back(_)), "interrupted in {:?}", self.phase);
            }
            Entry::Removing { .. } | Entry::Removed => panic!("removed, and nobody asked for it"),
            Entry::Ended { outcome } => {
                self.check_end(*outcome);
                seen.push(match outcome {
                    Outcome::Recovered => Seen::Recovered,
                    Outcome::RolledBack => Seen::RolledBack,
                    Outcome::Undone => Seen::Undone,
                });
                self.phase = Phase::Ended(*outcome);
            }
        }
        seen
    }

    /// Every step that started is completed at the end, or undone.
    fn check_end(&self, outcome: Outcome) {
        match (outcome, self.phase) {
            (Outcome::Recovered, Phase::Going) => {
                assert!(self.steps.iter().all(|told| told.mark == Mark::Finished), "recovered with steps not finished");
                assert!(self.steps.iter().any(|told| told.step.until > Until::Restored), "recovered without a proof");
            }
            (Outcome::RolledBack, Phase::Back(Scope::Cutover)) => {
                assert!(!self.steps.iter().any(|told| told.owed(Scope::Cutover)), "rolled back with undos owed");
                let kept = self.steps.iter().filter(|told| told.step.until < Until::Cutover);
                assert!(kept.into_iter().all(|told| told.mark == Mark::Finished), "a rollback keeps the target");
            }
            (Outcome::Undone, Phase::Back(Scope::Everything)) => {
                assert!(!self.steps.iter().any(|told| told.owed(Scope::Everything)), "undone with undos owed");
            }
            (outcome, phase) => panic!("ended {outcome:?} in {phase:?}"),
        }
    }
}
