//! What the target takes from the source, setting by setting, and what AWS would have dropped.
//!
//! Defaults are what RDS gives a restored cluster that is not told (RDS API reference and Aurora User Guide, "Restoring a DB
//! cluster to a specified time").

use crate::{
    aws::rds::{
        model::{Cluster, Instance, Tag},
        requests::{CreateInstance, RestoreClusterToPointInTime},
    },
    steps::{
        brief::Setting,
        configured::{days, key, list, monitoring, performance_insights, scaling, switch, tag_list, text},
    },
};

pub(super) const AT_RESTORE: &str = "at restore";
pub(super) const WITH_WRITER: &str = "with the writer";
pub(super) const WITH_READERS: &str = "with the readers";
pub(super) const AFTER_RESTORE: &str = "after restore";
pub(super) const AT_CUTOVER: &str = "at cutover";
pub(super) const AFTER_WATCH: &str = "after the watch";
pub(super) const WITH_NAME: &str = "with the name";
pub(super) const NOT_CARRIED: &str = "not carried over";

/// One row.
pub(super) fn setting(name: &str, source: String, default: &str, target: String, when: &str) -> Setting {
    Setting { name: name.to_owned(), source, default: default.to_owned(), target, when: when.to_owned() }
}

/// The table of settings.
pub fn table(
    source: &Cluster,
    writer: Option<&Instance>,
    restore: &RestoreClusterToPointInTime,
    instance: &CreateInstance,
    quarantine: &[String],
    own_tags: &[Tag],
) -> Vec<Setting> {
    let mut rows = at_restore(source, restore);
    let groups = source.security_group_ids();
    if quarantine.is_empty() {
        rows.push(setting("security groups", list(&groups), "the VPC's default group", list(&groups), AT_RESTORE));
    } else {
        let target = format!("{} until proven, then {}", list(quarantine), list(&groups));
        rows.push(setting("security groups", list(&groups), "the VPC's default group", target, AT_CUTOVER));
    }
    rows.extend(with_writer(writer, instance));
    let window = text(source.preferred_maintenance_window.as_ref());
    rows.push(setting("maintenance window", window.clone(), "random", window, AFTER_RESTORE));
    let upgrades = switch(source.auto_minor_version_upgrade);
    rows.push(setting("minor version upgrades", upgrades.clone(), "on", upgrades, AFTER_RESTORE));
    rows.push(setting(
        "tags",
        tag_list(own_tags),
        "the source's",
        format!("daybreak:* first, then {}", tag_list(own_tags)),
        AT_CUTOVER,
    ));
    let protection = switch(source.deletion_protection);
    rows.push(setting("deletion protection", protection.clone(), "off", protection, AFTER_WATCH));
    rows
}

/// Names in an order of their own.
fn names(names: &[String]) -> String {
    let mut names = names.to_vec();
    names.sort_unstable();
    list(&names)
}

fn at_restore(source: &Cluster, restore: &RestoreClusterToPointInTime) -> Vec<Setting> {
    let same =
        |name: &str, source: String, default: &str, target: String| setting(name, source, default, target, AT_RESTORE);
    vec![
        same(
            "subnet group",
            text(source.subnet_group.as_ref()),
            "default",
            text(restore.db_subnet_group_name.as_ref()),
        ),
        same(
            "cluster parameter group",
            text(source.parameter_group.as_ref()),
            "the engine's default",
            text(restore.db_cluster_parameter_group_name.as_ref()),
        ),
        same("port", text(source.port), "the engine's default", text(restore.port)),
        same("network type", text(source.network_type.as_ref()), "IPV4", text(restore.network_type.as_ref())),
        same("encryption key", key(source.kms_key_id.as_ref()), "the source's", key(restore.kms_key_id.as_ref())),
        same("storage type", text(source.storage_type.as_ref()), "aurora", text(restore.storage_type.as_ref())),
        same(
            "IAM authentication",
            switch(source.iam_database_authentication),
            "off",
            switch(restore.enable_iam_database_authentication),
        ),
        same("log exports", names(&source.log_exports), "none", names(&restore.enable_cloudwatch_logs_exports)),
        same(
            "copy tags to snapshots",
            switch(source.copy_tags_to_snapshot),
            "off",
            switch(restore.copy_tags_to_snapshot),
        ),
        same(
            "backup retention",
            days(source.backup_retention_period),
            "the source's",
            days(restore.backup_retention_period),
        ),
        same(
            "backup window",
            text(source.preferred_backup_window.as_ref()),
            "the source's",
            text(restore.preferred_backup_window.as_ref()),
        ),
        same(
            "extended support",
            text(source.engine_lifecycle_support.as_ref()),
            "enrolled",
            text(restore.engine_lifecycle_support.as_ref()),
        ),
        same(
            "serverless scaling",
            scaling(source.serverless_v2_scaling),
            "none",
            scaling(restore.serverless_v2_scaling_configuration),
        ),
    ]
}

fn with_writer(writer: Option<&Instance>, instance: &CreateInstance) -> Vec<Setting> {
    let of = |field: fn(&Instance) -> Option<String>| text(writer.and_then(field));
    let row =
        |name: &str, source: String, default: &str, target: String| setting(name, source, default, target, WITH_WRITER);
    vec![
        row(
            "instance class",
            of(|writer| Some(writer.class.clone())),
            "no instance at all",
            instance.db_instance_class.clone(),
        ),
        row(
            "zone of the writer",
            of(|writer| writer.availability_zone.clone()),
            "any",
            text(instance.availability_zone.as_ref()),
        ),
        row(
            "instance parameter group",
            of(|writer| writer.parameter_groups.first().map(|group| group.name.clone())),
            "the engine's default",
            text(instance.db_parameter_group_name.as_ref()),
        ),
        row(
            "CA certificate",
            of(|writer| writer.ca_certificate_identifier.clone()),
            "the account's default",
            text(instance.ca_certificate_identifier.as_ref()),
        ),
        row(
            "promotion tier",
            of(|writer| writer.promotion_tier.map(|tier| tier.to_string())),
            "1",
            text(instance.promotion_tier),
        ),
        row(
            "public access",
            switch(writer.and_then(|writer| writer.publicly_accessible)),
            "by subnet group",
            "off".to_owned(),
        ),
        row(
            "Enhanced Monitoring",
            monitoring(writer.and_then(|writer| writer.monitoring_interval)),
            "off",
            monitoring(instance.monitoring_interval),
        ),
        row(
            "Performance Insights",
            performance_insights(
                writer.and_then(|writer| writer.performance_insights),
                writer.and_then(|writer| writer.performance_insights_retention_period),
            ),
            "off",
            performance_insights(instance.enable_performance_insights, instance.performance_insights_retention_period),
        ),
    ]
}

/// The settings that the source has and the target will lack, for a warning.
pub fn lost(settings: &[Setting]) -> Vec<&str> {
    settings.iter().filter(|setting| setting.when == NOT_CARRIED).map(|setting| setting.name.as_str()).collect()
}
