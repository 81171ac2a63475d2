//! Where the target serves: what the step that brought its writer up has left for all that connect to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    create_instance::WRITER,
    promotion::promote,
    renaming::rename_target::{self, Renamed},
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
    /// The name that its certificate carries, where that is not the endpoint's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified_as: Option<String>,
}

/// The target's writer as it was brought up; a terminal error before.
pub(super) fn brought_up(outputs: &Outputs) -> Result<Writer, StepError> {
    let step = BRINGING_UP.into_iter().find(|step| outputs.has(step));
    outputs.of(step.unwrap_or(BRINGING_UP[0]))
}

/// The target's writer, once it is up; a terminal error before. As long as the target bears the source's name it is found at the
/// endpoint of that.
pub fn writer(outputs: &Outputs) -> Result<Writer, StepError> {
    let writer = brought_up(outputs)?;
    if !outputs.has(rename_target::ID) {
        return Ok(writer);
    }
    let Renamed { endpoint, certified_as, .. } = outputs.of(rename_target::ID)?;
    Ok(Writer { endpoint, certified_as, ..writer })
}

/// What the target is called, where that is not the name that the plan gave it.
pub fn renamed(outputs: &Outputs) -> Option<Renamed> {
    outputs.of(rename_target::ID).ok()
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
