//! The requests that change who takes writes, as data; shown as they are sent, like those of
//! [`rds::requests`](crate::aws::rds::requests).

use serde::{Deserialize, Serialize};

use crate::aws::call::Call;

/// `PromoteReadReplica`: a read replica of RDS becomes an instance of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PromoteReadReplica {
    /// The replica's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// In days; RDS's default is 1, whatever the source has. A replica has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_retention_period: Option<i32>,
    /// `hh:mm-hh:mm` in UTC; RDS's default is one of its own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_backup_window: Option<String>,
}

/// `PromoteReadReplicaDBCluster`: an Aurora replica of an RDS instance becomes a cluster of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromoteReadReplicaCluster {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
}

/// `FailoverDBCluster`: a reader becomes the writer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailoverCluster {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The reader that becomes the writer; RDS would choose one by itself.
    #[serde(rename = "TargetDBInstanceIdentifier")]
    pub target_db_instance_identifier: String,
}

/// `SwitchoverGlobalCluster`: primary and secondary swap their roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SwitchoverGlobalCluster {
    /// The global database's name.
    pub global_cluster_identifier: String,
    /// The ARN of the secondary that becomes the primary.
    pub target_db_cluster_identifier: String,
}

/// `FailoverGlobalCluster`: a secondary becomes the primary, at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FailoverGlobalCluster {
    /// The global database's name.
    pub global_cluster_identifier: String,
    /// The ARN of the secondary that becomes the primary.
    pub target_db_cluster_identifier: String,
    /// Must be true: without it the call is a switchover.
    pub allow_data_loss: bool,
}

/// `RemoveFromGlobalCluster`: a secondary becomes a cluster of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveFromGlobalCluster {
    /// The global database's name.
    pub global_cluster_identifier: String,
    /// The ARN of the secondary.
    pub db_cluster_identifier: String,
}

macro_rules! calls {
    ($($request:ty => $action:literal),* $(,)?) => {$(
        impl $request {
            /// The API's name of the call.
            pub const ACTION: &'static str = $action;

            /// The call as plans show it.
            pub fn call(&self) -> Call {
                Call::of("rds", Self::ACTION, self)
            }
        }
    )*};
}

calls! {
    PromoteReadReplica => "PromoteReadReplica",
    PromoteReadReplicaCluster => "PromoteReadReplicaDBCluster",
    FailoverCluster => "FailoverDBCluster",
    SwitchoverGlobalCluster => "SwitchoverGlobalCluster",
    FailoverGlobalCluster => "FailoverGlobalCluster",
    RemoveFromGlobalCluster => "RemoveFromGlobalCluster",
}
