//! Killed anywhere, a run that is resumed ends like one that nobody disturbed.

use std::thread;

use crate::support::{Scene, until};

/// Where to kill.
#[derive(Debug, Clone, Copy)]
enum When {
    /// As soon as the lab has received so many of daybreak's calls.
    Calls(usize),
    /// As soon as the journal has so many records.
    Records(usize),
}

/// Recovers, kills daybreak at each point in turn, resumes it after each, and compares the end.
fn killed_at(points: &[When]) {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    // The plan's own calls do not count.
    let before = scene.lab.calls(scene.identity()).len();
    for (attempt, point) in points.iter().enumerate() {
        let arguments = if attempt == 0 {
            ["recover", "--plan", "loans.plan.json", "--until", "cutover"].map(str::to_owned).to_vec()
        } else {
            vec!["resume".to_owned()]
        };
        let mut running = scene.start(&arguments);
        until(&format!("{point:?}"), || {
            let reached = match *point {
                When::Calls(count) => scene.lab.calls(scene.identity()).len() >= before + count,
                When::Records(count) => scene.records() >= count,
            };
            reached.then_some(())
        });
        running.kill().expect("kill daybreak");
        assert_eq!(running.wait().expect("its end").code(), None, "{point:?}: killed, not done");
    }
    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.code, Some(0), "{points:?}: {resumed}");
    assert_eq!(resumed.json()["outcome"], "recovered", "{points:?}");
    scene.assert_recovered(&target);
    let restores = scene.changes().iter().filter(|call| *call == "RestoreDBClusterToPointInTime").count();
    assert_eq!(restores, 1, "{points:?}: restored once");
}

#[test]
fn after_any_call() {
    // From the restore's call, which follows three of freshness and identity and one look for the target, to the last ones.
    let points = [5, 6, 8, 9, 11, 14, 17, 20, 23, 26, 29, 32];
    side_by_side(&points.map(|count| vec![When::Calls(count)]));
}

#[test]
fn after_any_record() {
    let points = [1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19];
    side_by_side(&points.map(|count| vec![When::Records(count)]));
}

#[test]
fn again_and_again() {
    let points = [2, 4, 6, 8, 10, 12, 14, 16];
    killed_at(&points.map(When::Records));
}

/// All of these histories, a few at a time.
fn side_by_side(histories: &[Vec<When>]) {
    thread::scope(|scope| {
        for share in histories.chunks(histories.len().div_ceil(3)) {
            scope.spawn(move || share.iter().for_each(|points| killed_at(points)));
        }
    });
}
