//! The profile's own checks.

use std::time::Duration;

use daybreak::pg::{CheckKind, CheckResult, Login, ProfileCheck, ProofRequest, Verdict};

use crate::questions::{assert_result, check, compared, named, prove, request, result};
use crate::support::Server;

/// Starts a server with `loans` 1, 2 and 3.
fn loans() -> Server {
    let server = Server::start();
    server.sql("CREATE TABLE loans AS SELECT id FROM generate_series(1, 3) id;");
    server
}

/// Asks one question.
async fn asked(server: &Server, query: &str, expect: &str) -> CheckResult {
    let checks = vec![check(query, expect)];
    result(&ProofRequest { checks, ..request(server) }, query).await
}

#[tokio::test]
async fn answers_are_judged_by_what_is_expected() {
    let server = Server::start();
    server.sql("CREATE TABLE loans AS SELECT id, 'paid' AS state FROM generate_series(1, 3) id;");
    let met = [
        ("SELECT count(*) FROM loans", "= 3"),
        ("SELECT sum(id) * 1.5 FROM loans;", "= 9"),
        ("SELECT min(state) FROM loans -- all of them", "= \"paid\""),
        ("SELECT bool_and(id > 0) FROM loans", "= \"true\""),
        ("SHOW application_name", "= \"daybreak/test\""),
        ("SHOW transaction_read_only", "= \"on\""),
        ("SHOW transaction_isolation", "= \"repeatable read\""),
    ];
    let unmet = [
        ("SELECT count(*) + 0 FROM loans", ">= 4"),
        ("SELECT max(id) FROM loans WHERE false", "!= 7"),
        ("SELECT max(state) FROM loans", "= \"open\""),
    ];
    let checks = met.iter().chain(&unmet).map(|(query, expect)| check(query, expect)).collect();
    let proof = prove(&ProofRequest { checks, ..request(&server) }).await;
    for (query, _) in met {
        assert_result(&named(&proof, query), Verdict::Passed, &[]);
    }
    for (query, expect) in unmet {
        let result = named(&proof, query);
        assert_result(&result, Verdict::Failed, &["found"]);
        assert_eq!((result.kind, result.expect.as_deref()), (CheckKind::Profile, Some(expect)));
        assert_eq!(result.query.as_deref(), Some(query));
    }
    assert_eq!(named(&proof, "SELECT max(id) FROM loans WHERE false").found.as_deref(), Some("NULL"));
    assert_eq!(proof.passed() + proof.failed() + proof.unchecked(), proof.checks.len());
}

#[tokio::test]
async fn wrong_sql_fails_with_its_sqlstate() {
    let result = asked(&loans(), "SELECT count(*) FROM laons", "= 3").await;
    assert_result(&result, Verdict::Failed, &["42P01", "laons"]);
}

#[tokio::test]
async fn an_answer_of_another_shape_is_no_value() {
    let server = loans();
    for (query, verdict, words) in [
        ("SELECT id FROM loans", Verdict::Failed, "several rows"),
        ("SELECT id FROM loans WHERE id > 3", Verdict::Failed, "no row"),
        // These are so whatever the data.
        ("SELECT 1, 2", Verdict::Unchecked, "2 columns"),
        ("COMMIT", Verdict::Unchecked, "returns nothing"),
        ("SELCT 3", Verdict::Unchecked, "42601"),
        ("SELECT id::text FROM loans LIMIT 1", Verdict::Unchecked, "returns text"),
    ] {
        assert_result(&asked(&server, query, "= 3").await, verdict, &[words]);
    }
}

#[tokio::test]
async fn a_check_cannot_write_and_says_nothing_of_the_data() {
    let query = "WITH new AS (INSERT INTO loans VALUES (4) RETURNING id) SELECT id FROM new";
    assert_result(&asked(&loans(), query, "= 4").await, Verdict::Unchecked, &["25006"]);
}

#[tokio::test]
async fn what_may_not_be_read_is_unchecked() {
    let server = Server::start();
    server.sql(
        "CREATE TABLE secrets (n int);
         REVOKE pg_read_all_data FROM validator;
         CREATE TABLE tenants (n int);
         ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON tenants USING (false);
         GRANT SELECT ON tenants TO validator;",
    );
    let checks = vec![check("SELECT count(*) FROM secrets", "= 0"), check("SELECT count(*) FROM tenants", "= 0")];
    let proof = prove(&ProofRequest { checks, ..request(&server) }).await;
    assert_result(&named(&proof, "SELECT count(*) FROM secrets"), Verdict::Unchecked, &["42501"]);
    // Row security would hide rows and make the count a lie.
    assert_result(&named(&proof, "SELECT count(*) FROM tenants"), Verdict::Unchecked, &["42501", "row-level"]);
}

