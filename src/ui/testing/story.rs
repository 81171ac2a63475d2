//! Histories, told record by record.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    plans::{TARGET, WRITER, plan},
    proofs::proof,
};
use crate::{
    run::{
        id::RunId,
        journal::History,
        plan::{Actor, Plan},
        record::{Consequence, Entry, FORMAT, Outcome, Record, Scope},
        state::RunState,
        step::{Failure, StepId, Until},
    },
    steps::step::Step,
};

/// When every story's run begins.
const BEGUN: &str = "2026-11-20T15:00:00Z";
/// The run of every story.
pub(super) const RUN: &str = "20261120-150000-k3fa";

/// The time `seconds` after the run began.
pub(crate) fn after(seconds: i64) -> Timestamp {
    time(BEGUN) + SignedDuration::from_secs(seconds)
}

/// A time as text.
pub(super) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Who does everything.
pub(super) fn actor() -> Actor {
    Actor {
        who: "ann@bastion".to_owned(),
        identity: Some("arn:aws:sts::123456789012:assumed-role/oncall/ann".to_owned()),
        version: "0.1.0".to_owned(),
    }
}

/// A run, told record by record.
pub(crate) struct Story {
    records: Vec<Record<Step>>,
    state: RunState<Step>,
}

impl Story {
    /// A run of [`plan`] that may go to its end.
    pub(crate) fn begun() -> Self {
        Self::of(plan(), Until::Cutover)
    }

    /// A run of `plan` that may go as far as `until`.
    pub(crate) fn of(plan: Plan<Step>, until: Until) -> Self {
        let entry = Entry::Begun { plan: Box::new(plan), until, by: actor() };
        let record = Record { format: FORMAT, run: run(), number: 0, at: time(BEGUN), previous: None, entry };
        let state = RunState::begin(&record).expect("a journal begins with a plan");
        Self { records: vec![record], state }
    }

    /// The same, and `seconds` after its beginning `entry`.
    pub(crate) fn then(mut self, seconds: i64, entry: Entry<Step>) -> Self {
        let number = self.records.len() as u64;
        let record = Record { format: FORMAT, run: run(), number, at: after(seconds), previous: None, entry };
        self.state.apply(&record).expect("a possible story");
        self.records.push(record);
        self
    }

    /// The same, and step `id` from its start to its end.
    pub(crate) fn done(self, id: &str, from: i64, to: i64) -> Self {
        let started = self.then(from, Self::started(id));
        let noted = if id == "prove" { started.then(to, Self::noted("prove", json!(proof()))) } else { started };
        noted.then(to, Self::finished(id))
    }

    /// The same up to a proven target: 15 minutes.
    pub(crate) fn proven(self) -> Self {
        self.done("restore-cluster", 1, 492)
            .done("create-writer", 492, 793)
            .done("apply-settings", 793, 803)
            .done("prove", 803, 845)
    }

    /// The same with the application moved.
    pub(crate) fn moved(self) -> Self {
        self.done("lift-quarantine", 850, 860).done("stage-secret", 860, 861).done("move-secret", 861, 863)
    }

    /// The same to the recovered end.
    pub(crate) fn recovered(self) -> Self {
        self.done("watch", 863, 1163)
            .done("tag-cluster", 1163, 1165)
            .done("settle", 1165, 1180)
            .then(1180, Entry::Ended { outcome: Outcome::Recovered })
    }

    /// The same with step `id` taken back.
    pub(crate) fn undone(self, id: &str, from: i64, to: i64) -> Self {
        let how = match id {
            "move-secret" => "clients get version v-before again",
            "restore-cluster" => "cluster loanserve-prod-aurora-db-k3fa is gone",
            _ => "it is as it was",
        };
        let step = StepId::from(id);
        self.then(from, Entry::UndoStarted { step: step.clone() })
            .then(to, Entry::UndoFinished { step, how: how.to_owned() })
    }

    /// A recovery that the watch rolled back.
    pub(crate) fn rolled_back() -> Self {
        Self::begun()
            .proven()
            .moved()
            .then(863, Self::started("watch"))
            .then(880, Self::noted("watch", json!({ "failing": "GET https://api.example.com/health: 503" })))
            .then(
                885,
                Self::failed(
                    "watch",
                    "watch the application: 3 of 3 probe rounds in a row failed",
                    Consequence::TurnBack(Scope::Cutover),
                ),
            )
            .undone("move-secret", 885, 886)
            .undone("stage-secret", 886, 887)
            .undone("lift-quarantine", 887, 897)
            .then(897, Entry::Ended { outcome: Outcome::RolledBack })
    }

