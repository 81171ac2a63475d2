//! What is fitted to a cluster: the calls that go out, and what is read from the answers.

use aws_smithy_http_client::test_util::StaticReplayClient;
use serde_json::Value;

use crate::aws::error::{Error, ErrorKind};
use crate::aws::rds::RdsClient;
use crate::aws::rds::fittings::Fittings;
use crate::aws::rds::fittings::model::{ClusterEndpoint, EventSubscription, Proxy};
use crate::aws::rds::fittings::requests::{
    AddInstanceRole, AddRole, CreateClusterEndpoint, DeleteClusterEndpoint, DisableHttpEndpoint, EnableHttpEndpoint,
    RemoveInstanceRole, RemoveRole,
};
use crate::aws::rds::model::Tag;
use crate::aws::testing::{bodies, parameters, query_error, query_success, script, session_without_retries};

async fn rds(http: &StaticReplayClient) -> RdsClient {
    session_without_retries(http.clone()).await.rds("eu-west-1")
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const ARN: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:loans";

/// What a plan shows, in the form in which the query protocol sends it.
fn flat(name: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(field, value)| {
                flat(&if name.is_empty() { field.clone() } else { format!("{name}.{field}") }, value)
            })
            .collect(),
        Value::Array(items) => {
            let item = if name == "Tags" { "Tag" } else { "member" };
            (1..).zip(items).flat_map(|(number, value)| flat(&format!("{name}.{item}.{number}"), value)).collect()
        }
        Value::String(text) => vec![(name.to_owned(), text.clone())],
        other => vec![(name.to_owned(), other.to_string())],
    }
}

#[tokio::test]
async fn the_request_shown_is_the_request_sent() {
    let add = AddRole {
        db_cluster_identifier: "loans".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/export".to_owned(),
        feature_name: text("s3Export"),
    };
    let remove = RemoveRole {
        db_cluster_identifier: "loans".to_owned(),
        role_arn: add.role_arn.clone(),
        feature_name: text("s3Export"),
    };
    let add_to_instance = AddInstanceRole {
        db_instance_identifier: "loans-1".to_owned(),
        role_arn: add.role_arn.clone(),
        feature_name: "s3Import".to_owned(),
    };
    let remove_from_instance = RemoveInstanceRole {
        db_instance_identifier: "loans-1".to_owned(),
        role_arn: add.role_arn.clone(),
        feature_name: "s3Import".to_owned(),
    };
    let enable = EnableHttpEndpoint { resource_arn: ARN.to_owned() };
    let disable = DisableHttpEndpoint { resource_arn: ARN.to_owned() };
    let create = CreateClusterEndpoint {
        db_cluster_identifier: "loans".to_owned(),
        db_cluster_endpoint_identifier: "reports".to_owned(),
        endpoint_type: "READER".to_owned(),
        static_members: vec!["loans-2".to_owned(), "loans-3".to_owned()],
        excluded_members: Vec::new(),
        tags: vec![Tag::new("daybreak:run", "r")],
    };
    let delete = DeleteClusterEndpoint { db_cluster_endpoint_identifier: "reports".to_owned() };
    let calls = [
        add.call(),
        remove.call(),
        add_to_instance.call(),
        remove_from_instance.call(),
        enable.call(),
        disable.call(),
        create.call(),
        delete.call(),
    ];
    let http = script(calls.iter().map(|call| (200, query_success(call.action))));
    let rds = rds(&http).await;
    rds.add_role(&add).await.expect("accepted");
    rds.remove_role(&remove).await.expect("accepted");
    rds.add_instance_role(&add_to_instance).await.expect("accepted");
    rds.remove_instance_role(&remove_from_instance).await.expect("accepted");
    rds.enable_http_endpoint(&enable).await.expect("accepted");
    rds.disable_http_endpoint(&disable).await.expect("accepted");
    rds.create_cluster_endpoint(&create).await.expect("accepted");
    rds.delete_cluster_endpoint(&delete).await.expect("accepted");
    for (call, body) in calls.iter().zip(bodies(&http)) {
        let mut expected = flat("", &call.parameters);
        expected.push(("Action".to_owned(), call.action.to_owned()));
        let mut sent = parameters(&body);
        expected.sort();
        sent.sort();
        assert_eq!(sent, expected, "{}", call.action);
    }
}

const REPORTS: &str = "<DBClusterEndpointList>
  <DBClusterEndpointIdentifier>reports</DBClusterEndpointIdentifier>
  <DBClusterEndpointResourceIdentifier>cluster-endpoint-ABC</DBClusterEndpointResourceIdentifier>
  <DBClusterIdentifier>loans</DBClusterIdentifier>
  <Endpoint>reports.cluster-custom-x.eu-west-1.rds.amazonaws.com</Endpoint>
  <Status>available</Status><EndpointType>CUSTOM</EndpointType><CustomEndpointType>READER</CustomEndpointType>
  <StaticMembers><member>loans-3</member><member>loans-2</member></StaticMembers>
</DBClusterEndpointList>";
const OWN: &str = "<DBClusterEndpointList><DBClusterIdentifier>loans</DBClusterIdentifier>
  <EndpointType>WRITER</EndpointType><Status>available</Status></DBClusterEndpointList>";