#[tokio::test]
async fn what_takes_too_long_is_unchecked_and_the_rest_goes_on() {
    let server = Server::start();
    let slow = ProfileCheck { timeout: Some(Duration::from_millis(20)), ..check("SELECT 1 FROM pg_sleep(600)", "= 1") };
    let timeout = "SHOW statement_timeout";
    let checks = vec![slow, check(timeout, "= \"1min\"")];
    let proof = prove(&ProofRequest { checks, ..request(&server) }).await;
    assert_result(&proof.checks[proof.checks.len() - 2], Verdict::Unchecked, &["57014"]);
    assert_result(&named(&proof, timeout), Verdict::Passed, &[]);
}

#[tokio::test]
async fn a_locked_table_is_unchecked() {
    let server = Server::start();
    // A prepared transaction keeps its lock without a session.
    server.sql("CREATE TABLE loans (); BEGIN; LOCK TABLE loans; PREPARE TRANSACTION 'lock';");
    let query = "SELECT count(*) FROM loans";
    let request =
        ProofRequest { checks: vec![check(query, "= 0")], lock_timeout: Duration::from_millis(20), ..request(&server) };
    assert_result(&result(&request, query).await, Verdict::Unchecked, &["55P03"]);
}

#[tokio::test]
async fn the_source_is_asked_the_same_question() {
    let server = Server::start();
    server.sql("CREATE TABLE loans AS SELECT id FROM generate_series(1, 1000) id;");
    let (source, target) = server.fork();
    source.sql("INSERT INTO loans VALUES (1001), (1002);");
    let query = "SELECT count(*) FROM loans";
    let near = ProfileCheck { name: "near".to_owned(), ..check(query, "within 1% of source") };
    let same = ProfileCheck { name: "same".to_owned(), ..check(query, "= source") };
    let proof = prove(&ProofRequest { checks: vec![near, same], ..compared(&target, &source) }).await;
    assert_result(&named(&proof, "near"), Verdict::Passed, &["the source has 1002"]);
    assert_result(&named(&proof, "same"), Verdict::Failed, &["the source has 1002"]);
}

#[tokio::test]
async fn without_a_source_what_needs_it_is_unchecked() {
    let server = Server::start();
    let query = "SELECT 1";
    let checks = vec![check(query, "= source")];
    let none = ProofRequest { checks: checks.clone(), ..request(&server) };
    assert_result(&result(&none, query).await, Verdict::Unchecked, &["there is none in this test"]);
    let itself = ProofRequest { checks: checks.clone(), ..compared(&server, &server) };
    assert_result(&result(&itself, query).await, Verdict::Unchecked, &["the target itself"]);
    let unreadable = Login { database: "absent".to_owned(), ..server.login() };
    let unreadable = ProofRequest { checks, source: Ok(unreadable), ..request(&server) };
    assert_result(&result(&unreadable, query).await, Verdict::Unchecked, &["3D000"]);
}

#[tokio::test]
async fn profile_questions_run_under_the_roles_own_search_path() {
    let server = Server::start();
    server.sql("CREATE SCHEMA lending; CREATE TABLE lending.loans (); ALTER ROLE validator SET search_path = lending;");
    let query = "SELECT count(*) FROM loans";
    let request = ProofRequest { checks: vec![check(query, "= 0")], ..request(&server) };
    assert_result(&result(&request, query).await, Verdict::Passed, &[]);
}

#[tokio::test]
async fn a_proof_survives_its_journal() {
    let server = Server::start();
    let proof = prove(&ProofRequest { checks: vec![check("SELECT 1", "= 1")], ..request(&server) }).await;
    let text = serde_json::to_string(&proof).expect("a proof is data");
    assert_eq!(serde_json::from_str::<daybreak::pg::Proof>(&text).expect("and data a proof"), proof);
    assert!(text.contains("\"verdict\":\"passed\"") && text.contains("\"kind\":\"built_in\""));
}
