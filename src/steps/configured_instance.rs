//! The settings of an instance outside clusters in words, one row a setting: the same words for the source that is planned from
//! and for the target that is read back.

use super::configured::{
    days, key, list, managed_password, monitoring, own_tags, performance_insights, roles, switch, tag_list, text,
};
use crate::aws::rds::model::Instance;

/// A size in GiB.
pub fn gib(size: Option<i32>) -> String {
    text(size.map(|gib| format!("{gib} GiB")))
}

/// What the storage does, where it is set.
pub fn figures(iops: Option<i32>, throughput: Option<i32>) -> String {
    let throughput = throughput.map(|mib| format!(", {mib} MiB/s")).unwrap_or_default();
    format!("{} IOPS{throughput}", text(iops))
}

/// Every setting with its value.
pub fn rows(instance: &Instance) -> Vec<(&'static str, String)> {
    let replicas: Vec<&String> = instance.read_replicas.iter().chain(&instance.read_replica_clusters).collect();
    let mut logs = instance.log_exports.clone();
    logs.sort_unstable();
    vec![
        ("instance class", instance.class.clone()),
        ("Multi-AZ", switch(instance.multi_az)),
        ("storage", gib(instance.allocated_storage)),
        ("storage type", text(instance.storage_type.as_ref())),
        ("storage performance", figures(instance.iops, instance.storage_throughput)),
        ("storage grows up to", gib(instance.max_allocated_storage)),
        ("dedicated log volume", switch(instance.dedicated_log_volume)),
        ("subnet group", text(instance.subnet_group.as_ref())),
        ("parameter group", text(instance.parameter_groups.first().map(|group| &group.name))),
        ("option group", text(instance.option_group.as_ref())),
        ("port", text(instance.port)),
        ("network type", text(instance.network_type.as_ref())),
        ("encryption key", key(instance.kms_key_id.as_ref())),
        ("CA certificate", text(instance.ca_certificate_identifier.as_ref())),
        ("public access", switch(instance.publicly_accessible)),
        ("IAM authentication", switch(instance.iam_database_authentication)),
        ("log exports", list(&logs)),
        ("minor versions by themselves", switch(instance.auto_minor_version_upgrade)),
        ("copy tags to snapshots", switch(instance.copy_tags_to_snapshot)),
        ("backup retention", days(instance.backup_retention_period)),
        ("backup window", text(instance.preferred_backup_window.as_ref())),
        ("extended support", text(instance.engine_lifecycle_support.as_ref())),
        ("security groups", list(&instance.security_group_ids())),
        ("maintenance window", text(instance.preferred_maintenance_window.as_ref())),
        ("Enhanced Monitoring", monitoring(instance.monitoring_interval)),
        (
            "Performance Insights",
            performance_insights(instance.performance_insights, instance.performance_insights_retention_period),
        ),
        ("Database Insights", text(instance.database_insights_mode.as_ref())),
        ("IAM roles", roles(&instance.associated_roles)),
        ("RDS-managed password", managed_password(instance.master_user_secret.as_ref())),
        ("tags", tag_list(&own_tags(&instance.tags))),
        ("deletion protection", switch(instance.deletion_protection)),
        ("read replicas", list(&replicas)),
        ("replication of backups", list(&instance.backup_replications)),
    ]
}
