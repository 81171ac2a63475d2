//! Between the SDK's targets and policies and our model.

use aws_sdk_applicationautoscaling::types;

use super::model::{
    CustomizedMetric, Dimension, PredefinedMetric, ScalableTarget, ScalingPolicy, SuspendedState, TargetTracking,
};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::sdk::Operation;

pub(super) fn scalable_target(it: types::ScalableTarget) -> ScalableTarget {
    let suspended = it.suspended_state.map(|state| SuspendedState {
        dynamic_scaling_in_suspended: state.dynamic_scaling_in_suspended.unwrap_or_default(),
        dynamic_scaling_out_suspended: state.dynamic_scaling_out_suspended.unwrap_or_default(),
        scheduled_scaling_suspended: state.scheduled_scaling_suspended.unwrap_or_default(),
    });
    ScalableTarget {
        resource_id: it.resource_id,
        min_capacity: it.min_capacity,
        max_capacity: it.max_capacity,
        suspended: suspended.unwrap_or_default(),
    }
}

pub(super) fn scaling_policy(it: types::ScalingPolicy) -> ScalingPolicy {
    ScalingPolicy {
        name: it.policy_name,
        resource_id: it.resource_id,
        kind: it.policy_type.as_str().to_owned(),
        target_tracking: it.target_tracking_scaling_policy_configuration.and_then(target_tracking),
        alarms: it.alarms.unwrap_or_default().into_iter().map(|alarm| alarm.alarm_name).collect(),
    }
}

/// None where the metric is computed from others.
fn target_tracking(it: types::TargetTrackingScalingPolicyConfiguration) -> Option<TargetTracking> {
    let customized = match it.customized_metric_specification {
        None => None,
        Some(metric) => Some(CustomizedMetric {
            metric_name: metric.metric_name?,
            namespace: metric.namespace?,
            dimensions: metric
                .dimensions
                .unwrap_or_default()
                .into_iter()
                .map(|dimension| Dimension { name: dimension.name, value: dimension.value })
                .collect(),
            statistic: metric.statistic?.as_str().to_owned(),
            unit: metric.unit,
        }),
    };
    Some(TargetTracking {
        target_value: it.target_value,
        predefined_metric_specification: it.predefined_metric_specification.map(|metric| PredefinedMetric {
            predefined_metric_type: metric.predefined_metric_type.as_str().to_owned(),
        }),
        customized_metric_specification: customized,
        scale_out_cooldown: it.scale_out_cooldown,
        scale_in_cooldown: it.scale_in_cooldown,
        disable_scale_in: it.disable_scale_in,
    })
}

pub(super) fn suspended_state(it: SuspendedState) -> types::SuspendedState {
    types::SuspendedState::builder()
        .dynamic_scaling_in_suspended(it.dynamic_scaling_in_suspended)
        .dynamic_scaling_out_suspended(it.dynamic_scaling_out_suspended)
        .scheduled_scaling_suspended(it.scheduled_scaling_suspended)
        .build()
}

pub(super) fn wanted(
    it: TargetTracking,
    operation: Operation,
) -> Result<types::TargetTrackingScalingPolicyConfiguration, Error> {
    let incomplete = |_| operation.error(ErrorKind::InvalidParameter, "the metric is incomplete");
    let predefined = it.predefined_metric_specification.map(|metric| {
        let kind = types::MetricType::from(metric.predefined_metric_type.as_str());
        types::PredefinedMetricSpecification::builder().predefined_metric_type(kind).build()
    });
    let customized = it.customized_metric_specification.map(|metric| {
        let dimension =
            |it: Dimension| types::MetricDimension::builder().name(it.name).value(it.value).build().map_err(incomplete);
        let dimensions = metric.dimensions.into_iter().map(dimension).collect::<Result<Vec<_>, Error>>()?;
        Ok::<_, Error>(
            types::CustomizedMetricSpecification::builder()
                .metric_name(metric.metric_name)
                .namespace(metric.namespace)
                .set_dimensions((!dimensions.is_empty()).then_some(dimensions))
                .statistic(metric.statistic.as_str().into())
                .set_unit(metric.unit)
                .build(),
        )
    });
    types::TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(it.target_value)
        .set_predefined_metric_specification(predefined.transpose().map_err(incomplete)?)
        .set_customized_metric_specification(customized.transpose()?)
        .set_scale_out_cooldown(it.scale_out_cooldown)
        .set_scale_in_cooldown(it.scale_in_cooldown)
        .set_disable_scale_in(it.disable_scale_in)
        .build()
        .map_err(incomplete)
}
