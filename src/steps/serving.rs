//! Where the target serves: what the step that brought its writer up has left for all that connect to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    create_instance::WRITER,
    promotion::promote,
    restore_cluster::{self, RestoredCluster},
    restore_instance::{self, RestoredInstance},
};
use crate::run::step::{Outputs, StepError};

/// The steps that bring a writer up. A plan has one of them.
const BRINGING_UP: [&str; 3] = [WRITER, restore_instance::ID, promote::ID];

/// The target's writer: where to connect. A step may leave more than this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The instance's name.
    pub identifier: String,
    /// The instance's ARN.
    pub arn: String,
    /// The instance's resource id.
    pub resource_id: String,
    /// The host that takes writes: of a cluster its writer endpoint, of an instance its own.
    pub endpoint: String,
    /// Its port.
    pub port: u16,
}

/// The target's writer, once it is up; a terminal error before.
pub fn writer(outputs: &Outputs) -> Result<Writer, StepError> {
    let step = BRINGING_UP.into_iter().find(|step| outputs.has(step));
    outputs.of(step.unwrap_or(BRINGING_UP[0]))
}

/// Whether `step` is one of those that bring a writer up.
pub fn brings_up(step: &str) -> bool {
    BRINGING_UP.contains(&step)
}

/// When the target's restore was asked for: whatever was committed from then on was committed on the target. None of what is
/// promoted.
pub fn restore_requested_at(outputs: &Outputs) -> Result<Option<Timestamp>, StepError> {
    if outputs.has(restore_instance::ID) {
        return Ok(Some(outputs.of::<RestoredInstance>(restore_instance::ID)?.requested_at));
    }
    if outputs.has(promote::ID) {
        return Ok(None);
    }
    Ok(Some(outputs.of::<RestoredCluster>(restore_cluster::ID)?.requested_at))
}
