//! Proves the target's data: connects, and puts every check's question to it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    failure, serving,
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    expect::Expect,
    pg::{self, CheckResult, ProfileCheck, Proof, ProofRequest, Verdict},
    run::{
        event::{self, Checked},
        step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
    },
};

/// The step's name in every plan that proves.
pub const ID: &str = "prove";

/// Looks at the target's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prove {
    /// The target.
    pub target: TargetName,
    /// How to log in to it.
    pub access: Access,
    /// The source to compare with, or why there is none.
    pub source: Comparison,
    /// The time asked for.
    pub requested_time: Option<Timestamp>,
    /// What is asked beside the built-in checks.
    pub questions: Questions,
    /// What must have been allowed before it is asked: the cutover, where that is what makes the target the primary.
    #[serde(default = "validated", skip_serializing_if = "is_validated")]
    pub until: Until,
}

fn validated() -> Until {
    Until::Validated
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_validated(until: &Until) -> bool {
    *until == Until::Validated
}

/// What a proof that passed leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven {
    /// When it had passed.
    pub at: Timestamp,
    /// How many checks passed.
    pub passed: usize,
    /// How many could not be answered.
    pub unchecked: usize,
    /// When the newest data present was written.
    pub newest: Option<Timestamp>,
}

/// Whether the source can be compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Comparison {
    /// With this server.
    With {
        /// The source's writer endpoint.
        host: String,
        /// Its port.
        port: u16,
        /// How to log in to it.
        access: Access,
    },
    /// Not, and why.
    Without(String),
}

/// The profile's questions and bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// The profile's checks.
    pub checks: Vec<Question>,
    /// Tables that must be there when the source cannot be read.
    pub tables: Vec<String>,
    /// SQL for the time of the newest data.
    pub newest: Option<String>,
    /// How far before the requested time the newest data may be, in seconds.
    pub newest_within_seconds: Option<u64>,
    /// How long a statement may take, in seconds.
    pub statement_timeout_seconds: u64,
    /// How long a statement may wait for a lock, in seconds.
    pub lock_timeout_seconds: u64,
}

/// One check of the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name.
    pub name: String,
    /// Its SQL.
    pub query: String,
    /// What the answer must be.
    pub expect: String,
    /// How long it may take, in seconds, where it differs from the others.
    pub timeout_seconds: Option<u64>,
}

impl Question {
    /// The check as PostgreSQL's side takes it.
    pub fn check(&self) -> Result<ProfileCheck, StepError> {
        let expect = Expect::parse(&self.expect).map_err(|error| {
            StepError::terminal(Failure::of(&format!("read what check `{}` expects", self.name), &error))
        })?;
        let timeout = self.timeout_seconds.map(Duration::from_secs);
        Ok(ProfileCheck { name: self.name.clone(), query: self.query.clone(), expect, timeout })
    }
}

impl Questions {
    /// The request that puts these questions to `target`.
    pub fn request(
        &self,
        target: pg::Login,
        source: Result<pg::Login, String>,
        requested_time: Option<Timestamp>,
        restore_started: Option<Timestamp>,
    ) -> Result<ProofRequest, StepError> {
        Ok(ProofRequest {
            target,
            source,
            requested_time,
            restore_started,
            checks: self.checks.iter().map(Question::check).collect::<Result<_, _>>()?,
            tables: self.tables.clone(),
            newest: self.newest.clone(),
            newest_within: self.newest_within_seconds.map(Duration::from_secs),
            statement_timeout: Duration::from_secs(self.statement_timeout_seconds),
            lock_timeout: Duration::from_secs(self.lock_timeout_seconds),
        })
    }
}

