//! What tests of displays and reports share: a buffer that is a screen, a clock that stands still, and stories: histories
//! built record by record, through the same transition function as real ones.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::printer::Terminal;
use crate::{
    aws::{
        rds::{
            model::Tag,
            requests::{self, RestoreClusterToPointInTime},
        },
        secrets::requests::PutVersion,
    },
    pg::{CheckKind, CheckResult, Proof, Verdict},
    run::{
        clock::Clock,
        id::RunId,
        journal::History,
        plan::{Actor, FORMAT as PLAN_FORMAT, Plan, Planned},
        record::{Consequence, Entry, FORMAT, Outcome, Record, Scope},
        state::RunState,
        step::{Failure, StepId, Until},
    },
    steps::{
        access::{Access, Credentials},
        add_tags::{AddTags, Tagged},
        brief::{Brief, Pointer, Setting, Source, Target, Window},
        create_instance::{CreateInstance, Role},
        modify_cluster::{ModifyCluster, Purpose},
        move_secret::MoveSecret,
        prove::{Comparison, Prove, Question, Questions},
        restore_cluster::RestoreCluster,
        stage_secret::StageSecret,
        step::Step,
        watch::Watch,
    },
};

/// When every story's run begins.
pub(crate) const BEGUN: &str = "2026-11-20T15:00:00Z";
/// The run of every story.
pub(crate) const RUN: &str = "20261120-150000-k3fa";
const SOURCE: &str = "loanserve-prod-aurora";
const TARGET: &str = "loanserve-prod-aurora-db-k3fa";
const WRITER: &str = "loanserve-prod-aurora-db-k3fa-1";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf";
const REQUESTED: &str = "2026-11-20T14:22:05Z";

/// A buffer that can be read while it is written to.
#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    /// What was written so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no writer panicked").clone()).expect("UTF-8")
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal without colour, in ASCII.
pub(crate) fn terminal(width: usize) -> Terminal {
    Terminal { stdout_tty: true, stderr_tty: true, stdin_tty: true, width, colour: false, unicode: false }
}

/// A clock set by hand.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    /// Stands `seconds` after the run began.
    pub(crate) fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(after(seconds))))
    }

    /// Moves to `seconds` after the run began.
    pub(crate) fn set(&self, seconds: i64) {
        *self.0.lock().expect("no holder panicked") = after(seconds);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder panicked")
    }

    async fn sleep(&self, _: Duration) {}

    fn jitter(&self) -> f64 {
        0.0
    }
}

/// Whether `line` holds a word so long that no line of `columns` has room for it beside a label.
pub(crate) fn has_long_word(line: &str, columns: usize) -> bool {
    line.split(' ').any(|word| super::words::width(word) > columns / 2)
}

/// The time `seconds` after the run began.
pub(crate) fn after(seconds: i64) -> Timestamp {
    time(BEGUN) + SignedDuration::from_secs(seconds)
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn actor() -> Actor {
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
        Entry::TurnedBack { scope, by: actor() }
    }

    /// The run's history.
    pub(crate) fn history(self) -> History<Step> {
        History { records: self.records, state: self.state, digest: String::new() }
    }
}

fn run() -> RunId {
    RUN.parse().expect("a run id")
}

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
    proof.checks[2].reason = Some("17 is less than 1000".to_owned());
    proof
}

