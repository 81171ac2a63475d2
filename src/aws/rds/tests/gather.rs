//! Many looks are one call, and each of them is answered as if it had been made alone.

use std::sync::{Arc, Mutex};

use aws_smithy_http_client::test_util::StaticReplayClient;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::reads::{cluster, clusters, has, instance, instances};
use crate::aws::error::ErrorKind;
use crate::aws::rds::{Gather, Rds, RdsClient};
use crate::aws::testing::{bodies, query_error, script, session, session_without_retries};

async fn gather(http: &StaticReplayClient) -> Gather<RdsClient> {
    Gather::new(session_without_retries(http.clone()).await.rds("eu-west-1"))
}

#[tokio::test]
async fn looks_at_once_are_one_call_and_each_gets_its_own() {
    let listed = cluster("b") + &cluster("a");
    let http = script([(200, clusters(&listed, None))]);
    let rds = gather(&http).await;
    let (a, b, c, again) = tokio::join!(rds.cluster("a"), rds.cluster("B"), rds.cluster("gone"), rds.cluster("a"));
    let name = |found: Result<Option<crate::aws::rds::model::Cluster>, _>| {
        found.expect("an answer").map(|cluster| cluster.identifier)
    };
    assert_eq!((name(a), name(b), name(c), name(again)), (Some("a".into()), Some("b".into()), None, Some("a".into())));
    let sent = bodies(&http);
    assert_eq!(sent.len(), 1);
    assert!(has(&sent[0], "Filters.Filter.1.Name", "db-cluster-id") && has(&sent[0], "MaxRecords", "100"));
    for (parameter, value) in [("1", "a"), ("2", "b"), ("3", "gone")] {
        assert!(has(&sent[0], &format!("Filters.Filter.1.Values.Value.{parameter}"), value), "{value}");
    }
}

#[tokio::test]
async fn instances_and_members_are_gathered_apart() {
    let http = script([
        (200, instances(&(instance("a-1", "a") + &instance("b-1", "b")), None)),
        (200, instances(&(instance("a-1", "a") + &instance("b-1", "B")), Some("page-2"))),
        (200, instances(&(instance("b-2", "b") + &instance("c-1", "c")), None)),
    ]);
    let rds = gather(&http).await;
    let (a, b) = tokio::join!(rds.instance("a-1"), rds.instance("b-1"));
    assert_eq!(a.unwrap().unwrap().identifier + &b.unwrap().unwrap().identifier, "a-1b-1");
    let (of_a, of_b) = tokio::join!(rds.instances_of("a"), rds.instances_of("b"));
    assert_eq!((of_a.unwrap().len(), of_b.unwrap().len()), (1, 2), "over both pages, and nobody else's");
    let sent = bodies(&http);
    assert!(has(&sent[0], "Filters.Filter.1.Name", "db-instance-id"));
    assert!(has(&sent[1], "Filters.Filter.1.Name", "db-cluster-id") && has(&sent[2], "Marker", "page-2"));
}

#[tokio::test]
async fn a_look_without_company_is_made_by_name() {
    let arn = "arn:aws:rds:eu-west-1:123456789012:cluster:a";
    let http = script([
        (404, query_error("DBClusterNotFoundFault", "DBCluster a not found.")),
        (200, clusters(&cluster("a"), None)),
        (404, query_error("DBInstanceNotFound", "DBInstance a-1 not found.")),
        (200, instances("", None)),
    ]);
    let rds = gather(&http).await;
    assert_eq!(rds.cluster("a").await, Ok(None));
    assert!(rds.cluster(arn).await.expect("an answer").is_some(), "an ARN is not for a filter");
    assert_eq!(rds.instance("a-1").await, Ok(None));
    assert_eq!(rds.instances_of("a").await, Ok(Vec::new()));
    let sent = bodies(&http);
    assert!(has(&sent[0], "DBClusterIdentifier", "a") && has(&sent[1], "DBClusterIdentifier", arn));
    assert!(has(&sent[2], "DBInstanceIdentifier", "a-1"));
    assert!(sent[..3].iter().all(|sent| !sent.contains("Filter")), "{sent:?}");
}

#[tokio::test]
async fn no_call_asks_for_more_than_a_hundred() {
    let names: Vec<String> = (0..250).map(|number| format!("c-{number}")).collect();
    let all = clusters(&names.iter().map(|name| cluster(name)).collect::<String>(), None);
    let http = script([(200, all.clone()), (200, all.clone()), (200, all)]);
    let rds = gather(&http).await;
    let found = join_all(names.iter().map(|name| rds.cluster(name))).await;
    for (name, found) in names.iter().zip(found) {
        assert_eq!(found.unwrap().map(|cluster| cluster.identifier).as_ref(), Some(name));
    }
    let asked: Vec<usize> = bodies(&http).iter().map(|sent| sent.matches(".Values.Value.").count()).collect();
    assert_eq!(asked, [100, 100, 50]);
}

