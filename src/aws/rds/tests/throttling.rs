//! What throttling costs: one budget for each service and region, shared by all clients of the process.
//!
//! Time is the runtime's, paused, for the SDK's clock and its sleeps alike: nothing here waits.

use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_credential_types::Credentials;
use aws_smithy_async::time::TimeSource;
use aws_smithy_http_client::test_util::StaticReplayClient;
use tokio::time::Instant;

use crate::aws::error::ErrorKind;
use crate::aws::rds::{Rds, RdsClient};
use crate::aws::session::Session;
use crate::aws::testing::{bodies, loader, query_error, script};

const EMPTY: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters/>\
    </DescribeDBClustersResult></DescribeDBClustersResponse>";

#[derive(Debug)]
struct PausedTime(Instant);

impl TimeSource for PausedTime {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000) + self.0.elapsed()
    }
}

/// A session of its own, as each run could have loaded one, over scripted answers.
async fn session(answers: impl IntoIterator<Item = (u16, String)>) -> (Session, StaticReplayClient) {
    let http = script(answers);
    let credentials = Credentials::new("AKIDEXAMPLE", "signing-key", None, None, "test");
    let loader = loader(http.clone()).time_source(PausedTime(Instant::now())).credentials_provider(credentials);
    let session = Session::from_loader(loader.region(Region::new("eu-west-1"))).await;
    (session.expect("credentials and region are given"), http)
}

fn throttled() -> (u16, String) {
    (400, query_error("Throttling", "Rate exceeded"))
}

fn empty() -> (u16, String) {
    (200, EMPTY.to_owned())
}

/// How long `calls` calls in a row take.
async fn burst(rds: &RdsClient, calls: usize) -> Duration {
    let started = Instant::now();
    for _ in 0..calls {
        rds.clusters().await.expect("an answer");
    }
    started.elapsed()
}

/// One throttled call for ten that are answered, in a run that looks twice a second.
#[tokio::test(start_paused = true)]
async fn a_throttled_call_costs_a_lone_run_about_a_second_and_the_others_nothing() {
    let script = (0..60).flat_map(|call| if call % 10 == 5 { vec![throttled(), empty()] } else { vec![empty()] });
    let (session, _) = session(script).await;
    let rds = session.rds("eu-lone-1");
    for call in 0..60 {
        let took = burst(&rds, 1).await;
        let most = if call % 10 == 5 { Duration::from_secs(3) } else { Duration::ZERO };
        assert!(took <= most, "call {call} took {took:?}");
        tokio::time::advance(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_throttles_one_client_slows_all_of_its_service_and_region() {
    let (one, _) = session([throttled(), throttled(), throttled(), empty()]).await;
    let (other, _) = session((0..40).map(|_| empty())).await;
    let (here, elsewhere) = (other.rds("eu-rate-1"), other.rds("eu-rate-2"));
    assert_eq!(burst(&here, 10).await, Duration::ZERO, "nobody has been throttled yet");
    burst(&one.rds("eu-rate-1"), 1).await;
    let slowed = burst(&here, 10).await;
    assert!(slowed > Duration::from_millis(500), "ten calls of another session took {slowed:?}");
    assert_eq!(burst(&elsewhere, 10).await, Duration::ZERO, "another region has a budget of its own");
}

#[tokio::test(start_paused = true)]
async fn clients_of_a_service_and_region_share_one_quota_of_retries() {
    let (one, asked_by_one) = session((0..400).map(|_| throttled())).await;
    let (other, asked_by_other) = session((0..20).map(|_| throttled())).await;
    let (spending, sharing) = (one.rds("eu-quota-1"), other.rds("eu-quota-1"));
    for call in 0.. {
        let before = bodies(&asked_by_one).len();
        assert_eq!(spending.clusters().await.map_err(|error| error.kind), Err(ErrorKind::Throttled));
        if bodies(&asked_by_one).len() == before + 1 {
            break;
        }
        assert!(call < 40, "the quota has an end");
    }
    assert_eq!(sharing.clusters().await.map_err(|error| error.kind), Err(ErrorKind::Throttled));
    assert_eq!(bodies(&asked_by_other).len(), 1, "no retries are left for the other client either");
    let elsewhere = other.rds("eu-quota-2");
    assert_eq!(elsewhere.clusters().await.map_err(|error| error.kind), Err(ErrorKind::Throttled));
    assert_eq!(bodies(&asked_by_other).len(), 1 + 8, "another region has its own");
}