/// What was found, against what was expected, and why the check ended as it did; empty when there is nothing to say.
pub fn answer(check: &CheckResult) -> String {
    // An answer that is not as expected gives both in its reason.
    if let (Verdict::Failed, Some(_), Some(_), Some(reason)) =
        (check.verdict, &check.found, &check.expect, &check.reason)
    {
        return reason.clone();
    }
    let found = check.found.as_deref().map(|found| format!("found {found}"));
    let expected = check.expect.as_deref().map(|expect| format!("expected {expect}"));
    [found, expected, check.reason.clone()].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// One check's result for whoever watches.
pub fn checked(check: &CheckResult) -> Checked {
    let verdict = match check.verdict {
        Verdict::Passed => event::Verdict::Passed,
        Verdict::Failed => event::Verdict::Failed,
        Verdict::Unchecked => event::Verdict::Unchecked,
    };
    Checked { name: check.name.clone(), verdict, answer: answer(check) }
}

/// The checks of `proof` that ended as `verdict`, as causes of a failure: `tables: missing in the target: public.loans`.
fn causes(proof: &Proof, verdict: Verdict) -> Vec<String> {
    let checks = proof.checks.iter().filter(|check| check.verdict == verdict);
    checks
        .map(|check| match answer(check) {
            answer if answer.is_empty() => check.name.clone(),
            answer => format!("{}: {answer}", check.name),
        })
        .collect()
}

/// How long a server that cannot be reached is waited for: a name that does not resolve yet, a server that starts up.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

impl Prove {
    /// A question that could not be put says nothing of the data, and is no reason to remove what took so long to restore: the
    /// password may have been changed since the requested time, or this machine be kept out by the quarantine.
    fn unanswered(&self, error: StepError, cx: &Context<'_>) -> StepError {
        if error.is_passing() && cx.attended < PATIENCE {
            return error;
        }
        let hints = [error.failure.hint.clone(), Some(self.way_out(cx))];
        let hint = hints.into_iter().flatten().collect::<Vec<_>>().join("; ");
        StepError::hold(error.failure.hint(hint))
    }

    /// What RDS has given up is not waited for: its status then says more than that it does not answer.
    async fn given_up(&self, world: &World, error: StepError, cx: &Context<'_>) -> StepError {
        if !error.is_passing() {
            return error;
        }
        let name = &self.target.identifier;
        let writer = match self.target.family {
            Family::Instance => Some(name.clone()),
            Family::Cluster => match world.rds.cluster(name).await {
                Ok(Some(cluster)) => {
                    if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
                        return lost;
                    }
                    cluster.writer().map(str::to_owned)
                }
                Ok(None) | Err(_) => None,
            },
        };
        if let Some(writer) = writer
            && let Ok(Some(writer)) = world.rds.instance(&writer).await
            && let Some(lost) = failure::of_instance(world, &writer, cx.run).await
        {
            return lost;
        }
        error
    }

    fn way_out(&self, cx: &Context<'_>) -> String {
        let at = serving::writer(cx.outputs).map(|writer| format!(" at {}:{}", writer.endpoint, writer.port));
        format!(
            "the target is kept{}: let this machine log in to it, then daybreak resume {}",
            at.unwrap_or_default(),
            cx.run
        )
    }

    async fn prove(&self, world: &World, cx: &Context<'_>) -> Result<Proof, StepError> {
        let writer = serving::writer(cx.outputs)?;
        let target = self.access.at(world, &writer.endpoint, writer.port).await?;
        let source = match &self.source {
            Comparison::With { host, port, access } => {
                access.at(world, host, *port).await.map_err(|error| error.failure.to_string())
            }
            Comparison::Without(why) => Err(why.clone()),
        };
        let restore_started = serving::restore_requested_at(cx.outputs)?;
        let request = self.questions.request(target, source, self.requested_time, restore_started)?;
        let tell = cx.tell;
        let proof = world.postgres.prove(&request, &|check| tell(&checked(check))).await;
        proof.map_err(|error| failure::of_postgres(&format!("prove the data of {}", self.target), &error))
    }
}

