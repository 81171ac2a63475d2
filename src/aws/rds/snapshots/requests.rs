//! The requests that change something about snapshots, as data; see [`rds::requests`](crate::aws::rds::requests).

use serde::{Deserialize, Serialize};

use crate::aws::call::Call;
use crate::aws::rds::model::{ServerlessV2Scaling, Tag};
use crate::aws::rds::requests::RoleAssociation;

/// `RestoreDBClusterFromSnapshot`: makes a new cluster, without instances, from a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RestoreClusterFromSnapshot {
    /// The new cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The snapshot's name or ARN; a shared one's ARN.
    pub snapshot_identifier: String,
    /// The engine; must be the snapshot's.
    pub engine: String,
    /// The engine's version; RDS's default is the region's default version, not the snapshot's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<String>,
    /// The port; RDS's default is the snapshot's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The subnet group's name; RDS's default is `default`.
    #[serde(rename = "DBSubnetGroupName", default, skip_serializing_if = "Option::is_none")]
    pub db_subnet_group_name: Option<String>,
    /// `IPV4` or `DUAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_type: Option<String>,
    /// The security groups' ids; RDS's default is the VPC's default group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_security_group_ids: Vec<String>,
    /// The cluster parameter group's name; RDS's default is the engine's.
    #[serde(rename = "DBClusterParameterGroupName", default, skip_serializing_if = "Option::is_none")]
    pub db_cluster_parameter_group_name: Option<String>,
    /// The KMS key; it can never be changed afterwards. RDS's default is the snapshot's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// `aurora` or `aurora-iopt1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_type: Option<String>,
    /// Whether IAM tokens may be used as passwords.
    #[serde(rename = "EnableIAMDatabaseAuthentication", default, skip_serializing_if = "Option::is_none")]
    pub enable_iam_database_authentication: Option<bool>,
    /// The logs sent to CloudWatch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable_cloudwatch_logs_exports: Vec<String>,
    /// Whether the cluster refuses to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether snapshots get the cluster's tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
    /// Retention of the new cluster's own backups, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_retention_period: Option<i32>,
    /// `hh:mm-hh:mm` in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_backup_window: Option<String>,
    /// Whether the cluster goes on to paid Extended Support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_lifecycle_support: Option<String>,
    /// The range of a Serverless v2 cluster.
    #[serde(rename = "ServerlessV2ScalingConfiguration", default, skip_serializing_if = "Option::is_none")]
    pub serverless_v2_scaling_configuration: Option<ServerlessV2Scaling>,
    /// The IAM roles the new cluster may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associated_roles: Vec<RoleAssociation>,
    /// The new cluster's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `CopyDBClusterSnapshot`, called in the region that the copy is to be in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CopyClusterSnapshot {
    /// What is copied; the ARN of a snapshot of another region.
    #[serde(rename = "SourceDBClusterSnapshotIdentifier")]
    pub source_db_cluster_snapshot_identifier: String,
    /// The copy's name.
    #[serde(rename = "TargetDBClusterSnapshotIdentifier")]
    pub target_db_cluster_snapshot_identifier: String,
    /// The key of the copy: must be given for an encrypted snapshot of another region or account, must not for one that is
    /// not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Whether the copy gets the tags of what is copied.
    pub copy_tags: bool,
    /// The copy's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `CreateDBClusterSnapshot`: a manual snapshot of a cluster that is available.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateClusterSnapshot {
    /// The snapshot's name.
    #[serde(rename = "DBClusterSnapshotIdentifier")]
    pub db_cluster_snapshot_identifier: String,
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The snapshot's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `DeleteDBClusterSnapshot`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteClusterSnapshot {
    /// The snapshot's name.
    #[serde(rename = "DBClusterSnapshotIdentifier")]
    pub db_cluster_snapshot_identifier: String,
}

macro_rules! shown_as {
    ($($request:ident => $action:literal),* $(,)?) => {$(
        impl $request {
            /// The operation's name in the API, which is also the IAM action's.
            pub const ACTION: &'static str = $action;

            /// The call as a plan shows it.
            pub fn call(&self) -> Call {
                Call::of("rds", Self::ACTION, self)
            }
        }
    )*};
}

shown_as! {
    RestoreClusterFromSnapshot => "RestoreDBClusterFromSnapshot",
    CopyClusterSnapshot => "CopyDBClusterSnapshot",
    CreateClusterSnapshot => "CreateDBClusterSnapshot",
    DeleteClusterSnapshot => "DeleteDBClusterSnapshot",
}
