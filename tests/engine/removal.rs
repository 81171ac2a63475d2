//! The removal of an ended run's target: nothing is lost by dying, nothing goes that has come into use.

use std::{cell::Cell, time::Duration};

use daybreak::{
    config::Config,
    recovery::{
        inventory::{Inventory, Region},
        leftovers::{Leftover, Verdict},
    },
    run::{
        clock::Clock,
        interrupt::Interrupt,
        journal::JournalError,
        record::{Entry, Outcome, Scope},
        removal::{Permission, Progress, Removing, remove},
        state::{Stage, StepState},
        step::Until,
    },
};

use crate::support::{ACCOUNT, Fault, Scene, actor};

const TARGET: &str = "loans-prod-db-k3fa";
const SNAPSHOT: &str = "loans-prod-db-k3fa-final";
/// What the cutover left.
const TAKEN: &str = "loans-prod-db-k3fa-cutover";

async fn rolled_back() -> Scene {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    scene
}

/// What cleanup would list now.
async fn leftovers(scene: &Scene) -> Vec<Leftover> {
    let config = Config::default();
    let regions = [Region { name: "eu-west-1".to_owned(), world: scene.world.clone(), listed: true }];
    let inventory = Inventory {
        store: &scene.store,
        config: &config,
        account: ACCOUNT,
        regions: &regions,
        default_region: "eu-west-1",
    };
    inventory.leftovers(scene.clock.now()).await.unwrap()
}

async fn permission(scene: &Scene) -> Permission {
    match leftovers(scene).await.into_iter().find(|leftover| leftover.name == TARGET) {
        Some(leftover) if leftover.verdict == Verdict::Kept => Permission::Refused(leftover.reason),
        _ => Permission::Given,
    }
}

