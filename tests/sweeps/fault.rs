//! One fault at each call, of each kind, and faults throughout: an operation completes, or ends taken back with nothing left, or is
//! stuck and says what is true. Asked again without the fault, it always completes.

use std::collections::BTreeMap;

use aws_sdk_rds::types::Tag;
use serde_json::{Value, json};

use crate::{
    ground::{Ground, Keeper},
    model::{self, Models},
    operation::{Operation, State},
    runner::{self, Case, Total},
    settings::Settings,
    support::daybreak::Ended,
    world::{World, difference},
};

/// What befalls an operation.
#[derive(Debug, Clone)]
enum Fault {
    /// The n-th call that changes something.
    Change(usize, &'static str),
    /// The n-th call of any kind.
    Call(usize, &'static str),
    /// A fifth of all calls, by this seed.
    Throughout(u64),
}

/// What a call that changes something can meet, with and without its effect.
const OF_CHANGES: [&str; 5] = ["500", "500-after", "drop-before", "drop-after", "access-denied"];
/// The client gives up on an answer after half a minute; a throttled one slows all of its calls down.
const SLOW: [&str; 3] = ["hold-before", "hold-after", "throttle"];
/// What a call that only reads can meet.
const OF_READS: [&str; 4] = ["500", "drop-before", "stale", "access-denied"];
/// How a run says that AWS did not let it take something back for which nobody waits.
const KEPT_LABEL: &str = "AWSPREVIOUS is on the version that led to the target";
const KEPT_TAGS: &str = " keeps them: ";
/// How likely each of four kinds is, so that a fifth of all calls is struck.
const SHARE: f64 = 0.055;

/// How many changes of each operation are struck with state in S3, where every record is one.
const IN_S3: usize = 5;

/// One round: every change meets every kind, and faults throughout; slow kinds, reads and changes with state in S3 are chosen by the
/// seed, unless soaked.
pub(crate) fn round(settings: &Settings) -> Total {
    let mut chains = Vec::new();
    let mut number = 0;
    for keeper in [Keeper::Directory, Keeper::Bucket] {
        let models = model::observed(keeper);
        let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
        for operation in Operation::ALL {
            let mut faults = faults(operation, &models, settings);
            if keeper == Keeper::Bucket && !settings.soak {
                faults.retain(|fault| matches!(fault, Fault::Change(_, kind) if OF_CHANGES.contains(kind)));
                settings.chance(number).shuffle(&mut faults);
                faults.truncate(IN_S3);
            }
            for fault in faults {
                number += 1;
                lanes.entry(operation).or_default().push(case(number, keeper, operation, fault, models.clone()));
            }
        }
        chains.extend(model::woven(lanes));
    }
    runner::run("fault", settings, chains)
}

fn faults(operation: Operation, models: &Models, settings: &Settings) -> Vec<Fault> {
    let (model, mut chance) = (&models[operation], settings.chance(operation as usize));
    let mut faults = Vec::new();
    for nth in 1..=model.changes {
        faults.extend(OF_CHANGES.map(|kind| Fault::Change(nth, kind)));
        let slow = chance.usize(..SLOW.len() * 2);
        for (at, kind) in SLOW.into_iter().enumerate() {
            if settings.soak || at == slow {
                faults.push(Fault::Change(nth, kind));
            }
        }
    }
    for nth in 1..=model.calls {
        let chosen = chance.usize(..OF_READS.len() * 5);
        for (at, kind) in OF_READS.into_iter().enumerate() {
            if settings.soak || at == chosen {
                faults.push(Fault::Call(nth, kind));
            }
        }
    }
    let throughout = if settings.soak { 40 } else { 4 };
    faults.extend((0..throughout).map(|_| Fault::Throughout(chance.u64(..1 << 32))));
    faults
}

impl Fault {
    /// Whether asking again would not help.
    fn denies(&self) -> bool {
        matches!(self, Self::Change(_, kind) | Self::Call(_, kind) if *kind == "access-denied")
    }

    fn rules(&self, key: &str) -> Value {
        let rule = |more: Value| {
            let mut rule = json!({ "service": "*", "action": "*", "identity": key });
            let more = more.as_object().expect("an object").clone();
            rule.as_object_mut().expect("an object").extend(more);
            rule
        };
        match self {
            Self::Change(nth, kind) => json!([rule(json!({ "nth": nth, "kind": kind, "reads": false }))]),
            Self::Call(nth, kind) => json!([rule(json!({ "nth": nth, "kind": kind }))]),
            Self::Throughout(seed) => {
                let kinds = ["500", "500-after", "drop-before", "drop-after"].into_iter().zip(*seed..);
                kinds.map(|(kind, seed)| rule(json!({ "probability": SHARE, "seed": seed, "kind": kind }))).collect()
            }
        }
    }
}

fn case(number: usize, keeper: Keeper, operation: Operation, fault: Fault, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} with state in a {keeper:?} meets {fault:?}"),
        run: Box::new(move |place| {
            let ground = place.get_or_insert_with(|| Ground::new(keeper));
            let arguments = ground.ready_for(operation);
            let before = World::of(&ground.scene, &ground.runs, &ground.status());
            let (lab, key) = (ground.scene.lab, ground.scene.identity().to_owned());
            lab.faults(&fault.rules(&key));
            let ended = ground.call(&arguments);
            let struck: u64 = lab.rules(Some(&key)).iter().filter_map(|rule| rule["hits"].as_u64()).sum();
            lab.forgive(&key);
            // How often a lease in S3 is renewed is a matter of time.
            let certain = keeper == Keeper::Directory && matches!(fault, Fault::Change(..));
            assert!(struck > 0 || !certain, "no call was struck");
            told_the_truth(ground, operation, &ended, &before, &models);
            let told = ground.remarks();
            let kept = told.contains(KEPT_LABEL) || told.contains(KEPT_TAGS);
            assert!(!kept || fault.denies(), "given up although it may pass: {told}");
            converges(ground, operation, &ended, &arguments, &models);
            if kept {
                // Not what the next case begins with.
                *place = None;
            }
        }),
    }
}