/// A recovery with quarantine, secret and watch.
pub(crate) fn plan() -> Plan<Step> {
    let tags = vec![Tag { key: "daybreak:run".to_owned(), value: RUN.to_owned() }];
    let access = Access {
        credentials: Credentials::Secret { id: SECRET.to_owned(), url_key: None },
        database: None,
        via: None,
        ca: None,
        connect_timeout_ms: 10_000,
    };
    let modify = |groups: &[&str], protection| requests::ModifyCluster {
        db_cluster_identifier: TARGET.to_owned(),
        apply_immediately: true,
        vpc_security_group_ids: groups.iter().map(|group| (*group).to_owned()).collect(),
        deletion_protection: protection,
        ..Default::default()
    };
    let steps = [
        (
            21_600,
            Step::RestoreCluster(RestoreCluster {
                request: RestoreClusterToPointInTime {
                    db_cluster_identifier: TARGET.to_owned(),
                    source_db_cluster_identifier: Some(SOURCE.to_owned()),
                    restore_type: Some("full-copy".to_owned()),
                    restore_to_time: Some(time(REQUESTED)),
                    port: Some(5432),
                    vpc_security_group_ids: vec!["sg-quarantine".to_owned()],
                    deletion_protection: Some(false),
                    tags: tags.clone(),
                    ..Default::default()
                },
            }),
        ),
        (
            7_200,
            Step::CreateInstance(CreateInstance {
                role: Role::Writer,
                request: requests::CreateInstance {
                    db_instance_identifier: WRITER.to_owned(),
                    db_cluster_identifier: TARGET.to_owned(),
                    db_instance_class: "db.r6g.large".to_owned(),
                    engine: "aurora-postgresql".to_owned(),
                    publicly_accessible: Some(false),
                    tags,
                    ..Default::default()
                },
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::ApplySettings,
                request: requests::ModifyCluster {
                    preferred_maintenance_window: Some("sun:03:00-sun:03:30".to_owned()),
                    ..modify(&[], None)
                },
                back: None,
            }),
        ),
        (
            7_200,
            Step::Prove(Prove {
                cluster: TARGET.to_owned(),
                access: access.clone(),
                source: Comparison::Without("the profile says so".to_owned()),
                requested_time: time(REQUESTED),
                questions: Questions {
                    checks: vec![Question {
                        name: "loans exist".to_owned(),
                        query: "SELECT count(*) FROM loans".to_owned(),
                        expect: ">= 1000".to_owned(),
                        timeout_seconds: None,
                    }],
                    tables: Vec::new(),
                    newest: None,
                    newest_within_seconds: None,
                    statement_timeout_seconds: 300,
                    lock_timeout_seconds: 10,
                },
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::LiftQuarantine,
                request: modify(&["sg-app"], None),
                back: Some(modify(&["sg-quarantine"], None)),
            }),
        ),
        (
            300,
            Step::StageSecret(StageSecret {
                from_version: "v-before".to_owned(),
                put: PutVersion {
                    secret_id: SECRET.to_owned(),
                    client_request_token: "v-after".to_owned(),
                    version_stages: vec!["daybreak-k3fa".to_owned()],
                },
                cluster: TARGET.to_owned(),
                access: access.clone(),
                url_key: None,
            }),
        ),
        (
            300,
            Step::MoveSecret(MoveSecret {
                secret: SECRET.to_owned(),
                from_version: "v-before".to_owned(),
                to_version: "v-after".to_owned(),
                staging_label: "daybreak-k3fa".to_owned(),
                cluster: TARGET.to_owned(),
                access: access.clone(),
                url_key: None,
            }),
        ),
        (
            900,
            Step::Watch(Watch {
                for_seconds: 300,
                interval_ms: 5_000,
                failures: 3,
                sql: Vec::new(),
                http: vec!["https://api.example.com/health".parse().expect("a URL")],
                http_timeout_ms: 2_000,
                access,
            }),
        ),
        (
            1_800,
            Step::AddTags(AddTags {
                to: Tagged::Cluster,
                name: TARGET.to_owned(),
                tags: vec![Tag { key: "env".to_owned(), value: "prod".to_owned() }],
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::Settle,
                request: modify(&[], Some(true)),
                back: None,
            }),
        ),
    ];
    Plan {
        format: PLAN_FORMAT,
        run: run(),
        recipe: "point-in-time".to_owned(),
        database: "loans".to_owned(),
        made_at: time("2026-11-20T14:59:50Z"),
        made_by: actor(),
        brief: brief(),
        steps: steps.into_iter().map(|(deadline_seconds, step)| Planned { deadline_seconds, step }).collect(),
    }
}

/// The same without a pointer: nothing follows the target by itself.
pub(crate) fn plan_without_pointer() -> Plan<Step> {
    let mut plan = plan();
    plan.steps.retain(|planned| !matches!(planned.step, Step::StageSecret(_) | Step::MoveSecret(_) | Step::Watch(_)));
    plan.brief.pointer = None;
    plan
}

fn brief() -> Brief {
    let setting = |name: &str, source: &str, default: &str, target: &str, when: &str| Setting {
        name: name.to_owned(),
        source: source.to_owned(),
        default: default.to_owned(),
        target: target.to_owned(),
        when: when.to_owned(),
    };
    Brief {
        source: Source {
            cluster: SOURCE.to_owned(),
            resource_id: "cluster-SOURCE17".to_owned(),
            region: "eu-west-1".to_owned(),
            engine: "aurora-postgresql".to_owned(),
            engine_version: Some("15.10".to_owned()),
            endpoint: Some(format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com")),
            port: Some(5432),
        },
        target: Target { cluster: TARGET.to_owned(), writer: WRITER.to_owned() },
        requested_time: time(REQUESTED),
        window: Window { earliest: time("2026-11-13T15:00:00Z"), latest: time("2026-11-20T14:56:10Z") },
        given_up_seconds: 2_265,
        quarantine: vec!["sg-quarantine".to_owned()],
        settings: vec![
            setting("subnet group", "loans-subnets", "default", "loans-subnets", "at restore"),
            setting("backup retention", "7 days", "the source's", "7 days", "at restore"),
            setting(
                "security groups",
                "sg-app",
                "the VPC's default group",
                "sg-quarantine until proven, then sg-app",
                "at cutover",
            ),
            setting("IAM roles", "arn:aws:iam::123456789012:role/aurora-s3-export", "none", "none", "not carried over"),
        ],
        pointer: Some(Pointer {
            secret: "prod/loans/db".to_owned(),
            arn: SECRET.to_owned(),
            version: "v-before".to_owned(),
            points_at: format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com:5432"),
        }),
        point_of_no_return: Some("settle".to_owned()),
        policies: ["observe", "restore", "validate", "cutover-secret", "state"].map(str::to_owned).to_vec(),
        warnings: vec!["not carried over to the target: IAM roles".to_owned()],
    }
}
