//! A run's result as one JSON document: what `recover`, `resume` and their like print under `--output json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    facts::{self, Facts},
    next::next_steps,
};
use crate::{
    pg::CheckResult,
    run::{
        id::RunId,
        journal::History,
        record::{Outcome as End, Scope},
        state::{Direction, Stage, StepState},
        step::Failure,
    },
    steps::{brief::Source, step::Step},
};

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// The run.
    pub run: RunId,
    /// Where it is.
    pub outcome: Outcome,
    /// The database, as the person named it.
    pub database: String,
    /// The cluster being recovered, as the plan saw it.
    pub source: Source,
    /// The cluster made.
    pub target: Target,
    /// The time the data is from.
    pub requested_time: Timestamp,
    /// The last proof; none before there was one.
    pub proof: Option<ProofResult>,
    /// The application's move; none before it began.
    pub cutover: Option<CutoverResult>,
    /// RTO achieved: from the run's beginning to the application served, or to the proof where no pointer is moved.
    pub rto_seconds: Option<f64>,
    /// RPO achieved: from the newest data found to the time asked for.
    pub rpo_seconds: Option<f64>,
    /// The steps, in order.
    pub steps: Vec<StepResult>,
    /// Why the run is not recovered, where something failed.
    pub failure: Option<FailureResult>,
    /// What a person can do next, as commands.
    pub next: Vec<String>,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step is done.
    Recovered,
    /// As far as allowed.
    Stopped,
    /// The application is back where it was; the target is kept.
    RolledBack,
    /// All that the run made is gone.
    Undone,
    /// A person is needed.
    Stuck,
    /// Not at rest, and the last thing journaled is that its executor was asked to stop.
    Interrupted,
    /// Not at rest. Whether a process executes it, only the run's lease can tell.
    Running,
}

/// The cluster made. What is null was not seen; what is given was seen, and may have been removed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name, fixed in the plan.
    pub cluster: String,
    /// Its resource id.
    pub resource_id: Option<String>,
    /// Its writer endpoint.
    pub endpoint: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Its writer's name, fixed in the plan.
    pub writer: String,
}

/// The last proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofResult {
    /// How many checks passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many gave no answer.
    pub unchecked: usize,
    /// Each of them.
    pub checks: Vec<CheckResult>,
}

/// The application's move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoverResult {
    /// Where the step that moves it is.
    pub state: StepName,
    /// The secret's ARN.
    pub secret: String,
    /// The version that leads to the source.
    pub from_version: String,
    /// The version that leads to the target.
    pub to_version: String,
    /// Where clients landed when they followed the secret, as `host:port`.
    pub leads_to: Option<String>,
    /// When the move began.
    pub started: Timestamp,
    /// When clients were seen to land on the target.
    pub moved: Option<Timestamp>,
    /// When clients were seen to get the former version again.
    pub moved_back: Option<Timestamp>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// Its name.
    pub id: String,
    /// Where it is.
    pub state: StepName,
    /// When it, or its undo, last started.
    pub started: Option<Timestamp>,
    /// When it, or its undo, last ended.
    pub ended: Option<Timestamp>,
}

/// A step's state by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented at run::state::StepState")]
pub enum StepName {
    Pending,
    Started,
    Done,
    Failed,
    Undoing,
    Undone,
    UndoFailed,
}

/// Why a run is not recovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureResult {
    /// The step that failed, or could not be taken back.
    pub step: String,
    /// What failed and why.
    pub message: String,
    /// What caused it, outermost first.
    pub causes: Vec<String>,
    /// What can be done about it.
    pub hint: Option<String>,
}

impl RunResult {
    /// Reads the result from a journal.
    #[must_use]
    pub fn of(history: &History<Step>) -> Self {
        let facts = Facts::of(history);
        let state = &history.state;
        let brief = &state.plan.brief;
        Self {
            run: state.plan.run.clone(),
            outcome: Outcome::of(state.stage, facts.interrupted),
            database: state.plan.database.clone(),
            source: brief.source.clone(),
            target: Target {
                cluster: brief.target.cluster.clone(),
                resource_id: facts.restored.as_ref().map(|restored| restored.resource_id.clone()),
                endpoint: facts.writer.as_ref().map(|writer| writer.endpoint.clone()),
                port: facts.writer.as_ref().map(|writer| writer.port),
                writer: brief.target.writer.clone(),
            },
            requested_time: brief.requested_time,
            proof: facts.proof.as_ref().map(|(_, proof)| ProofResult {
                passed: proof.passed(),
                failed: proof.failed(),
                unchecked: proof.unchecked(),
                checks: proof.checks.clone(),
            }),
            cutover: facts.cutover.as_ref().map(CutoverResult::of),
            rto_seconds: facts::rto_seconds(history),
            rpo_seconds: facts::rpo_seconds(history, &facts),
            steps: state.steps.iter().map(StepResult::of).collect(),
            failure: facts.failure.map(|(step, failure)| FailureResult::of(step.0, failure)),
            next: next_steps(state).into_iter().map(|next| next.command).collect(),
        }
    }
}