/// Goes on with the removal until it rests, as another process would.
async fn removed(scene: &Scene) -> Removing {
    let mut executor = scene.executor(scene.open().await);
    executor.remove_target(Some(SNAPSHOT.to_owned()), actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    remove(&mut executor, &scene.clock, &interrupt, async || permission(scene).await).await.unwrap()
}

async fn assert_removed(scene: &Scene, expected: &[String], when: &str) {
    let state = scene.state().await;
    assert!(state.removal.as_ref().is_some_and(|removal| removal.done().is_some()), "{when}: {:?}", state.removal);
    assert_eq!(state.stage, Stage::Ended(Outcome::RolledBack), "{when}: what the run came to stays");
    assert_eq!(scene.what_exists(), expected, "{when}");
    let snapshots: Vec<String> = scene.cloud.snapshots().into_iter().map(|snapshot| snapshot.identifier).collect();
    assert_eq!(snapshots, [TAKEN, SNAPSHOT], "{when}");
}

async fn undisturbed() -> (Vec<String>, usize) {
    let scene = rolled_back().await;
    let before = scene.cloud.changes().len();
    assert_eq!(removed(&scene).await, Removing::Rested);
    assert!(scene.what_exists().iter().all(|line| !line.contains(TARGET)), "{:?}", scene.what_exists());
    (scene.what_exists(), scene.cloud.changes().len() - before)
}

#[tokio::test]
async fn a_removal_killed_after_any_advance_ends_like_an_undisturbed_one() {
    let (expected, changes) = undisturbed().await;
    for advances in 0.. {
        let scene = rolled_back().await;
        let before = scene.cloud.changes().len();
        let mut executor = scene.executor(scene.open().await);
        executor.remove_target(Some(SNAPSHOT.to_owned()), actor()).await.unwrap();
        let complete = scene.advance_often(&mut executor, advances).await;
        drop(executor);
        if complete {
            assert!(advances > 10, "{advances}");
            return;
        }
        scene.clock.absent_for(Duration::from_secs(6 * 3600));
        assert_eq!(removed(&scene).await, Removing::Rested, "killed after {advances}");
        assert_removed(&scene, &expected, &format!("killed after {advances}")).await;
        assert_eq!(
            scene.cloud.changes().len() - before,
            changes,
            "nothing is asked for twice, killed after {advances}"
        );
    }
}

#[tokio::test]
async fn a_lost_call_or_a_lost_answer_changes_nothing_in_the_end() {
    let (expected, changes) = undisturbed().await;
    for fault in [Fault::LostBefore, Fault::LostAfter] {
        for nth in 0..changes {
            let scene = rolled_back().await;
            scene.cloud.fail(nth, fault);
            assert_eq!(removed(&scene).await, Removing::Rested, "{fault:?} at {nth}");
            assert_removed(&scene, &expected, &format!("{fault:?} at {nth}")).await;
        }
    }
}

#[tokio::test]
async fn a_denied_call_rests_and_is_tried_again_when_asked() {
    let (expected, changes) = undisturbed().await;
    for nth in 0..changes {
        let scene = rolled_back().await;
        scene.cloud.fail(nth, Fault::Denied);
        assert_eq!(removed(&scene).await, Removing::Rested, "denied at {nth}");
        let state = scene.state().await;
        assert_eq!(state.removal.map(|removal| removal.progress), Some(Progress::Failed), "denied at {nth}");
        assert!(state.steps.iter().any(|step| step.state == StepState::UndoFailed), "denied at {nth}");
        assert!(scene.cloud.clusters().iter().any(|cluster| cluster.identifier == TARGET), "denied at {nth}");
        assert_eq!(removed(&scene).await, Removing::Rested, "denied at {nth}");
        assert_removed(&scene, &expected, &format!("denied at {nth}")).await;
    }
}

#[tokio::test]
async fn what_comes_into_use_while_it_is_being_removed_keeps_what_is_left() {
    let scene = rolled_back().await;
    let mut executor = scene.executor(scene.open().await);
    executor.remove_target(Some(SNAPSHOT.to_owned()), actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    let asked = Cell::new(0);
    let removing = remove(&mut executor, &scene.clock, &interrupt, async || {
        asked.set(asked.get() + 1);
        // First for the scaling, which is found to have ended; then for the reader, then for the writer.
        if asked.get() == 3 {
            scene.cloud.secret_is_written_by_somebody(&format!("{TARGET}.cluster.example"));
        }
        permission(&scene).await
    })
    .await
    .unwrap();
    let Removing::Forbidden(why) = removing else { panic!("{removing:?}") };
    assert!(why.contains("the application uses it"), "{why}");
    assert!(scene.cloud.clusters().iter().any(|cluster| cluster.identifier == TARGET));
    assert_eq!(scene.cloud.instances().len(), 3, "one had gone before");
    let snapshots: Vec<String> = scene.cloud.snapshots().into_iter().map(|snapshot| snapshot.identifier).collect();
    assert_eq!(snapshots, [TAKEN]);
}

#[tokio::test]
async fn a_world_that_does_not_answer_removes_nothing() {
    let scene = rolled_back().await;
    let exists = scene.what_exists();
    let mut executor = scene.executor(scene.open().await);
    executor.remove_target(None, actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    let silent = async || Permission::Unknown("no answer".to_owned());
    let removing = remove(&mut executor, &scene.clock, &interrupt, silent).await.unwrap();
    assert_eq!(removing, Removing::Forbidden("no answer".to_owned()));
    assert_eq!(scene.what_exists(), exists);
}

#[tokio::test]
async fn an_interrupted_removal_says_so_and_goes_on() {
    let (expected, _) = undisturbed().await;
    let scene = rolled_back().await;
    let mut executor = scene.executor(scene.open().await);
    executor.remove_target(Some(SNAPSHOT.to_owned()), actor()).await.unwrap();
    let (raise, interrupt) = Interrupt::new();
    let stop_at_once = async || {
        raise.send(Some("SIGTERM")).unwrap();
        Permission::Given
    };
    let removing = remove(&mut executor, &scene.clock, &interrupt, stop_at_once).await.unwrap();
    assert_eq!(removing, Removing::Interrupted);
    assert_eq!(executor.journal().history().records.last().unwrap().entry.name(), "interrupted");
    drop(executor);
    assert_eq!(removed(&scene).await, Removing::Rested);
    assert_removed(&scene, &expected, "interrupted").await;
}

#[tokio::test]
async fn once_a_removal_has_begun_the_run_is_neither_cut_over_nor_turned_back() {
    let scene = rolled_back().await;
    let mut journal = scene.open().await;
    let removing = || Entry::Removing { final_snapshot: None, by: actor() };
    journal.append(removing(), scene.clock.now()).await.unwrap();
    for entry in [
        Entry::Allowed { until: Until::Cutover, by: actor() },
        Entry::TurnedBack { scope: Scope::Everything, final_snapshot: None, loss: None, by: actor() },
        Entry::TurnedBack { scope: Scope::Cutover, final_snapshot: None, loss: None, by: actor() },
        Entry::Removed,
    ] {
        let name = entry.name();
        let refused = journal.append(entry, scene.clock.now()).await;
        assert!(matches!(refused, Err(JournalError::Illegal { .. })), "{name}");
    }
    journal.append(removing(), scene.clock.now()).await.unwrap();
}

#[tokio::test]
async fn only_an_ended_run_has_its_target_removed() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    let mut journal = scene.open().await;
    let refused = journal.append(Entry::Removing { final_snapshot: None, by: actor() }, scene.clock.now()).await;
    assert!(matches!(refused, Err(JournalError::Illegal { .. })));
}

#[tokio::test]
async fn a_final_snapshot_of_another_cluster_is_not_taken_for_ours() {
    let scene = rolled_back().await;
    scene.cloud.somebody_takes_snapshot(SNAPSHOT);
    assert_eq!(removed(&scene).await, Removing::Rested);
    let state = scene.state().await;
    let failure = state.step("restore-cluster").unwrap().failure.clone().unwrap();
    assert!(failure.to_string().contains("is there already, of cluster another"), "{failure}");
    assert!(scene.cloud.clusters().iter().any(|cluster| cluster.identifier == TARGET));
}

#[tokio::test]
async fn a_cluster_that_rds_cannot_take_a_snapshot_of_is_kept() {
    let scene = rolled_back().await;
    scene.cloud.edit_cluster(TARGET, |cluster| cluster.status = "inaccessible-encryption-credentials".into());
    assert_eq!(removed(&scene).await, Removing::Rested);
    let failure = scene.state().await.step("restore-cluster").unwrap().failure.clone().unwrap();
    assert!(failure.to_string().contains("cannot be taken"), "{failure}");
    assert!(failure.hint.unwrap().contains("--no-final-snapshot"));
}

#[tokio::test]
async fn a_cancel_of_a_rolled_back_run_leaves_a_snapshot_when_told_to() {
    let scene = rolled_back().await;
    let mut executor = scene.executor(scene.open().await);
    assert!(executor.journal().state().opened, "the application may have written to the target");
    executor.turn_back_keeping(Scope::Everything, Some(SNAPSHOT.to_owned()), actor()).await.unwrap();
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone));
    let how = executor.journal().state().step("restore-cluster").unwrap().undone.clone().unwrap();
    assert_eq!(how, format!("cluster {TARGET} is gone; its data is in snapshot {SNAPSHOT}"));
}

#[tokio::test]
async fn a_run_that_never_cut_over_was_never_open_to_the_application() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    assert!(!scene.state().await.opened);
}
