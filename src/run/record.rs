//! What a journal holds: numbered records, each saying one thing that happened, each chained to the one before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    id::RunId,
    plan::{Actor, Plan, sha256_hex},
    step::{Failure, Step, StepId, Until},
};

/// The record format this program writes. Newer ones are refused.
pub const FORMAT: u32 = 1;

/// One record of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "S: Step")]
pub struct Record<S: Step> {
    /// [`FORMAT`].
    pub format: u32,
    /// The run it belongs to.
    pub run: RunId,
    /// Its place in the journal, from 0.
    pub number: u64,
    /// When it was written, by the writer's clock.
    pub at: Timestamp,
    /// SHA-256 of the record before it; none in the first.
    pub previous: Option<String>,
    /// What happened.
    pub entry: Entry<S>,
}

/// How much is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The application's move: pointers go back; the target stays.
    Cutover,
    /// All that the run made.
    Everything,
}

/// What a person gives up by taking a run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// So much, at most; none: whatever it is.
    pub accepted: Option<u64>,
    /// So much was counted then; none: it could not be.
    pub counted: Option<u64>,
}

/// What follows a step's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// What the scope covers is taken back.
    TurnBack(Scope),
    /// A person decides.
    Hold,
}

/// How a run, or its way back, came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step is done.
    Recovered,
    /// The application is back where it was; the target is kept.
    RolledBack,
    /// All that the run made is gone.
    Undone,
}

/// One thing that happened to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields, bound = "S: Step")]
pub enum Entry<S: Step> {
    /// The run exists from here on.
    Begun {
        /// What it will do.
        plan: Box<Plan<S>>,
        /// How far it may go.
        until: Until,
        /// Who said so.
        by: Actor,
    },
    /// The run may go further than before.
    Allowed {
        /// How far.
        until: Until,
        /// Who said so.
        by: Actor,
    },
    /// A step is about to act: from here on its undo is owed.
    Started {
        /// The step.
        step: StepId,
    },
    /// A step, or its undo, found something worth keeping.
    Noted {
        /// The step.
        step: StepId,
        /// What it found.
        note: Value,
    },
    /// A step, or its undo, has begun to wait for something else than before.
    Awaiting {
        /// The step.
        step: StepId,
        /// What it waits for.
        on: String,
    },
    /// A step's effect is there and complete.
    Finished {
        /// The step.
        step: StepId,
        /// What it leaves for later steps.
        output: Value,
    },
    /// A step cannot be completed.
    Failed {
        /// The step.
        step: StepId,
        /// Why.
        failure: Failure,
        /// What follows.
        then: Consequence,
    },
    /// The run has gone as far as it may.
    Stopped {
        /// How far that was.
        after: Until,
    },
    /// A person takes the run back.
    TurnedBack {
        /// How much of it.
        scope: Scope,
        /// The name under which the target's data is kept when the target is removed; none: it is not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        final_snapshot: Option<String>,
        /// What is given up by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<Loss>,
        /// Who.
        by: Actor,
    },
    /// A step is being taken back.
    UndoStarted {
        /// The step.
        step: StepId,
    },
    /// A step has been taken back.
    UndoFinished {
        /// The step.
        step: StepId,
        /// What was found and done.
        how: String,
    },
    /// A step could not be taken back.
    UndoFailed {
        /// The step.
        step: StepId,
        /// Why.
        failure: Failure,
    },
    /// A person asks a stuck run to try again where it stopped.
    Retried {
        /// Who.
        by: Actor,
    },
    /// The executor was asked to stop and did.
    Interrupted {
        /// By what: the signal's name.
        by: String,
    },
    /// The run, or its way back, is complete.
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// A person has the target of an ended run removed, or a removal that did not get to its end gone on with. The run's outcome
    /// stays what it was.
    Removing {
        /// The name under which the target's data is kept; none: it is not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        final_snapshot: Option<String>,
        /// Who.
        by: Actor,
    },
    /// The target of an ended run is removed.
    Removed,
}

/// Bytes that are not the expected record.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRecord {
    /// Not a record at all, or cut short.
    #[error("record {number} is damaged: it is not a journal record, or only a part of one")]
    Damaged {
        /// Its place.
        number: u64,
        /// What the parser found.
        #[source]
        source: serde_json::Error,
    },
    /// The content is not what was written.
    #[error("record {number} is damaged: its digest does not match its content")]
    Altered {
        /// Its place.
        number: u64,
    },
    /// It does not follow the record before it, or is of another run.
    #[error("record {number} does not belong here: it is {found}")]
    Foreign {
        /// Its place.
        number: u64,
        /// What it says of itself.
        found: String,
    },
    /// Written by a newer program.
    #[error("record {number} has format {found}, newer than {FORMAT}, the newest this program knows")]
    Newer {
        /// Its place.
        number: u64,
        /// The format found.
        found: u32,
    },
}

/// A record as stored: its own text, and that text's digest.
#[derive(Deserialize)]
struct Envelope<'a> {
    sha256: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct Header {
    format: u32,
}

impl<S: Step> Record<S> {
    /// The bytes to store, and their digest for the next record's `previous`.
    pub fn encode(&self) -> Result<(Vec<u8>, String), serde_json::Error> {
        let text = serde_json::to_string(self)?;
        let sha256 = sha256_hex(text.as_bytes());
        Ok((format!("{{\"sha256\":\"{sha256}\",\"record\":{text}}}\n").into_bytes(), sha256))
    }

    /// Reads record `number` of `run`, which must follow a record with digest `previous`. Also returns its digest.
    pub fn decode(
        bytes: &[u8],
        run: &RunId,
        number: u64,
        previous: Option<&str>,
    ) -> Result<(Self, String), InvalidRecord> {
        let damaged = |source| InvalidRecord::Damaged { number, source };
        let Envelope { sha256, record } = serde_json::from_slice(bytes).map_err(damaged)?;
        if sha256_hex(record.get().as_bytes()) != sha256 {
            return Err(InvalidRecord::Altered { number });
        }
        let Header { format } = serde_json::from_str(record.get()).map_err(damaged)?;
        if format > FORMAT {
            return Err(InvalidRecord::Newer { number, found: format });
        }
        let record: Self = serde_json::from_str(record.get()).map_err(damaged)?;
        if record.run != *run || record.number != number || record.previous.as_deref() != previous {
            let found = format!("record {} of run {}", record.number, record.run);
            return Err(InvalidRecord::Foreign { number, found });
        }
        Ok((record, sha256))
    }
}
