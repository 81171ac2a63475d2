//! From the SDK's descriptions to our model.

use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types;

use super::model::{
    AssociatedRole, Cluster, ClusterMember, ClusterSnapshot, Event, Instance, MasterUserSecret, ParameterGroup,
    SecurityGroup, ServerlessV2Scaling, StatusInfo, Tag,
};
use crate::aws::error::Error;
use crate::aws::sdk::{self, Operation};

pub(super) fn cluster(it: types::DbCluster, operation: Operation) -> Result<Cluster, Error> {
    Ok(Cluster {
        identifier: it.db_cluster_identifier.ok_or_else(|| operation.lacks("DBClusterIdentifier"))?,
        arn: it.db_cluster_arn.ok_or_else(|| operation.lacks("DBClusterArn"))?,
        resource_id: it.db_cluster_resource_id.ok_or_else(|| operation.lacks("DbClusterResourceId"))?,
        status: it.status.ok_or_else(|| operation.lacks("Status"))?.into(),
        percent_progress: percent(it.percent_progress.as_deref()),
        created: time(it.cluster_create_time),
        engine: it.engine.ok_or_else(|| operation.lacks("Engine"))?,
        engine_version: it.engine_version,
        engine_mode: it.engine_mode,
        engine_lifecycle_support: it.engine_lifecycle_support,
        earliest_restorable_time: time(it.earliest_restorable_time),
        latest_restorable_time: time(it.latest_restorable_time),
        backup_retention_period: it.backup_retention_period,
        preferred_backup_window: it.preferred_backup_window,
        preferred_maintenance_window: it.preferred_maintenance_window,
        auto_minor_version_upgrade: it.auto_minor_version_upgrade,
        endpoint: it.endpoint,
        reader_endpoint: it.reader_endpoint,
        custom_endpoints: it.custom_endpoints.unwrap_or_default(),
        port: port(it.port),
        subnet_group: it.db_subnet_group,
        vpc_security_groups: security_groups(it.vpc_security_groups),
        network_type: it.network_type,
        availability_zones: it.availability_zones.unwrap_or_default(),
        members: it.db_cluster_members.unwrap_or_default().into_iter().filter_map(member).collect(),
        serverless_v2_scaling: it.serverless_v2_scaling_configuration.map(|scaling| ServerlessV2Scaling {
            min_capacity: scaling.min_capacity,
            max_capacity: scaling.max_capacity,
            seconds_until_auto_pause: scaling.seconds_until_auto_pause,
        }),
        parameter_group: it.db_cluster_parameter_group,
        database_name: it.database_name,
        master_username: it.master_username,
        master_user_secret: it.master_user_secret.map(master_user_secret),
        iam_database_authentication: it.iam_database_authentication_enabled,
        associated_roles: it.associated_roles.unwrap_or_default().into_iter().filter_map(role).collect(),
        storage_encrypted: it.storage_encrypted,
        kms_key_id: it.kms_key_id,
        storage_type: it.storage_type,
        deletion_protection: it.deletion_protection,
        copy_tags_to_snapshot: it.copy_tags_to_snapshot,
        clone_group_id: it.clone_group_id,
        log_exports: it.enabled_cloudwatch_logs_exports.unwrap_or_default(),
        monitoring_interval: it.monitoring_interval,
        monitoring_role_arn: it.monitoring_role_arn,
        database_insights_mode: it.database_insights_mode.map(|mode| mode.as_str().to_owned()),
        performance_insights: it.performance_insights_enabled,
        performance_insights_kms_key_id: it.performance_insights_kms_key_id,
        performance_insights_retention_period: it.performance_insights_retention_period,
        activity_stream_status: it.activity_stream_status.map(|status| status.as_str().to_owned()),
        activity_stream_mode: it.activity_stream_mode.map(|mode| mode.as_str().to_owned()),
        activity_stream_kms_key_id: it.activity_stream_kms_key_id,
        activity_stream_kinesis_stream: it.activity_stream_kinesis_stream_name,
        http_endpoint: it.http_endpoint_enabled,
        global_cluster_identifier: it.global_cluster_identifier,
        global_write_forwarding: it.global_write_forwarding_requested,
        local_write_forwarding_status: it.local_write_forwarding_status.map(|status| status.as_str().to_owned()),
        replication_source: it.replication_source_identifier,
        read_replicas: it.read_replica_identifiers.unwrap_or_default(),
        pending: it.pending_modified_values.map(pending_of_cluster).unwrap_or_default(),
        tags: tags(it.tag_list),
    })
}