#[tokio::test]
async fn an_error_that_may_pass_is_everybodys() {
    let http = script([(400, query_error("Throttling", "Rate exceeded"))]);
    let rds = gather(&http).await;
    let (a, b) = tokio::join!(rds.cluster("a"), rds.cluster("b"));
    assert_eq!(a.unwrap_err().kind, ErrorKind::Throttled);
    assert_eq!(b.unwrap_err().kind, ErrorKind::Throttled);
    assert_eq!(bodies(&http).len(), 1, "asking again for each would only add to it");
}

/// An identity may be allowed to look at its clusters and not to list them all.
#[tokio::test]
async fn any_other_error_is_nobodys_until_each_has_asked_alone() {
    let http = script([
        (403, query_error("AccessDenied", "not authorized to perform: rds:DescribeDBClusters")),
        (200, clusters(&cluster("a"), None)),
        (403, query_error("AccessDenied", "not authorized to perform: rds:DescribeDBClusters")),
    ]);
    let rds = gather(&http).await;
    let [a, b] = &join_all([rds.cluster("a"), rds.cluster("b")]).await[..] else { panic!("two looks") };
    assert_eq!(a.as_ref().unwrap().as_ref().unwrap().identifier, "a");
    assert_eq!(b.as_ref().unwrap_err().kind, ErrorKind::AccessDenied);
    let sent = bodies(&http);
    assert!(has(&sent[1], "DBClusterIdentifier", "a") && has(&sent[2], "DBClusterIdentifier", "b"));
}

/// Answers each request, with no clusters, when the gate lets it.
#[derive(Debug, Clone)]
struct Gated {
    sent: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
}

impl HttpConnector for Gated {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        self.sent.lock().unwrap().push(body);
        let gate = self.gate.clone();
        HttpConnectorFuture::new(async move {
            gate.acquire().await.expect("the gate is never closed").forget();
            let status = StatusCode::try_from(200).expect("a real status");
            Ok(HttpResponse::new(status, SdkBody::from(clusters("", None))))
        })
    }
}

impl HttpClient for Gated {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A look is answered by a call that was sent after it was asked for: what the looker has just done is in the answer.
#[tokio::test]
async fn who_comes_while_a_call_is_under_way_waits_for_the_next() {
    let http = Gated { sent: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
    let rds = Arc::new(Gather::new(session(http.clone()).await.rds("eu-west-1")));
    let look = |name: &'static str| {
        tokio::spawn({
            let rds = rds.clone();
            async move { rds.cluster(name).await }
        })
    };
    let sent = || http.sent.lock().unwrap().clone();
    let first = look("a");
    while sent().is_empty() {
        tokio::task::yield_now().await;
    }
    let later = [look("a"), look("b")];
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(sent().len(), 1, "one call of a kind at a time");
    http.gate.add_permits(1);
    assert_eq!(first.await.unwrap(), Ok(None));
    assert!(later.iter().all(|look| !look.is_finished()), "the first call's answer is not theirs");
    http.gate.add_permits(1);
    for look in later {
        assert_eq!(look.await.unwrap(), Ok(None));
    }
    let sent = sent();
    assert!(has(&sent[0], "DBClusterIdentifier", "a"));
    assert_eq!((sent.len(), sent[1].matches(".Values.Value.").count()), (2, 2), "{sent:?}");
}

/// A look that is given up, as an interrupt does, leaves the others theirs.
#[tokio::test]
async fn a_look_given_up_leaves_the_others_theirs() {
    let http = Gated { sent: Arc::default(), gate: Arc::new(Semaphore::new(0)) };
    let rds = Gather::new(session(http.clone()).await.rds("eu-west-1"));
    let mut first = Box::pin(rds.cluster("a"));
    let mut second = Box::pin(rds.cluster("b"));
    while http.sent.lock().unwrap().is_empty() {
        tokio::select! {
            biased;
            _ = &mut first => panic!("the gate is closed"),
            _ = &mut second => panic!("the gate is closed"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(first);
    http.gate.add_permits(1);
    assert_eq!(second.await, Ok(None));
    assert_eq!(http.sent.lock().unwrap().len(), 1);
}
