//! Backups and snapshots as RDS tells of them, in our own types; named as in [`rds::model`](crate::aws::rds::model).

use jiff::Timestamp;
use serde::Serialize;

use crate::aws::rds::model::{Tag, tag_value};

/// The automated backup of an Aurora cluster (`DescribeDBClusterAutomatedBackups`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClusterBackup {
    /// `DBClusterAutomatedBackupsArn`.
    pub arn: Option<String>,
    /// `DbClusterResourceId`: what a restore of a deleted cluster names it by.
    pub cluster_resource_id: String,
    /// `DBClusterIdentifier`: the cluster's name, or its last one.
    pub cluster: String,
    /// `Status`: `retained` once the cluster is deleted.
    pub status: Option<String>,
    /// `RestoreWindow.EarliestTime`.
    pub earliest: Option<Timestamp>,
    /// `RestoreWindow.LatestTime`.
    pub latest: Option<Timestamp>,
    /// `BackupRetentionPeriod`, in days.
    pub retention_period: Option<i32>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `EngineMode`.
    pub engine_mode: Option<String>,
    /// `StorageEncrypted`.
    pub storage_encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `StorageType`: `aurora` or `aurora-iopt1`.
    pub storage_type: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `IAMDatabaseAuthenticationEnabled`.
    pub iam_database_authentication: Option<bool>,
    /// `PreferredBackupWindow`, `hh:mm-hh:mm` in UTC.
    pub preferred_backup_window: Option<String>,
}

/// The automated backup of an instance (`DescribeDBInstanceAutomatedBackups`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InstanceBackup {
    /// `DBInstanceAutomatedBackupsArn`: what a restore of a replicated backup names it by.
    pub arn: Option<String>,
    /// `DbiResourceId`.
    pub instance_resource_id: String,
    /// `DBInstanceIdentifier`: the instance's name, or its last one.
    pub instance: String,
    /// `Status`: `active`, `retained`, `creating`; of a replicated one also `pending` and `replicating`.
    pub status: Option<String>,
    /// `Region`: where the instance is or was; of a replicated backup not the region that lists it.
    pub region: Option<String>,
    /// `RestoreWindow.EarliestTime`.
    pub earliest: Option<Timestamp>,
    /// `RestoreWindow.LatestTime`.
    pub latest: Option<Timestamp>,
    /// `BackupRetentionPeriod`, in days.
    pub retention_period: Option<i32>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `AllocatedStorage`, in GiB.
    pub allocated_storage: Option<i32>,
    /// `Encrypted`.
    pub encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
}

/// An instance's snapshot (`DescribeDBSnapshots`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct InstanceSnapshot {
    /// `DBSnapshotIdentifier`, in lower case.
    pub identifier: String,
    /// `DBSnapshotArn`.
    pub arn: String,
    /// `DBInstanceIdentifier`: the instance's name when it was taken.
    pub instance: String,
    /// `DbiResourceId`.
    pub instance_resource_id: Option<String>,
    /// `SnapshotType`: `automated`, `manual`, `shared`, `public` or `awsbackup`.
    pub kind: Option<String>,
    /// `Status`: `creating`, `available`, `copying`.
    pub status: String,
    /// `PercentProgress`, in percent.
    pub percent_progress: Option<u8>,
    /// `SnapshotDatabaseTime`: the last transaction in it.
    pub database_time: Option<Timestamp>,
    /// `OriginalSnapshotCreateTime`: stays when it is copied.
    pub original_created: Option<Timestamp>,
    /// `SnapshotCreateTime`: of a copy, when it was copied.
    pub created: Option<Timestamp>,
    /// `SourceDBSnapshotIdentifier`: the ARN of what it was copied from; absent when it is no copy.
    pub copied_from: Option<String>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `AllocatedStorage`, in GiB.
    pub allocated_storage: Option<i32>,
    /// `Encrypted`.
    pub encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `TagList`.
    pub tags: Vec<Tag>,
}

impl InstanceSnapshot {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }
}

/// A global database (`DescribeGlobalClusters`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GlobalCluster {
    /// `GlobalClusterIdentifier`.
    pub identifier: String,
    /// `Status`.
    pub status: Option<String>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `GlobalClusterMembers`.
    pub members: Vec<GlobalMember>,
    /// `FailoverState`: there while a switchover or a failover is under way.
    pub failover: Option<FailoverState>,
}

/// A switchover or a failover under way (`FailoverState`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FailoverState {
    /// `Status`: `pending`, `failing-over`, `switching-over`, `cancelling`.
    pub status: Option<String>,
    /// `ToDbClusterArn`.
    pub to: Option<String>,
    /// `IsDataLossAllowed`: true of a failover, false of a switchover.
    pub data_loss_allowed: Option<bool>,
}

/// A cluster of a global database (`GlobalClusterMember`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GlobalMember {
    /// `DBClusterArn`.
    pub arn: String,
    /// `IsWriter`: it is the primary.
    pub is_writer: bool,
    /// `SynchronizationStatus`: `connected` or `pending-resync`.
    pub synchronization: Option<String>,
}
