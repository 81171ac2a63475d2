//! Proofs.

use super::story::time;
use crate::pg::{CheckKind, CheckResult, Proof, Verdict};

/// Two checks passed, one without an answer.
pub(crate) fn proof() -> Proof {
    let check = |name: &str, kind, verdict| CheckResult {
        name: name.to_owned(),
        kind,
        query: None,
        expect: None,
        found: None,
        verdict,
        reason: None,
        items: Vec::new(),
        seconds: 0.25,
    };
    Proof {
        checks: vec![
            CheckResult {
                found: Some("not in recovery".to_owned()),
                ..check("writer", CheckKind::BuiltIn, Verdict::Passed)
            },
            CheckResult {
                reason: Some("the source cannot be read: connect to the source: timed out".to_owned()),
                ..check("tables", CheckKind::BuiltIn, Verdict::Unchecked)
            },
            CheckResult {
                query: Some("SELECT count(*) FROM loans".to_owned()),
                expect: Some(">= 1000".to_owned()),
                found: Some("48211".to_owned()),
                ..check("loans exist", CheckKind::Profile, Verdict::Passed)
            },
        ],
        newest: Some(time("2026-11-20T14:22:03Z")),
    }
}

/// A proof with a failed check.
pub(crate) fn failed_proof() -> Proof {
    let mut proof = proof();
    proof.checks[2].verdict = Verdict::Failed;
    proof.checks[2].found = Some("17".to_owned());
    proof.checks[2].reason = Some("found 17, expected >= 1000".to_owned());
    proof
}
