//! What is asked of RDS for a target like its source: every value explicitly, since what RDS chooses by itself differs
//! between its API model and its guide.

use crate::{
    aws::rds::{
        model::{Cluster, Instance, Tag},
        requests::{CreateInstance, ModifyCluster, RestoreClusterToPointInTime},
    },
    config::{InstanceClass, Readers, Restore},
    recovery::configuration::ClusterConfiguration,
};

/// The most readers an Aurora cluster takes beside its writer.
const MOST_READERS: usize = 15;

/// What every restore has in common, to be completed with what is restored. Deletion protection comes after the watch, so that the target can be taken back until then; IAM roles are
/// withheld, so that what runs inside the database cannot reach production.
pub fn restore(
    source: &Cluster,
    target: &str,
    restore: &Restore,
    key: Option<String>,
    tags: Vec<Tag>,
) -> RestoreClusterToPointInTime {
    let quarantine = &restore.quarantine_security_groups;
    RestoreClusterToPointInTime {
        db_cluster_identifier: target.to_owned(),
        source_db_cluster_identifier: None,
        source_db_cluster_resource_id: None,
        restore_type: None,
        restore_to_time: None,
        use_latest_restorable_time: None,
        port: source.port,
        db_subnet_group_name: source.subnet_group.clone(),
        network_type: source.network_type.clone(),
        vpc_security_group_ids: if quarantine.is_empty() { source.security_group_ids() } else { quarantine.clone() },
        db_cluster_parameter_group_name: source.parameter_group.clone(),
        kms_key_id: key,
        storage_type: source.storage_type.clone(),
        enable_iam_database_authentication: Some(source.iam_database_authentication.unwrap_or(false)),
        enable_cloudwatch_logs_exports: source.log_exports.clone(),
        deletion_protection: Some(false),
        copy_tags_to_snapshot: source.copy_tags_to_snapshot,
        backup_retention_period: source.backup_retention_period,
        preferred_backup_window: source.preferred_backup_window.clone(),
        engine_lifecycle_support: source.engine_lifecycle_support.clone(),
        serverless_v2_scaling_configuration: source.serverless_v2_scaling,
        associated_roles: Vec::new(),
        tags,
    }
}

/// An instance like `model`, which is the source's of the same role.
pub fn instance(
    source: &Cluster,
    target: &str,
    name: String,
    class: String,
    model: Option<&Instance>,
    tags: Vec<Tag>,
) -> CreateInstance {
    let from = |field: fn(&Instance) -> Option<String>| model.and_then(field);
    let insights = model.and_then(|model| model.performance_insights);
    let monitoring = model.and_then(|model| model.monitoring_interval);
    CreateInstance {
        db_instance_identifier: name,
        db_cluster_identifier: target.to_owned(),
        db_instance_class: class,
        engine: source.engine.clone(),
        availability_zone: from(|model| model.availability_zone.clone()),
        promotion_tier: model.and_then(|model| model.promotion_tier),
        db_parameter_group_name: from(|model| model.parameter_groups.first().map(|group| group.name.clone())),
        publicly_accessible: Some(false),
        auto_minor_version_upgrade: model.and_then(|model| model.auto_minor_version_upgrade),
        preferred_maintenance_window: from(|model| model.preferred_maintenance_window.clone()),
        ca_certificate_identifier: from(|model| model.ca_certificate_identifier.clone()),
        monitoring_interval: monitoring,
        monitoring_role_arn: from(|model| model.monitoring_role_arn.clone())
            .filter(|_| monitoring.is_some_and(|seconds| seconds > 0)),
        enable_performance_insights: insights,
        performance_insights_kms_key_id: from(|model| model.performance_insights_kms_key_id.clone())
            .filter(|_| insights == Some(true)),
        performance_insights_retention_period: model
            .and_then(|model| model.performance_insights_retention_period)
            .filter(|_| insights == Some(true)),
        tags,
    }
}

/// The class the writer gets, if anything says which.
pub fn writer_class(restore: &Restore, writer: Option<&Instance>) -> Option<String> {
    match &restore.instance_class {
        InstanceClass::Named(class) => Some(class.clone()),
        InstanceClass::Source => writer.map(|writer| writer.class.clone()),
    }
}

/// The readers to make: as on the source, or a number of them like the writer. Each with its class and its model.
pub fn readers<'a>(
    source: &'a ClusterConfiguration,
    restore: &Restore,
    class: &str,
) -> Vec<(String, Option<&'a Instance>)> {
    match restore.readers {
        Readers::Count(count) => vec![(class.to_owned(), source.writer()); usize::from(count).min(MOST_READERS)],
        Readers::Source => source
            .readers()
            .into_iter()
            .take(MOST_READERS)
            .map(|reader| match &restore.instance_class {
                InstanceClass::Named(class) => (class.clone(), Some(reader)),
                InstanceClass::Source => (reader.class.clone(), Some(reader)),
            })
            .collect(),
    }
}

/// The settings that a restore does not take, or nothing when the source says none of them.
pub fn after_restore(source: &Cluster, target: &str) -> Option<ModifyCluster> {
    let request = ModifyCluster {
        db_cluster_identifier: target.to_owned(),
        apply_immediately: true,
        preferred_maintenance_window: source.preferred_maintenance_window.clone(),
        auto_minor_version_upgrade: source.auto_minor_version_upgrade,
        ..ModifyCluster::default()
    };
    let says = request.preferred_maintenance_window.is_some() || request.auto_minor_version_upgrade.is_some();
    says.then_some(request)
}

/// The monitoring that is set on the cluster and not on its instances, or nothing where there is none. A restore of Aurora
/// refuses these parameters. Only what the source says is sent: what RDS does not tell of it, it would not tell of the target.
pub fn monitoring(source: &Cluster, target: &str) -> Option<ModifyCluster> {
    let insights = source.performance_insights == Some(true);
    let monitored = source.monitoring_interval.is_some_and(|seconds| seconds > 0);
    let mode = source.database_insights_mode.clone().filter(|mode| mode != "standard");
    (insights || monitored || mode.is_some()).then(|| ModifyCluster {
        db_cluster_identifier: target.to_owned(),
        apply_immediately: true,
        monitoring_interval: source.monitoring_interval.filter(|_| monitored),
        monitoring_role_arn: source.monitoring_role_arn.clone().filter(|_| monitored),
        database_insights_mode: mode,
        enable_performance_insights: source.performance_insights.filter(|_| insights),
        performance_insights_kms_key_id: source.performance_insights_kms_key_id.clone().filter(|_| insights),
        performance_insights_retention_period: source.performance_insights_retention_period.filter(|_| insights),
        ..ModifyCluster::default()
    })
}

/// The change of security groups alone.
pub fn security_groups(target: &str, groups: Vec<String>) -> ModifyCluster {
    ModifyCluster {
        db_cluster_identifier: target.to_owned(),
        apply_immediately: true,
        vpc_security_group_ids: groups,
        ..ModifyCluster::default()
    }
}

/// Deletion protection, where the source has it.
pub fn protection(source: &Cluster, target: &str) -> Option<ModifyCluster> {
    (source.deletion_protection == Some(true)).then(|| ModifyCluster {
        db_cluster_identifier: target.to_owned(),
        apply_immediately: true,
        deletion_protection: Some(true),
        ..ModifyCluster::default()
    })
}