    /// A rollback whose pointer could not be moved.
    pub(crate) fn stuck_back() -> Self {
        let failure = Failure {
            causes: vec!["request id 7d1c".to_owned()],
            ..Failure::new("move secret prod/loans/db back to version v-before: secretsmanager UpdateSecretVersionStage: AccessDenied")
                .hint("allow secretsmanager:UpdateSecretVersionStage (policy bundle cutover-secret)")
        };
        Self::begun()
            .proven()
            .moved()
            .then(863, Self::started("watch"))
            .then(
                885,
                Self::failed(
                    "watch",
                    "watch the application: 3 of 3 probe rounds in a row failed",
                    Consequence::TurnBack(Scope::Cutover),
                ),
            )
            .then(885, Entry::UndoStarted { step: StepId::from("move-secret") })
            .then(886, Entry::UndoFailed { step: StepId::from("move-secret"), failure })
    }

    /// A restore that failed and was undone.
    pub(crate) fn undone_restore() -> Self {
        Self::begun()
            .then(1, Self::started("restore-cluster"))
            .then(
                400,
                Self::failed(
                    "restore-cluster",
                    "restore cluster: it is restore-failed: no capacity",
                    Consequence::TurnBack(Scope::Everything),
                ),
            )
            .undone("restore-cluster", 400, 430)
            .then(430, Entry::Ended { outcome: Outcome::Undone })
    }

    /// `id` starts.
    pub(crate) fn started(id: &str) -> Entry<Step> {
        Entry::Started { step: StepId::from(id) }
    }

    /// `id` notes something.
    pub(crate) fn noted(id: &str, note: Value) -> Entry<Step> {
        Entry::Noted { step: StepId::from(id), note }
    }

    /// `id` waits.
    pub(crate) fn awaiting(id: &str, on: &str) -> Entry<Step> {
        Entry::Awaiting { step: StepId::from(id), on: on.to_owned() }
    }

    /// `id` is done, and leaves what the real step leaves.
    pub(crate) fn finished(id: &str) -> Entry<Step> {
        let output = match id {
            "restore-cluster" => json!({
                "identifier": TARGET,
                "arn": format!("arn:aws:rds:eu-west-1:123456789012:cluster:{TARGET}"),
                "resource_id": "cluster-TARGET42",
                "requested_at": "2026-11-20T15:00:01Z",
            }),
            "create-writer" => json!({
                "identifier": WRITER,
                "arn": format!("arn:aws:rds:eu-west-1:123456789012:db:{WRITER}"),
                "resource_id": "db-TARGET42",
                "endpoint": format!("{TARGET}.cluster-c1.eu-west-1.rds.amazonaws.com"),
                "port": 5432,
            }),
            "prove" => json!({ "passed": 2, "unchecked": 1, "newest": "2026-11-20T14:22:03Z" }),
            "move-secret" => {
                json!({ "version": "v-after", "host": format!("{TARGET}.cluster-c1.eu-west-1.rds.amazonaws.com"), "port": 5432, "landed": {} })
            }
            "move-record" | "await-record" => {
                json!({ "host": format!("{TARGET}.cluster-c1.eu-west-1.rds.amazonaws.com"), "port": 5432 })
            }
            _ => json!({}),
        };
        Entry::Finished { step: StepId::from(id), output }
    }

    /// `id` fails.
    pub(crate) fn failed(id: &str, message: &str, then: Consequence) -> Entry<Step> {
        Entry::Failed { step: StepId::from(id), failure: Failure::new(message), then }
    }

    /// A person lets the run go on.
    pub(crate) fn allowed(until: Until) -> Entry<Step> {
        Entry::Allowed { until, by: actor() }
    }

    /// A person takes the run back.
    pub(crate) fn turned_back(scope: Scope) -> Entry<Step> {
        Entry::TurnedBack { scope, final_snapshot: None, loss: None, by: actor() }
    }

    /// A person has the target removed.
    pub(crate) fn removing(final_snapshot: Option<&str>) -> Entry<Step> {
        Entry::Removing { final_snapshot: final_snapshot.map(str::to_owned), by: actor() }
    }

    /// The run's history.
    pub(crate) fn history(self) -> History<Step> {
        History { records: self.records, state: self.state, digest: String::new() }
    }
}

/// A person lets a stuck run try again.
pub(crate) fn retried() -> Entry<Step> {
    Entry::Retried { by: actor() }
}

/// The run's id.
pub(super) fn run() -> RunId {
    RUN.parse().expect("a run id")
}
