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
        configured::{days, key, list, monitoring, switch, tag_list, text},
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
    rows.push(setting(
        "tags",
        tag_list(given.own_tags),
        "the source's",
        format!("daybreak:* first, then {}", tag_list(given.own_tags)),
        AT_CUTOVER,
    ));
    let last = given.settle;
    let protection = switch(last.and_then(|last| last.deletion_protection));
    rows.push(setting("deletion protection", switch(source.deletion_protection), "off", protection, AFTER_WATCH));
    rows.extend(not_carried(source));
    rows
}

fn groups(source: &Instance, asked: &Asked<'_>, given: &Given<'_>) -> Setting {
    let (groups, default) = (list(&source.security_group_ids()), "the VPC's default group");
    if given.quarantine.is_empty() && asked.groups.is_empty() {
        return setting("security groups", groups, default, default.to_owned(), AT_RESTORE);
    }
    if given.quarantine.is_empty() || given.groups.is_empty() {
        return setting("security groups", groups, default, list(asked.groups), AT_RESTORE);
    }
    let target = format!("{} until proven, then {}", list(given.quarantine), list(given.groups));
    setting("security groups", groups, default, target, AT_CUTOVER)
}

fn gib(size: Option<i32>) -> String {
    text(size.map(|gib| format!("{gib} GiB")))
}

fn at_restore(source: &Instance, asked: &Asked<'_>, given: &Given<'_>) -> Vec<Setting> {
    let engine = "the engine's default";
    let row =
        |name: &str, source: String, default: &str, target: String| setting(name, source, default, target, AT_RESTORE);
    let source_group = source.parameter_groups.first().map(|group| &group.name);
    let target_key = if source.storage_encrypted == Some(true) { key(given.key) } else { key(None) };
    let mut rows = vec![
        row("instance class", source.class.clone(), "the backup's", text(asked.class)),
        row("Multi-AZ", switch(source.multi_az), "off", switch(asked.multi_az)),
        row("storage", gib(source.allocated_storage), "the backup's", gib(asked.storage)),
        row("storage type", text(source.storage_type.as_ref()), "the backup's", text(asked.storage_type)),
        row("subnet group", text(source.subnet_group.as_ref()), "default", text(asked.subnet_group)),
        row("parameter group", text(source_group), engine, text(asked.parameter_group)),
        row("option group", text(source.option_group.as_ref()), engine, text(asked.option_group)),
        row("port", text(source.port), "the source's", text(asked.port)),
        row("network type", text(source.network_type.as_ref()), "IPV4", text(asked.network_type)),
        row("encryption key", key(source.kms_key_id.as_ref()), "the backup's", target_key),
        row("CA certificate", text(source.ca_certificate_identifier.as_ref()), "the account's default", text(asked.ca)),
        row("public access", switch(source.publicly_accessible), "by subnet group", "off".to_owned()),
        row("IAM authentication", switch(source.iam_database_authentication), "off", switch(asked.iam)),
        row("log exports", list(&source.log_exports), "none", list(asked.exports)),
        row(
            "minor versions by themselves",
            switch(source.auto_minor_version_upgrade),
            "on",
            switch(asked.minor_versions),
        ),
        row("copy tags to snapshots", switch(source.copy_tags_to_snapshot), "off", switch(asked.copies_tags)),
        row("backup retention", days(source.backup_retention_period), "the backup's", days(asked.retention)),
        row("backup window", text(source.preferred_backup_window.as_ref()), "the backup's", text(asked.backup_window)),
        row("extended support", text(source.engine_lifecycle_support.as_ref()), "enrolled", text(asked.support)),
    ];
    if asked.iops.is_some() || asked.throughput.is_some() {
        let figures = |iops: Option<i32>, throughput: Option<i32>| {
            let throughput = throughput.map(|mib| format!(", {mib} MiB/s")).unwrap_or_default();
            format!("{} IOPS{throughput}", text(iops))
        };
        let source = figures(source.iops, source.storage_throughput);
        rows.push(row("storage performance", source, "the storage type's", figures(asked.iops, asked.throughput)));
    }
    if source.dedicated_log_volume == Some(true) {
        rows.push(row("dedicated log volume", "on".to_owned(), "off", switch(asked.log_volume)));
    }
    rows
}

fn afterwards(source: &Instance, given: &Given<'_>) -> Vec<Setting> {
    let after = given.after;
    let window = text(source.preferred_maintenance_window.as_ref());
    let asked_window = text(after.and_then(|after| after.preferred_maintenance_window.as_ref()));
    let mut rows = vec![setting("maintenance window", window, "random", asked_window, AFTER_RESTORE)];
    if source.max_allocated_storage.is_some() {
        let (asked, when) = match given.restore {
            Request::PointInTime(request) => (request.max_allocated_storage, AT_RESTORE),
            Request::Snapshot(_) => (after.and_then(|after| after.max_allocated_storage), AFTER_RESTORE),
        };
        rows.push(setting("storage grows up to", gib(source.max_allocated_storage), "not at all", gib(asked), when));
    }
    let asked_monitoring = after.and_then(|after| after.monitoring_interval);
    rows.push(setting(
        "Enhanced Monitoring",
        monitoring(source.monitoring_interval),
        "off",
        monitoring(asked_monitoring),
        AFTER_RESTORE,
    ));
    rows.push(setting(
        "Performance Insights",
        switch(source.performance_insights),
        "off",
        switch(after.and_then(|after| after.enable_performance_insights)),
        AFTER_RESTORE,
    ));
    if source.database_insights_mode.as_deref() == Some("advanced") {
        let asked = text(after.and_then(|after| after.database_insights_mode.as_ref()));
        rows.push(setting("Database Insights", "advanced".to_owned(), "standard", asked, AFTER_RESTORE));
    }
    rows
}

/// What the source has and the target will lack; rows only for what the source really has.
fn not_carried(source: &Instance) -> Vec<Setting> {
    let replicas: Vec<String> = source.read_replicas.iter().chain(&source.read_replica_clusters).cloned().collect();
    [("read replicas", replicas), ("replication of backups", source.backup_replications.clone())]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| setting(name, list(&values), "none", "none".to_owned(), NOT_CARRIED))
        .collect()
}
