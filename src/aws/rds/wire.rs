//! From our requests to the SDK's.

use aws_sdk_rds::Client;
use aws_sdk_rds::operation::add_tags_to_resource::builders::AddTagsToResourceFluentBuilder;
use aws_sdk_rds::operation::create_db_instance::builders::CreateDBInstanceFluentBuilder;
use aws_sdk_rds::operation::delete_db_cluster::builders::DeleteDBClusterFluentBuilder;
use aws_sdk_rds::operation::delete_db_instance::builders::DeleteDBInstanceFluentBuilder;
use aws_sdk_rds::operation::modify_db_cluster::builders::ModifyDBClusterFluentBuilder;
use aws_sdk_rds::operation::remove_tags_from_resource::builders::RemoveTagsFromResourceFluentBuilder;
use aws_sdk_rds::operation::restore_db_cluster_to_point_in_time::builders::RestoreDBClusterToPointInTimeFluentBuilder;
use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types;
use jiff::Timestamp;

use super::model::{ServerlessV2Scaling, Tag};
use super::requests::{
    AddTags, CreateInstance, DeleteCluster, DeleteInstance, LogExportChange, ModifyCluster, RemoveTags,
    RestoreClusterToPointInTime, RoleAssociation,
};
use crate::aws::ErrorKind;
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

