//! The proof: what every check found.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The results of all checks of one snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// One result per check: the built-in ones first, then the profile's in the order given.
    pub checks: Vec<CheckResult>,
    /// When the newest data present was written, as far as that could be learned.
    pub newest: Option<Timestamp>,
}

impl Proof {
    /// Returns how many checks passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(Verdict::Passed)
    }

    /// Returns how many checks failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(Verdict::Failed)
    }

    /// Returns how many checks gave no answer.
    #[must_use]
    pub fn unchecked(&self) -> usize {
        self.count(Verdict::Unchecked)
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    /// The check's name: fixed for a built-in one, the profile's otherwise.
    pub name: String,
    /// Where the check comes from.
    pub kind: CheckKind,
    /// The SQL asked, for a check of the profile.
    pub query: Option<String>,
    /// What was expected, in the profile's words.
    pub expect: Option<String>,
    /// What was found.
    pub found: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it failed or stayed unchecked; for a passed check, what is worth knowing.
    pub reason: Option<String>,
    /// Every name that `reason` speaks of, each behind what it is: `missing: public.loans`. `reason`
    /// itself shows the first ten of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// How long it took, in seconds, waiting for a connection not counted.
    pub seconds: f64,
}

/// Where a check comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// daybreak's own.
    BuiltIn,
    /// Written in the database's profile.
    Profile,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The answer is as it should be.
    Passed,
    /// The answer is not as it should be.
    Failed,
    /// There is no answer, or none that can be judged. Never counted as passed.
    Unchecked,
}