/// What is true of the world must be what the run says of it, however it ended.
fn told_the_truth(ground: &Ground, operation: Operation, ended: &Ended, before: &World, models: &Models) {
    let status = ground.status();
    let found = World::of(&ground.scene, &ground.runs, &status);
    let told = ground.remarks();
    let like = |expected: &World| {
        let [expected, found] = [&expected.real, &found.real].map(|real| without_remains(real, &told));
        assert!(expected == found, "another world than told:\n{}\n{ended}", difference(&expected, &found));
    };
    let outcome = status["outcome"].as_str();
    match (ended.code, outcome) {
        (Some(0), _) => {
            let after = &models[operation].after;
            assert!(found.told == after.told, "another story:\n{}", difference(&after.told, &found.told));
            like(after);
        }
        (Some(1), Some("undone")) if operation == Operation::Recover => like(&models[Operation::Cancel].after),
        // The last step protects the target. One that was never recovered is not protected.
        (Some(1), Some("rolled_back")) if operation == Operation::Recover => like(&models.validated),
        (Some(1), Some("rolled_back")) if operation == Operation::Cutover => like(&models[Operation::Rollback].after),
        (Some(3), _) => {
            assert!(ended.stderr.contains("\n  now: "), "what is true: {ended}");
            like(before);
        }
        // The state could not be written: what was begun is recorded.
        (Some(5), _) if ground.keeper() == Keeper::Bucket => {
            assert!(ended.stderr.contains("daybreak resume "), "how to go on: {ended}");
        }
        (Some(4), Some("stuck")) => {
            assert!(status["failure"].is_object(), "why it is stuck: {status:#}");
            assert!(status["next"].as_array().is_some_and(|next| !next.is_empty()), "what to do: {status:#}");
            agrees(ground, &status);
        }
        (code, outcome) => panic!("{operation:?} ended with {code:?}, told as {outcome:?}: {ended}"),
    }
    ground.assert_made_once();
}

/// The world without what may remain: a version that lost its label and is on its way out, and what AWS did not let daybreak
/// take back and it said so.
fn without_remains(real: &str, told: &str) -> String {
    let mut real = real.to_owned();
    if told.contains(KEPT_LABEL) {
        real = real.replace("the run's: [\"AWSPREVIOUS\"]", "the run's: []");
    }
    if told.contains(KEPT_TAGS) {
        for (key, value) in [("environment", "production"), ("team", "loans")] {
            let tag = format!("{:#?},", Tag::builder().key(key).value(value).build());
            let indented: String = tag.lines().map(|line| format!("            {line}\n")).collect();
            real = real.replace(&indented, "");
        }
    }
    real.lines()
        .filter(|line| !line.starts_with("secret version, the run's: []"))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A stuck run's own account of its target and of the application against the lab's.
fn agrees(ground: &Ground, status: &Value) {
    let named = ground.run();
    let there = ground.scene.lab.aws.find_cluster(&named.target);
    if there.is_some() {
        assert_eq!(status["target"]["exists"], json!(true), "there is a target: {status:#}");
    }
    let state = |step: &str| {
        let steps = status["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        steps.iter().find(|one| one["id"] == step).and_then(|one| one["state"].as_str()).map(str::to_owned)
    };
    let host = ground.scene.application().host;
    match state("move-secret").as_deref() {
        Some("done") => assert_eq!(Some(host.as_str()), there.as_ref().and_then(|cluster| cluster.endpoint())),
        Some("pending" | "undone") => assert_eq!(host, ground.scene.source.sql.host),
        // Under way: either.
        _ => {}
    }
}

/// Without the fault the operation completes.
fn converges(ground: &mut Ground, operation: Operation, ended: &Ended, arguments: &[String], models: &Models) {
    match ended.code {
        Some(0) => ground.state = operation.end(),
        Some(1) => {
            let undone = ground.status()["outcome"] == "undone";
            ground.state = if undone { State::Nothing } else { State::RolledBack };
            let again = if undone { Operation::Recover } else { Operation::Cutover };
            let arguments = ground.ready_for(again);
            let ended = ground.call(&arguments);
            assert_eq!(ended.code, Some(0), "asked again: {ended}");
            ground.assert_like(&models[again].after, again);
        }
        _ => {
            let ended = ground.go_on(arguments);
            assert_eq!(ended.code, Some(0), "gone on with: {ended}");
            ground.assert_like(&models[operation].after, operation);
        }
    }
}
