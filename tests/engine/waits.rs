//! Every wait says what it is for, and ends with one look at a status from which RDS does not recover by itself.

use daybreak::run::{
    clock::Clock,
    executor::{Advance, Executor},
    interrupt::Interrupt,
    record::{Entry, Outcome, Scope},
    state::{RunState, Stage, StepState},
    step::Until,
};
use daybreak::steps::step::Step;

use crate::support::{Scene, actor};

const CLUSTER: &str = "loans-prod-db-k3fa";
const WRITER: &str = "loans-prod-db-k3fa-1";
const READER: &str = "loans-prod-db-k3fa-2";

/// The statuses of clusters and instances that AWS's own resource handlers, and its guide, take for the end.
const CLUSTER_ENDS: [&str; 9] = [
    "restore-failed",
    "cloning-failed",
    "migration-failed",
    "failed",
    "incompatible-restore",
    "incompatible-parameters",
    "incompatible-network",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
];
const INSTANCE_ENDS: [&str; 13] = [
    "failed",
    "restore-error",
    "modify-failed",
    "upgrade-failed",
    "storage-full",
    "insufficient-capacity",
    "incompatible-restore",
    "incompatible-network",
    "incompatible-parameters",
    "incompatible-create",
    "incompatible-credentials",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
];

fn state_of(state: &RunState<Step>, step: &str) -> StepState {
    state.step(step).unwrap().state
}

/// Executes until `step`, or its undo, has waited; with `before` done as soon as it has started.
async fn until_waiting(
    scene: &Scene,
    executor: &mut Executor<'_, Step>,
    (step, at): (&str, StepState),
    before: impl FnOnce(),
) {
    let (_raise, interrupt) = Interrupt::new();
    let mut before = Some(before);
    for _ in 0..200 {
        let started = state_of(executor.journal().state(), step) == at;
        if started && let Some(before) = before.take() {
            before();
        }
        match executor.advance(&interrupt).await.unwrap() {
            Advance::Wait(_) if started => return,
            Advance::Wait(span) => scene.clock.sleep(span).await,
            Advance::Moved => {}
            other => panic!("{step} did not wait: {other:?}"),
        }
    }
    panic!("{step} was not reached");
}

/// Begins, runs into the wait of `step`, lets what it waits for end as `status`, and looks once more.
async fn ends_at_one_look(step: &str, lost: &str, status: &str, before: impl FnOnce(&Scene)) -> Scene {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    until_waiting(&scene, &mut executor, (step, StepState::Started), || before(&scene)).await;
    scene.cloud.stays(lost, status);
    let (_raise, interrupt) = Interrupt::new();
    assert_eq!(executor.advance(&interrupt).await.unwrap(), Advance::Moved, "{step}, {status}");
    let state = executor.journal().state();
    assert_eq!(state_of(state, step), StepState::Failed, "{step}, {status}");
    let failure = state.step(step).unwrap().failure.clone().unwrap();
    assert!(failure.message.contains(&format!("{lost} is {status}")), "{step}, {status}: {failure}");
    drop(executor);
    scene
}

/// Whether what the step waits for, and since when, is in the journal.
fn told(history: &daybreak::run::journal::History<Step>, step: &str, words: &str) -> bool {
    history
        .records
        .iter()
        .any(|record| matches!(&record.entry, Entry::Awaiting { step: at, on } if at.0 == step && on.contains(words)))
}

#[tokio::test]
async fn a_restore() {
    for status in CLUSTER_ENDS {
        let scene = ends_at_one_look("restore-cluster", CLUSTER, status, |_| {}).await;
        assert!(told(&scene.history().await, "restore-cluster", "cluster loans-prod-db-k3fa is creating"));
    }
}

#[tokio::test]
async fn a_writer() {
    for status in INSTANCE_ENDS {
        let scene = ends_at_one_look("create-writer", WRITER, status, |_| {}).await;
        assert!(told(&scene.history().await, "create-writer", "instance loans-prod-db-k3fa-1 is creating"));
    }
}

#[tokio::test]
async fn a_writer_whose_cluster_takes_no_instance() {
    for status in CLUSTER_ENDS {
        // Each look asks for the instance again, and the cluster's status is why it is refused.
        let busy = |scene: &Scene| scene.cloud.stays(CLUSTER, "backing-up");
        ends_at_one_look("create-writer", CLUSTER, status, busy).await;
    }
}

