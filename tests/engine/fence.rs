//! The fence: the application never writes to both sides, and is let in exactly as it was.

use std::time::Duration;

use daybreak::{
    run::{
        clock::Clock,
        executor::{Advance, Executor},
        interrupt::Interrupt,
        record::{Outcome, Scope},
        state::{Direction, Stage, StepState},
        step::Until,
    },
    steps::{
        admit_writers::{self, Admitted},
        fence::{self, Fenced},
        list_writers::{self, Listed},
        step::Step,
    },
};

use crate::support::{CONFIG, FENCE, Fault, Scene, actor};

const SOURCE: &str = "loans-prod.cluster.example";
const TARGET: &str = "loans-prod-db-k3fa.cluster.example";

/// Advances once, as a client does what it can before and after; false once the run rests.
async fn advance(scene: &Scene, executor: &mut Executor<'_, Step>) -> bool {
    let (_raise, interrupt) = Interrupt::new();
    let advanced = executor.advance(&interrupt).await.unwrap();
    scene.cloud.client_connects();
    let written = scene.cloud.hosts_written_to();
    assert!(written.len() <= 1, "both sides take writes: {written:?}");
    if let Advance::Wait(span) = advanced {
        scene.clock.sleep(span).await;
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
async fn the_source_takes_no_writes_from_the_fence_on_and_the_positions_are_on_record() {
    let scene = Scene::fenced();
    assert_eq!(scene.cloud.hosts_written_to(), [SOURCE]);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let state = scene.state().await;
    let listed: Listed = state.outputs.of(list_writers::ID).unwrap();
    let fenced: Fenced = state.outputs.of(fence::ID).unwrap();
    let admitted: Admitted = state.outputs.of(admit_writers::ID).unwrap();
    let names = |roles: &[daybreak::pg::fencing::Role]| roles.iter().map(|role| role.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&listed.roles), ["app", "batch"], "retired could not log in before, and is left alone");
    assert_eq!(listed.roles, fenced.roles);
    assert!(
        fenced.tried.as_ref().is_some_and(|tried| tried.contains("28000")) && fenced.position.is_some(),
        "{fenced:?}"
    );
    assert_eq!(names(&admitted.roles), ["app", "batch"]);
    assert!(!scene.cloud.hosts_written_to().contains(&SOURCE.to_owned()));
}

#[tokio::test]
async fn never_do_both_sides_take_writes_forward_and_back_under_kills_anywhere() {
    let undisturbed = Scene::fenced();
    let before = undisturbed.what_exists();
    undisturbed.recover(Until::Cutover).await;
    let recovered = undisturbed.what_exists();
    undisturbed.turn_back(Scope::Cutover).await;
    let rolled_back = undisturbed.what_exists();
    let source_roles = |lines: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line.starts_with("role") && line.contains(SOURCE) && !line.contains("-db-"))
            .cloned()
            .collect()
    };
    assert_eq!(source_roles(&rolled_back), source_roles(&before), "exactly what was there");
    for kill in 0.. {
        let scene = Scene::fenced();
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        let taken = drive(&scene, &mut executor, kill).await;
        drop(executor);
        let mut executor = scene.executor(scene.open().await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.what_exists(), recovered, "killed after {kill}");
        executor.turn_back(Scope::Cutover, actor()).await.unwrap();
        drive(&scene, &mut executor, kill).await;
        drop(executor);
        let mut executor = scene.executor(scene.open().await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
        assert_eq!(scene.what_exists(), rolled_back, "way back killed after {kill}");
        assert_eq!(scene.cloud.hosts_written_to(), [SOURCE]);
        if taken < kill {
            return;
        }
    }
}

#[tokio::test]
async fn lost_calls_and_answers_change_nothing_in_the_end() {
    let undisturbed = Scene::fenced();
    undisturbed.recover(Until::Cutover).await;
    let (recovered, forward) = (undisturbed.what_exists(), undisturbed.cloud.changes().len());
    undisturbed.turn_back(Scope::Cutover).await;
    let (rolled_back, all) = (undisturbed.what_exists(), undisturbed.cloud.changes().len());
    for (nth, fault) in (0..all).flat_map(|nth| [(nth, Fault::LostBefore), (nth, Fault::LostAfter)]) {
        let scene = Scene::fenced();
        scene.cloud.fail(nth, fault);
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.what_exists(), recovered, "{fault:?} at {nth} of {forward}");
        executor.turn_back(Scope::Cutover, actor()).await.unwrap();
        drive(&scene, &mut executor, usize::MAX).await;
        assert_eq!(scene.what_exists(), rolled_back, "{fault:?} at {nth} of {all}");
    }
}

#[tokio::test]
async fn what_was_rolled_back_can_be_cut_over_again() {
    let scene = Scene::fenced();
    scene.recover(Until::Cutover).await;
    let recovered = scene.what_exists();
    scene.turn_back(Scope::Cutover).await;
    assert!(
        scene.cloud.who_may_log_in().contains(&format!("role app at {TARGET}: false")),
        "the target takes no writes"
    );
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.what_exists(), recovered);
}

