//! Two at once: on one run, and with two runs on one source. Never two cutovers, never two targets of one run, and who may not
//! go on says who has the run.

use std::collections::BTreeMap;

use crate::{
    ground::{Ground, Keeper},
    model::{self, Models},
    operation::{Operation, State},
    point::Point,
    runner::{self, Case, Chain, Total},
    settings::Settings,
    stale,
    support::daybreak::Ended,
};

/// One round: a second executor at points of every operation, and two cutovers of one secret at pairs of points.
pub(crate) fn round(settings: &Settings) -> Total {
    let models = model::observed(Keeper::Directory);
    let mut chains = model::woven(second_executors(settings, &models));
    let number = chains.iter().map(Vec::len).sum();
    chains.extend(two_cutovers(settings, &models, number));
    let number = chains.iter().map(Vec::len).sum();
    chains.extend(stale::chains(settings, number));
    runner::run("race", settings, chains)
}

/// Every operation stands still at a point, and somebody else tries to go on with its run.
fn second_executors(settings: &Settings, models: &Models) -> BTreeMap<Operation, Vec<Case<Ground>>> {
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = 0;
    for operation in Operation::ALL {
        let model = &models[operation];
        let reads = (1..=model.calls).flat_map(|nth| [Point::AnyCall(nth), Point::AnyAnswer(nth)]);
        let mut chance = settings.chance(operation as usize);
        let mut points: Vec<Point> = Point::around_changes(model).chain(reads).collect();
        chance.shuffle(&mut points);
        points.truncate(if settings.soak { usize::MAX } else { 6 });
        for point in points {
            number += 1;
            let command = chance.choice(["resume", "cutover", "rollback", "cancel"]).expect("one of four");
            let lane = lanes.entry(operation).or_default();
            lane.push(second_executor(number, operation, point, command, models.clone()));
        }
    }
    lanes
}

fn second_executor(
    number: usize,
    operation: Operation,
    point: Point,
    command: &'static str,
    models: Models,
) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} stands at {point:?}, and another process comes with {command}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::Directory));
            let arguments = ground.ready_for(operation);
            let key = ground.scene.identity().to_owned();
            let standing = ground.stand(&arguments, &key, point).unwrap_or_else(|ended| panic!("over: {ended}"));
            // Before the first record there is no run that anybody could go on with.
            if ground.records() > 0 {
                let other = [command, &ground.run().run, "--yes", "--output", "json"].map(str::to_owned);
                let refused = ground.call_as(&ground.other_key(), &other);
                assert_eq!(refused.code, Some(3), "{refused}");
                assert!(ground.changes_by(&ground.other_key()).is_empty(), "the other one changed something");
                // One that is refused for the state that it finds need not know who has the run.
                let told = refused.stderr.contains("tester@") && refused.stderr.contains(&standing.pid().to_string());
                assert!(told || standing_by(operation, point), "who has the run: {refused}");
            }
            let ended = standing.let_go();
            ground.note(&arguments.join(" "), &ended);
            assert_eq!(ended.code, Some(0), "{ended}");
            ground.assert_like(&models[operation].after, operation);
        }),
    }
}

/// Whether the process that stands there may not have taken the lease: it only reads so far.
fn standing_by(operation: Operation, point: Point) -> bool {
    operation == Operation::Recover && matches!(point, Point::AnyCall(_) | Point::AnyAnswer(_))
}

/// Two runs of one source, both proven, move the same secret at the same time.
fn two_cutovers(settings: &Settings, models: &Models, before: usize) -> Vec<Chain<Ground>> {
    let model = &models[Operation::Cutover];
    let mut chance = settings.chance(before);
    let mut points: Vec<Point> = Point::around_changes(model).collect();
    points.extend((1..=model.calls).flat_map(|nth| [Point::AnyCall(nth), Point::AnyAnswer(nth)]));
    let mut pairs: Vec<(Point, Option<Point>)> = Vec::new();
    for (at, &one) in points.iter().enumerate() {
        // The other one goes all the way meanwhile, or stands still itself.
        let other = points[chance.usize(..points.len())];
        match (settings.soak, at % 4) {
            (true, _) => pairs.extend([(one, None), (one, Some(other))]),
            (false, 0) => pairs.push((one, None)),
            (false, 1) => pairs.push((one, Some(other))),
            (false, _) => {}
        }
    }
    let mut cases = (before + 1..).zip(pairs).map(|(number, (one, other))| two_at_once(number, one, other));
    // A few grounds, each with its own two targets.
    let mut chains: Vec<Chain<Ground>> = Vec::new();
    loop {
        let chain: Chain<Ground> = cases.by_ref().take(4).collect();
        if chain.is_empty() {
            return chains;
        }
        chains.push(chain);
    }
}

fn two_at_once(number: usize, one: Point, other: Option<Point>) -> Case<Ground> {
    Case {
        number,
        what: format!("two cutovers of one secret: one stands at {one:?}, the other goes {other:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(with_two_runs);
            let [first, second] = [0, 1]
                .map(|at| ["cutover", &ground.runs[at].run, "--yes", "--output", "json"].map(str::to_owned).to_vec());
            let (key, other_key) = (ground.scene.identity().to_owned(), ground.other_key());
            let standing = ground.stand(&first, &key, one);
            let beside = match other {
                None => Err(ground.call_as(&other_key, &second)),
                Some(point) => ground.stand(&second, &other_key, point),
            };
            let first = standing.map_or_else(|ended| ended, |standing| standing.let_go());
            let second = beside.map_or_else(|ended| ended, |standing| standing.let_go());
            ground.note("cutover of the first", &first);
            ground.note("cutover of the second", &second);
            one_of_two(ground, &first, &second);
        }),
    }
}

/// Exactly one has the application, the other is back where it was and says so; then the ground is made ready for the next case.
fn one_of_two(ground: &mut Ground, first: &Ended, second: &Ended) {
    let winner = match (first.code, second.code) {
        (Some(0), Some(1)) => 0,
        (Some(1), Some(0)) => 1,
        other => panic!("one and only one is done: {other:?}\n{first}\n{second}"),
    };
    let loser = [first, second][1 - winner].json();
    assert_eq!(loser["outcome"], "rolled_back", "{loser:#}");
    assert!(loser["failure"].to_string().contains("somebody changed the secret meanwhile"), "why: {loser:#}");
    let aws = &ground.scene.lab.aws;
    let there = aws.cluster(&ground.runs[winner].target);
    assert_eq!(Some(ground.scene.application().host.as_str()), there.endpoint(), "the application is on the winner's");
    let labelled: Vec<(String, Vec<String>)> =
        aws.versions(&ground.scene.secret).into_iter().filter(|(_, labels)| !labels.is_empty()).collect();
    let mut expected = [
        (ground.runs[winner].version.clone(), vec!["AWSCURRENT".to_owned()]),
        (ground.scene.version.clone(), vec!["AWSPREVIOUS".to_owned()]),
    ];
    expected.sort();
    assert_eq!(labelled, expected, "no label too many");
    let back = ["rollback", &ground.runs[winner].run, "--yes", "--output", "json"].map(str::to_owned).to_vec();
    let ended = ground.call(&back);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(ground.scene.application().host, ground.scene.source.sql.host);
}

/// A ground with two proven runs whose application is on the source.
fn with_two_runs() -> Ground {
    let mut ground = Ground::new(Keeper::Directory);
    for _ in 0..2 {
        ground.state = State::Nothing;
        ground.ready_for(Operation::Cutover);
    }
    ground
}