#[tokio::test]
async fn a_writer_that_its_cluster_does_not_name() {
    for status in CLUSTER_ENDS {
        let scene = Scene::new();
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        until_waiting(&scene, &mut executor, ("create-writer", StepState::Started), || {}).await;
        scene.cloud.stays(WRITER, "available");
        let (_raise, interrupt) = Interrupt::new();
        assert!(matches!(executor.advance(&interrupt).await.unwrap(), Advance::Wait(_)));
        assert!(told(executor.journal().history(), "create-writer", "does not yet name"));
        scene.cloud.stays(CLUSTER, status);
        assert_eq!(executor.advance(&interrupt).await.unwrap(), Advance::Moved);
        assert_eq!(state_of(executor.journal().state(), "create-writer"), StepState::Failed, "{status}");
    }
}

#[tokio::test]
async fn readers() {
    for status in INSTANCE_ENDS {
        let coming = |scene: &Scene| scene.cloud.stays(READER, "creating");
        let scene = ends_at_one_look("await-readers", READER, status, coming).await;
        assert!(told(&scene.history().await, "await-readers", "instance loans-prod-db-k3fa-2 is creating"));
    }
}

#[tokio::test]
async fn settings() {
    for step in ["apply-settings", "lift-quarantine", "settle"] {
        for status in CLUSTER_ENDS {
            let modifying = |scene: &Scene| scene.cloud.stays(CLUSTER, "modifying");
            let scene = ends_at_one_look(step, CLUSTER, status, modifying).await;
            assert!(told(&scene.history().await, step, "cluster loans-prod-db-k3fa is modifying"));
        }
    }
}

#[tokio::test]
async fn a_proof_of_a_server_that_does_not_answer() {
    let unreachable = |scene: &Scene| scene.servers.unreachable_for(u32::MAX);
    let ends = CLUSTER_ENDS.map(|status| (CLUSTER, status)).into_iter();
    for (lost, status) in ends.chain(INSTANCE_ENDS.map(|status| (WRITER, status))) {
        let scene = ends_at_one_look("prove", lost, status, unreachable).await;
        assert!(matches!(scene.state().await.stage, Stage::Stuck(_)), "what took so long to restore is kept");
    }
}

#[tokio::test]
async fn a_cluster_that_somebody_stopped_holds_the_run_until_it_is_started() {
    for step in ["apply-settings", "lift-quarantine", "settle"] {
        let modifying = |scene: &Scene| scene.cloud.stays(CLUSTER, "modifying");
        let scene = ends_at_one_look(step, CLUSTER, "stopped", modifying).await;
        let state = scene.state().await;
        assert!(matches!(state.stage, Stage::Stuck(_)), "{step}");
        let hint = state.step(step).unwrap().failure.clone().unwrap().hint.unwrap();
        assert!(
            hint.contains("aws rds start-db-cluster --db-cluster-identifier loans-prod-db-k3fa --region eu-west-1"),
            "{hint}"
        );
        scene.cloud.stays(CLUSTER, "available");
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{step}");
    }
}

#[tokio::test]
async fn a_deletion_that_ends_as_something_else_is_asked_for_again() {
    let ends = CLUSTER_ENDS.map(|status| ("restore-cluster", CLUSTER, status)).into_iter();
    for (step, lost, status) in ends.chain(INSTANCE_ENDS.map(|status| ("create-writer", WRITER, status))) {
        let scene = Scene::new();
        let before = scene.what_exists();
        scene.recover(Until::Validated).await;
        let mut executor = scene.executor(scene.open().await);
        executor.turn_back(Scope::Everything, actor()).await.unwrap();
        until_waiting(&scene, &mut executor, (step, StepState::Undoing), || {}).await;
        assert!(told(executor.journal().history(), step, "is being deleted"));
        scene.cloud.stays(lost, status);
        scene.drive(&mut executor).await.unwrap();
        assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone), "{step}, {status}");
        assert_eq!(scene.what_exists(), before, "{step}, {status}");
    }
}

#[tokio::test]
async fn a_quarantine_that_cannot_be_restored_does_not_hold_up_the_way_back() {
    for status in CLUSTER_ENDS {
        let scene = Scene::new();
        scene.recover(Until::Cutover).await;
        let mut executor = scene.executor(scene.open().await);
        executor.turn_back(Scope::Cutover, actor()).await.unwrap();
        let modifying = || scene.cloud.stays(CLUSTER, "modifying");
        until_waiting(&scene, &mut executor, ("lift-quarantine", StepState::Undoing), modifying).await;
        scene.cloud.stays(CLUSTER, status);
        let (_raise, interrupt) = Interrupt::new();
        assert_eq!(executor.advance(&interrupt).await.unwrap(), Advance::Moved, "{status}");
        assert_eq!(state_of(executor.journal().state(), "lift-quarantine"), StepState::Undone, "{status}");
        scene.drive(&mut executor).await.unwrap();
        assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack), "{status}");
    }
}