fn endpoints(items: &str) -> String {
    format!(
        "<DescribeDBClusterEndpointsResponse><DescribeDBClusterEndpointsResult><DBClusterEndpoints>{items}\
         </DBClusterEndpoints></DescribeDBClusterEndpointsResult></DescribeDBClusterEndpointsResponse>"
    )
}

fn reports() -> ClusterEndpoint {
    ClusterEndpoint {
        identifier: "reports".to_owned(),
        resource_id: text("cluster-endpoint-ABC"),
        cluster: "loans".to_owned(),
        host: text("reports.cluster-custom-x.eu-west-1.rds.amazonaws.com"),
        status: text("available"),
        kind: text("READER"),
        static_members: vec!["loans-2".to_owned(), "loans-3".to_owned()],
        excluded_members: Vec::new(),
    }
}

#[tokio::test]
async fn of_a_clusters_endpoints_its_own_two_are_left_out() {
    let http = script([(200, endpoints(&format!("{OWN}{REPORTS}")))]);
    assert_eq!(rds(&http).await.cluster_endpoints("loans").await, Ok(vec![reports()]));
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_none_however_rds_says_it() {
    let refused = query_error("DBClusterEndpointNotFoundFault", "no such endpoint");
    let http = script([(200, endpoints(REPORTS)), (200, endpoints("")), (404, refused)]);
    let rds = rds(&http).await;
    assert_eq!(rds.cluster_endpoint("reports").await, Ok(Some(reports())));
    assert_eq!(rds.cluster_endpoint("reports").await, Ok(None));
    assert_eq!(rds.cluster_endpoint("reports").await, Ok(None));
}

#[tokio::test]
async fn subscriptions_and_proxies_say_whom_they_name() {
    let subscription = "<EventSubscription><CustSubscriptionId>on-call</CustSubscriptionId>\
        <SourceType>db-cluster</SourceType><SourceIdsList><SourceId>loans</SourceId></SourceIdsList>\
        <SnsTopicArn>arn:aws:sns:eu-west-1:123456789012:t</SnsTopicArn><Enabled>true</Enabled></EventSubscription>";
    let subscriptions = format!(
        "<DescribeEventSubscriptionsResponse><DescribeEventSubscriptionsResult><EventSubscriptionsList>{subscription}\
         </EventSubscriptionsList></DescribeEventSubscriptionsResult></DescribeEventSubscriptionsResponse>"
    );
    let proxies = "<DescribeDBProxiesResponse><DescribeDBProxiesResult><DBProxies><member>\
        <DBProxyName>loans-proxy</DBProxyName><Endpoint>p.example</Endpoint></member></DBProxies>\
        </DescribeDBProxiesResult></DescribeDBProxiesResponse>";
    let targets = "<DescribeDBProxyTargetsResponse><DescribeDBProxyTargetsResult><Targets>\
        <member><RdsResourceId>loans</RdsResourceId><Type>TRACKED_CLUSTER</Type></member>\
        <member><RdsResourceId>loans-1</RdsResourceId><TrackedClusterId>loans</TrackedClusterId></member>\
        </Targets></DescribeDBProxyTargetsResult></DescribeDBProxyTargetsResponse>";
    let http = script([(200, subscriptions), (200, proxies.to_owned()), (200, targets.to_owned())]);
    let rds = rds(&http).await;
    let expected = EventSubscription {
        name: "on-call".to_owned(),
        source_type: text("db-cluster"),
        sources: vec!["loans".to_owned()],
        topic: text("arn:aws:sns:eu-west-1:123456789012:t"),
        categories: Vec::new(),
        enabled: Some(true),
    };
    assert_eq!(rds.event_subscriptions().await, Ok(vec![expected]));
    let proxy = Proxy {
        name: "loans-proxy".to_owned(),
        endpoint: text("p.example"),
        targets: vec!["loans".to_owned(), "loans-1".to_owned()],
    };
    assert_eq!(rds.proxies().await, Ok(vec![proxy]));
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_codes() {
    let role = AddRole { db_cluster_identifier: "loans".to_owned(), ..AddRole::default() };
    let codes = [
        ("DBClusterRoleAlreadyExists", ErrorKind::AlreadyExists),
        ("DBClusterRoleQuotaExceeded", ErrorKind::Quota),
        ("DBInstanceRoleAlreadyExists", ErrorKind::AlreadyExists),
        ("DBInstanceRoleQuotaExceeded", ErrorKind::Quota),
        ("DBInstanceRoleNotFound", ErrorKind::NotFound),
        ("InvalidDBClusterStateFault", ErrorKind::InvalidState),
        ("InvalidResourceStateFault", ErrorKind::InvalidState),
        ("DBClusterEndpointAlreadyExistsFault", ErrorKind::AlreadyExists),
        ("DBClusterEndpointQuotaExceededFault", ErrorKind::Quota),
    ];
    for (code, kind) in codes {
        let http = script([(400, query_error(code, "no"))]);
        let error: Error = rds(&http).await.add_role(&role).await.expect_err(code);
        assert_eq!(error.kind, kind, "{code}");
    }
}
