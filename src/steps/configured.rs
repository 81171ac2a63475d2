//! A cluster's settings in words, one row a setting: the same words for the source that is planned from and for the target that
//! is read back, so that the two can be compared.

use super::surroundings::{ALARMS, AUTOSCALING, ENDPOINTS, PROXIES, SUBSCRIPTIONS, Surroundings};
use crate::aws::{
    rds::model::{AssociatedRole, Cluster, Instance, MasterUserSecret, ServerlessV2Scaling, Tag},
    scaling::model::{ScalingPolicy, TargetTracking},
};

/// What stands for a value that AWS does not tell.
pub const UNSAID: &str = "-";
/// What stands for a list that could not be seen.
pub const UNSEEN: &str = "not seen";

/// Any value, or the sign that there is none.
pub fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| UNSAID.to_owned(), |value| value.to_string())
}

/// Names, separated by commas.
pub fn list<T: AsRef<str>>(values: &[T]) -> String {
    if values.is_empty() {
        return "none".to_owned();
    }
    values.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// On or off; what is not said is off.
pub fn switch(value: Option<bool>) -> String {
    if value == Some(true) { "on" } else { "off" }.to_owned()
}

/// Tags as `key=value`.
pub fn tag_list(tags: &[Tag]) -> String {
    let mut tags: Vec<String> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    tags.sort_unstable();
    list(&tags)
}

/// The tags that may be copied: neither AWS's own nor daybreak's.
pub fn own_tags(tags: &[Tag]) -> Vec<Tag> {
    tags.iter().filter(|tag| !tag.is_reserved() && !tag.key.starts_with("daybreak:")).cloned().collect()
}

/// A KMS key; without one the storage is not encrypted.
pub fn key(key: Option<&String>) -> String {
    key.cloned().unwrap_or_else(|| "none".to_owned())
}

/// A number of days.
pub fn days(count: Option<i32>) -> String {
    text(count.map(|count| if count == 1 { "1 day".to_owned() } else { format!("{count} days") }))
}

/// An interval of Enhanced Monitoring: 0 is off.
pub fn monitoring(seconds: Option<i32>) -> String {
    seconds.filter(|seconds| *seconds > 0).map_or_else(|| "off".to_owned(), |seconds| format!("every {seconds} s"))
}

/// A Serverless v2 range.
pub fn scaling(range: Option<ServerlessV2Scaling>) -> String {
    range.map_or_else(
        || "none".to_owned(),
        |range| {
            let pause = range.seconds_until_auto_pause.map(|seconds| format!(", pauses after {seconds} s"));
            let (least, most) = (text(range.min_capacity), text(range.max_capacity));
            format!("{least} to {most} ACU{}", pause.unwrap_or_default())
        },
    )
}

/// Performance Insights with how long it keeps its data.
pub fn performance_insights(enabled: Option<bool>, retention: Option<i32>) -> String {
    match (enabled, retention) {
        (Some(true), Some(retention)) => format!("on, {}", days(Some(retention))),
        (enabled, _) => switch(enabled),
    }
}

/// The roles that the cluster may use.
pub fn roles(roles: &[AssociatedRole]) -> String {
    let mut roles: Vec<String> = roles
        .iter()
        .map(|role| match &role.feature_name {
            Some(feature) => format!("{} for {feature}", role.role_arn),
            None => role.role_arn.clone(),
        })
        .collect();
    roles.sort_unstable();
    list(&roles)
}

/// Whether RDS manages the master password.
pub fn managed_password(secret: Option<&MasterUserSecret>) -> String {
    match secret {
        None => "no".to_owned(),
        Some(MasterUserSecret { kms_key_id: Some(key), .. }) => format!("managed, under key {key}"),
        Some(_) => "managed".to_owned(),
    }
}

/// An instance in one line.
pub fn instance(instance: &Instance) -> String {
    let zone = instance.availability_zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
    let tier = instance.promotion_tier.map(|tier| format!(", tier {tier}")).unwrap_or_default();
    let group = instance.parameter_groups.first().map(|group| format!(", {}", group.name)).unwrap_or_default();
    format!("{}{zone}{tier}{group}", instance.class)
}

fn policy(policy: &ScalingPolicy) -> String {
    let Some(TargetTracking { target_value, predefined_metric_specification, customized_metric_specification, .. }) =
        &policy.target_tracking
    else {
        return format!("{} ({})", policy.name, policy.kind);
    };
    let metric = predefined_metric_specification
        .as_ref()
        .map(|metric| metric.predefined_metric_type.clone())
        .or_else(|| customized_metric_specification.as_ref().map(|metric| metric.metric_name.clone()));
    format!("{} at {target_value}", metric.unwrap_or_else(|| policy.name.clone()))
}

/// The range of readers and by what they are scaled.
pub fn autoscaling(surroundings: &Surroundings) -> String {
    let Some(target) = &surroundings.scalable_target else { return "none".to_owned() };
    let policies: Vec<String> = surroundings.scaling_policies.iter().map(policy).collect();
    format!("{} to {} readers; {}", target.min_capacity, target.max_capacity, list(&policies))
}

/// A cluster, as it is described.
#[derive(Debug, Clone, Copy)]
pub struct Configured<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Its writer.
    pub writer: Option<&'a Instance>,
    /// Its readers, in the order in which they are numbered.
    pub readers: &'a [&'a Instance],
    /// What belongs to it besides.
    pub surroundings: &'a Surroundings,
}

