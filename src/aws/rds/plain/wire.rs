//! From our requests to the SDK's.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::copy_db_snapshot::builders::CopyDBSnapshotFluentBuilder;
use aws_sdk_rds::operation::create_db_snapshot::builders::CreateDBSnapshotFluentBuilder;
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder;
use aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::builders::RestoreDBInstanceFromDBSnapshotFluentBuilder;
use aws_sdk_rds::operation::restore_db_instance_to_point_in_time::builders::RestoreDBInstanceToPointInTimeFluentBuilder;

use super::requests::{
    CopyInstanceSnapshot, CreateInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot,
    RestoreInstanceToPointInTime,
};
use crate::aws::rds::wire::{date_time, given, log_export_change, tags};

/// Sets what both restores take; the SDK's builders have no common type for it.
macro_rules! settings {
    ($call:expr, $request:ident) => {
        $call
            .set_db_instance_class($request.db_instance_class)
            .set_multi_az($request.multi_az)
            .set_port($request.port.map(i32::from))
            .set_db_subnet_group_name($request.db_subnet_group_name)
            .set_network_type($request.network_type)
            .set_publicly_accessible($request.publicly_accessible)
            .set_vpc_security_group_ids(given($request.vpc_security_group_ids))
            .set_db_parameter_group_name($request.db_parameter_group_name)
            .set_option_group_name($request.option_group_name)
            .set_ca_certificate_identifier($request.ca_certificate_identifier)
            .set_storage_type($request.storage_type)
            .set_allocated_storage($request.allocated_storage)
            .set_iops($request.iops)
            .set_storage_throughput($request.storage_throughput)
            .set_dedicated_log_volume($request.dedicated_log_volume)
            .set_enable_iam_database_authentication($request.enable_iam_database_authentication)
            .set_enable_cloudwatch_logs_exports(given($request.enable_cloudwatch_logs_exports))
            .set_auto_minor_version_upgrade($request.auto_minor_version_upgrade)
            .set_deletion_protection($request.deletion_protection)
            .set_copy_tags_to_snapshot($request.copy_tags_to_snapshot)
            .set_backup_retention_period($request.backup_retention_period)
            .set_preferred_backup_window($request.preferred_backup_window)
            .set_engine_lifecycle_support($request.engine_lifecycle_support)
            .set_tags(given(tags($request.tags)))
    };
}

pub(super) fn restore_to_point_in_time(
    client: &Client,
    request: &RestoreInstanceToPointInTime,
) -> RestoreDBInstanceToPointInTimeFluentBuilder {
    let r = request.clone();
    let call = client
        .restore_db_instance_to_point_in_time()
        .target_db_instance_identifier(r.target_db_instance_identifier)
        .set_source_db_instance_identifier(r.source_db_instance_identifier)
        .set_source_dbi_resource_id(r.source_dbi_resource_id)
        .set_source_db_instance_automated_backups_arn(r.source_db_instance_automated_backups_arn)
        .set_restore_time(r.restore_time.map(date_time))
        .set_use_latest_restorable_time(r.use_latest_restorable_time)
        .set_max_allocated_storage(r.max_allocated_storage);
    settings!(call, r)
}

pub(super) fn restore_from_snapshot(
    client: &Client,
    request: &RestoreInstanceFromSnapshot,
) -> RestoreDBInstanceFromDBSnapshotFluentBuilder {
    let r = request.clone();
    let call = client
        .restore_db_instance_from_db_snapshot()
        .db_instance_identifier(r.db_instance_identifier)
        .db_snapshot_identifier(r.db_snapshot_identifier);
    settings!(call, r)
}

pub(super) fn modify(client: &Client, request: &ModifyInstance) -> ModifyDBInstanceFluentBuilder {
    let r = request.clone();
    client
        .modify_db_instance()
        .db_instance_identifier(r.db_instance_identifier)
        .apply_immediately(r.apply_immediately)
        .set_vpc_security_group_ids(given(r.vpc_security_group_ids))
        .set_preferred_maintenance_window(r.preferred_maintenance_window)
        .set_max_allocated_storage(r.max_allocated_storage)
        .set_cloudwatch_logs_export_configuration(r.cloudwatch_logs_export_configuration.map(log_export_change))
        .set_deletion_protection(r.deletion_protection)
        .set_monitoring_interval(r.monitoring_interval)
        .set_monitoring_role_arn(r.monitoring_role_arn)
        .set_database_insights_mode(r.database_insights_mode.as_deref().map(Into::into))
        .set_enable_performance_insights(r.enable_performance_insights)
        .set_performance_insights_kms_key_id(r.performance_insights_kms_key_id)
        .set_performance_insights_retention_period(r.performance_insights_retention_period)
        .set_manage_master_user_password(r.manage_master_user_password)
        .set_master_user_secret_kms_key_id(r.master_user_secret_kms_key_id)
}

pub(super) fn copy_snapshot(client: &Client, request: &CopyInstanceSnapshot) -> CopyDBSnapshotFluentBuilder {
    let r = request.clone();
    client
        .copy_db_snapshot()
        .source_db_snapshot_identifier(r.source_db_snapshot_identifier)
        .target_db_snapshot_identifier(r.target_db_snapshot_identifier)
        .set_kms_key_id(r.kms_key_id)
        .copy_tags(r.copy_tags)
        .set_tags(given(tags(r.tags)))
}

pub(super) fn create_snapshot(client: &Client, request: &CreateInstanceSnapshot) -> CreateDBSnapshotFluentBuilder {
    let r = request.clone();
    client
        .create_db_snapshot()
        .db_snapshot_identifier(r.db_snapshot_identifier)
        .db_instance_identifier(r.db_instance_identifier)
        .set_tags(given(tags(r.tags)))
}