pub(super) fn instance(it: types::DbInstance, operation: Operation) -> Result<Instance, Error> {
    let (address, endpoint_port) = it.endpoint.map(|at| (at.address, port(at.port))).unwrap_or_default();
    let (subnet_group, vpc_id) =
        it.db_subnet_group.map(|group| (group.db_subnet_group_name, group.vpc_id)).unwrap_or_default();
    Ok(Instance {
        identifier: it.db_instance_identifier.ok_or_else(|| operation.lacks("DBInstanceIdentifier"))?,
        arn: it.db_instance_arn.ok_or_else(|| operation.lacks("DBInstanceArn"))?,
        resource_id: it.dbi_resource_id.ok_or_else(|| operation.lacks("DbiResourceId"))?,
        status: it.db_instance_status.ok_or_else(|| operation.lacks("DBInstanceStatus"))?.into(),
        percent_progress: percent(it.percent_progress.as_deref()),
        created: time(it.instance_create_time),
        cluster: it.db_cluster_identifier,
        class: it.db_instance_class.ok_or_else(|| operation.lacks("DBInstanceClass"))?,
        engine: it.engine.ok_or_else(|| operation.lacks("Engine"))?,
        engine_version: it.engine_version,
        engine_lifecycle_support: it.engine_lifecycle_support,
        database_name: it.db_name,
        master_username: it.master_username,
        master_user_secret: it.master_user_secret.map(master_user_secret),
        iam_database_authentication: it.iam_database_authentication_enabled,
        associated_roles: it.associated_roles.unwrap_or_default().into_iter().filter_map(instance_role).collect(),
        multi_az: it.multi_az,
        storage_type: it.storage_type,
        allocated_storage: it.allocated_storage,
        max_allocated_storage: it.max_allocated_storage,
        iops: it.iops,
        storage_throughput: it.storage_throughput,
        dedicated_log_volume: it.dedicated_log_volume,
        deletion_protection: it.deletion_protection,
        copy_tags_to_snapshot: it.copy_tags_to_snapshot,
        log_exports: it.enabled_cloudwatch_logs_exports.unwrap_or_default(),
        network_type: it.network_type,
        option_group: it
            .option_group_memberships
            .unwrap_or_default()
            .into_iter()
            .find_map(|membership| membership.option_group_name),
        preferred_backup_window: it.preferred_backup_window,
        storage_encrypted: it.storage_encrypted,
        kms_key_id: it.kms_key_id,
        latest_restorable_time: time(it.latest_restorable_time),
        backup_retention_period: it.backup_retention_period,
        address,
        port: endpoint_port,
        availability_zone: it.availability_zone,
        subnet_group,
        vpc_id,
        vpc_security_groups: security_groups(it.vpc_security_groups),
        parameter_groups: it.db_parameter_groups.unwrap_or_default().into_iter().filter_map(parameter_group).collect(),
        promotion_tier: it.promotion_tier,
        publicly_accessible: it.publicly_accessible,
        auto_minor_version_upgrade: it.auto_minor_version_upgrade,
        preferred_maintenance_window: it.preferred_maintenance_window,
        ca_certificate_identifier: it.ca_certificate_identifier,
        monitoring_interval: it.monitoring_interval,
        monitoring_role_arn: it.monitoring_role_arn,
        database_insights_mode: it.database_insights_mode.map(|mode| mode.as_str().to_owned()),
        performance_insights: it.performance_insights_enabled,
        performance_insights_kms_key_id: it.performance_insights_kms_key_id,
        performance_insights_retention_period: it.performance_insights_retention_period,
        status_infos: it.status_infos.unwrap_or_default().into_iter().map(status_info).collect(),
        read_replica_source_instance: it.read_replica_source_db_instance_identifier,
        read_replica_source_cluster: it.read_replica_source_db_cluster_identifier,
        read_replicas: it.read_replica_db_instance_identifiers.unwrap_or_default(),
        read_replica_clusters: it.read_replica_db_cluster_identifiers.unwrap_or_default(),
        backup_replications: replications(it.db_instance_automated_backups_replications),
        pending: it.pending_modified_values.map(pending_of_instance).unwrap_or_default(),
        tags: tags(it.tag_list),
    })
}

