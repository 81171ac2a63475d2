//! The newest figure of a gauge, over what CloudWatch answers.

use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Alarm, Alarms, Gauge, Metrics, Sample};
use crate::aws::error::ErrorKind;
use crate::aws::testing::session_without_retries;

/// A value as CBOR (RFC 8949): what these answers are made of. `{"@": seconds}` is a time.
fn cbor(value: &Value, out: &mut Vec<u8>) {
    let head = |major: u8, length: usize, out: &mut Vec<u8>| {
        out.push((major << 5) | 25);
        out.extend(u16::try_from(length).expect("tests are short").to_be_bytes());
    };
    match value {
        Value::String(text) => {
            head(3, text.len(), out);
            out.extend(text.as_bytes());
        }
        Value::Array(list) => {
            head(4, list.len(), out);
            list.iter().for_each(|item| cbor(item, out));
        }
        Value::Object(map) if map.contains_key("@") => {
            out.push(0xc1);
            cbor(&map["@"], out);
        }
        Value::Object(map) => {
            head(5, map.len(), out);
            for (key, value) in map {
                cbor(&json!(key), out);
                cbor(value, out);
            }
        }
        Value::Number(number) => {
            out.push(0xfb);
            out.extend(number.as_f64().expect("a number").to_be_bytes());
        }
        other => panic!("{other} is not needed"),
    }
}

fn script(answers: impl IntoIterator<Item = (u16, Value)>) -> StaticReplayClient {
    let event = |(status, value): (u16, Value)| {
        let mut body = Vec::new();
        cbor(&value, &mut body);
        let status = StatusCode::try_from(status).expect("tests use real statuses");
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        response.headers_mut().insert("content-type", "application/cbor");
        ReplayEvent::new(HttpRequest::empty(), response)
    };
    StaticReplayClient::new(answers.into_iter().map(event).collect())
}

fn metric(region: &str) -> Value {
    json!({
        "Namespace": "AWS/RDS",
        "MetricName": "AuroraGlobalDBRPOLag",
        "Dimensions": [{ "Name": "DBClusterIdentifier", "Value": "loans-dr" }, { "Name": "SourceRegion", "Value": region }],
    })
}

fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().expect("a time")
}

async fn newest(http: &StaticReplayClient) -> Result<Option<Sample>, crate::aws::Error> {
    let gauge =
        Gauge { metric: "AuroraGlobalDBRPOLag", dimension: "DBClusterIdentifier", identifier: "loans-dr".to_owned() };
    session_without_retries(http.clone()).await.metrics("eu-central-1").newest(&gauge, now()).await
}

/// What was sent, as text; CBOR keeps names and values readable.
fn sent(http: &StaticReplayClient, call: usize) -> String {
    let request = http.actual_requests().nth(call).expect("it was called");
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    format!("{} {body}", request.uri())
}

#[tokio::test]
async fn the_newest_minutes_maximum_over_all_series() {
    let seconds = now().as_second();
    let times = |ago: &[i64]| ago.iter().map(|ago| json!({ "@": seconds - ago })).collect::<Vec<_>>();
    let http = script([
        (200, json!({ "Metrics": [metric("eu-west-1")], "NextToken": "page-2" })),
        (200, json!({ "Metrics": [metric("us-east-1")] })),
        (
            200,
            json!({ "MetricDataResults": [
                { "Id": "series0", "Timestamps": times(&[120, 60]), "Values": [9000.0, 850.0] },
                { "Id": "series1", "Timestamps": times(&[60, 180]), "Values": [900.0, 1.0] },
            ] }),
        ),
    ]);
    let at = Timestamp::from_second(seconds - 60).expect("in range");
    assert_eq!(newest(&http).await, Ok(Some(Sample { at, value: 900.0 })));
    for part in ["ListMetrics", "AWS/RDS", "AuroraGlobalDBRPOLag", "DBClusterIdentifier", "loans-dr"] {
        assert!(sent(&http, 0).contains(part), "{part}");
    }
    assert!(sent(&http, 1).contains("page-2"));
    // Dimensions that nobody asked for are passed on as listed.
    for part in ["GetMetricData", "series0", "series1", "SourceRegion", "us-east-1", "Maximum"] {
        assert!(sent(&http, 2).contains(part), "{part}");
    }
}

#[tokio::test]
async fn what_was_never_measured_is_not_asked_for() {
    let http = script([(200, json!({ "Metrics": [] }))]);
    assert_eq!(newest(&http).await, Ok(None));
    assert_eq!(http.actual_requests().count(), 1);
}

#[tokio::test]
async fn a_series_without_recent_figures_has_none() {
    let http = script([
        (200, json!({ "Metrics": [metric("eu-west-1")] })),
        (200, json!({ "MetricDataResults": [{ "Id": "series0", "Timestamps": [], "Values": [] }] })),
    ]);
    assert_eq!(newest(&http).await, Ok(None));
}

#[tokio::test]
async fn a_denial_names_the_action() {
    let denied = json!({ "__type": "AccessDenied", "message": "not authorized" });
    let error = newest(&script([(403, denied)])).await.expect_err("denied");
    assert_eq!((error.kind, error.action().as_str()), (ErrorKind::AccessDenied, "cloudwatch:ListMetrics"));
}

#[tokio::test]
async fn alarms_are_found_by_what_their_metrics_name() {
    let of = |name: &str, value: &str| json!([{ "Name": name, "Value": value }]);
    let computed = json!([{ "Id": "m1", "MetricStat": { "Stat": "Sum", "Metric": {
        "Namespace": "AWS/RDS", "MetricName": "Deadlocks", "Dimensions": of("DBInstanceIdentifier", "loans-1"),
    } } }]);
    let http = script([
        (
            200,
            json!({ "NextToken": "page-2", "MetricAlarms": [
                { "AlarmName": "cpu", "MetricName": "CPUUtilization", "Dimensions": of("DBClusterIdentifier", "loans") },
                { "AlarmName": "other", "MetricName": "CPUUtilization", "Dimensions": of("DBClusterIdentifier", "cards") },
                { "AlarmName": "role", "MetricName": "CPUUtilization", "Dimensions": of("Role", "loans") },
            ] }),
        ),
        (200, json!({ "MetricAlarms": [{ "AlarmName": "deadlocks", "Metrics": computed }] })),
    ]);
    let databases = ["loans".to_owned(), "loans-1".to_owned()];
    let found = session_without_retries(http.clone()).await.metrics("eu-central-1").alarms_on(&databases).await;
    let alarm = |name: &str, metric: Option<&str>, database: &str| Alarm {
        name: name.to_owned(),
        metric: metric.map(str::to_owned),
        databases: vec![database.to_owned()],
        actions_enabled: None,
    };
    let expected = vec![alarm("cpu", Some("CPUUtilization"), "loans"), alarm("deadlocks", None, "loans-1")];
    assert_eq!(found, Ok(expected));
    assert!(sent(&http, 1).contains("page-2"));
}
