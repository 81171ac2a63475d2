//! What Application Auto Scaling tells of clusters, in our own types. Fields carry the API's names.

use serde::{Deserialize, Serialize};

/// `ServiceNamespace` of databases.
pub const NAMESPACE: &str = "rds";
/// `ScalableDimension`: the number of a cluster's readers, the only one that databases have.
pub const READERS: &str = "rds:cluster:ReadReplicaCount";

/// The `ResourceId` of a cluster.
pub fn resource_id(cluster: &str) -> String {
    format!("cluster:{cluster}")
}

/// The range in which a cluster's readers are scaled (`DescribeScalableTargets`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalableTarget {
    /// `ResourceId`: `cluster:NAME`.
    pub resource_id: String,
    /// `MinCapacity`.
    pub min_capacity: i32,
    /// `MaxCapacity`.
    pub max_capacity: i32,
    /// `SuspendedState`.
    pub suspended: SuspendedState,
}

/// What of the scaling is switched off (`SuspendedState`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SuspendedState {
    /// `DynamicScalingInSuspended`.
    pub dynamic_scaling_in_suspended: bool,
    /// `DynamicScalingOutSuspended`.
    pub dynamic_scaling_out_suspended: bool,
    /// `ScheduledScalingSuspended`.
    pub scheduled_scaling_suspended: bool,
}

/// A rule by which readers come and go (`DescribeScalingPolicies`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// `PolicyName`.
    pub name: String,
    /// `ResourceId`: `cluster:NAME`.
    pub resource_id: String,
    /// `PolicyType`, such as `TargetTrackingScaling`.
    pub kind: String,
    /// `TargetTrackingScalingPolicyConfiguration`, where it is one that a request can hold: a metric given by name.
    pub target_tracking: Option<TargetTracking>,
    /// `Alarms`: the names of those that it has made for itself.
    pub alarms: Vec<String>,
}

/// Keeps a metric at a value (`TargetTrackingScalingPolicyConfiguration`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TargetTracking {
    /// The value.
    pub target_value: f64,
    /// One of AWS's metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predefined_metric_specification: Option<PredefinedMetric>,
    /// Any other metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customized_metric_specification: Option<CustomizedMetric>,
    /// Seconds from one growth to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_out_cooldown: Option<i32>,
    /// Seconds from one removal to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_in_cooldown: Option<i32>,
    /// Whether readers are never removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_scale_in: Option<bool>,
}

/// One of AWS's metrics (`PredefinedMetricSpecification`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PredefinedMetric {
    /// `PredefinedMetricType`, such as `RDSReaderAverageCPUUtilization`.
    pub predefined_metric_type: String,
}

/// Any other metric (`CustomizedMetricSpecification`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomizedMetric {
    /// `MetricName`.
    pub metric_name: String,
    /// `Namespace`.
    pub namespace: String,
    /// `Dimensions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Dimension>,
    /// `Statistic`.
    pub statistic: String,
    /// `Unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A metric's dimension (`MetricDimension`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Dimension {
    /// `Name`.
    pub name: String,
    /// `Value`.
    pub value: String,
}
