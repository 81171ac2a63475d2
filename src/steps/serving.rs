//! Where the target serves: what the step that brought its writer up has left for all that connect to it.

use serde::{Deserialize, Serialize};

use super::{create_instance::WRITER, promotion::promote};
use crate::run::step::{Outputs, StepError};

/// The steps that bring a writer up. A plan has one of them.
const BRINGING_UP: [&str; 2] = [WRITER, promote::ID];

/// The target's writer: where to connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
