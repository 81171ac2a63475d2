//! Putting proofs together, and finding one result in them.

use std::time::Duration;

use daybreak::expect::Expect;
use daybreak::pg::{CheckResult, Client, Postgres, ProfileCheck, Proof, ProofRequest, Verdict};

use crate::support::Server;

/// A proof of `target` with nothing to compare with.
pub(crate) fn request(target: &Server) -> ProofRequest {
    ProofRequest {
        target: target.login(),
        source: Err("there is none in this test".to_owned()),
        requested_time: None,
        restore_started: None,
        checks: Vec::new(),
        tables: Vec::new(),
        newest: None,
        newest_within: None,
        statement_timeout: Duration::from_secs(60),
        lock_timeout: Duration::from_secs(10),
    }
}

/// A proof of `target` compared with `source`.
pub(crate) fn compared(target: &Server, source: &Server) -> ProofRequest {
    ProofRequest { source: Ok(source.login()), ..request(target) }
}

pub(crate) fn check(query: &str, expect: &str) -> ProfileCheck {
    ProfileCheck {
        name: query.to_owned(),
        query: query.to_owned(),
        expect: Expect::parse(expect).expect("an expectation"),
        timeout: None,
    }
}

pub(crate) fn client() -> Client {
    Client::new("test")
}

pub(crate) async fn prove(request: &ProofRequest) -> Proof {
    client().prove(request, &|_| {}).await.expect("the target can be logged in to")
}

/// Proves, and returns the result of one check.
pub(crate) async fn result(request: &ProofRequest, name: &str) -> CheckResult {
    named(&prove(request).await, name)
}

pub(crate) fn named(proof: &Proof, name: &str) -> CheckResult {
    proof.checks.iter().find(|check| check.name == name).expect("a check of that name").clone()
}

/// Asserts a verdict and that the reason speaks of each of `words`.
#[track_caller]
pub(crate) fn assert_result(result: &CheckResult, verdict: Verdict, words: &[&str]) {
    assert_eq!(result.verdict, verdict, "{result:?}");
    let reason = result.reason.as_deref().unwrap_or_default();
    for word in words {
        assert!(reason.contains(word), "{word:?} is not in {result:?}");
    }
}
