//! The requests, as data; see [`rds::requests`](crate::aws::rds::requests).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::model::{SuspendedState, TargetTracking};
use crate::aws::call::shown_as;

/// `RegisterScalableTarget`: says in which range readers may be scaled; one that is registered is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RegisterScalableTarget {
    /// `rds`.
    pub service_namespace: String,
    /// `cluster:NAME`.
    pub resource_id: String,
    /// What is scaled.
    pub scalable_dimension: String,
    /// The fewest.
    pub min_capacity: i32,
    /// The most.
    pub max_capacity: i32,
    /// What of the scaling is switched off.
    pub suspended_state: SuspendedState,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// `DeregisterScalableTarget`: ends the scaling; its policies go with it, the readers it made stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeregisterScalableTarget {
    /// `rds`.
    pub service_namespace: String,
    /// `cluster:NAME`.
    pub resource_id: String,
    /// What is scaled.
    pub scalable_dimension: String,
}

/// `PutScalingPolicy`: makes a policy, or changes the one of that name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutScalingPolicy {
    /// Its name.
    pub policy_name: String,
    /// `rds`.
    pub service_namespace: String,
    /// `cluster:NAME`.
    pub resource_id: String,
    /// What is scaled.
    pub scalable_dimension: String,
    /// `TargetTrackingScaling`.
    pub policy_type: String,
    /// The rule.
    pub target_tracking_scaling_policy_configuration: TargetTracking,
}

shown_as! { "application-autoscaling":
    RegisterScalableTarget => "RegisterScalableTarget",
    DeregisterScalableTarget => "DeregisterScalableTarget",
    PutScalingPolicy => "PutScalingPolicy",
}
