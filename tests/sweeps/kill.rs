//! Killed after every record and around every call that changes something, and resumed, every operation ends as if nobody had
//! disturbed it.

use std::collections::BTreeMap;

use crate::{
    ground::{Ground, Keeper, Operation},
    model::{self, Model, Models},
    point::Point,
    runner::{self, Case, Total},
    settings::Settings,
    support::daybreak::Ended,
};

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
    let mut points: Vec<Point> = Point::around_changes(model).chain((1..=model.records).map(Point::Record)).collect();
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
    let key = ground.scene.identity().to_owned();
    let (killed, ended) = match ground.stand(arguments, &key, point) {
        Ok(standing) => (standing.kill(), None),
        Err(ended) => (ended.clone(), Some(ended)),
    };
    ground.note(&format!("{} (to be killed at {point:?})", arguments.join(" ")), &killed);
    ended
}
