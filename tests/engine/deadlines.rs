//! Waits and their ends: what is waited for is journaled, a step that takes too long turns back, a run that does holds.

use std::time::Duration;

use daybreak::run::{
    clock::Clock,
    executor::Advance,
    interrupt::Interrupt,
    record::{Entry, Outcome},
    state::{Direction, Stage},
    step::Until,
};

use crate::support::{CONFIG, Scene, actor};

/// The scene's configuration with deadlines.
fn with_deadlines(deadlines: &str) -> String {
    format!("{CONFIG}\n[databases.loans.deadlines]\n{deadlines}\n")
}

/// Begins a run with these deadlines, and executes it until it rests.
async fn recover(scene: &Scene, deadlines: &str) -> Stage {
    let plan = scene.plan_for(&with_deadlines(deadlines), "2026-11-20T14:22:05Z").await.unwrap();
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    executor.journal().state().stage
}

#[tokio::test]
async fn a_wait_is_journaled_once_with_what_it_is_for() {
    let scene = Scene::new();
    scene.cloud.takes(40);
    assert_eq!(scene.recover(Until::Restored).await, Stage::Stopped(Until::Restored));
    let records = scene.history().await.records;
    let waits: Vec<&str> = records
        .iter()
        .filter_map(|record| match &record.entry {
            Entry::Awaiting { on, .. } => Some(on.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(waits, ["cluster loans-prod-db-k3fa is creating", "instance loans-prod-db-k3fa-1 is creating",]);
}

#[tokio::test]
async fn a_wait_says_since_when() {
    let scene = Scene::new();
    scene.cloud.takes(40);
    let mut executor = scene.executor(scene.begin(Until::Restored).await);
    let (_raise, interrupt) = Interrupt::new();
    let mut waits = Vec::new();
    while waits.len() < 3 {
        if let Advance::Wait(span) = executor.advance(&interrupt).await.unwrap() {
            let status = executor.journal().state().step("restore-cluster").unwrap();
            waits.push(status.awaiting.clone().unwrap());
            scene.clock.sleep(span).await;
        }
    }
    let since = waits[0].0;
    assert!(since < scene.clock.now());
    assert_eq!(waits, vec![(since, "cluster loans-prod-db-k3fa is creating".to_owned()); 3]);
}

#[tokio::test]
async fn a_step_that_misses_its_deadline_turns_the_run_back() {
    let scene = Scene::new();
    let before = scene.what_exists();
    scene.cloud.takes(200);
    assert_eq!(recover(&scene, "restore = '20s'").await, Stage::Ended(Outcome::Undone));
    let records = scene.history().await.records;
    let failed = records.iter().find_map(|record| match &record.entry {
        Entry::Failed { failure, .. } => Some(failure.message.clone()),
        _ => None,
    });
    let message = failed.unwrap();
    assert!(message.starts_with("gave up after 20 s and 4"), "{message}");
    assert!(message.ends_with("last seen: cluster loans-prod-db-k3fa is creating"), "{message}");
    assert_eq!(scene.what_exists(), before);
}

#[tokio::test]
async fn a_run_that_misses_its_deadline_holds_with_everything_kept_and_goes_on_when_told() {
    let scene = Scene::new();
    scene.cloud.takes(40);
    assert_eq!(recover(&scene, "run = '10s'").await, Stage::Stuck(Direction::Forward));
    let failed = scene.state().await.step("restore-cluster").unwrap().failure.clone().unwrap();
    assert_eq!(failed.message, "the run has taken longer than 10 s, its deadline");
    assert!(failed.hint.unwrap().contains("daybreak resume 20261120-150000-k3fa"));
    assert_eq!(scene.cloud.changes(), ["RestoreDBClusterToPointInTime"], "nothing was taken back");
    let mut resumes = 0;
    while scene.state().await.stage != Stage::Ended(Outcome::Recovered) {
        scene.resume().await;
        resumes += 1;
        assert!(resumes < 10, "each resume has the same time again");
    }
}

#[tokio::test]
async fn a_cutover_that_has_begun_is_finished_however_late() {
    let scene = Scene::new();
    let plan = scene.plan_for(&with_deadlines("run = '20s'"), "2026-11-20T14:22:05Z").await.unwrap();
    let mut executor = scene.executor(scene.begin_with(plan, Until::Validated).await);
    scene.drive(&mut executor).await.unwrap();
    executor.allow(Until::Cutover, actor()).await.unwrap();
    // The watch alone takes 30 s.
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    assert!(scene.clock.awake() > Duration::from_secs(20));
}
