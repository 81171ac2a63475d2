//! What RDS's status words mean for somebody who waits.
//!
//! The words are open-ended: RDS adds some without notice. One that is not known here is taken as
//! "in progress", never as success, so a wait goes on until its deadline instead of ending wrongly.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a status stands on the way to usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Usable, and RDS works on nothing that forbids calls.
    Available,
    /// On its way to another status by itself.
    Transitional,
    /// Being removed.
    Deleting,
    /// Stable but switched off; it does not become available by itself.
    Stopped,
    /// It will never become available.
    Terminal,
    /// A word that is not known: wait on, up to the deadline.
    Unknown,
}

/// `DBCluster.Status`, as RDS wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterStatus(String);

/// `DBInstance.DBInstanceStatus`, as RDS wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceStatus(String);

impl ClusterStatus {
    /// Classifies the status.
    pub fn phase(&self) -> Phase {
        match self.0.as_str() {
            "available" => Phase::Available,
            "deleting" => Phase::Deleting,
            "stopped" => Phase::Stopped,
            "backing-up"
            | "configuring-enhanced-monitoring"
            | "configuring-iam-database-auth"
            | "creating"
            | "failing-over"
            | "maintenance"
            | "migrating"
            | "modifying"
            | "preparing-data-migration"
            | "promoting"
            | "rebooting"
            | "renaming"
            | "resetting-master-credentials"
            | "starting"
            | "stopping"
            | "storage-optimization"
            | "update-iam-db-auth"
            | "upgrading" => Phase::Transitional,
            "cloning-failed"
            | "failed"
            | "inaccessible-encryption-credentials"
            | "inaccessible-encryption-credentials-recoverable"
            | "incompatible-network"
            | "incompatible-parameters"
            | "incompatible-restore"
            | "migration-failed"
            | "restore-failed" => Phase::Terminal,
            _ => Phase::Unknown,
        }
    }
}

impl InstanceStatus {
    /// Classifies the status. `storage-optimization` counts as available: the instance serves, for
    /// hours on end.
    pub fn phase(&self) -> Phase {
        match self.0.as_str() {
            "available" | "storage-optimization" => Phase::Available,
            "deleting" => Phase::Deleting,
            "stopped" => Phase::Stopped,
            "backing-up"
            | "configuring-enhanced-monitoring"
            | "configuring-iam-database-auth"
            | "configuring-log-exports"
            | "converting-to-vpc"
            | "creating"
            | "maintenance"
            | "modifying"
            | "moving-to-vpc"
            | "rebooting"
            | "renaming"
            | "resetting-master-credentials"
            | "starting"
            | "stopping"
            | "upgrading" => Phase::Transitional,
            "failed"
            | "inaccessible-encryption-credentials"
            | "inaccessible-encryption-credentials-recoverable"
            | "incompatible-create"
            | "incompatible-credentials"
            | "incompatible-network"
            | "incompatible-parameters"
            | "incompatible-restore"
            | "insufficient-capacity"
            | "modify-failed"
            | "restore-error"
            | "storage-full"
            | "upgrade-failed" => Phase::Terminal,
            _ => Phase::Unknown,
        }
    }
}

macro_rules! status_word {
    ($status:ident) => {
        impl $status {
            /// The word as RDS wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether calls are accepted and the resource is usable.
            pub fn is_available(&self) -> bool {
                self.phase() == Phase::Available
            }

            /// Whether waiting any longer is in vain.
            pub fn is_terminal(&self) -> bool {
                self.phase() == Phase::Terminal
            }

            /// Whether the resource is being removed.
            pub fn is_deleting(&self) -> bool {
                self.phase() == Phase::Deleting
            }
        }

        impl From<&str> for $status {
            fn from(word: &str) -> Self {
                Self(word.to_owned())
            }
        }

        impl From<String> for $status {
            fn from(word: String) -> Self {
                Self(word)
            }
        }

        impl fmt::Display for $status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

status_word!(ClusterStatus);
status_word!(InstanceStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_available_ends_a_wait_well() {
        assert_eq!(ClusterStatus::from("available").phase(), Phase::Available);
        assert_eq!(InstanceStatus::from("available").phase(), Phase::Available);
        assert_eq!(InstanceStatus::from("storage-optimization").phase(), Phase::Available);
        assert_eq!(ClusterStatus::from("storage-optimization").phase(), Phase::Transitional);
        assert_eq!(ClusterStatus::from("stopped").phase(), Phase::Stopped);
    }

    /// The words that AWS's own waiters overlook, and on which they spin until their limit.
    #[test]
    fn failures_that_aws_waiters_miss_are_terminal() {
        for word in ["restore-failed", "cloning-failed", "migration-failed", "incompatible-network"] {
            assert!(ClusterStatus::from(word).is_terminal(), "{word}");
        }
        for word in ["restore-error", "modify-failed", "incompatible-create", "incompatible-credentials"] {
            assert!(InstanceStatus::from(word).is_terminal(), "{word}");
        }
    }

    #[test]
    fn cluster_and_instance_words_are_not_mixed_up() {
        assert_eq!(InstanceStatus::from("promoting").phase(), Phase::Unknown);
        assert_eq!(ClusterStatus::from("storage-full").phase(), Phase::Unknown);
    }

    #[test]
    fn a_new_word_is_neither_success_nor_failure() {
        for word in ["scaling-compute", "Available", "", "available "] {
            assert_eq!(ClusterStatus::from(word).phase(), Phase::Unknown, "{word:?}");
            assert_eq!(InstanceStatus::from(word).phase(), Phase::Unknown, "{word:?}");
        }
    }
}
