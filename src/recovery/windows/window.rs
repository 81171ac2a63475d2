//! A window: one source of restore points, with what it would cost to use it.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

pub use crate::steps::window::{Family, Kind};

/// What of the data written up to the wanted time a window cannot give back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Loss {
    /// Nothing: it gives the wanted time itself.
    Nothing,
    /// What was written in the `seconds` before the wanted time.
    Before {
        /// Rounded up, so that no loss is understated.
        seconds: u64,
        /// How exactly that is known.
        bound: Bound,
    },
    /// It cannot be said.
    Unknown {
        /// Why not.
        why: String,
    },
    /// Nothing, but the window has only later states: what was written in the `seconds` after the wanted time, the
    /// damage perhaps, is in all of them.
    Later {
        /// Rounded up.
        seconds: u64,
    },
}

/// How exactly a loss is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// To the second.
    Exact,
    /// It can be more.
    AtLeast,
    /// It can be less.
    AtMost,
}

/// How long it would take until the database serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// None when nothing is known to go by.
    pub seconds: Option<u64>,
    /// What it rests on, or what is missing.
    pub basis: String,
}

/// How long restores took in earlier runs, to their writer: by the identifier of the database and what was restored
/// ([`Kind::alike`]).
pub type Earlier = BTreeMap<(String, Kind), Vec<Duration>>;

/// How far a replica is behind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Lag {
    /// As CloudWatch has it.
    Measured {
        /// The lag.
        seconds: f64,
        /// When it was so.
        at: Timestamp,
        /// The metric, such as `ReplicaLag`.
        metric: &'static str,
    },
    /// There is no figure.
    NotMeasured {
        /// Why.
        why: String,
    },
}

/// One source of restore points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window {
    /// The database, as the person named it.
    pub database: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it makes a cluster or an instance.
    pub family: Family,
    /// The name of the cluster, instance, backup or snapshot to restore from or to promote.
    pub source: String,
    /// Its ARN, where RDS tells one.
    pub arn: Option<String>,
    /// The immutable id of the cluster or instance whose data it is.
    pub resource_id: Option<String>,
    /// The region in which it is, and would be restored.
    pub region: String,
    /// The first restorable time; of a snapshot the only one.
    pub earliest: Option<Timestamp>,
    /// The last restorable time; of a snapshot the only one.
    pub latest: Option<Timestamp>,
    /// For how many days the backups are kept (`BackupRetentionPeriod`).
    pub retention_days: Option<i32>,
    /// How old the latest restorable time is: what a recovery to `latest` would lose.
    pub latest_age_seconds: Option<u64>,
    /// The time it would give: the wanted one, or the nearest before it, or failing that after it.
    pub restore_point: Option<Timestamp>,
    /// What that loses.
    pub loses: Loss,
    /// How far behind it is, if it replicates.
    pub lag: Option<Lag>,
    /// How long it would take.
    pub takes: Estimate,
    /// Its size, where RDS tells it.
    pub size_gib: Option<i32>,
    /// Its engine.
    pub engine: Option<String>,
    /// Its engine's version, which a restore must name.
    pub engine_version: Option<String>,
    /// The KMS key of its storage; none when it is not encrypted.
    pub kms_key_id: Option<String>,
    /// Its status, as RDS has it.
    pub status: Option<String>,
    /// The call that makes a database of it.
    pub call: &'static str,
    /// Whether it can be used, as far as can be seen.
    pub usable: bool,
    /// Why not.
    pub obstacles: Vec<String>,
    /// What to know or to have before using it.
    pub notes: Vec<String>,
}

impl Window {
    /// What it is named by on the command line: its name or, where that is another account's, its ARN.
    pub fn handle(&self) -> &str {
        match (self.kind, &self.arn) {
            (Kind::SharedSnapshot, Some(arn)) => arn,
            _ => &self.source,
        }
    }

    /// The command that promotes it, of what replicates.
    pub fn promoted_by(&self) -> String {
        match self.kind {
            Kind::GlobalSecondary => format!("daybreak promote {} --to-region {}", self.database, self.region),
            _ => format!("daybreak promote {} --to-replica {}", self.database, self.source),
        }
    }
}
