//! What a change of the target's settings is for, and how far the target is from it: the same for a cluster and an instance.

use serde::{Deserialize, Serialize};

use crate::run::step::{StepId, Undo, Until};

/// The name of the step that applies the last settings.
pub const SETTLE: &str = "settle";

/// What the change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Settings that a restore does not take.
    ApplySettings,
    /// What of the monitoring is set on the cluster and not on its instances.
    ApplyMonitoring,
    /// The quarantine's security groups give way to the source's.
    LiftQuarantine,
    /// The last settings, after which the run no longer turns back by itself.
    Settle,
}

impl Purpose {
    /// The name of the step that serves it, in a plan of either family.
    pub(super) fn id(self) -> StepId {
        StepId::from(match self {
            Self::ApplySettings => "apply-settings",
            Self::ApplyMonitoring => "apply-monitoring",
            Self::LiftQuarantine => "lift-quarantine",
            Self::Settle => SETTLE,
        })
    }

    pub(super) const fn until(self) -> Until {
        match self {
            Self::ApplySettings => Until::Restored,
            Self::ApplyMonitoring | Self::LiftQuarantine | Self::Settle => Until::Cutover,
        }
    }

    /// `back`: whether the step has something to take it back with.
    pub(super) const fn reversibility(self, back: bool) -> Undo {
        match (self, back) {
            (Self::Settle, _) => Undo::PointOfNoReturn,
            (_, true) => Undo::Reversible,
            (_, false) => Undo::NothingToUndo,
        }
    }
}

/// How far the target is from being as wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// It is as wanted.
    None,
    /// It has been told, and takes its time.
    Settling,
    /// It has still to be told.
    Untold,
}

impl Distance {
    pub(super) const fn of(told: bool, settled: bool) -> Self {
        match (told, settled) {
            (false, _) => Self::Untold,
            (true, false) => Self::Settling,
            (true, true) => Self::None,
        }
    }
}

/// Whether a setting is as wanted, where it is wanted at all.
pub(super) fn is<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
    wanted.is_none() || wanted == found
}

/// Whether the security groups are those wanted, where any are; `found` is sorted.
pub(super) fn are_groups(wanted: &[String], found: &[String]) -> bool {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.is_empty() || wanted == found
}

/// Whether a security group or a secret has come into force.
pub(super) fn in_force(status: &Option<String>) -> bool {
    status.as_deref().is_none_or(|status| status == "active")
}
