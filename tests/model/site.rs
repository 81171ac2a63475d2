//! What all processes of a history share: the world, its clock, the store, the lease, and chance.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use daybreak::run::{
    id::RunId,
    record::{Entry, Record},
    state::RunState,
    step::Remedy,
};
use jiff::Timestamp;

use crate::{
    choices::Choices,
    ledger::{Circumstances, Ledger},
    step::ModelStep,
    tally::{Seen, Tally},
};

/// What the world last told a process about the step it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Act,
    Wait,
    Error(Remedy),
}

/// What goes wrong at one look or call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    None,
    /// It fails before it has an effect, and may be tried again.
    Passing,
    /// It has its effect, and the answer is lost.
    AnswerLost,
    /// It has half of its effect.
    Half,
    /// An old answer.
    Stale,
    /// A fact is found on the way.
    Noteworthy,
    /// The provider cannot be asked.
    Unanswered,
    /// It is refused for good.
    Denied,
    /// It ends, and a person must decide.
    Doubtful,
    /// It never returns.
    Hanging,
}

const MISHAPS: [Mishap; 9] = [
    Mishap::Passing,
    Mishap::AnswerLost,
    Mishap::Half,
    Mishap::Stale,
    Mishap::Noteworthy,
    Mishap::Unanswered,
    Mishap::Denied,
    Mishap::Doubtful,
    Mishap::Hanging,
];

/// One process, as the world knows it.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) since: Duration,
    /// What it was told since its last record.
    pub(crate) answer: Option<Answer>,
    /// How many records it has read or written.
    pub(crate) known: usize,
    /// Since when it can have been at its present step, at the earliest.
    pub(crate) begins: Duration,
    /// The step it last acted for with success, since its last failure, and when.
    pub(crate) acted: Option<(usize, Duration)>,
    /// It has made sure of its lease, and nothing has happened since.
    pub(crate) confirmed: bool,
}

/// The shared part, behind its lock.
pub(crate) struct Inner {
    pub(crate) choices: Choices,
    pub(crate) ledger: Ledger,
    pub(crate) parts: Vec<u8>,
    /// Looks that each effect still needs until it is complete.
    pub(crate) settling: Vec<u8>,
    pub(crate) now: Timestamp,
    pub(crate) awake: Duration,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) digest: Option<String>,
    /// The stored bytes, read back one by one.
    pub(crate) replayed: Option<RunState<ModelStep>>,
    pub(crate) holder: Option<usize>,
    /// The lease may be taken from whoever holds it.
    pub(crate) expired: bool,
    pub(crate) processes: Vec<Facts>,
    /// Whether things still go wrong.
    pub(crate) wild: bool,
    /// The call under way never returns.
    pub(crate) hanging: bool,
    tally: Tally,
    told: Option<Vec<String>>,
}

/// Everything beside the processes.
pub(crate) struct Site(Mutex<Inner>);

/// The run of every history.
pub(crate) fn run() -> RunId {
    "20261120-150000-k3fa".parse().unwrap()
}

impl Site {
    pub(crate) fn new(choices: Choices, telling: bool) -> Self {
        Self(Mutex::new(Inner {
            choices,
            ledger: Ledger::new(),
            parts: Vec::new(),
            settling: Vec::new(),
            now: "2026-11-20T15:00:00Z".parse().unwrap(),
            awake: Duration::ZERO,
            records: Vec::new(),
            digest: None,
            replayed: None,
            holder: None,
            expired: false,
            processes: Vec::new(),
            wild: true,
            hanging: false,
            tally: Tally::default(),
            told: telling.then(Vec::new),
        }))
    }

    /// The shared part. A broken promise panics while it is locked, and whoever unwinds must still get at it.
    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A choice, while things still go wrong; otherwise that in which nothing happens.
    pub(crate) fn chosen<T: Default>(&self, choose: impl FnOnce(&mut Choices) -> T) -> T {
        let mut inner = self.inner();
        if inner.wild { choose(&mut inner.choices) } else { T::default() }
    }

    pub(crate) fn count(&self, seen: Seen) {
        self.inner().count(seen);
    }

    /// Writes down what happens, where somebody wants to read it.
    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        self.inner().tell(what);
    }

    /// From here on nothing goes wrong.
    pub(crate) fn calm(&self) {
        let mut inner = self.inner();
        inner.wild = false;
        inner.tell(|| "-- faults stop --".to_owned());
    }

    /// The choices made, what was met, and what was told.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Tally, Vec<String>) {
        let inner = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        (inner.choices.into_made(), inner.tally, inner.told.unwrap_or_default())
    }
}

impl Inner {
    pub(crate) fn count(&mut self, seen: Seen) {
        self.tally.count(seen);
    }

    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        let awake = self.awake;
        if let Some(told) = &mut self.told {
            told.push(format!("{:>8.1} s  {}", awake.as_secs_f64(), what()));
        }
    }

    pub(crate) fn mishap(&mut self) -> Mishap {
        if self.wild && self.choices.rarely(160) {
            MISHAPS[usize::from(self.choices.below(MISHAPS.len() as u8))]
        } else {
            Mishap::None
        }
    }

    /// Whether records were written that this process has not read.
    pub(crate) fn is_behind(&self, process: usize) -> bool {
        self.processes[process].known < self.records.len()
    }

    /// Stores a record: reads its bytes back, holds it against the promises, and replays it.
    pub(crate) fn store(&mut self, process: usize, bytes: &[u8]) {
        let number = self.records.len() as u64;
        let (record, digest) = Record::<ModelStep>::decode(bytes, &run(), number, self.digest.as_deref())
            .expect("what was written can be read");
        self.tell(|| match &record.entry {
            Entry::Begun { until, .. } => format!("process {process} writes {number}: begun, until {until}"),
            entry => format!("process {process} writes {number}: {entry:?}"),
        });
        let facts = &self.processes[process];
        let circumstances = Circumstances {
            parts: self.parts.clone(),
            answer: facts.answer,
            executed: self.awake - facts.since,
            attended: self.awake - facts.begins,
        };
        for seen in self.ledger.take(&record, &circumstances) {
            self.count(seen);
        }
        match &mut self.replayed {
            None => self.replayed = Some(RunState::begin(&record).expect("a journal begins with its plan")),
            Some(state) => state.apply(&record).expect("what was written follows what was there"),
        }
        let facts = &mut self.processes[process];
        // A note and the name of a wait are written in mid-look; all else ends one.
        if !matches!(record.entry.name(), "noted" | "awaiting") {
            (facts.answer, facts.acted) = (None, None);
        }
        if matches!(record.entry.name(), "started" | "undo-started" | "retried") {
            facts.begins = self.awake;
        }
        self.records.push(bytes.to_vec());
        self.digest = Some(digest);
    }
}
