//! The newest data: neither after the requested time nor suspiciously before it.

use std::time::Duration;

use daybreak::pg::{CheckResult, ProofRequest, Verdict};
use jiff::{SignedDuration, Timestamp};

use crate::questions::{assert_result, named, prove, request, result};
use crate::support::Server;

const NAME: &str = "newest data";

fn time(server: &Server, sql: &str) -> Timestamp {
    server.sql(&format!("SET TimeZone = 'UTC'; SELECT {sql};")).parse().expect("a time")
}

fn now(server: &Server) -> Timestamp {
    time(server, "clock_timestamp()")
}

fn last_commit(server: &Server) -> Timestamp {
    time(server, "timestamp FROM pg_last_committed_xact()")
}

/// Starts a server whose newest payment is of 14:22:00.
fn payments() -> Server {
    let server = Server::start();
    server.sql("CREATE TABLE payments AS SELECT timestamptz '2026-11-20 14:22:00Z' AS made;");
    server
}

/// Proves against the time `requested` with the profile's question `newest`.
async fn by_query(server: &Server, newest: &str, requested: &str, within: Option<u64>) -> CheckResult {
    let request = ProofRequest {
        newest: Some(newest.to_owned()),
        requested_time: Some(requested.parse().expect("a time")),
        newest_within: within.map(Duration::from_secs),
        ..request(server)
    };
    result(&request, NAME).await
}

#[tokio::test]
async fn the_profiles_question_decides() {
    let server = payments();
    let newest = "SELECT max(made) FROM payments";
    let passed = by_query(&server, newest, "2026-11-20T14:22:05Z", Some(5)).await;
    assert_result(&passed, Verdict::Passed, &["before the requested time"]);
    assert_eq!(passed.found.as_deref(), Some("2026-11-20T14:22:00Z"));
    let clocks = by_query(&server, newest, "2026-11-20T14:21:59Z", None).await;
    assert_result(&clocks, Verdict::Passed, &["after the requested time", "clocks"]);
    let after = by_query(&server, newest, "2026-11-20T14:21:58Z", None).await;
    assert_result(&after, Verdict::Failed, &["after the requested time", "2026-11-20 14:21:58 UTC"]);
    let before = by_query(&server, newest, "2026-11-20T14:22:06Z", Some(5)).await;
    assert_result(&before, Verdict::Failed, &["before the requested time", "at most 5 s"]);
    let unsaid = by_query(&server, newest, "2026-11-20T15:22:01Z", None).await;
    assert_result(&unsaid, Verdict::Unchecked, &["before the requested time", "newest_within"]);
}

#[tokio::test]
async fn the_profiles_question_must_find_a_time() {
    let server = payments();
    let requested = "2026-11-20T14:22:05Z";
    for (newest, verdict, words) in [
        ("SELECT max(made) FROM payments WHERE false", Verdict::Failed, ["NULL"]),
        ("SELECT max(paid) FROM payments", Verdict::Failed, ["42703"]),
        // A wrong question says nothing about the data.
        ("SELECT max(made)::timestamp FROM payments", Verdict::Unchecked, ["AT TIME ZONE"]),
        ("SELECT max(made)::date FROM payments", Verdict::Unchecked, ["timestamptz"]),
        ("SELECT timestamptz 'infinity'", Verdict::Unchecked, ["calendar"]),
    ] {
        assert_result(&by_query(&server, newest, requested, None).await, verdict, &words);
    }
}

#[tokio::test]
async fn without_one_commit_timestamps_tell() {
    let server = Server::start();
    server.sql("CREATE TABLE loans (id int); INSERT INTO loans VALUES (1);");
    let commit = last_commit(&server);
    let at = |requested_time| ProofRequest { requested_time: Some(requested_time), ..request(&server) };
    let proof = prove(&at(now(&server))).await;
    assert_result(&named(&proof, NAME), Verdict::Passed, &["the newest commit in any database of the cluster"]);
    assert_eq!(proof.newest, Some(commit));
    let proof = prove(&at(commit - SignedDuration::from_millis(1_001))).await;
    assert_result(&named(&proof, NAME), Verdict::Failed, &["the newest commit", "after the requested time"]);
    assert_eq!(proof.newest, Some(commit));
    let within = Some(Duration::from_secs(59));
    let stale = ProofRequest { newest_within: within, ..at(commit + SignedDuration::from_secs(60)) };
    assert_result(&result(&stale, NAME).await, Verdict::Failed, &["at most 59 s"]);
}

#[tokio::test]
async fn commits_of_the_target_itself_do_not_count() {
    let server = Server::start();
    server.sql("CREATE TABLE loans (id int);");
    let commit = last_commit(&server);
    let requested = now(&server);
    let restore_started = now(&server);
    server.sql("INSERT INTO loans VALUES (1); INSERT INTO loans VALUES (2);");
    let request =
        ProofRequest { requested_time: Some(requested), restore_started: Some(restore_started), ..request(&server) };
    let proof = prove(&request).await;
    assert_result(&named(&proof, NAME), Verdict::Passed, &[]);
    assert_eq!(proof.newest, Some(commit));
}

#[tokio::test]
async fn a_live_database_is_judged_by_its_own_clock() {
    let server = Server::start();
    server.sql("CREATE TABLE loans (id int);");
    let live = request(&server);
    assert_result(&result(&live, NAME).await, Verdict::Passed, &["the server's present time"]);
    let future = ProofRequest { newest: Some("SELECT now() + interval '1 hour'".to_owned()), ..live };
    assert_result(&result(&future, NAME).await, Verdict::Failed, &["after the server's present time"]);
}

#[tokio::test]
async fn without_any_book_it_is_unchecked_and_says_how_to_keep_one() {
    let server = Server::configured("track_commit_timestamp = off");
    let proof = prove(&ProofRequest { requested_time: Some(now(&server)), ..request(&server) }).await;
    assert_result(&named(&proof, NAME), Verdict::Unchecked, &["track_commit_timestamp", "profile"]);
    assert_eq!(proof.newest, None);
}

#[tokio::test]
async fn the_walk_crosses_a_wraparound_of_transaction_ids() {
    let server = Server::configured("track_commit_timestamp = off").at_transaction_id(4_294_967_290);
    server.sql("CREATE TABLE loans (id int);");
    let commit = last_commit(&server);
    let requested = now(&server);
    let restore_started = now(&server);
    // More commits carry the ids over the edge.
    server.sql(&"INSERT INTO loans VALUES (1);\n".repeat(20));
    assert_eq!(server.sql("SELECT pg_current_xact_id()::text::numeric > 4294967296"), "t");
    let before_it =
        ProofRequest { requested_time: Some(requested), restore_started: Some(restore_started), ..request(&server) };
    let proof = prove(&before_it).await;
    assert_result(&named(&proof, NAME), Verdict::Passed, &[]);
    assert_eq!(proof.newest, Some(commit));
    let beyond_it = ProofRequest { requested_time: Some(now(&server)), ..request(&server) };
    let proof = prove(&beyond_it).await;
    assert_result(&named(&proof, NAME), Verdict::Passed, &[]);
    assert_eq!(proof.newest, Some(last_commit(&server)));
}
