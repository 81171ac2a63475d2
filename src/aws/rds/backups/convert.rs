//! From the SDK's backups and snapshots to our model.

use aws_sdk_rds::types;

use super::model::{ClusterBackup, FailoverState, GlobalCluster, GlobalMember, InstanceBackup, InstanceSnapshot};
use crate::aws::error::Error;
use crate::aws::rds::convert::{port, tags, time, whole_percent};
use crate::aws::sdk::Operation;

pub(in crate::aws::rds) fn cluster_backup(
    it: types::DbClusterAutomatedBackup,
    operation: Operation,
) -> Result<ClusterBackup, Error> {
    let (earliest, latest) = window(it.restore_window);
    Ok(ClusterBackup {
        arn: it.db_cluster_automated_backups_arn,
        cluster_resource_id: it.db_cluster_resource_id.ok_or_else(|| operation.lacks("DbClusterResourceId"))?,
        cluster: it.db_cluster_identifier.ok_or_else(|| operation.lacks("DBClusterIdentifier"))?,
        status: it.status,
        earliest,
        latest,
        retention_period: it.backup_retention_period,
        engine: it.engine,
        engine_version: it.engine_version,
        engine_mode: it.engine_mode,
        storage_encrypted: it.storage_encrypted,
        kms_key_id: it.kms_key_id,
        storage_type: it.storage_type,
        port: port(it.port),
        iam_database_authentication: it.iam_database_authentication_enabled,
        preferred_backup_window: it.preferred_backup_window,
    })
}

pub(in crate::aws::rds) fn instance_backup(
    it: types::DbInstanceAutomatedBackup,
    operation: Operation,
) -> Result<InstanceBackup, Error> {
    let (earliest, latest) = window(it.restore_window);
    Ok(InstanceBackup {
        arn: it.db_instance_automated_backups_arn,
        instance_resource_id: it.dbi_resource_id.ok_or_else(|| operation.lacks("DbiResourceId"))?,
        instance: it.db_instance_identifier.ok_or_else(|| operation.lacks("DBInstanceIdentifier"))?,
        status: it.status,
        region: it.region,
        earliest,
        latest,
        retention_period: it.backup_retention_period,
        engine: it.engine,
        engine_version: it.engine_version,
        allocated_storage: it.allocated_storage,
        encrypted: it.encrypted,
        kms_key_id: it.kms_key_id,
    })
}

pub(in crate::aws::rds) fn instance_snapshot(
    it: types::DbSnapshot,
    operation: Operation,
) -> Result<InstanceSnapshot, Error> {
    Ok(InstanceSnapshot {
        identifier: it.db_snapshot_identifier.ok_or_else(|| operation.lacks("DBSnapshotIdentifier"))?,
        arn: it.db_snapshot_arn.ok_or_else(|| operation.lacks("DBSnapshotArn"))?,
        instance: it.db_instance_identifier.ok_or_else(|| operation.lacks("DBInstanceIdentifier"))?,
        instance_resource_id: it.dbi_resource_id,
        kind: it.snapshot_type,
        status: it.status.ok_or_else(|| operation.lacks("Status"))?,
        percent_progress: whole_percent(it.percent_progress),
        database_time: time(it.snapshot_database_time),
        original_created: time(it.original_snapshot_create_time),
        created: time(it.snapshot_create_time),
        copied_from: it.source_db_snapshot_identifier.filter(|source| !source.is_empty()),
        engine: it.engine,
        engine_version: it.engine_version,
        allocated_storage: it.allocated_storage,
        encrypted: it.encrypted,
        kms_key_id: it.kms_key_id,
        tags: tags(it.tag_list),
    })
}

pub(in crate::aws::rds) fn global_cluster(
    it: types::GlobalCluster,
    operation: Operation,
) -> Result<GlobalCluster, Error> {
    let member = |it: types::GlobalClusterMember| {
        Some(GlobalMember {
            arn: it.db_cluster_arn?,
            is_writer: it.is_writer.unwrap_or(false),
            synchronization: it.synchronization_status.map(|status| status.as_str().to_owned()),
        })
    };
    Ok(GlobalCluster {
        identifier: it.global_cluster_identifier.ok_or_else(|| operation.lacks("GlobalClusterIdentifier"))?,
        status: it.status,
        engine: it.engine,
        engine_version: it.engine_version,
        failover: it.failover_state.map(|state| FailoverState {
            status: state.status.map(|status| status.as_str().to_owned()),
            to: state.to_db_cluster_arn,
            data_loss_allowed: state.is_data_loss_allowed,
        }),
        members: it.global_cluster_members.unwrap_or_default().into_iter().filter_map(member).collect(),
    })
}

fn window(it: Option<types::RestoreWindow>) -> (Option<jiff::Timestamp>, Option<jiff::Timestamp>) {
    it.map(|window| (time(window.earliest_time), time(window.latest_time))).unwrap_or_default()
}