pub(super) fn cluster_snapshot(it: types::DbClusterSnapshot, operation: Operation) -> Result<ClusterSnapshot, Error> {
    Ok(ClusterSnapshot {
        identifier: it.db_cluster_snapshot_identifier.ok_or_else(|| operation.lacks("DBClusterSnapshotIdentifier"))?,
        arn: it.db_cluster_snapshot_arn.ok_or_else(|| operation.lacks("DBClusterSnapshotArn"))?,
        cluster: it.db_cluster_identifier.ok_or_else(|| operation.lacks("DBClusterIdentifier"))?,
        cluster_resource_id: it.db_cluster_resource_id,
        kind: it.snapshot_type,
        status: it.status.ok_or_else(|| operation.lacks("Status"))?,
        percent_progress: whole_percent(it.percent_progress),
        created: time(it.snapshot_create_time),
        copied_from: it.source_db_cluster_snapshot_arn.filter(|arn| !arn.is_empty()),
        engine: it.engine,
        engine_version: it.engine_version,
        engine_mode: it.engine_mode,
        allocated_storage: it.allocated_storage,
        storage_encrypted: it.storage_encrypted,
        kms_key_id: it.kms_key_id,
        storage_type: it.storage_type,
        // Of an unfinished snapshot RDS writes 0.
        port: port(it.port).filter(|port| *port > 0),
        iam_database_authentication: it.iam_database_authentication_enabled,
        tags: tags(it.tag_list),
    })
}

/// Events without a time or a message say nothing and are left out.
pub(super) fn event(it: types::Event) -> Option<Event> {
    Some(Event {
        date: time(it.date)?,
        source: it.source_identifier.unwrap_or_default(),
        message: it.message?,
        categories: it.event_categories.unwrap_or_default(),
    })
}

pub(super) fn time(at: Option<DateTime>) -> Option<jiff::Timestamp> {
    at.as_ref().and_then(sdk::timestamp)
}

pub(super) fn port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok())
}

/// RDS writes it as text, at times with a percent sign.
fn percent(text: Option<&str>) -> Option<u8> {
    text.and_then(|text| text.trim_end_matches('%').parse().ok()).filter(|percent| *percent <= 100)
}

pub(super) fn whole_percent(percent: Option<i32>) -> Option<u8> {
    percent.and_then(|percent| u8::try_from(percent).ok()).filter(|percent| *percent <= 100)
}

fn security_groups(groups: Option<Vec<types::VpcSecurityGroupMembership>>) -> Vec<SecurityGroup> {
    groups
        .unwrap_or_default()
        .into_iter()
        .filter_map(|group| Some(SecurityGroup { id: group.vpc_security_group_id?, status: group.status }))
        .collect()
}

fn member(it: types::DbClusterMember) -> Option<ClusterMember> {
    Some(ClusterMember {
        instance: it.db_instance_identifier?,
        is_writer: it.is_cluster_writer.unwrap_or(false),
        promotion_tier: it.promotion_tier,
        parameter_group_status: it.db_cluster_parameter_group_status,
    })
}

