//! The target by its family and name, as the steps after its restore know it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::window::Family;

/// The target's name. Shown, it is `cluster loans-db-k3fa` or `instance loans-db-k3fa`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetName {
    /// Whether it is a cluster or an instance.
    pub family: Family,
    /// `DBClusterIdentifier` or `DBInstanceIdentifier`.
    pub identifier: String,
}

impl TargetName {
    /// The cluster of this name.
    pub fn cluster(identifier: impl Into<String>) -> Self {
        Self { family: Family::Cluster, identifier: identifier.into() }
    }

    /// The instance of this name.
    pub fn instance(identifier: impl Into<String>) -> Self {
        Self { family: Family::Instance, identifier: identifier.into() }
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family.word(), self.identifier)
    }
}