#[async_trait]
impl Body for Prove {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        self.until
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        let count = self.questions.checks.len();
        let own = match count {
            0 => "the built-in checks".to_owned(),
            1 => "the built-in checks and 1 of the profile's".to_owned(),
            n => format!("the built-in checks and {n} of the profile's"),
        };
        Description {
            title: format!("prove the data of {}: {own}", self.target.identifier),
            calls: Vec::new(),
            undo: "nothing to undo: it only reads".to_owned(),
        }
    }

    /// The proof is noted before it is judged, so that a failed one is evidence too.
    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Some((_, note)) = cx.notes.last() else {
            let proof = match self.prove(world, cx).await {
                Ok(proof) => proof,
                Err(error) => return Err(self.unanswered(self.given_up(world, error, cx).await, cx)),
            };
            return Ok(Observed::Note(json!(proof), Waiting::on("the proof to be judged").again_in(Duration::ZERO)));
        };
        let doing = format!("judge the proof of {}", self.target);
        let proof: Proof =
            serde_json::from_value(note.clone()).map_err(|error| StepError::terminal(Failure::of(&doing, &error)))?;
        let failed = proof.failed();
        if failed == 0 && names(&proof, Verdict::Passed).all(|name| name == "writer") {
            let reasons = causes(&proof, Verdict::Unchecked);
            let message = format!("prove the data of {}: no check of the data could be answered", self.target);
            let failure = Failure { causes: reasons, ..Failure::new(message) };
            return Err(StepError::hold(failure.hint(self.way_out(cx))));
        }
        if failed == 0 {
            let (passed, unchecked, newest) = (proof.passed(), proof.unchecked(), proof.newest);
            return Ok(Observed::Done(json!(Proven { at: cx.now, passed, unchecked, newest })));
        }
        let reasons = causes(&proof, Verdict::Failed);
        let message = format!("prove the data of {}: {failed} of {} checks failed", self.target, proof.checks.len());
        Err(StepError::terminal(Failure { causes: reasons, ..Failure::new(message) }))
    }
}

fn names(proof: &Proof, verdict: Verdict) -> impl Iterator<Item = &str> {
    proof.checks.iter().filter(move |check| check.verdict == verdict).map(|check| check.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::CheckKind;

    fn check(
        name: &str,
        verdict: Verdict,
        found: Option<&str>,
        expect: Option<&str>,
        reason: Option<&str>,
    ) -> CheckResult {
        let text = |text: Option<&str>| text.map(str::to_owned);
        CheckResult {
            name: name.to_owned(),
            kind: if expect.is_some() { CheckKind::Profile } else { CheckKind::BuiltIn },
            query: None,
            expect: text(expect),
            found: text(found),
            verdict,
            reason: text(reason),
            items: Vec::new(),
            seconds: 0.1,
        }
    }

    #[test]
    fn an_answer_says_what_was_found_and_expected_once() {
        use Verdict::{Failed, Passed, Unchecked};
        for (check, words) in [
            (check("loans", Passed, Some("7"), Some(">= 5"), None), "found 7; expected >= 5"),
            (check("loans", Failed, Some("4"), Some(">= 5"), Some("found 4, expected >= 5")), "found 4, expected >= 5"),
            (check("loans", Failed, None, Some(">= 5"), Some("syntax error")), "expected >= 5; syntax error"),
            (
                check("loans", Unchecked, Some("4"), Some("= source"), Some("timed out")),
                "found 4; expected = source; timed out",
            ),
            (check("newest data", Failed, Some("noon"), None, Some("1 s too new")), "found noon; 1 s too new"),
            (check("writer", Passed, None, None, None), ""),
        ] {
            assert_eq!(answer(&check), words);
        }
    }

    #[test]
    fn the_causes_of_a_failure_are_its_checks_by_name() {
        let checks = vec![
            check("writer", Verdict::Passed, None, None, None),
            check("tables", Verdict::Failed, None, None, Some("missing: public.loans")),
            check("sequences", Verdict::Unchecked, None, None, Some("timed out")),
            check("indexes", Verdict::Failed, None, None, None),
        ];
        let proof = Proof { checks, newest: None };
        assert_eq!(causes(&proof, Verdict::Failed), ["tables: missing: public.loans", "indexes"]);
        assert_eq!(causes(&proof, Verdict::Unchecked), ["sequences: timed out"]);
    }
}
