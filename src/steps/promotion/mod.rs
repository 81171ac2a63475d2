//! Promotions: what replicates from a database becomes its primary.
//!
//! Nothing is made. [`guard`] looks whether it may be done and waits until it may; where the old primary is fenced, [`catch_up`]
//! waits until the target has all that the application wrote there; [`promote`] looks once more, makes the one call, and waits
//! until the new primary takes writes. Both ask the world through [`look`] and decide by [`judge`], which
//! is pure; so does the planning, hence a plan is never more lenient than its steps.

pub mod catch_up;
pub mod guard;
pub mod judge;
pub mod look;
pub mod promote;
pub mod roles;
pub mod way;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::way::Way;
use super::{access::Access, list_writers::Unreachable, window::Family};
use crate::run::step::Until;

/// All that the steps of a promotion need to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The call that promotes.
    pub way: Way,
    /// Who takes writes when the plan is made.
    pub primary: Member,
    /// Who takes them afterwards.
    pub target: Member,
    /// The global database that both are part of.
    pub global: Option<String>,
    /// How far the target may be behind without anybody's word, in seconds.
    pub max_lag_seconds: u64,
    /// The loss that the person has accepted.
    pub accepted: Accepted,
    /// Whether the person has said that the old primary may go on taking writes of its own.
    pub old_primary_keeps_writing: bool,
    /// How the old primary is fenced before the call, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<FenceAhead>,
    /// How to log in to both, where the profile says so: where there is a fence, as one that it does not hold.
    pub access: Option<Access>,
}

/// A fence that comes before the promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FenceAhead {
    /// The roles that it shuts out, as the plan saw them.
    pub roles: Vec<String>,
    /// What to do when the old primary cannot be reached.
    pub when_unreachable: Unreachable,
}

impl Promotion {
    /// How far a run must be allowed to go for the call, and for what follows it; `alone` where it neither can be taken back nor
    /// follows a fence.
    #[must_use]
    pub fn until(&self, alone: Until) -> Until {
        if self.way.is_reversible() || self.fence.is_some() { Until::Cutover } else { alone }
    }
}

/// A cluster, an instance, or an instance of a cluster, as the plan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// What it is; an instance of a cluster is known by its cluster.
    pub family: Family,
    /// `DBClusterIdentifier` or `DBInstanceIdentifier`.
    pub identifier: String,
    /// `DBClusterArn` or `DBInstanceArn`.
    pub arn: String,
    /// `DbClusterResourceId` or `DbiResourceId`; none of what could not be looked at.
    pub resource_id: Option<String>,
    /// The instance that is meant, of a cluster's.
    pub instance: Option<String>,
    /// Its region.
    pub region: String,
    /// The host at which it answers now: of a follower one that can only be read.
    pub host: Option<String>,
    /// The port there.
    pub port: Option<u16>,
}

impl Member {
    /// What it is called in a sentence.
    pub fn words(&self) -> String {
        match (&self.family, &self.instance) {
            (Family::Cluster, Some(instance)) => format!("instance {instance} of cluster {}", self.identifier),
            (Family::Cluster, None) => format!("cluster {} ({})", self.identifier, self.region),
            (Family::Instance, _) => format!("instance {} ({})", self.identifier, self.region),
        }
    }
}

/// A loss that a person has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Accepted {
    /// None beyond the limit of the profile.
    Nothing,
    /// Up to so many seconds of writes.
    Seconds {
        /// The figure that was named.
        seconds: u64,
        /// The time of the newest data that the target had when it was accepted: a primary that has gone loses no more by
        /// being gone for longer.
        data_time: Option<Timestamp>,
    },
    /// Whatever it is: it could not be measured, and that was said.
    Unmeasured,
}

/// How far the target is behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Lag {
    /// It was measured.
    Measured {
        /// In seconds.
        seconds: f64,
        /// When.
        at: Timestamp,
        /// By what.
        by: String,
    },
    /// It could not be, and why.
    NotMeasured(String),
}

impl Lag {
    /// The time of the newest data at the target.
    pub fn data_time(&self) -> Option<Timestamp> {
        match self {
            Self::Measured { seconds, at, .. } => {
                let span = jiff::SignedDuration::try_from_secs_f64(*seconds).ok()?;
                at.checked_sub(span).ok()
            }
            Self::NotMeasured(_) => None,
        }
    }

    /// The lag in whole seconds, rounded up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a lag is neither negative nor of centuries"
    )]
    pub fn whole_seconds(&self) -> Option<u64> {
        match self {
            Self::Measured { seconds, .. } => Some(seconds.max(0.0).ceil() as u64),
            Self::NotMeasured(_) => None,
        }
    }
}
