//! A stale executor: its process is stopped at a point, its lease expires, somebody else takes the run over and goes on with it,
//! and then the first one wakes up. It changes nothing more and says who has the run.

use std::collections::BTreeMap;

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    ground::{Ground, Keeper},
    model::{self, Models},
    operation::Operation,
    point::Point,
    runner::{Case, Chain},
    settings::Settings,
};

/// How far S3's clock is moved for each takeover: more than a lease lasts.
const STEP_SECONDS: u64 = 60;

/// Every operation stopped at points chosen by the seed, or at all of them.
pub(crate) fn chains(settings: &Settings, before: usize) -> Vec<Chain<Ground>> {
    let models = model::observed(Keeper::Bucket);
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = before;
    for operation in Operation::ALL {
        let model = &models[operation];
        let mut points: Vec<Point> = Point::around_changes(model).collect();
        points.extend((1..=model.calls).flat_map(|nth| [Point::AnyCall(nth), Point::AnyAnswer(nth)]));
        settings.chance(before + operation as usize).shuffle(&mut points);
        points.truncate(if settings.soak { usize::MAX } else { 5 });
        for point in points {
            number += 1;
            lanes.entry(operation).or_default().push(case(number, operation, point, models.clone()));
        }
    }
    model::woven(lanes)
}

fn case(number: usize, operation: Operation, point: Point, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} is stopped at {point:?}, taken over, and woken up"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::Bucket));
            let arguments = ground.ready_for(operation);
            let (key, other) = (ground.scene.identity().to_owned(), ground.other_key());
            let stale = match ground.stand(&arguments, &key, point) {
                Ok(stale) => stale,
                Err(ended) => {
                    // Renewals of the lease count, too, and there may be fewer of them than there were.
                    assert_eq!(ended.code, Some(0), "{ended}");
                    return ground.assert_like(&models[operation].after, operation);
                }
            };
            stale.signal(Signal::STOP);
            ground.pass_time(STEP_SECONDS);
            let taken_over = ground.go_on_as(&other, &arguments);
            assert!(matches!(taken_over.code, Some(0 | 3)), "{taken_over}");
            let before = effects(ground, &key);
            stale.signal(Signal::CONT);
            let woken = stale.let_go();
            ground.note("the stale one, woken up", &woken);
            let after = effects(ground, &key);
            // A request that was on its way when the process was stopped cannot be called back.
            let on_its_way = usize::from(matches!(point, Point::Before(_) | Point::AnyCall(_)));
            assert!(after.len() <= before.len() + on_its_way, "it changed something: {:?}", &after[before.len()..]);
            if taken_over.code == Some(0) {
                // One that had not yet taken the lease finds the world moved, or the run at its end.
                assert!(matches!(woken.code, Some(3 | 5)), "{woken}");
                let told =
                    woken.stderr.contains(&format!("run {}", ground.run().run)) && woken.stderr.contains("tester@");
                assert!(woken.code == Some(3) || told, "who has the run: {woken}");
            }
            ground.assert_like(&models[operation].after, operation);
        }),
    }
}

/// What calls with this key have changed, the state in S3 apart.
fn effects(ground: &Ground, key: &str) -> Vec<Value> {
    let mut calls = ground.changes_by(key);
    calls.retain(|call| call["service"] != "s3" && call["status"].as_u64().is_some_and(|status| status < 400));
    calls
}
