//! Killed after every record and around every call that changes something, and resumed, every operation ends as if nobody had
//! disturbed it.

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    ground::{Ground, Keeper, Operation},
    runner::{self, Case, Chain, Total},
    settings::Settings,
    support::daybreak::Ended,
    world::World,
};

/// Where a process is killed; counted from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// While the n-th call that changes something is on its way.
    Before(usize),
    /// When it has had its effect, and the process does not know.
    After(usize),
    /// As soon as it has written so many records.
    Record(usize),
    /// While the n-th call of any kind is on its way.
    AnyCall(usize),
}

/// What an undisturbed operation does and leaves.
struct Model {
    changes: usize,
    calls: usize,
    records: usize,
    after: World,
}

type Models = Arc<BTreeMap<Operation, Model>>;

/// One round: every point of every operation once, every second one with a second kill during the resume.
pub(crate) fn round(settings: &Settings) -> Total {
    let models = Arc::new(models());
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = 0;
    for operation in Operation::ALL {
        for (at, point) in points(&models[&operation], settings.soak).into_iter().enumerate() {
            number += 1;
            let mut chance = settings.chance(number);
            let further = match (settings.soak, at % 2) {
                (true, _) => chance.usize(0..4),
                (false, odd) => odd,
            };
            let mut kills = vec![point];
            kills.extend((0..further).map(|_| any(&models[&operation], &mut chance)));
            lanes.entry(operation).or_default().push(case(number, operation, kills, Arc::clone(&models)));
        }
    }
    runner::run("kill", settings, woven(lanes))
}

/// What each operation does and leaves when nobody disturbs it.
fn models() -> BTreeMap<Operation, Model> {
    let mut ground = Ground::new(Keeper::Directory);
    let mut models = BTreeMap::new();
    for operation in [Operation::Recover, Operation::Rollback, Operation::Cutover, Operation::Rollback, Operation::Cancel] {
        let arguments = ground.ready_for(operation);
        let count = |ground: &Ground| {
            (ground.changes(), ground.scene.lab.calls(ground.scene.identity()).len(), ground.records())
        };
        let before = count(&ground);
        let ended = ground.call(&arguments);
        assert_eq!(ended.code, Some(0), "undisturbed: {ended}");
        let after = count(&ground);
        ground.state = operation.end();
        let model = Model {
            changes: after.0 - before.0,
            calls: after.1 - before.1,
            records: after.2 - before.2,
            after: World::of(&ground.scene, &ground.runs, &ground.status()),
        };
        models.insert(operation, model);
    }
    models
}

fn points(model: &Model, soak: bool) -> Vec<Point> {
    let changes = (1..=model.changes).flat_map(|n| [Point::Before(n), Point::After(n)]);
    let mut points: Vec<Point> = changes.chain((1..=model.records).map(Point::Record)).collect();
    if soak {
        points.extend((1..=model.calls).map(Point::AnyCall));
    }
    points
}

fn any(model: &Model, chance: &mut fastrand::Rng) -> Point {
    let all = points(model, true);
    all[chance.usize(..all.len())]
}

/// Chains that each recover once, so that the operations after it need no restore of their own.
fn woven(mut lanes: BTreeMap<Operation, Vec<Case<Ground>>>) -> Vec<Chain<Ground>> {
    let mut chains: Vec<Chain<Ground>> = Vec::new();
    lanes.values_mut().for_each(|lane| lane.reverse());
    while lanes.values().any(|lane| !lane.is_empty()) {
        let order = [Operation::Recover, Operation::Rollback, Operation::Cutover, Operation::Rollback, Operation::Cancel];
        chains.push(order.iter().filter_map(|operation| lanes.get_mut(operation)?.pop()).collect());
    }
    chains
}

fn case(number: usize, operation: Operation, kills: Vec<Point>, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} killed at {kills:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::Directory));
            let arguments = ground.ready_for(operation);
            let mut next = arguments.clone();
            for kill in kills {
                match killed(ground, &next, kill) {
                    None => next = ground.resume(),
                    // A resume that had nothing to do, or ended before the point was reached.
                    Some(_) => break,
                }
            }
            ground.go_on(&arguments);
            ground.assert_like(&models[&operation].after, operation);
        }),
    }
}

/// Starts daybreak and kills it at that point; how it ended, where it ended before.
fn killed(ground: &mut Ground, arguments: &[String], point: Point) -> Option<Ended> {
    let (lab, key) = (ground.scene.lab, ground.scene.identity().to_owned());
    let hold = |kind: &str, nth: usize| json!([{ "service": "*", "action": "*", "kind": kind, "identity": key, "nth": nth }]);
    let changing = |mut rules: serde_json::Value| {
        rules[0]["reads"] = json!(false);
        rules
    };
    match point {
        Point::Before(nth) => lab.faults(&changing(hold("hold-before", nth))),
        Point::After(nth) => lab.faults(&changing(hold("hold-after", nth))),
        Point::AnyCall(nth) => lab.faults(&hold("hold-before", nth)),
        Point::Record(_) => {}
    }
    let records = ground.records();
    let mut process = ground.start(arguments);
    let ended = loop {
        if let Some(status) = process.try_wait().expect("daybreak's end") {
            break status.code();
        }
        let reached = match point {
            Point::Record(count) => ground.records() >= records + count,
            _ => lab.holds(&key),
        };
        if reached {
            let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process id");
            // It has not been waited for, so its id is nobody else's.
            kill_process(pid, Signal::KILL).expect("kill daybreak");
            process.wait().expect("daybreak's end");
            break None;
        }
        if matches!(point, Point::Record(_)) {
            thread::park_timeout(Duration::from_millis(1));
        }
    };
    lab.remove_faults(&key);
    let streams = ground.scene.streams(ended);
    ground.note(&format!("{} (to be killed at {point:?})", arguments.join(" ")), &streams);
    ended.map(|_| streams)
}
