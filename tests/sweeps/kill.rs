//! Killed after every record and around every call that changes something, and resumed, every operation ends as if nobody had
//! disturbed it.

use std::collections::BTreeMap;

use crate::{
    ground::{Ground, Keeper},
    model::{self, Model, Models},
    operation::Operation,
    point::Point,
    runner::{self, Case, Total},
    settings::Settings,
    support::daybreak::Ended,
};

/// How many points of each operation are chosen where there are many.
const IN_S3: usize = 12;

/// One round: every point of every operation with a state directory, and points chosen by the seed with state in S3; every second
/// one with another kill during the resume. Soaked, all points with up to three more.
pub(crate) fn round(settings: &Settings) -> Total {
    let mut chains = Vec::new();
    let mut number = 0;
    for keeper in [Keeper::Directory, Keeper::Bucket] {
        let models = model::observed(keeper);
        let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
        for operation in Operation::ALL {
            let mut chosen = points(&models[operation], keeper, settings.soak);
            if keeper == Keeper::Bucket && !settings.soak {
                settings.chance(operation as usize).shuffle(&mut chosen);
                chosen.truncate(IN_S3);
            }
            for (at, point) in chosen.into_iter().enumerate() {
                number += 1;
                let mut chance = settings.chance(number);
                let further = if settings.soak { chance.usize(0..4) } else { at % 2 };
                let mut kills = vec![point];
                kills.extend((0..further).map(|_| any(&models[operation], keeper, &mut chance)));
                lanes.entry(operation).or_default().push(case(number, keeper, operation, kills, models.clone()));
            }
        }
        chains.extend(model::woven(lanes));
    }
    runner::run("kill", settings, chains)
}

/// Every record is a change in S3, so that the points around changes are exact there.
fn points(model: &Model, keeper: Keeper, soak: bool) -> Vec<Point> {
    let mut points: Vec<Point> = Point::around_changes(model).collect();
    if keeper == Keeper::Directory {
        points.extend((1..=model.records).map(Point::Record));
    }
    if soak {
        points.extend((1..=model.calls).map(Point::AnyCall));
    }
    points
}

fn any(model: &Model, keeper: Keeper, chance: &mut fastrand::Rng) -> Point {
    let all = points(model, keeper, true);
    all[chance.usize(..all.len())]
}

fn case(number: usize, keeper: Keeper, operation: Operation, kills: Vec<Point>, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} with state in a {keeper:?} killed at {kills:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(keeper));
            let arguments = ground.ready_for(operation);
            let mut next = arguments.clone();
            for (at, kill) in kills.into_iter().enumerate() {
                match killed(ground, &next, kill) {
                    None => next = ground.resume(),
                    Some(ended) => {
                        // The last record is written and the process over before anybody can look; a resume may have less to
                        // do than the point says; and how often a lease in S3 is renewed is a matter of time.
                        let certain = at == 0 && keeper == Keeper::Directory && !matches!(kill, Point::Record(_));
                        assert!(!certain, "it was over before the point: {ended}");
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
