//! From our requests to the SDK's.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::copy_db_cluster_snapshot::builders::CopyDBClusterSnapshotFluentBuilder;
use aws_sdk_rds::operation::create_db_cluster_snapshot::builders::CreateDBClusterSnapshotFluentBuilder;
use aws_sdk_rds::operation::delete_db_cluster_snapshot::builders::DeleteDBClusterSnapshotFluentBuilder;
use aws_sdk_rds::operation::restore_db_cluster_from_snapshot::builders::RestoreDBClusterFromSnapshotFluentBuilder;

use super::requests::{CopyClusterSnapshot, CreateClusterSnapshot, DeleteClusterSnapshot, RestoreClusterFromSnapshot};
use crate::aws::error::Error;
use crate::aws::rds::wire::{given, roles, serverless_v2_scaling, tags};
use crate::aws::sdk::Operation;

pub(super) fn restore_cluster_from_snapshot(
    client: &Client,
    request: &RestoreClusterFromSnapshot,
) -> Result<RestoreDBClusterFromSnapshotFluentBuilder, Error> {
    let r = request.clone();
    let operation = Operation::rds(RestoreClusterFromSnapshot::ACTION);
    Ok(client
        .restore_db_cluster_from_snapshot()
        .db_cluster_identifier(r.db_cluster_identifier)
        .snapshot_identifier(r.snapshot_identifier)
        .engine(r.engine)
        .set_engine_version(r.engine_version)
        .set_port(r.port.map(i32::from))
        .set_db_subnet_group_name(r.db_subnet_group_name)
        .set_network_type(r.network_type)
        .set_vpc_security_group_ids(given(r.vpc_security_group_ids))
        .set_db_cluster_parameter_group_name(r.db_cluster_parameter_group_name)
        .set_kms_key_id(r.kms_key_id)
        .set_storage_type(r.storage_type)
        .set_enable_iam_database_authentication(r.enable_iam_database_authentication)
        .set_enable_cloudwatch_logs_exports(given(r.enable_cloudwatch_logs_exports))
        .set_deletion_protection(r.deletion_protection)
        .set_copy_tags_to_snapshot(r.copy_tags_to_snapshot)
        .set_backup_retention_period(r.backup_retention_period)
        .set_preferred_backup_window(r.preferred_backup_window)
        .set_engine_lifecycle_support(r.engine_lifecycle_support)
        .set_serverless_v2_scaling_configuration(r.serverless_v2_scaling_configuration.map(serverless_v2_scaling))
        .set_associated_roles(given(roles(r.associated_roles, operation)?))
        .set_tags(given(tags(r.tags))))
}

pub(super) fn copy_cluster_snapshot(
    client: &Client,
    request: &CopyClusterSnapshot,
) -> CopyDBClusterSnapshotFluentBuilder {
    let r = request.clone();
    client
        .copy_db_cluster_snapshot()
        .source_db_cluster_snapshot_identifier(r.source_db_cluster_snapshot_identifier)
        .target_db_cluster_snapshot_identifier(r.target_db_cluster_snapshot_identifier)
        .set_kms_key_id(r.kms_key_id)
        .copy_tags(r.copy_tags)
        .set_tags(given(tags(r.tags)))
}

pub(super) fn create_cluster_snapshot(
    client: &Client,
    request: &CreateClusterSnapshot,
) -> CreateDBClusterSnapshotFluentBuilder {
    let r = request.clone();
    client
        .create_db_cluster_snapshot()
        .db_cluster_snapshot_identifier(r.db_cluster_snapshot_identifier)
        .db_cluster_identifier(r.db_cluster_identifier)
        .set_tags(given(tags(r.tags)))
}

pub(super) fn delete_cluster_snapshot(
    client: &Client,
    request: &DeleteClusterSnapshot,
) -> DeleteDBClusterSnapshotFluentBuilder {
    client.delete_db_cluster_snapshot().db_cluster_snapshot_identifier(&request.db_cluster_snapshot_identifier)
}
