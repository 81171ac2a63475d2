//! What the target instance takes from the source, setting by setting, and what AWS would have dropped.
//!
//! Defaults are what RDS gives a restored instance that is not told (RDS API reference, and User Guide, "Restoring a DB
//! instance to a specified time").

use crate::{
    aws::rds::{
        model::{Instance, Tag},
        plain::requests::ModifyInstance,
    },
    recovery::settings::{AFTER_RESTORE, AFTER_WATCH, AT_CUTOVER, AT_RESTORE, NOT_CARRIED, setting},
    steps::{
        brief::Setting,
        configured::{days, key, list, monitoring, performance_insights, switch, tag_list, text},
        configured_instance::{self, figures, gib},
        restore_instance::Request,
    },
};

/// What of a restore the table tells.
struct Asked<'a> {
    class: Option<&'a String>,
    multi_az: Option<bool>,
    port: Option<u16>,
    subnet_group: Option<&'a String>,
    network_type: Option<&'a String>,
    parameter_group: Option<&'a String>,
    option_group: Option<&'a String>,
    ca: Option<&'a String>,
    storage_type: Option<&'a String>,
    storage: Option<i32>,
    iops: Option<i32>,
    throughput: Option<i32>,
    log_volume: Option<bool>,
    iam: Option<bool>,
    exports: &'a [String],
    minor_versions: Option<bool>,
    copies_tags: Option<bool>,
    retention: Option<i32>,
    backup_window: Option<&'a String>,
    support: Option<&'a String>,
    groups: &'a [String],
}

macro_rules! asked {
    ($request:ident) => {
        Asked {
            class: $request.db_instance_class.as_ref(),
            multi_az: $request.multi_az,
            port: $request.port,
            subnet_group: $request.db_subnet_group_name.as_ref(),
            network_type: $request.network_type.as_ref(),
            parameter_group: $request.db_parameter_group_name.as_ref(),
            option_group: $request.option_group_name.as_ref(),
            ca: $request.ca_certificate_identifier.as_ref(),
            storage_type: $request.storage_type.as_ref(),
            storage: $request.allocated_storage,
            iops: $request.iops,
            throughput: $request.storage_throughput,
            log_volume: $request.dedicated_log_volume,
            iam: $request.enable_iam_database_authentication,
            exports: &$request.enable_cloudwatch_logs_exports,
            minor_versions: $request.auto_minor_version_upgrade,
            copies_tags: $request.copy_tags_to_snapshot,
            retention: $request.backup_retention_period,
            backup_window: $request.preferred_backup_window.as_ref(),
            support: $request.engine_lifecycle_support.as_ref(),
            groups: &$request.vpc_security_group_ids,
        }
    };
}

/// What the target gets, by the requests that give it.
pub struct Given<'a> {
    /// The restore.
    pub restore: &'a Request,
    /// What comes after it.
    pub after: Option<&'a ModifyInstance>,
    /// What comes last.
    pub settle: Option<&'a ModifyInstance>,
    /// The key of the target's storage.
    pub key: Option<&'a String>,
    /// The security groups of the target once its data is proven.
    pub groups: &'a [String],
    /// The security groups of the quarantine.
    pub quarantine: &'a [String],
    /// The tags given at the cutover.
    pub own_tags: &'a [Tag],
}

/// The table of settings.
pub fn table(source: &Instance, given: &Given<'_>) -> Vec<Setting> {
    let asked = match given.restore {
        Request::PointInTime(request) => asked!(request),
        Request::Snapshot(request) => asked!(request),
    };
    let mut rows = at_restore(source, &asked, given);
    rows.push(groups(source, &asked, given));
    rows.extend(afterwards(source, given));
    let tags = format!("daybreak:* first, then {}", tag_list(given.own_tags));
    rows.push(row(source, "tags", "the source's", tags, AT_CUTOVER));
    let last = given.settle;
    let protection = switch(last.and_then(|last| last.deletion_protection));
    rows.push(row(source, "deletion protection", "off", protection, AFTER_WATCH));
    rows.extend(not_carried(source));
    rows
}

fn groups(source: &Instance, asked: &Asked<'_>, given: &Given<'_>) -> Setting {
    let row = |target: String, when: &str| row(source, "security groups", "the VPC's default group", target, when);
    if given.quarantine.is_empty() && asked.groups.is_empty() {
        return row("the VPC's default group".to_owned(), AT_RESTORE);
    }
    if given.quarantine.is_empty() || given.groups.is_empty() {
        return row(list(asked.groups), AT_RESTORE);
    }
    row(format!("{} until proven, then {}", list(given.quarantine), list(given.groups)), AT_CUTOVER)
}