fn role(it: types::DbClusterRole) -> Option<AssociatedRole> {
    Some(AssociatedRole { role_arn: it.role_arn?, feature_name: it.feature_name, status: it.status })
}

fn instance_role(it: types::DbInstanceRole) -> Option<AssociatedRole> {
    Some(AssociatedRole { role_arn: it.role_arn?, feature_name: it.feature_name, status: it.status })
}

fn master_user_secret(it: types::MasterUserSecret) -> MasterUserSecret {
    MasterUserSecret { arn: it.secret_arn, status: it.secret_status, kms_key_id: it.kms_key_id }
}

fn parameter_group(it: types::DbParameterGroupStatus) -> Option<ParameterGroup> {
    Some(ParameterGroup { name: it.db_parameter_group_name?, status: it.parameter_apply_status })
}

fn status_info(it: types::DbInstanceStatusInfo) -> StatusInfo {
    StatusInfo { kind: it.status_type, status: it.status, normal: it.normal, message: it.message }
}

fn replications(list: Option<Vec<types::DbInstanceAutomatedBackupsReplication>>) -> Vec<String> {
    list.unwrap_or_default().into_iter().filter_map(|one| one.db_instance_automated_backups_arn).collect()
}

pub(super) fn tags(tags: Option<Vec<types::Tag>>) -> Vec<Tag> {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some(Tag { key: tag.key?, value: tag.value.unwrap_or_default() }))
        .collect()
}

/// The names only: one of the values is a password.
fn pending_of_cluster(it: types::ClusterPendingModifiedValues) -> Vec<String> {
    names([
        ("PendingCloudwatchLogsExports", it.pending_cloudwatch_logs_exports.is_some()),
        ("DBClusterIdentifier", it.db_cluster_identifier.is_some()),
        ("MasterUserPassword", it.master_user_password.is_some()),
        ("IAMDatabaseAuthenticationEnabled", it.iam_database_authentication_enabled.is_some()),
        ("EngineVersion", it.engine_version.is_some()),
        ("BackupRetentionPeriod", it.backup_retention_period.is_some()),
        ("StorageType", it.storage_type.is_some()),
        ("AllocatedStorage", it.allocated_storage.is_some()),
        ("Iops", it.iops.is_some()),
        ("CertificateDetails", it.certificate_details.is_some()),
    ])
}

/// The names only: one of the values is a password.
fn pending_of_instance(it: types::PendingModifiedValues) -> Vec<String> {
    names([
        ("DBInstanceClass", it.db_instance_class.is_some()),
        ("AllocatedStorage", it.allocated_storage.is_some()),
        ("MasterUserPassword", it.master_user_password.is_some()),
        ("Port", it.port.is_some()),
        ("BackupRetentionPeriod", it.backup_retention_period.is_some()),
        ("MultiAZ", it.multi_az.is_some()),
        ("EngineVersion", it.engine_version.is_some()),
        ("Engine", it.engine.is_some()),
        ("Iops", it.iops.is_some()),
        ("StorageThroughput", it.storage_throughput.is_some()),
        ("DBInstanceIdentifier", it.db_instance_identifier.is_some()),
        ("StorageType", it.storage_type.is_some()),
        ("CACertificateIdentifier", it.ca_certificate_identifier.is_some()),
        ("DBSubnetGroupName", it.db_subnet_group_name.is_some()),
        ("PendingCloudwatchLogsExports", it.pending_cloudwatch_logs_exports.is_some()),
        ("IAMDatabaseAuthenticationEnabled", it.iam_database_authentication_enabled.is_some()),
        ("DedicatedLogVolume", it.dedicated_log_volume.is_some()),
    ])
}

fn names<const N: usize>(values: [(&str, bool); N]) -> Vec<String> {
    values.into_iter().filter(|(_, pending)| *pending).map(|(name, _)| name.to_owned()).collect()
}
