//! The requests that change something, as data.
//!
//! A plan stores them, prints them and executes them: the value shown is the value sent.
//! Serialized, their fields are named exactly as in the RDS API, `None` and empty lists are left
//! out, and an unknown name is refused, so a plan edited by hand cannot quietly lose a parameter.
//! What RDS would choose by itself when a parameter is missing differs between its API model and
//! its guide; so recipes give every value explicitly.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::model::{ServerlessV2Scaling, Tag};
use crate::aws::call::shown_as;

/// `RestoreDBClusterToPointInTime`: makes a new cluster, without instances, from another one's
/// continuous backup.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RestoreClusterToPointInTime {
    /// The new cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The source's name or ARN; either this or the resource id.
    #[serde(rename = "SourceDBClusterIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub source_db_cluster_identifier: Option<String>,
    /// The source's resource id; the way to restore from the backups of a deleted cluster.
    #[serde(rename = "SourceDbClusterResourceId", default, skip_serializing_if = "Option::is_none")]
    pub source_db_cluster_resource_id: Option<String>,
    /// `full-copy` or `copy-on-write`; the latter knows no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_type: Option<String>,
    /// The time to restore to; either this or the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_to_time: Option<Timestamp>,
    /// Restores to the latest restorable time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_latest_restorable_time: Option<bool>,
    /// The port; RDS's default is the engine's, not the source's.
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
    /// The KMS key; it can never be changed afterwards.
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
    /// The new cluster's tags; with any given, RDS takes none from the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A role for one feature, as the restore takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RoleAssociation {
    /// `RoleArn`.
    pub role_arn: String,
    /// `FeatureName`, such as `s3Import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_name: Option<String>,
}

/// `CreateDBInstance` in a cluster: the first one becomes the writer. Version, storage, security
/// groups, credentials and backups come from the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateInstance {
    /// The new instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// The cluster it joins.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The class; `db.serverless` needs the cluster to have a range.
    #[serde(rename = "DBInstanceClass")]
    pub db_instance_class: String,
    /// The engine; must be the cluster's.
    pub engine: String,
    /// The zone; RDS chooses one otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// 0 is promoted first, 15 last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion_tier: Option<i32>,
    /// The instance parameter group's name; RDS's default is the engine's.
    #[serde(rename = "DBParameterGroupName", default, skip_serializing_if = "Option::is_none")]
    pub db_parameter_group_name: Option<String>,
    /// Whether it gets a public address; RDS's default can be yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicly_accessible: Option<bool>,
    /// Whether minor versions are installed without asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_minor_version_upgrade: Option<bool>,
    /// `ddd:hh:mm-ddd:hh:mm` in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_maintenance_window: Option<String>,
    /// The authority that signs the server's certificate.
    #[serde(rename = "CACertificateIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate_identifier: Option<String>,
    /// Enhanced Monitoring's interval in seconds; 0 is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_interval: Option<i32>,
    /// The role through which Enhanced Monitoring writes its logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_role_arn: Option<String>,
    /// Whether Performance Insights is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_performance_insights: Option<bool>,
    /// The key for Performance Insights' data.
    #[serde(rename = "PerformanceInsightsKMSKeyId", default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_kms_key_id: Option<String>,
    /// How long Performance Insights keeps its data, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_retention_period: Option<i32>,
    /// The new instance's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `ModifyDBCluster`. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyCluster {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// Whether to apply now instead of in the next maintenance window.
    pub apply_immediately: bool,
    /// The name it shall have from now on; its endpoints follow.
    #[serde(rename = "NewDBClusterIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub new_db_cluster_identifier: Option<String>,
    /// The security groups it shall have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_security_group_ids: Vec<String>,
    /// The cluster parameter group's name.
    #[serde(rename = "DBClusterParameterGroupName", default, skip_serializing_if = "Option::is_none")]
    pub db_cluster_parameter_group_name: Option<String>,
    /// The port; changing it restarts the instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Retention of backups, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_retention_period: Option<i32>,
    /// `hh:mm-hh:mm` in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_backup_window: Option<String>,
    /// `ddd:hh:mm-ddd:hh:mm` in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_maintenance_window: Option<String>,
    /// Whether minor versions are installed without asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether IAM tokens may be used as passwords.
    #[serde(rename = "EnableIAMDatabaseAuthentication", default, skip_serializing_if = "Option::is_none")]
    pub enable_iam_database_authentication: Option<bool>,
    /// Which logs to begin and to stop sending to CloudWatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudwatch_logs_export_configuration: Option<LogExportChange>,
    /// Whether the cluster refuses to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether snapshots get the cluster's tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
    /// The range of a Serverless v2 cluster.
    #[serde(rename = "ServerlessV2ScalingConfiguration", default, skip_serializing_if = "Option::is_none")]
    pub serverless_v2_scaling_configuration: Option<ServerlessV2Scaling>,
    /// Enhanced Monitoring's interval in seconds; 0 is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_interval: Option<i32>,
    /// The role through which Enhanced Monitoring writes its logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring_role_arn: Option<String>,
    /// `standard` or `advanced`; the latter needs Performance Insights with 465 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_insights_mode: Option<String>,
    /// Whether Performance Insights is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_performance_insights: Option<bool>,
    /// The key for Performance Insights' data.
    #[serde(rename = "PerformanceInsightsKMSKeyId", default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_kms_key_id: Option<String>,
    /// How long Performance Insights keeps its data, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_insights_retention_period: Option<i32>,
    /// Whether RDS manages the master password in a secret of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manage_master_user_password: Option<bool>,
    /// The key for that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_user_secret_kms_key_id: Option<String>,
}

/// `CloudwatchLogsExportConfiguration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct LogExportChange {
    /// Logs to begin sending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable_log_types: Vec<String>,
    /// Logs to stop sending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disable_log_types: Vec<String>,
}

/// `DeleteDBInstance`. In a cluster the data stays, even with the last instance gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteInstance {
    /// The instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// Must be true for an instance that failed; a cluster's instance has no snapshot of its own.
    pub skip_final_snapshot: bool,
    /// The last snapshot's name, when it is not skipped.
    #[serde(rename = "FinalDBSnapshotIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub final_db_snapshot_identifier: Option<String>,
    /// Whether the automated backups go too; RDS's default is yes. A cluster's instance has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_automated_backups: Option<bool>,
}

/// `DeleteDBCluster`. Needs the instances gone, or going, and deletion protection off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteCluster {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// Whether the data goes without a last snapshot.
    pub skip_final_snapshot: bool,
    /// The last snapshot's name, when it is not skipped.
    #[serde(rename = "FinalDBSnapshotIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub final_db_snapshot_identifier: Option<String>,
    /// Whether the automated backups go too; RDS's default is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_automated_backups: Option<bool>,
}

/// `AddTagsToResource`: adds tags, and replaces those of the same key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AddTags {
    /// The resource's ARN.
    pub resource_name: String,
    /// The tags.
    pub tags: Vec<Tag>,
}

/// `RemoveTagsFromResource`. Removing a tag that is not there succeeds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveTags {
    /// The resource's ARN.
    pub resource_name: String,
    /// The tags' keys.
    pub tag_keys: Vec<String>,
}

shown_as! { "rds":
    RestoreClusterToPointInTime => "RestoreDBClusterToPointInTime",
    CreateInstance => "CreateDBInstance",
    ModifyCluster => "ModifyDBCluster",
    DeleteInstance => "DeleteDBInstance",
    DeleteCluster => "DeleteDBCluster",
    AddTags => "AddTagsToResource",
    RemoveTags => "RemoveTagsFromResource",
}
