//! Killed after every record and around every call that changes something, and resumed, every operation ends as if nobody had
//! disturbed it.

use std::{collections::BTreeMap, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    ground::{Ground, Keeper, Operation},
    model::{self, Model, Models},
    runner::{self, Case, Total},
    settings::Settings,
    support::daybreak::Ended,
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

/// One round: every point of every operation once, every second one with a second kill during the resume.
pub(crate) fn round(settings: &Settings) -> Total {
    let models = model::observed(Keeper::Directory);
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = 0;
    for operation in Operation::ALL {
        for (at, point) in points(&models[operation], settings.soak).into_iter().enumerate() {
            number += 1;
            let mut chance = settings.chance(number);
            let further = match (settings.soak, at % 2) {
                (true, _) => chance.usize(0..4),
                (false, odd) => odd,
            };
            let mut kills = vec![point];
            kills.extend((0..further).map(|_| any(&models[operation], &mut chance)));
            lanes.entry(operation).or_default().push(case(number, operation, kills, models.clone()));
        }
    }
    runner::run("kill", settings, model::woven(lanes))
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

fn case(number: usize, operation: Operation, kills: Vec<Point>, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} killed at {kills:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::Directory));
            let arguments = ground.ready_for(operation);
            let mut next = arguments.clone();
            for (at, kill) in kills.into_iter().enumerate() {
                match killed(ground, &next, kill) {
                    None => next = ground.resume(),
                    Some(ended) => {
                        // The last record is written and the process over before anybody can look; and a resume may have
                        // less to do than the point says.
                        assert!(at > 0 || matches!(kill, Point::Record(_)), "it was over before the point: {ended}");
                        break;
                    }
                }
            }
            ground.go_on(&arguments);
            ground.assert_like(&models[operation].after, operation);
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
