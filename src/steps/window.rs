//! The window that a plan restores from: what it is, and the time it gives.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::moment::show;

/// What a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The continuous backup of a live cluster or instance: any second of its window.
    Continuous,
    /// The backup that outlives a deleted cluster or instance: any second of its window.
    Retained,
    /// An instance's backup replicated into another region: any second of its window.
    Replicated,
    /// A secondary cluster of a global database, which can be promoted: its present state.
    GlobalSecondary,
    /// A read replica, an instance or an Aurora cluster, which can be promoted: its present state.
    Replica,
    /// What RDS keeps of an old primary after a global failover: writes that no other region had got.
    GlobalFailoverSnapshot,
    /// A snapshot that RDS takes daily.
    AutomatedSnapshot,
    /// A snapshot that somebody took or copied.
    ManualSnapshot,
    /// A snapshot taken by AWS Backup.
    AwsBackupSnapshot,
    /// A snapshot that another account shares with this one.
    SharedSnapshot,
}

/// What kind of database a window belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// An Aurora cluster.
    Cluster,
    /// An RDS instance that is no part of a cluster.
    Instance,
}

impl Family {
    /// What one is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Instance => "instance",
        }
    }
}

impl Kind {
    /// Whether a database is made of it by restoring it; otherwise it is one already, and is promoted.
    pub fn is_restored(self) -> bool {
        !matches!(self, Self::GlobalSecondary | Self::Replica)
    }

    /// The kind that a restore of this one takes as long as: all to a time, and all of snapshots, are alike.
    #[must_use]
    pub fn alike(self) -> Self {
        match self {
            Self::Continuous | Self::Retained | Self::Replicated => Self::Continuous,
            kind if kind.is_snapshot() => Self::ManualSnapshot,
            kind => kind,
        }
    }

    /// Whether it is a snapshot, which has one time only.
    pub fn is_snapshot(self) -> bool {
        self.is_restored() && !matches!(self, Self::Continuous | Self::Retained | Self::Replicated)
    }

    /// The kind in words, before a name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Continuous => "continuous backup of",
            Self::Retained => "retained backup of",
            Self::Replicated => "replicated backup of",
            Self::GlobalSecondary => "global database secondary",
            Self::Replica => "replica",
            Self::GlobalFailoverSnapshot => "snapshot of the old primary",
            Self::AutomatedSnapshot => "automated snapshot",
            Self::ManualSnapshot => "manual snapshot",
            Self::AwsBackupSnapshot => "AWS Backup snapshot",
            Self::SharedSnapshot => "shared snapshot",
        }
    }

    /// The API's name of the call that makes a database of it.
    pub fn call(self, family: Family) -> &'static str {
        match (self, family) {
            (Self::Continuous | Self::Retained | Self::Replicated, Family::Cluster) => "RestoreDBClusterToPointInTime",
            (Self::Continuous | Self::Retained | Self::Replicated, Family::Instance) => {
                "RestoreDBInstanceToPointInTime"
            }
            (Self::GlobalSecondary, _) => "FailoverGlobalCluster",
            (Self::Replica, Family::Cluster) => "PromoteReadReplicaDBCluster",
            (Self::Replica, Family::Instance) => "PromoteReadReplica",
            (_, Family::Cluster) => "RestoreDBClusterFromSnapshot",
            (_, Family::Instance) => "RestoreDBInstanceFromDBSnapshot",
        }
    }
}

/// The window that a plan uses, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// What it is.
    pub kind: Kind,
    /// The name of the cluster, instance, backup or snapshot.
    pub name: String,
    /// Its region.
    pub region: String,
    /// The first restorable time; of a snapshot the only one; none of what is promoted or cloned as it is.
    pub earliest: Option<Timestamp>,
    /// The last restorable time, likewise.
    pub latest: Option<Timestamp>,
    /// The time the data will be of: the requested one, or the nearest that the window has. None: its state at the moment
    /// of the call.
    pub restore_point: Option<Timestamp>,
    /// Why this window and no other.
    pub why: String,
}

impl Window {
    /// The window's span in words: both ends, or the one time there is.
    pub fn span(&self) -> Option<String> {
        match (self.earliest?, self.latest?) {
            (earliest, latest) if earliest == latest => Some(show(earliest)),
            (earliest, latest) => Some(format!("{} to {}", show(earliest), show(latest))),
        }
    }
}