impl Configured<'_> {
    /// Every setting with its value.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows: Vec<(&str, String)> = self.cluster();
        rows.extend(self.writer());
        rows.extend(self.surroundings());
        let readers = (1..).zip(self.readers).map(|(number, reader)| (format!("reader {number}"), instance(reader)));
        rows.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(readers).collect()
    }

    fn cluster(&self) -> Vec<(&'static str, String)> {
        let cluster = self.cluster;
        let mut logs = cluster.log_exports.clone();
        logs.sort_unstable();
        vec![
            ("subnet group", text(cluster.subnet_group.as_ref())),
            ("cluster parameter group", text(cluster.parameter_group.as_ref())),
            ("port", text(cluster.port)),
            ("network type", text(cluster.network_type.as_ref())),
            ("encryption key", key(cluster.kms_key_id.as_ref())),
            ("storage type", text(cluster.storage_type.as_ref())),
            ("IAM authentication", switch(cluster.iam_database_authentication)),
            ("log exports", list(&logs)),
            ("copy tags to snapshots", switch(cluster.copy_tags_to_snapshot)),
            ("backup retention", days(cluster.backup_retention_period)),
            ("backup window", text(cluster.preferred_backup_window.as_ref())),
            ("extended support", text(cluster.engine_lifecycle_support.as_ref())),
            ("serverless scaling", scaling(cluster.serverless_v2_scaling)),
            ("security groups", list(&cluster.security_group_ids())),
            ("maintenance window", text(cluster.preferred_maintenance_window.as_ref())),
            ("minor version upgrades", switch(cluster.auto_minor_version_upgrade)),
            ("Database Insights", text(cluster.database_insights_mode.as_ref())),
            ("monitoring of the cluster", monitoring(cluster.monitoring_interval)),
            (
                "insights of the cluster",
                performance_insights(cluster.performance_insights, cluster.performance_insights_retention_period),
            ),
            ("IAM roles", roles(&cluster.associated_roles)),
            ("tags", tag_list(&own_tags(&cluster.tags))),
            ("RDS-managed password", managed_password(cluster.master_user_secret.as_ref())),
            ("Data API", switch(cluster.http_endpoint)),
            ("deletion protection", switch(cluster.deletion_protection)),
            (
                "activity stream",
                cluster
                    .activity_stream_status
                    .clone()
                    .filter(|status| status != "stopped")
                    .unwrap_or("none".to_owned()),
            ),
            ("global database", cluster.global_cluster_identifier.clone().unwrap_or("none".to_owned())),
        ]
    }

    fn writer(&self) -> Vec<(&'static str, String)> {
        let of = |field: fn(&Instance) -> Option<String>| text(self.writer.and_then(field));
        vec![
            ("instance class", of(|writer| Some(writer.class.clone()))),
            ("zone of the writer", of(|writer| writer.availability_zone.clone())),
            ("instance parameter group", of(|writer| writer.parameter_groups.first().map(|group| group.name.clone()))),
            ("CA certificate", of(|writer| writer.ca_certificate_identifier.clone())),
            ("promotion tier", of(|writer| writer.promotion_tier.map(|tier| tier.to_string()))),
            ("public access", switch(self.writer.and_then(|writer| writer.publicly_accessible))),
            ("Enhanced Monitoring", monitoring(self.writer.and_then(|writer| writer.monitoring_interval))),
            (
                "Performance Insights",
                performance_insights(
                    self.writer.and_then(|writer| writer.performance_insights),
                    self.writer.and_then(|writer| writer.performance_insights_retention_period),
                ),
            ),
        ]
    }

    fn surroundings(&self) -> Vec<(&'static str, String)> {
        let it = self.surroundings;
        let seen = |what: &'static str, value: String| (what, if it.saw(what) { value } else { UNSEEN.to_owned() });
        let names = |names: Vec<&str>| list(&names);
        vec![
            seen(ENDPOINTS, names(it.endpoints.iter().map(|one| one.identifier.as_str()).collect())),
            seen(AUTOSCALING, autoscaling(it)),
            seen(SUBSCRIPTIONS, names(it.subscriptions.iter().map(|one| one.name.as_str()).collect())),
            seen(ALARMS, names(it.alarms.iter().map(|one| one.name.as_str()).collect())),
            seen(PROXIES, names(it.proxies.iter().map(|one| one.name.as_str()).collect())),
        ]
    }
}
