//! The requests that only instances outside clusters know, as data; see [`requests`](crate::aws::rds::requests) for what
//! holds of all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::call::Call;
use crate::aws::rds::model::Tag;
use crate::aws::rds::requests::LogExportChange;

/// The settings that both restores take, besides where the data comes from. Storage must be the source's or at least
/// 10 % more; there is no key, which is that of the backup or snapshot.
macro_rules! restores {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $type,)*
            /// The class; RDS's default is the one in the backup.
            #[serde(rename = "DBInstanceClass", default, skip_serializing_if = "Option::is_none")]
            pub db_instance_class: Option<String>,
            /// Whether there is a standby in another zone; RDS's default is no.
            #[serde(rename = "MultiAZ", default, skip_serializing_if = "Option::is_none")]
            pub multi_az: Option<bool>,
            /// The port; RDS's default is the source's.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub port: Option<u16>,
            /// The subnet group's name; RDS's default is `default`.
            #[serde(rename = "DBSubnetGroupName", default, skip_serializing_if = "Option::is_none")]
            pub db_subnet_group_name: Option<String>,
            /// `IPV4` or `DUAL`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub network_type: Option<String>,
            /// Whether it gets a public address; RDS's default can be yes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub publicly_accessible: Option<bool>,
            /// The security groups' ids; RDS's default is the VPC's default group.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub vpc_security_group_ids: Vec<String>,
            /// The parameter group's name; RDS's default is the engine's.
            #[serde(rename = "DBParameterGroupName", default, skip_serializing_if = "Option::is_none")]
            pub db_parameter_group_name: Option<String>,
            /// The option group's name; RDS's default is the engine's.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub option_group_name: Option<String>,
            /// The authority that signs the server's certificate.
            #[serde(rename = "CACertificateIdentifier", default, skip_serializing_if = "Option::is_none")]
            pub ca_certificate_identifier: Option<String>,
            /// `gp2`, `gp3`, `io1`, `io2` or `standard`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub storage_type: Option<String>,
            /// The storage, in GiB.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub allocated_storage: Option<i32>,
            /// The provisioned I/O operations a second.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub iops: Option<i32>,
            /// The provisioned throughput of `gp3` storage, in MiB/s.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub storage_throughput: Option<i32>,
            /// Whether the write-ahead log has a volume of its own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub dedicated_log_volume: Option<bool>,
            /// Whether IAM tokens may be used as passwords.
            #[serde(rename = "EnableIAMDatabaseAuthentication", default, skip_serializing_if = "Option::is_none")]
            pub enable_iam_database_authentication: Option<bool>,
            /// The logs sent to CloudWatch.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub enable_cloudwatch_logs_exports: Vec<String>,
            /// Whether minor versions are installed without asking.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub auto_minor_version_upgrade: Option<bool>,
            /// Whether the instance refuses to be deleted.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub deletion_protection: Option<bool>,
            /// Whether snapshots get the instance's tags.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub copy_tags_to_snapshot: Option<bool>,
            /// Retention of the new instance's own backups, in days; 0 switches them off.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub backup_retention_period: Option<i32>,
            /// `hh:mm-hh:mm` in UTC.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub preferred_backup_window: Option<String>,
            /// Whether the instance goes on to paid Extended Support.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub engine_lifecycle_support: Option<String>,
            /// The new instance's tags; with any given, RDS takes none from the source.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub tags: Vec<Tag>,
        }
    )*};
}

restores! {
    /// `RestoreDBInstanceToPointInTime`: makes a new instance from another one's continuous backup.
    RestoreInstanceToPointInTime {
        /// The new instance's name.
        #[serde(rename = "TargetDBInstanceIdentifier")]
        target_db_instance_identifier: String,
        /// The source's name; one of this, the resource id and the backup's ARN.
        #[serde(rename = "SourceDBInstanceIdentifier", default, skip_serializing_if = "Option::is_none")]
        source_db_instance_identifier: Option<String>,
        /// The source's resource id; the way to restore from the backups of a deleted instance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source_dbi_resource_id: Option<String>,
        /// The ARN of a backup that was replicated into this region.
        #[serde(rename = "SourceDBInstanceAutomatedBackupsArn", default, skip_serializing_if = "Option::is_none")]
        source_db_instance_automated_backups_arn: Option<String>,
        /// The time to restore to; either this or the latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restore_time: Option<Timestamp>,
        /// Restores to the latest restorable time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        use_latest_restorable_time: Option<bool>,
        /// How far storage may grow by itself, in GiB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_allocated_storage: Option<i32>,
    }
    /// `RestoreDBInstanceFromDBSnapshot`: makes a new instance, of the snapshot's engine version.
    RestoreInstanceFromSnapshot {
        /// The new instance's name.
        #[serde(rename = "DBInstanceIdentifier")]
        db_instance_identifier: String,
        /// The snapshot's name; of one that another account shares its ARN.
        #[serde(rename = "DBSnapshotIdentifier")]
        db_snapshot_identifier: String,
    }
}

/// `ModifyDBInstance`. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyInstance {
    /// The instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// Whether to apply now instead of in the next maintenance window.
    pub apply_immediately: bool,
    /// The security groups it shall have, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_security_group_ids: Vec<String>,
    /// `ddd:hh:mm-ddd:hh:mm` in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_maintenance_window: Option<String>,
    /// How far storage may grow by itself, in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_allocated_storage: Option<i32>,
    /// Which logs to begin and to stop sending to CloudWatch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloudwatch_logs_export_configuration: Option<LogExportChange>,
    /// Whether the instance refuses to be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
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

/// `CopyDBSnapshot`, called in the region that the copy is made in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CopyInstanceSnapshot {
    /// The snapshot's name, or its ARN where it is in another region or account.
    #[serde(rename = "SourceDBSnapshotIdentifier")]
    pub source_db_snapshot_identifier: String,
    /// The copy's name.
    #[serde(rename = "TargetDBSnapshotIdentifier")]
    pub target_db_snapshot_identifier: String,
    /// The copy's key, of the region it is made in; needed where an encrypted snapshot is copied into another region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Whether the copy gets the snapshot's tags.
    pub copy_tags: bool,
    /// The copy's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `CreateDBSnapshot`: a manual snapshot of an instance that is available.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateInstanceSnapshot {
    /// The snapshot's name.
    #[serde(rename = "DBSnapshotIdentifier")]
    pub db_snapshot_identifier: String,
    /// The instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// The snapshot's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
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
    RestoreInstanceToPointInTime => "RestoreDBInstanceToPointInTime",
    RestoreInstanceFromSnapshot => "RestoreDBInstanceFromDBSnapshot",
    ModifyInstance => "ModifyDBInstance",
    CopyInstanceSnapshot => "CopyDBSnapshot",
    CreateInstanceSnapshot => "CreateDBSnapshot",
}
