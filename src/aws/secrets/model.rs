//! What Secrets Manager tells about a secret, in our own types.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;

/// The staging label of the version that clients get unless they ask for another.
pub const CURRENT: &str = "AWSCURRENT";
/// The staging label of the version that clients got before; it follows `AWSCURRENT` by itself.
pub const PREVIOUS: &str = "AWSPREVIOUS";
/// The staging label of a rotation in progress.
pub const PENDING: &str = "AWSPENDING";

/// A secret without its values, as `DescribeSecret` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretDescription {
    /// `ARN`.
    pub arn: String,
    /// `Name`.
    pub name: String,
    /// `OwningService`: set, such as to `rds`, when a service manages the secret and nobody else
    /// may edit it.
    pub owning_service: Option<String>,
    /// `RotationEnabled`.
    pub rotation_enabled: bool,
    /// `NextRotationDate`.
    pub next_rotation: Option<Timestamp>,
    /// `DeletedDate`: set when the secret is to be deleted; it cannot be read or edited meanwhile.
    pub deleted: Option<Timestamp>,
    /// `KmsKeyId`; absent means Secrets Manager's own key.
    pub kms_key_id: Option<String>,
    /// `PrimaryRegion`: on a replica, and on a secret with replicas, where it may be edited.
    pub primary_region: Option<String>,
    /// `ReplicationStatus`.
    pub replication: Vec<Replica>,
    /// `VersionIdsToStages`: version ids and their labels, sorted; versions without a label are not
    /// listed.
    pub versions: BTreeMap<String, Vec<String>>,
}

impl SecretDescription {
    /// The version that holds a label.
    pub fn holder(&self, label: &str) -> Option<&str> {
        self.versions.iter().find(|(_, labels)| labels.iter().any(|held| held == label)).map(|(id, _)| id.as_str())
    }

    /// The version that clients get.
    pub fn current(&self) -> Option<&str> {
        self.holder(CURRENT)
    }

    /// Whether a rotation has begun and not ended: `AWSPENDING` is on another version than
    /// `AWSCURRENT`.
    pub fn is_rotating(&self) -> bool {
        self.holder(PENDING).is_some_and(|pending| Some(pending) != self.current())
    }
}

/// A copy of a secret in another region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    /// `Region`.
    pub region: String,
    /// `Status`: `InSync`, `InProgress` or `Failed`.
    pub status: Option<String>,
    /// `StatusMessage`.
    pub message: Option<String>,
}

impl Replica {
    /// Whether it does not follow, and will not by itself.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.status.as_deref() == Some("Failed")
    }

    /// Whether it has all that the secret has.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        self.status.as_deref() == Some("InSync")
    }
}

/// Which version of a secret is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRef {
    /// The one that clients get.
    Current,
    /// The one of this version id.
    Id(String),
}

/// One version of a secret, with its value. `Debug` shows the value as redacted.
#[derive(Debug, Clone)]
pub struct SecretVersion {
    /// `VersionId`.
    pub version_id: String,
    /// `SecretString`.
    pub value: SecretString,
    /// `VersionStages`, sorted.
    pub labels: Vec<String>,
}