/// A row whose value on the source is as the source is described.
fn row(source: &Instance, name: &str, default: &str, target: String, when: &str) -> Setting {
    let own = configured_instance::rows(source).into_iter().find(|(own, _)| *own == name);
    setting(name, own.map(|(_, value)| value).unwrap_or_default(), default, target, when)
}

fn at_restore(source: &Instance, asked: &Asked<'_>, given: &Given<'_>) -> Vec<Setting> {
    let engine = "the engine's default";
    let row = |name: &str, default: &str, target: String| row(source, name, default, target, AT_RESTORE);
    let target_key = if source.storage_encrypted == Some(true) { key(given.key) } else { key(None) };
    let mut logs = asked.exports.to_vec();
    logs.sort_unstable();
    let mut rows = vec![
        row("instance class", "the backup's", text(asked.class)),
        row("Multi-AZ", "off", switch(asked.multi_az)),
        row("storage", "the backup's", gib(asked.storage)),
        row("storage type", "the backup's", text(asked.storage_type)),
        row("subnet group", "default", text(asked.subnet_group)),
        row("parameter group", engine, text(asked.parameter_group)),
        row("option group", engine, text(asked.option_group)),
        row("port", "the source's", text(asked.port)),
        row("network type", "IPV4", text(asked.network_type)),
        row("encryption key", "the backup's", target_key),
        row("CA certificate", "the account's default", text(asked.ca)),
        row("public access", "by subnet group", "off".to_owned()),
        row("IAM authentication", "off", switch(asked.iam)),
        row("log exports", "none", list(&logs)),
        row("minor versions by themselves", "on", switch(asked.minor_versions)),
        row("copy tags to snapshots", "off", switch(asked.copies_tags)),
        row("backup retention", "the backup's", days(asked.retention)),
        row("backup window", "the backup's", text(asked.backup_window)),
        row("extended support", "enrolled", text(asked.support)),
    ];
    if asked.iops.is_some() || asked.throughput.is_some() {
        rows.push(row("storage performance", "the storage type's", figures(asked.iops, asked.throughput)));
    }
    if source.dedicated_log_volume == Some(true) {
        rows.push(row("dedicated log volume", "off", switch(asked.log_volume)));
    }
    rows
}

fn afterwards(source: &Instance, given: &Given<'_>) -> Vec<Setting> {
    let after = given.after;
    let row = |name: &str, default: &str, target: String, when: &str| row(source, name, default, target, when);
    let window = text(after.and_then(|after| after.preferred_maintenance_window.as_ref()));
    let mut rows = vec![row("maintenance window", "random", window, AFTER_RESTORE)];
    if source.max_allocated_storage.is_some() {
        let (asked, when) = match given.restore {
            Request::PointInTime(request) => (request.max_allocated_storage, AT_RESTORE),
            Request::Snapshot(_) => (after.and_then(|after| after.max_allocated_storage), AFTER_RESTORE),
        };
        rows.push(row("storage grows up to", "not at all", gib(asked), when));
    }
    let interval = after.and_then(|after| after.monitoring_interval);
    rows.push(row("Enhanced Monitoring", "off", monitoring(interval), AFTER_RESTORE));
    let insights = performance_insights(
        after.and_then(|after| after.enable_performance_insights),
        after.and_then(|after| after.performance_insights_retention_period),
    );
    rows.push(row("Performance Insights", "off", insights, AFTER_RESTORE));
    if source.database_insights_mode.as_deref() == Some("advanced") {
        let asked = text(after.and_then(|after| after.database_insights_mode.as_ref()));
        rows.push(row("Database Insights", "standard", asked, AFTER_RESTORE));
    }
    rows
}

/// What the source has and the target will lack; rows only for what the source really has.
fn not_carried(source: &Instance) -> Vec<Setting> {
    let replicates = !source.read_replicas.is_empty() || !source.read_replica_clusters.is_empty();
    [("read replicas", replicates), ("replication of backups", !source.backup_replications.is_empty())]
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| row(source, name, "none", "none".to_owned(), NOT_CARRIED))
        .collect()
}