impl Outcome {
    const fn of(stage: Stage, interrupted: bool) -> Self {
        match stage {
            Stage::Ended(End::Recovered) => Self::Recovered,
            Stage::Ended(End::RolledBack) => Self::RolledBack,
            Stage::Ended(End::Undone) => Self::Undone,
            Stage::Stopped(_) => Self::Stopped,
            Stage::Stuck(Direction::Forward | Direction::Back(Scope::Cutover | Scope::Everything)) => Self::Stuck,
            Stage::Going | Stage::TurningBack(_) if interrupted => Self::Interrupted,
            Stage::Going | Stage::TurningBack(_) => Self::Running,
        }
    }
}

impl CutoverResult {
    fn of(cutover: &facts::Cutover) -> Self {
        Self {
            state: cutover.state.into(),
            secret: cutover.step.secret.clone(),
            from_version: cutover.step.from_version.clone(),
            to_version: cutover.step.to_version.clone(),
            leads_to: cutover.leads_to.clone(),
            started: cutover.started,
            moved: cutover.moved,
            moved_back: cutover.moved_back,
        }
    }
}

impl StepResult {
    fn of(step: &crate::run::state::StepStatus) -> Self {
        Self { id: step.id.0.clone(), state: step.state.into(), started: step.started, ended: step.ended }
    }
}

impl FailureResult {
    fn of(step: String, failure: Failure) -> Self {
        let Failure { message, causes, hint } = failure;
        Self { step, message, causes, hint }
    }
}

