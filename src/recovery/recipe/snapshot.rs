//! The requests that restore a snapshot, and that first copy one of another region.

use jiff::Timestamp;

use crate::{
    aws::rds::{
        model::Tag,
        requests::RestoreClusterToPointInTime,
        snapshots::requests::{CopyClusterSnapshot, RestoreClusterFromSnapshot},
    },
    steps::tags::DATA_TIME,
};

/// The request that restores the snapshot `identifier`, with `version`: RDS would choose the region's default one.
pub(super) fn restore(
    identifier: String,
    engine: &str,
    version: String,
    common: RestoreClusterToPointInTime,
) -> RestoreClusterFromSnapshot {
    RestoreClusterFromSnapshot {
        db_cluster_identifier: common.db_cluster_identifier,
        snapshot_identifier: identifier,
        engine: engine.to_owned(),
        engine_version: Some(version),
        port: common.port,
        db_subnet_group_name: common.db_subnet_group_name,
        network_type: common.network_type,
        vpc_security_group_ids: common.vpc_security_group_ids,
        db_cluster_parameter_group_name: common.db_cluster_parameter_group_name,
        kms_key_id: common.kms_key_id,
        storage_type: common.storage_type,
        enable_iam_database_authentication: common.enable_iam_database_authentication,
        enable_cloudwatch_logs_exports: common.enable_cloudwatch_logs_exports,
        deletion_protection: common.deletion_protection,
        copy_tags_to_snapshot: common.copy_tags_to_snapshot,
        backup_retention_period: common.backup_retention_period,
        preferred_backup_window: common.preferred_backup_window,
        engine_lifecycle_support: common.engine_lifecycle_support,
        serverless_v2_scaling_configuration: common.serverless_v2_scaling_configuration,
        associated_roles: common.associated_roles,
        tags: common.tags,
    }
}

/// The request that copies the snapshot `arn` as `name`. The copy bears the time of its data: RDS need not keep it.
pub(super) fn copy(arn: String, name: String, key: Option<String>, of: Timestamp, tags: &[Tag]) -> CopyClusterSnapshot {
    CopyClusterSnapshot {
        source_db_cluster_snapshot_identifier: arn,
        target_db_cluster_snapshot_identifier: name,
        kms_key_id: key,
        copy_tags: false,
        tags: tags.iter().cloned().chain([Tag::new(DATA_TIME, of.to_string())]).collect(),
    }
}
