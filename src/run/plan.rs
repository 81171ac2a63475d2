//! The plan: what a run will do, as one value. What is printed, saved, reviewed and executed is this value.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    id::RunId,
    step::{Step, StepId},
};

/// The plan format this program writes and reads. Other formats are refused, not guessed at.
pub const FORMAT: u32 = 1;

/// Who decided something: for the journal and the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// `user@host`.
    pub who: String,
    /// The identity the provider sees, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The version of this program.
    pub version: String,
}

/// An ordered list of steps with what its reader must know. Executed exactly once: its run id is part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "S: Step")]
pub struct Plan<S: Step> {
    /// [`FORMAT`].
    pub format: u32,
    /// The run this plan becomes when it is executed; every name the plan fixes carries its letters.
    pub run: RunId,
    /// Which recipe made it.
    pub recipe: String,
    /// The database as the person named it.
    pub database: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: Actor,
    /// How long one process may execute the run up to its cutover, in seconds; then it holds, with everything kept. None: as
    /// long as its steps may take.
    pub deadline_seconds: Option<u64>,
    /// What the plan tells its reader.
    pub brief: S::Brief,
    /// The steps, in order of execution; undone in reverse.
    pub steps: Vec<Planned<S>>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "S: Step")]
pub struct Planned<S: Step> {
    /// How long the step may take, and its undo again as long, in seconds.
    pub deadline_seconds: u64,
    /// The step itself.
    pub step: S,
}

/// A plan that no run can execute.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPlan {
    /// The text is not a plan.
    #[error("not a plan file")]
    Unreadable(#[source] serde_path_to_error::Error<serde_json::Error>),
    /// Written by a newer program.
    #[error("plan format {found} is newer than {FORMAT}, the newest this program knows")]
    Newer {
        /// The format found.
        found: u32,
    },
    /// Changed since it was written.
    #[error("the plan was changed after it was made: its digest no longer matches")]
    Altered,
    /// Steps that cannot be executed in order.
    #[error("the plan's steps are not executable: {0}")]
    Disordered(String),
}

/// A plan as a file: the plan with the digest of its content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "S: Step")]
struct Sealed<S: Step> {
    sha256: String,
    plan: Plan<S>,
}

/// Only the format, to tell a newer plan from a broken one.
#[derive(Deserialize)]
struct Header {
    plan: HeaderPlan,
}

#[derive(Deserialize)]
struct HeaderPlan {
    format: u32,
}

impl<S: Step> Plan<S> {
    /// The plan as the text of a plan file: readable JSON, sealed with a digest.
    pub fn to_file(&self) -> String {
        let sealed = Sealed { sha256: self.digest(), plan: self.clone() };
        let mut text = serde_json::to_string_pretty(&sealed).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a plan file; refuses one that was changed by hand, since what it tells its reader would no longer be
    /// what it does.
    pub fn from_file(text: &str) -> Result<Self, InvalidPlan> {
        if let Ok(Header { plan: HeaderPlan { format } }) = serde_json::from_str(text)
            && format > FORMAT
        {
            return Err(InvalidPlan::Newer { found: format });
        }
        let sealed: Sealed<S> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
            .map_err(InvalidPlan::Unreadable)?;
        if sealed.plan.digest() != sealed.sha256 {
            return Err(InvalidPlan::Altered);
        }
        sealed.plan.check()?;
        Ok(sealed.plan)
    }

    /// Refuses plans whose steps repeat a name or need a permission that an earlier step already went beyond.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        let mut seen: BTreeSet<StepId> = BTreeSet::new();
        let disordered = |why: String| Err(InvalidPlan::Disordered(why));
        if self.steps.is_empty() {
            return disordered("there are none".to_owned());
        }
        if let Some(pair) = self.steps.windows(2).find(|pair| pair[0].step.until() > pair[1].step.until()) {
            return disordered(format!("{} comes after {}", pair[1].step.id(), pair[0].step.id()));
        }
        for planned in &self.steps {
            let id = planned.step.id();
            if !seen.insert(id.clone()) {
                return disordered(format!("{id} appears twice"));
            }
        }
        Ok(())
    }

    /// SHA-256 over the plan's compact JSON, in hexadecimal.
    fn digest(&self) -> String {
        sha256_hex(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
