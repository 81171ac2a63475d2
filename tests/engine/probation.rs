//! Read-only probation: nothing is written to the target before its probes have passed.

use daybreak::{
    run::{
        clock::Clock,
        executor::{Advance, Executor},
        interrupt::Interrupt,
        record::{Outcome, Scope},
        state::{Stage, StepState},
        step::{Step as _, Until},
    },
    steps::{
        move_secret,
        probation::{BEGIN, LIFT},
        step::Step,
    },
};

use crate::support::{CONFIG, FENCE, Fault, Scene, actor};

const TARGET: &str = "loans-prod-db-k3fa.cluster.example";

fn scene() -> Scene {
    let mut scene = Scene::fenced();
    let cutover = "[databases.loans.cutover]";
    let config = format!("{}{FENCE}", CONFIG.replace(cutover, &format!("{cutover}\n    probation = true")));
    scene.way.config = Box::leak(config.into_boxed_str());
    scene
}

/// Advances once; false once the run rests.
async fn advance(scene: &Scene, executor: &mut Executor<'_, Step>) -> bool {
    let (_raise, interrupt) = Interrupt::new();
    let advanced = executor.advance(&interrupt).await.unwrap();
    scene.cloud.client_connects();
    if let Advance::Wait(span) = advanced {
        scene.clock.sleep(span).await;
    }
    let state = executor.journal().state();
    let done = |id: &str| state.step(id).is_some_and(|step| step.state == StepState::Done);
    if done(move_secret::ID) && !done(LIFT) && state.step(LIFT).is_some_and(|step| step.state == StepState::Pending) {
        assert!(scene.cloud.reads_only(TARGET), "the application writes before its probes have passed");
    }
    advanced != Advance::Resting
}

/// Executes until the run rests, or for so many advances; how many it took.
async fn drive(scene: &Scene, executor: &mut Executor<'_, Step>, most: usize) -> usize {
    for taken in 0..most {
        if !advance(scene, executor).await {
            return taken;
        }
    }
    most
}

#[tokio::test]
async fn the_application_reads_until_its_probes_have_passed_and_then_writes() {
    let scene = scene();
    let steps: Vec<String> = scene.plan().await.steps.iter().map(|planned| planned.step.id().0).collect();
    let at = |id: &str| steps.iter().position(|step| step == id).unwrap_or_else(|| panic!("no {id} in {steps:?}"));
    assert!(at(BEGIN) < at("list-writers") && at(move_secret::ID) < at(LIFT) && at(LIFT) < at("watch"));
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    drive(&scene, &mut executor, usize::MAX).await;
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    assert!(!scene.cloud.reads_only(TARGET));
    assert!(scene.servers.probes() >= 3, "as many as the profile says");
}

#[tokio::test]
async fn probes_that_fail_roll_back_before_anything_could_be_written() {
    let scene = scene();
    scene.servers.probes_fail(3);
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    drive(&scene, &mut executor, usize::MAX).await;
    let state = executor.journal().state();
    assert_eq!(state.stage, Stage::Ended(Outcome::RolledBack));
    assert_eq!(state.step(LIFT).unwrap().state, StepState::Failed);
    assert_eq!(state.step("watch").unwrap().state, StepState::Pending, "it did not come to the watch");
    assert!(!scene.cloud.reads_only(TARGET), "what was set is taken back");
}

#[tokio::test]
async fn a_failure_in_between_begins_the_count_anew() {
    let scene = scene();
    scene.servers.probes_fail(2);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert!(scene.servers.probes() >= 5);
}

#[tokio::test]
async fn kills_and_lost_answers_anywhere_leave_nothing_of_it() {
    let undisturbed = scene();
    undisturbed.recover(Until::Cutover).await;
    let recovered = undisturbed.cloud.who_may_log_in();
    let changes = undisturbed.cloud.changes().len();
    undisturbed.turn_back(Scope::Cutover).await;
    let rolled_back = undisturbed.cloud.who_may_log_in();
    assert!(
        rolled_back.iter().chain(&recovered).all(|line| !line.contains("probation") && !line.contains("reads only"))
    );
    for kill in 0.. {
        let scene = scene();
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        let taken = drive(&scene, &mut executor, kill).await;
        drop(executor);
        let mut executor = scene.executor(scene.open().await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.cloud.who_may_log_in(), recovered, "killed after {kill}");
        executor.turn_back(Scope::Cutover, actor()).await.unwrap();
        drive(&scene, &mut executor, kill).await;
        drop(executor);
        let mut executor = scene.executor(scene.open().await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.cloud.who_may_log_in(), rolled_back, "way back killed after {kill}");
        if taken < kill {
            break;
        }
    }
    for (nth, fault) in (0..changes).flat_map(|nth| [(nth, Fault::LostBefore), (nth, Fault::LostAfter)]) {
        let scene = scene();
        scene.cloud.fail(nth, fault);
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.cloud.who_may_log_in(), recovered, "{fault:?} at {nth}");
    }
}

#[tokio::test]
async fn a_rollback_within_it_gives_the_setting_back() {
    let scene = scene();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    while executor.journal().state().step(LIFT).unwrap().state != StepState::Started {
        assert!(advance(&scene, &mut executor).await);
    }
    assert!(scene.cloud.reads_only(TARGET));
    executor.turn_back(Scope::Cutover, actor()).await.unwrap();
    drive(&scene, &mut executor, usize::MAX).await;
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
    assert!(!scene.cloud.reads_only(TARGET));
}
