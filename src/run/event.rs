//! What a run says while it goes on: the interface between the executor and every display.

use serde::Serialize;

use super::{
    record::Record,
    step::{Step, StepId, Waiting},
};

/// One thing worth telling. Records are durable; everything else may be missed without loss.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", bound(serialize = "S: Step"))]
pub enum Event<'a, S: Step> {
    /// A record was written to the journal.
    Recorded {
        /// The record, as written.
        record: &'a Record<S>,
    },
    /// A step is about to change the world.
    Acting {
        /// Which step.
        step: &'a StepId,
    },
    /// A step waits for the world.
    Waiting {
        /// Which step.
        step: &'a StepId,
        /// What it waits for, in words, and how far it is.
        wait: &'a Waiting,
        /// Seconds since it began to wait for this.
        waited_seconds: f64,
    },
    /// A step, or its undo, met a passing fault and will try again.
    Retrying {
        /// Which step.
        step: &'a StepId,
        /// What went wrong.
        error: &'a str,
    },
    /// A step has the result of one of its checks, before it is done.
    Checked {
        /// Which step.
        step: &'a StepId,
        /// The result.
        check: &'a Checked,
    },
}

/// The result of one check, as far as whoever watches needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The check's name.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, and why it ended like that; empty when there is nothing to say.
    pub answer: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// Without an answer, or with none that can be judged. Never counted as passed.
    Unchecked,
}

/// Receives a run's events, in order.
pub trait Listener<S: Step>: Send + Sync {
    /// Takes note of one event. Must not fail the run: a display that cannot write says nothing.
    fn on(&self, event: &Event<'_, S>);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl<S: Step> Listener<S> for Silent {
    fn on(&self, _: &Event<'_, S>) {}
}
