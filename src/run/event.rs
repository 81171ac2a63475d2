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
        /// Seconds since the step, or its undo, started.
        waited_seconds: f64,
    },
    /// A step, or its undo, met a passing fault and will try again.
    Retrying {
        /// Which step.
        step: &'a StepId,
        /// What went wrong.
        error: &'a str,
    },
    /// A step has something to tell before it is done, such as one check's result.
    Told {
        /// Which step.
        step: &'a StepId,
        /// A line for the person.
        line: &'a str,
    },
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
