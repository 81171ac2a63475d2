//! The snapshot that all checks share, and the sessions that see it.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use daybreak::pg::{Postgres, ProfileCheck, ProofRequest, Verdict};

use crate::questions::{assert_result, check, client, compared, named, prove, request};
use crate::support::Server;

/// Commits one row after another until there is one in `stop`.
const WRITER: &str = "
    DO $$ BEGIN
      WHILE NOT EXISTS (SELECT FROM stop) LOOP INSERT INTO loans VALUES (1); COMMIT; END LOOP;
    END $$;
";

#[test]
fn all_checks_see_one_snapshot_from_several_sessions_while_others_write() {
    let server = Server::start();
    server.sql("CREATE TABLE loans (id int); CREATE TABLE stop ();");
    let question = |n: usize, sql: &str| ProfileCheck { name: format!("{sql} {n}"), ..check(sql, ">= 0") };
    let count = (0..8).map(|n| question(n, "SELECT count(*) FROM loans"));
    let session = (0..8).map(|n| question(n, "SELECT pg_backend_pid()"));
    let request = ProofRequest { checks: count.chain(session).collect(), ..request(&server) };
    let told = Mutex::new(Vec::new());
    let (proof, counted) = std::thread::scope(|scope| {
        scope.spawn(|| server.sql(WRITER));
        while server.sql("SELECT EXISTS (SELECT FROM loans)") == "f" {}
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let proof = runtime.block_on(client().prove(&request, &|result| {
            told.lock().expect("no panic").push(result.name.clone());
        }));
        let counted = server.sql("SELECT count(*) FROM loans");
        server.sql("INSERT INTO stop DEFAULT VALUES;");
        (proof.expect("the target answers"), counted)
    });
    let found = |start: &str| -> HashSet<String> {
        let of = proof.checks.iter().filter(|check| check.name.starts_with(start));
        of.filter_map(|check| check.found.clone()).collect()
    };
    assert_eq!(found("SELECT count").len(), 1);
    assert!(!found("SELECT count").contains(&counted), "the writer wrote meanwhile");
    assert!(found("SELECT pg_backend_pid").len() > 1);
    let mut told = told.into_inner().expect("no panic");
    let mut all: Vec<String> = proof.checks.iter().map(|check| check.name.clone()).collect();
    told.sort();
    all.sort();
    assert_eq!(told, all);
}

#[tokio::test]
async fn one_session_is_enough() {
    let server = Server::start();
    server.sql("ALTER ROLE validator CONNECTION LIMIT 1;");
    let session: Vec<_> = (0..4)
        .map(|n| ProfileCheck { name: format!("session {n}"), ..check("SELECT pg_backend_pid()", "> 0") })
        .collect();
    let proof = prove(&ProofRequest { checks: session, ..request(&server) }).await;
    let sessions: HashSet<_> = (0..4).map(|n| named(&proof, &format!("session {n}")).found).collect();
    assert_eq!(sessions.len(), 1);
    assert_result(&named(&proof, "writer"), Verdict::Passed, &[]);
}

#[tokio::test]
async fn a_lost_session_costs_its_own_check_only() {
    let server = Server::start();
    let suicide = "SELECT pg_terminate_backend(pg_backend_pid())";
    let later = (0..8).map(|n| ProfileCheck { name: format!("later {n}"), ..check("SELECT 1", "= 1") });
    let checks = std::iter::once(check(suicide, "= \"true\"")).chain(later).collect();
    let proof = prove(&ProofRequest { checks, ..request(&server) }).await;
    assert_result(&named(&proof, suicide), Verdict::Unchecked, &["57P01"]);
    for n in 0..8 {
        assert_result(&named(&proof, &format!("later {n}")), Verdict::Passed, &[]);
    }
}

#[tokio::test]
async fn when_every_session_is_lost_the_rest_is_unchecked() {
    let server = Server::start();
    server.sql("ALTER ROLE validator CONNECTION LIMIT 1;");
    let suicide = "SELECT pg_terminate_backend(pg_backend_pid())";
    let checks = vec![check(suicide, "= \"true\""), check("SELECT 1", "= 1"), check("SELECT 2", "= 2")];
    let proof = prove(&ProofRequest { checks, ..request(&server) }).await;
    assert_result(&named(&proof, "SELECT 1"), Verdict::Unchecked, &["connection was lost"]);
    assert_result(&named(&proof, "SELECT 2"), Verdict::Unchecked, &["connection was lost"]);
}

#[test]
fn the_source_is_left_before_the_targets_slowest_answer() {
    let (source, target) = Server::start().fork();
    // A prepared transaction keeps its lock without a session.
    target.sql("BEGIN; SELECT pg_advisory_xact_lock(1); PREPARE TRANSACTION 'slow';");
    let slow = "SELECT pg_advisory_xact_lock(1)::text";
    let checks = vec![check(slow, "= \"\""), check("SELECT 1", "= source")];
    let request = ProofRequest { checks, lock_timeout: Duration::from_secs(60), ..compared(&target, &source) };
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'";
    let visits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'daybreak/test'";
    let proof = std::thread::scope(|scope| {
        let proof = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(prove(&request))
        });
        while target.sql(waits) == "0" {}
        while source.sql(visits) != "0" {}
        let still_waiting = target.sql(waits);
        target.sql("COMMIT PREPARED 'slow';");
        assert_eq!(still_waiting, "1");
        proof.join().expect("a proof")
    });
    assert_result(&named(&proof, "SELECT 1"), Verdict::Passed, &["the source has 1"]);
    assert_result(&named(&proof, slow), Verdict::Passed, &[]);
}