pub(super) fn restore_cluster_to_point_in_time(
    client: &Client,
    request: &RestoreClusterToPointInTime,
) -> Result<RestoreDBClusterToPointInTimeFluentBuilder, Error> {
    let r = request.clone();
    let operation = Operation::rds(RestoreClusterToPointInTime::ACTION);
    Ok(client
        .restore_db_cluster_to_point_in_time()
        .db_cluster_identifier(r.db_cluster_identifier)
        .set_source_db_cluster_identifier(r.source_db_cluster_identifier)
        .set_source_db_cluster_resource_id(r.source_db_cluster_resource_id)
        .set_restore_type(r.restore_type)
        .set_restore_to_time(r.restore_to_time.map(date_time))
        .set_use_latest_restorable_time(r.use_latest_restorable_time)
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

pub(super) fn create_instance(client: &Client, request: &CreateInstance) -> CreateDBInstanceFluentBuilder {
    let r = request.clone();
    client
        .create_db_instance()
        .db_instance_identifier(r.db_instance_identifier)
        .db_cluster_identifier(r.db_cluster_identifier)
        .db_instance_class(r.db_instance_class)
        .engine(r.engine)
        .set_availability_zone(r.availability_zone)
        .set_promotion_tier(r.promotion_tier)
        .set_db_parameter_group_name(r.db_parameter_group_name)
        .set_publicly_accessible(r.publicly_accessible)
        .set_auto_minor_version_upgrade(r.auto_minor_version_upgrade)
        .set_preferred_maintenance_window(r.preferred_maintenance_window)
        .set_ca_certificate_identifier(r.ca_certificate_identifier)
        .set_monitoring_interval(r.monitoring_interval)
        .set_monitoring_role_arn(r.monitoring_role_arn)
        .set_enable_performance_insights(r.enable_performance_insights)
        .set_performance_insights_kms_key_id(r.performance_insights_kms_key_id)
        .set_performance_insights_retention_period(r.performance_insights_retention_period)
        .set_tags(given(tags(r.tags)))
}

pub(super) fn modify_cluster(client: &Client, request: &ModifyCluster) -> ModifyDBClusterFluentBuilder {
    let r = request.clone();
    client
        .modify_db_cluster()
        .db_cluster_identifier(r.db_cluster_identifier)
        .apply_immediately(r.apply_immediately)
        .set_new_db_cluster_identifier(r.new_db_cluster_identifier)
        .set_vpc_security_group_ids(given(r.vpc_security_group_ids))
        .set_db_cluster_parameter_group_name(r.db_cluster_parameter_group_name)
        .set_port(r.port.map(i32::from))
        .set_backup_retention_period(r.backup_retention_period)
        .set_preferred_backup_window(r.preferred_backup_window)
        .set_preferred_maintenance_window(r.preferred_maintenance_window)
        .set_auto_minor_version_upgrade(r.auto_minor_version_upgrade)
        .set_enable_iam_database_authentication(r.enable_iam_database_authentication)
        .set_cloudwatch_logs_export_configuration(r.cloudwatch_logs_export_configuration.map(log_export_change))
        .set_deletion_protection(r.deletion_protection)
        .set_copy_tags_to_snapshot(r.copy_tags_to_snapshot)
        .set_serverless_v2_scaling_configuration(r.serverless_v2_scaling_configuration.map(serverless_v2_scaling))
        .set_monitoring_interval(r.monitoring_interval)
        .set_monitoring_role_arn(r.monitoring_role_arn)
        .set_database_insights_mode(r.database_insights_mode.as_deref().map(Into::into))
        .set_enable_performance_insights(r.enable_performance_insights)
        .set_performance_insights_kms_key_id(r.performance_insights_kms_key_id)
        .set_performance_insights_retention_period(r.performance_insights_retention_period)
        .set_manage_master_user_password(r.manage_master_user_password)
        .set_master_user_secret_kms_key_id(r.master_user_secret_kms_key_id)
}

pub(super) fn delete_instance(client: &Client, request: &DeleteInstance) -> DeleteDBInstanceFluentBuilder {
    client
        .delete_db_instance()
        .db_instance_identifier(&request.db_instance_identifier)
        .skip_final_snapshot(request.skip_final_snapshot)
        .set_final_db_snapshot_identifier(request.final_db_snapshot_identifier.clone())
        .set_delete_automated_backups(request.delete_automated_backups)
}

pub(super) fn delete_cluster(client: &Client, request: &DeleteCluster) -> DeleteDBClusterFluentBuilder {
    client
        .delete_db_cluster()
        .db_cluster_identifier(&request.db_cluster_identifier)
        .skip_final_snapshot(request.skip_final_snapshot)
        .set_final_db_snapshot_identifier(request.final_db_snapshot_identifier.clone())
        .set_delete_automated_backups(request.delete_automated_backups)
}

pub(super) fn add_tags(client: &Client, request: &AddTags) -> AddTagsToResourceFluentBuilder {
    client.add_tags_to_resource().resource_name(&request.resource_name).set_tags(Some(tags(request.tags.clone())))
}

pub(super) fn remove_tags(client: &Client, request: &RemoveTags) -> RemoveTagsFromResourceFluentBuilder {
    client
        .remove_tags_from_resource()
        .resource_name(&request.resource_name)
        .set_tag_keys(Some(request.tag_keys.clone()))
}

/// The query protocol sends an empty list as an empty parameter, which is not the same as none.
pub(super) fn given<T>(list: Vec<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { Some(list) }
}

pub(super) fn date_time(at: Timestamp) -> DateTime {
    let nanoseconds = at.as_nanosecond();
    // A `Timestamp` lies between the years -9999 and 9999, all of which `DateTime` can hold.
    DateTime::from_nanos(nanoseconds).unwrap_or_else(|_| DateTime::from_secs(at.as_second()))
}

pub(super) fn tags(tags: Vec<Tag>) -> Vec<types::Tag> {
    tags.into_iter().map(|tag| types::Tag::builder().key(tag.key).value(tag.value).build()).collect()
}

pub(super) fn serverless_v2_scaling(scaling: ServerlessV2Scaling) -> types::ServerlessV2ScalingConfiguration {
    types::ServerlessV2ScalingConfiguration::builder()
        .set_min_capacity(scaling.min_capacity)
        .set_max_capacity(scaling.max_capacity)
        .set_seconds_until_auto_pause(scaling.seconds_until_auto_pause)
        .build()
}

pub(super) fn log_export_change(change: LogExportChange) -> types::CloudwatchLogsExportConfiguration {
    types::CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(given(change.enable_log_types))
        .set_disable_log_types(given(change.disable_log_types))
        .build()
}

pub(super) fn roles(
    roles: Vec<RoleAssociation>,
    operation: Operation,
) -> Result<Vec<types::DbClusterAssociatedRole>, Error> {
    roles
        .into_iter()
        .map(|role| {
            types::DbClusterAssociatedRole::builder()
                .role_arn(role.role_arn)
                .set_feature_name(role.feature_name)
                .build()
                .map_err(|_| operation.error(ErrorKind::InvalidParameter, "a role has no ARN"))
        })
        .collect()
}