#[tokio::test]
async fn a_failing_watch_gives_the_source_back() {
    let scene = Scene::fenced();
    let before = scene.cloud.who_may_log_in();
    scene.servers.probes_fail(3);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let after = scene.cloud.who_may_log_in();
    assert!(before.iter().all(|line| after.contains(line)), "{after:?}");
}

#[tokio::test]
async fn a_target_that_does_not_answer_does_not_keep_the_application_waiting() {
    let scene = Scene::fenced();
    scene.recover(Until::Cutover).await;
    scene.cloud.is_unreachable(TARGET, true);
    let before = scene.clock.awake();
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert!(scene.clock.awake() - before < Duration::from_secs(20));
    let undone = scene.state().await.step(admit_writers::ID).unwrap().undone.clone().unwrap();
    assert!(undone.starts_with("NOT shut out"), "{undone}");
    assert!(scene.cloud.who_may_log_in().contains(&format!("role app at {SOURCE}: true")));
}

#[tokio::test]
async fn a_source_that_cannot_be_reached_is_a_persons_decision() {
    let scene = Scene::fenced();
    scene.recover(Until::Validated).await;
    scene.cloud.is_unreachable(SOURCE, true);
    assert_eq!(scene.cut_over().await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.cloud.secret_points_at(), SOURCE);
    let state = scene.state().await;
    let hint = state.step(list_writers::ID).unwrap().failure.clone().unwrap().hint.unwrap();
    assert!(hint.contains("daybreak resume") && hint.contains("daybreak rollback"), "{hint}");
    scene.cloud.is_unreachable(SOURCE, false);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_source_that_was_stopped_needs_no_fence_and_it_is_said() {
    let scene = Scene::fenced();
    scene.recover(Until::Validated).await;
    scene.cloud.is_unreachable(SOURCE, true);
    scene.cloud.stays("loans-prod", "stopped");
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    let fenced: Fenced = scene.state().await.outputs.of(fence::ID).unwrap();
    assert!(fenced.unfenced.is_some_and(|why| why.contains("is stopped")));
}

#[tokio::test]
async fn the_profile_can_decide_to_go_on_without_a_fence_and_it_is_said() {
    let scene = Scene::fenced();
    let config = format!("{CONFIG}{FENCE}when_unreachable = \"go-on\"\n");
    let plan = scene.plan_for(&config, "2026-11-20T14:22:05Z").await.unwrap();
    scene.cloud.is_unreachable(SOURCE, true);
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    let fenced: Fenced = executor.journal().state().outputs.of(fence::ID).unwrap();
    assert!(fenced.unfenced.is_some() && fenced.tried.is_none() && fenced.position.is_none(), "{fenced:?}");
    drop(executor);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
}

#[tokio::test]
async fn a_role_made_after_the_list_stops_the_cutover_and_a_new_one_lists_it() {
    let scene = Scene::fenced();
    scene.recover(Until::Validated).await;
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    while executor.journal().state().step(list_writers::ID).unwrap().state != StepState::Done {
        advance(&scene, &mut executor).await;
    }
    scene.cloud.role_may_log_in(SOURCE, "newcomer", true);
    drive(&scene, &mut executor, usize::MAX).await;
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
    drop(executor);
    assert_eq!(scene.cloud.secret_points_at(), SOURCE);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert!(scene.cloud.who_may_log_in().contains(&format!("role newcomer at {SOURCE}: false")));
}

#[tokio::test]
async fn a_role_made_anew_while_it_was_fenced_is_left_alone_and_said() {
    let scene = Scene::fenced();
    scene.recover(Until::Cutover).await;
    scene.cloud.role_is_made_anew(SOURCE, "batch");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let undone = scene.state().await.step(fence::ID).unwrap().undone.clone().unwrap();
    assert!(undone.starts_with("app can log in") && undone.contains("batch: dropped, made anew"), "{undone}");
}

#[tokio::test]
async fn a_role_that_may_not_be_altered_is_refused_before_anything_is_made() {
    let scene = Scene::fenced();
    scene.cloud.role_is_untouchable("batch");
    let refusal = scene.plan_for(&format!("{CONFIG}{FENCE}"), "2026-11-20T14:22:05Z").await.unwrap_err();
    assert!(refusal.to_string().contains("role batch may not be altered by admin"), "{refusal}");
    assert!(refusal.hint().unwrap().contains("ADMIN OPTION"));
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_fence_that_would_not_hold_the_application_is_refused() {
    let scene = Scene::fenced();
    for (fence, words) in [
        ("[databases.loans.fence]\nmode = \"roles\"", "would shut itself out"),
        ("[databases.loans.fence]\nsecret = \"prod/loans/admin\"\nroles = [\"batch\"]", "logs in as app"),
    ] {
        let refusal = scene.plan_for(&format!("{CONFIG}\n{fence}"), "2026-11-20T14:22:05Z").await.unwrap_err();
        assert!(refusal.to_string().contains(words), "{refusal}");
    }
}

#[tokio::test]
async fn a_plan_that_fences_nothing_says_what_that_means() {
    let scene = Scene::new();
    let warned =
        |warnings: &[String]| warnings.iter().any(|warning| warning.starts_with("the old writer is not fenced"));
    assert!(warned(&scene.plan().await.brief.warnings));
    assert!(!warned(&Scene::fenced().plan().await.brief.warnings));
}