impl From<StepState> for StepName {
    fn from(state: StepState) -> Self {
        match state {
            StepState::Pending => Self::Pending,
            StepState::Started => Self::Started,
            StepState::Done => Self::Done,
            StepState::Failed => Self::Failed,
            StepState::Undoing => Self::Undoing,
            StepState::Undone => Self::Undone,
            StepState::UndoFailed => Self::UndoFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        run::{record::Entry, step::Until},
        ui::testing::{Story, failed_proof, plan, plan_without_pointer},
    };

    fn result(story: Story) -> RunResult {
        RunResult::of(&story.history())
    }

    #[test]
    fn a_recovery_as_json() {
        let result = result(Story::begun().proven().moved().recovered());
        insta::assert_snapshot!(serde_json::to_string_pretty(&result).expect("JSON"), @r#"
        {
          "run": "20261120-150000-k3fa",
          "outcome": "recovered",
          "database": "loans",
          "source": {
            "cluster": "loanserve-prod-aurora",
            "resource_id": "cluster-SOURCE17",
            "region": "eu-west-1",
            "engine": "aurora-postgresql",
            "engine_version": "15.10",
            "endpoint": "loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com",
            "port": 5432
          },
          "target": {
            "cluster": "loanserve-prod-aurora-db-k3fa",
            "resource_id": "cluster-TARGET42",
            "endpoint": "loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com",
            "port": 5432,
            "writer": "loanserve-prod-aurora-db-k3fa-1"
          },
          "requested_time": "2026-11-20T14:22:05Z",
          "proof": {
            "passed": 2,
            "failed": 0,
            "unchecked": 1,
            "checks": [
              {
                "name": "writer",
                "kind": "built_in",
                "query": null,
                "expect": null,
                "found": "not in recovery",
                "verdict": "passed",
                "reason": null,
                "seconds": 0.25
              },
              {
                "name": "tables",
                "kind": "built_in",
                "query": null,
                "expect": null,
                "found": null,
                "verdict": "unchecked",
                "reason": "the source cannot be read: connect to the source: timed out",
                "seconds": 0.25
              },
              {
                "name": "loans exist",
                "kind": "profile",
                "query": "SELECT count(*) FROM loans",
                "expect": ">= 1000",
                "found": "48211",
                "verdict": "passed",
                "reason": null,
                "seconds": 0.25
              }
            ]
          },
          "cutover": {
            "state": "done",
            "secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf",
            "from_version": "v-before",
            "to_version": "v-after",
            "leads_to": "loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432",
            "started": "2026-11-20T15:14:21Z",
            "moved": "2026-11-20T15:14:23Z",
            "moved_back": null
          },
          "rto_seconds": 863.0,
          "rpo_seconds": 2.0,
          "steps": [
            {
              "id": "restore-cluster",
              "state": "done",
              "started": "2026-11-20T15:00:01Z",
              "ended": "2026-11-20T15:08:12Z"
            },
            {
              "id": "create-writer",
              "state": "done",
              "started": "2026-11-20T15:08:12Z",
              "ended": "2026-11-20T15:13:13Z"
            },
            {
              "id": "apply-settings",
              "state": "done",
              "started": "2026-11-20T15:13:13Z",
              "ended": "2026-11-20T15:13:23Z"
            },
            {
              "id": "prove",
              "state": "done",
              "started": "2026-11-20T15:13:23Z",
              "ended": "2026-11-20T15:14:05Z"
            },
            {
              "id": "lift-quarantine",
              "state": "done",
              "started": "2026-11-20T15:14:10Z",
              "ended": "2026-11-20T15:14:20Z"
            },
            {
              "id": "stage-secret",
              "state": "done",
              "started": "2026-11-20T15:14:20Z",
              "ended": "2026-11-20T15:14:21Z"
            },
            {
              "id": "move-secret",
              "state": "done",
              "started": "2026-11-20T15:14:21Z",
              "ended": "2026-11-20T15:14:23Z"
            },
            {
              "id": "watch",
              "state": "done",
              "started": "2026-11-20T15:14:23Z",
              "ended": "2026-11-20T15:19:23Z"
            },
            {
              "id": "tag-cluster",
              "state": "done",
              "started": "2026-11-20T15:19:23Z",
              "ended": "2026-11-20T15:19:25Z"
            },
            {
              "id": "settle",
              "state": "done",
              "started": "2026-11-20T15:19:25Z",
              "ended": "2026-11-20T15:19:40Z"
            }
          ],
          "failure": null,
          "next": [
            "daybreak rollback 20261120-150000-k3fa",
            "daybreak report 20261120-150000-k3fa"
          ]
        }
        "#);
        let read: RunResult = serde_json::from_value(json!(result)).expect("what was written is read");
        assert_eq!(read, result);
    }

    #[test]
    fn every_stage_has_its_outcome() {
        let until_proof = || Story::of(plan(), Until::Validated);
        for (story, outcome) in [
            (Story::begun(), "running"),
            (Story::begun().then(5, Entry::Interrupted { by: "SIGINT".to_owned() }), "interrupted"),
            (until_proof().proven().then(845, Entry::Stopped { after: Until::Validated }), "stopped"),
            (Story::rolled_back(), "rolled_back"),
            (Story::undone_restore(), "undone"),
            (Story::stuck_back(), "stuck"),
            (Story::begun().proven().moved().recovered(), "recovered"),
        ] {
            assert_eq!(json!(result(story).outcome), json!(outcome));
        }
    }

    #[test]
    fn an_application_moved_back_was_not_recovered_in_any_time() {
        let result = result(Story::rolled_back());
        assert_eq!(result.rto_seconds, None);
        assert_eq!(result.rpo_seconds, Some(2.0));
        let cutover = result.cutover.expect("a cutover was made");
        assert_eq!(cutover.state, StepName::Undone);
        assert!(cutover.moved < cutover.moved_back, "{cutover:?}");
        assert_eq!(result.failure.map(|failure| failure.step).as_deref(), Some("watch"));
    }

    #[test]
    fn without_a_pointer_the_proof_is_the_end_of_the_recovery() {
        let proven = result(Story::of(plan_without_pointer(), Until::Cutover).proven());
        assert_eq!((proven.rto_seconds, proven.cutover), (Some(845.0), None));
        assert_eq!(result(Story::begun().proven()).rto_seconds, None);
    }

    #[test]
    fn a_second_cutover_starts_with_a_clean_slate() {
        let again = Story::rolled_back()
            .then(2_000, Story::allowed(Until::Cutover))
            .done("lift-quarantine", 2_000, 2_010)
            .done("stage-secret", 2_010, 2_011)
            .done("move-secret", 2_011, 2_013);
        let result = result(again);
        assert_eq!((result.failure, result.rto_seconds), (None, Some(2_013.0)));
        assert_eq!(result.cutover.expect("a cutover was made").moved_back, None);
    }

    #[test]
    fn an_undo_that_failed_comes_before_what_led_to_it() {
        let failure = result(Story::stuck_back()).failure.expect("it failed");
        assert_eq!((failure.step.as_str(), failure.causes.len(), failure.hint.is_some()), ("move-secret", 1, true));
    }

    #[test]
    fn a_failed_proof_is_evidence_too() {
        let story = Story::begun()
            .done("restore-cluster", 1, 492)
            .done("create-writer", 492, 793)
            .done("apply-settings", 793, 803)
            .then(803, Story::started("prove"))
            .then(845, Story::noted("prove", json!(failed_proof())));
        let proof = result(story).proof.expect("it was proven");
        assert_eq!((proof.passed, proof.failed, proof.unchecked), (1, 1, 1));
    }

    #[test]
    fn data_from_after_the_requested_time_is_no_rpo() {
        let mut proof = failed_proof();
        proof.newest = Some("2026-11-20T14:22:06Z".parse().expect("a time"));
        let story = Story::begun()
            .done("restore-cluster", 1, 492)
            .done("create-writer", 492, 793)
            .done("apply-settings", 793, 803)
            .then(803, Story::started("prove"))
            .then(845, Story::noted("prove", json!(proof)));
        assert_eq!(result(story).rpo_seconds, None);
    }
}
