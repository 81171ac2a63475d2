//! Proxies: the calls that go out, and what is read from the answers.

use aws_smithy_http_client::test_util::StaticReplayClient;

use crate::aws::error::{Error, ErrorKind};
use crate::aws::rds::RdsClient;
use crate::aws::rds::proxies::Proxies;
use crate::aws::rds::proxies::model::{Auth, Proxy, ProxyTarget};
use crate::aws::rds::proxies::requests::{DeregisterTargets, RegisterTargets};
use crate::aws::testing::{bodies, parameters, query_error, query_success, script, session_without_retries};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-abcdef";

async fn rds(http: &StaticReplayClient) -> RdsClient {
    session_without_retries(http.clone()).await.rds("eu-west-1")
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn answer(action: &str, content: &str) -> String {
    format!("<{action}Response><{action}Result>{content}</{action}Result></{action}Response>")
}

#[tokio::test]
async fn a_proxy_is_read_with_whom_it_logs_in_as() {
    let proxy = format!(
        "<DBProxies><member><DBProxyName>front</DBProxyName><Status>available</Status><EngineFamily>POSTGRESQL</EngineFamily>\
         <VpcId>vpc-1</VpcId><VpcSecurityGroupIds><member>sg-2</member><member>sg-1</member></VpcSecurityGroupIds>\
         <Endpoint>front.proxy-x.eu-west-1.rds.amazonaws.com</Endpoint><DefaultAuthScheme>NONE</DefaultAuthScheme>\
         <Auth><member><AuthScheme>SECRETS</AuthScheme><SecretArn>{SECRET}</SecretArn><IAMAuth>REQUIRED</IAMAuth></member>\
         <member><AuthScheme>SECRETS</AuthScheme><IAMAuth>DISABLED</IAMAuth></member></Auth></member></DBProxies>"
    );
    let absent = query_error("DBProxyNotFoundFault", "no such proxy");
    let http = script([(200, answer("DescribeDBProxies", &proxy)), (404, absent)]);
    let rds = rds(&http).await;
    let expected = Proxy {
        name: "front".to_owned(),
        status: "available".to_owned(),
        engine_family: "POSTGRESQL".to_owned(),
        vpc_id: text("vpc-1"),
        security_groups: vec!["sg-1".to_owned(), "sg-2".to_owned()],
        endpoint: text("front.proxy-x.eu-west-1.rds.amazonaws.com"),
        auth: vec![Auth { secret: text(SECRET), iam: text("REQUIRED") }, Auth { secret: None, iam: text("DISABLED") }],
        default_auth_scheme: text("NONE"),
    };
    assert!(expected.auth[0].wants_token() && !expected.auth[1].wants_token());
    assert_eq!(rds.proxy("front").await, Ok(Some(expected)));
    assert_eq!(rds.proxy("front").await, Ok(None));
}

#[tokio::test]
async fn targets_say_whose_they_are_and_why_they_are_not_available() {
    let targets = "<Targets>\
        <member><RdsResourceId>loans</RdsResourceId><Type>TRACKED_CLUSTER</Type><TrackedClusterId></TrackedClusterId></member>\
        <member><RdsResourceId>loans-1</RdsResourceId><TrackedClusterId>loans</TrackedClusterId><Type>RDS_INSTANCE</Type>\
        <Role>READ_WRITE</Role><TargetHealth><State>UNAVAILABLE</State><Reason>AUTH_FAILURE</Reason>\
        <Description>no</Description></TargetHealth></member></Targets>";
    let group = "<TargetGroups><member><TargetGroupName>default</TargetGroupName><ConnectionPoolConfig>\
        <ConnectionBorrowTimeout>120</ConnectionBorrowTimeout></ConnectionPoolConfig></member></TargetGroups>";
    let http = script([
        (200, answer("DescribeDBProxyTargets", targets)),
        (200, answer("DescribeDBProxyTargets", "<Targets></Targets>")),
        (404, query_error("DBProxyNotFoundFault", "no such proxy")),
        (200, answer("DescribeDBProxyTargetGroups", group)),
    ]);
    let rds = rds(&http).await;
    let cluster = ProxyTarget { name: "loans".to_owned(), kind: text("TRACKED_CLUSTER"), ..ProxyTarget::default() };
    let writer = ProxyTarget {
        name: "loans-1".to_owned(),
        cluster: text("loans"),
        kind: text("RDS_INSTANCE"),
        role: text("READ_WRITE"),
        state: text("UNAVAILABLE"),
        reason: text("AUTH_FAILURE"),
        description: text("no"),
    };
    assert!(cluster.is_cluster() && !writer.is_cluster());
    assert_eq!(rds.targets("front").await, Ok(vec![cluster, writer]));
    assert_eq!(rds.targets("front").await, Ok(Vec::new()));
    assert_eq!(rds.targets("front").await.map_err(|error| error.kind), Err(ErrorKind::NotFound));
    assert_eq!(rds.borrow_timeout_seconds("front").await, Ok(Some(120)));
}

#[tokio::test]
async fn the_request_shown_is_the_request_sent() {
    let register = RegisterTargets {
        db_proxy_name: "front".to_owned(),
        db_cluster_identifiers: vec!["loans".to_owned()],
        db_instance_identifiers: Vec::new(),
    };
    let deregister = DeregisterTargets {
        db_proxy_name: "front".to_owned(),
        db_cluster_identifiers: Vec::new(),
        db_instance_identifiers: vec!["loans-1".to_owned()],
    };
    let calls = [register.call(), deregister.call()];
    let http = script(calls.iter().map(|call| (200, query_success(call.action))));
    let rds = rds(&http).await;
    rds.register(&register).await.expect("accepted");
    rds.deregister(&deregister).await.expect("accepted");
    let expected = [
        ("DBClusterIdentifiers", "loans", "RegisterDBProxyTargets"),
        ("DBInstanceIdentifiers", "loans-1", "DeregisterDBProxyTargets"),
    ];
    for ((call, body), (list, name, action)) in calls.iter().zip(bodies(&http)).zip(expected) {
        assert_eq!(call.parameters, serde_json::json!({ "DBProxyName": "front", (list): [name] }));
        let mut sent = parameters(&body);
        sent.sort();
        let mut shown = vec![
            ("Action".to_owned(), action.to_owned()),
            ("DBProxyName".to_owned(), "front".to_owned()),
            (format!("{list}.member.1"), name.to_owned()),
        ];
        shown.sort();
        assert_eq!(sent, shown);
    }
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_codes() {
    let codes = [
        ("DBProxyTargetAlreadyRegisteredFault", ErrorKind::AlreadyExists),
        ("DBProxyTargetNotFoundFault", ErrorKind::NotFound),
        ("DBProxyTargetGroupNotFoundFault", ErrorKind::NotFound),
        ("InvalidDBProxyStateFault", ErrorKind::InvalidState),
        ("InsufficientAvailableIPsInSubnetFault", ErrorKind::Capacity),
    ];
    for (code, kind) in codes {
        let http = script([(400, query_error(code, "no"))]);
        let error: Error = rds(&http).await.register(&RegisterTargets::default()).await.expect_err(code);
        assert_eq!(error.kind, kind, "{code}");
    }
}

#[tokio::test]
async fn a_subnet_group_is_in_a_vpc() {
    let groups = "<DBSubnetGroups><DBSubnetGroup><DBSubnetGroupName>own</DBSubnetGroupName><VpcId>vpc-1</VpcId>\
        </DBSubnetGroup></DBSubnetGroups>";
    let absent = query_error("DBSubnetGroupNotFoundFault", "no such group");
    let http = script([(200, answer("DescribeDBSubnetGroups", groups)), (404, absent)]);
    let rds = rds(&http).await;
    assert_eq!(rds.vpc_of("own").await, Ok(text("vpc-1")));
    assert_eq!(rds.vpc_of("own").await, Ok(None));
}
