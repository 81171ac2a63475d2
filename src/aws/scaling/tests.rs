//! What is sent to Application Auto Scaling, and what is read from its answers.

use serde_json::{Value, json};

use super::Scaling;
use super::model::{
    CustomizedMetric, Dimension, NAMESPACE, PredefinedMetric, READERS, ScalableTarget, SuspendedState, TargetTracking,
    resource_id,
};
use super::requests::{DeregisterScalableTarget, PutScalingPolicy, RegisterScalableTarget};
use crate::aws::error::ErrorKind;
use crate::aws::testing::{bodies, json_error, script, session_without_retries};

fn sent(http: &aws_smithy_http_client::test_util::StaticReplayClient, call: usize) -> Value {
    serde_json::from_str(&bodies(http)[call]).expect("JSON is sent")
}

fn target() -> Value {
    json!({
        "ServiceNamespace": "rds", "ResourceId": "cluster:loans", "ScalableDimension": READERS, "MinCapacity": 1,
        "MaxCapacity": 4, "RoleARN": "arn:aws:iam::123456789012:role/scaling", "CreationTime": 1.0,
        "SuspendedState": { "DynamicScalingInSuspended": true },
    })
}

fn tracking() -> TargetTracking {
    TargetTracking {
        target_value: 60.0,
        predefined_metric_specification: Some(PredefinedMetric {
            predefined_metric_type: "RDSReaderAverageCPUUtilization".to_owned(),
        }),
        scale_in_cooldown: Some(300),
        disable_scale_in: Some(true),
        ..TargetTracking::default()
    }
}

fn put(rule: TargetTracking) -> PutScalingPolicy {
    PutScalingPolicy {
        policy_name: "cpu".to_owned(),
        service_namespace: NAMESPACE.to_owned(),
        resource_id: resource_id("loans"),
        scalable_dimension: READERS.to_owned(),
        policy_type: "TargetTrackingScaling".to_owned(),
        target_tracking_scaling_policy_configuration: rule,
    }
}

#[tokio::test]
async fn the_range_of_a_cluster_is_its_own() {
    let mut other = target();
    other["ResourceId"] = json!("cluster:loans-2");
    let http = script([(200, json!({ "ScalableTargets": [other, target()] }).to_string())]);
    let found = session_without_retries(http.clone()).await.scaling("eu-west-1").scalable_target("loans").await;
    let expected = ScalableTarget {
        resource_id: "cluster:loans".to_owned(),
        min_capacity: 1,
        max_capacity: 4,
        suspended: SuspendedState { dynamic_scaling_in_suspended: true, ..SuspendedState::default() },
    };
    assert_eq!(found, Ok(Some(expected)));
    let asked = json!({ "ServiceNamespace": "rds", "ResourceIds": ["cluster:loans"], "ScalableDimension": READERS });
    assert_eq!(sent(&http, 0), asked);
}

#[tokio::test]
async fn policies_are_read_over_all_pages_and_one_that_computes_its_metric_has_no_rule() {
    let policy = |name: &str, rule: Value| {
        json!({
            "PolicyARN": "arn:aws:autoscaling:p", "PolicyName": name, "ServiceNamespace": "rds",
            "ResourceId": "cluster:loans", "ScalableDimension": READERS, "PolicyType": "TargetTrackingScaling",
            "CreationTime": 1.0, "TargetTrackingScalingPolicyConfiguration": rule,
        })
    };
    let known = json!({
        "TargetValue": 60.0, "ScaleInCooldown": 300, "DisableScaleIn": true,
        "PredefinedMetricSpecification": { "PredefinedMetricType": "RDSReaderAverageCPUUtilization" },
    });
    let computed = json!({ "TargetValue": 1.0, "CustomizedMetricSpecification": { "Metrics": [{ "Id": "m1" }] } });
    let http = script([
        (200, json!({ "ScalingPolicies": [policy("cpu", known)], "NextToken": "more" }).to_string()),
        (200, json!({ "ScalingPolicies": [policy("math", computed)] }).to_string()),
    ]);
    let session = session_without_retries(http).await;
    let found = session.scaling("eu-west-1").scaling_policies("loans").await.expect("two pages");
    let rules: Vec<_> = found.iter().map(|policy| (policy.name.as_str(), policy.target_tracking.clone())).collect();
    assert_eq!(rules, [("cpu", Some(tracking())), ("math", None)]);
}

#[tokio::test]
async fn the_request_shown_is_the_request_sent() {
    let register = RegisterScalableTarget {
        service_namespace: NAMESPACE.to_owned(),
        resource_id: resource_id("loans"),
        scalable_dimension: READERS.to_owned(),
        min_capacity: 1,
        max_capacity: 4,
        suspended_state: SuspendedState { scheduled_scaling_suspended: true, ..SuspendedState::default() },
        tags: [("daybreak:run".to_owned(), "r".to_owned())].into(),
    };
    let own = TargetTracking {
        target_value: 8.0,
        customized_metric_specification: Some(CustomizedMetric {
            metric_name: "Queue".to_owned(),
            namespace: "Loans".to_owned(),
            dimensions: vec![Dimension { name: "DBClusterIdentifier".to_owned(), value: "loans".to_owned() }],
            statistic: "Average".to_owned(),
            unit: Some("Count".to_owned()),
        }),
        ..TargetTracking::default()
    };
    let deregister = DeregisterScalableTarget {
        service_namespace: NAMESPACE.to_owned(),
        resource_id: resource_id("loans"),
        scalable_dimension: READERS.to_owned(),
    };
    let http = script((0..4).map(|_| (200, r#"{"PolicyARN":"arn:aws:autoscaling:p"}"#.to_owned())));
    let scaling = session_without_retries(http.clone()).await.scaling("eu-west-1");
    scaling.register_scalable_target(&register).await.expect("accepted");
    scaling.put_scaling_policy(&put(tracking())).await.expect("accepted");
    scaling.put_scaling_policy(&put(own.clone())).await.expect("accepted");
    scaling.deregister_scalable_target(&deregister).await.expect("accepted");
    let shown = [register.call(), put(tracking()).call(), put(own).call(), deregister.call()];
    for (number, call) in shown.iter().enumerate() {
        assert_eq!(sent(&http, number), call.parameters, "{}", call.action);
    }
}

#[tokio::test]
async fn codes_are_known() {
    let codes = [
        ("ObjectNotFoundException", ErrorKind::NotFound),
        ("ConcurrentUpdateException", ErrorKind::InvalidState),
        ("LimitExceededException", ErrorKind::Quota),
        ("InternalServiceException", ErrorKind::Service),
        ("ValidationException", ErrorKind::InvalidParameter),
    ];
    for (code, kind) in codes {
        let http = script([(400, json_error(code, "no"))]);
        let session = session_without_retries(http).await;
        let error = session.scaling("eu-west-1").put_scaling_policy(&put(tracking())).await.expect_err(code);
        assert_eq!((error.kind, error.action().as_str()), (kind, "application-autoscaling:PutScalingPolicy"), "{code}");
    }
}
