//! Promotions behind a fence: nothing of the application is lost, it never writes to both sides, and the old primary is opened
//! again only while it is the primary.

use daybreak::{
    recovery::{
        promotion::{Loss, Wanted},
        refusal::Refusal,
    },
    report::promoted,
    run::{
        clock::Clock,
        executor::{Advance, Executor},
        interrupt::Interrupt,
        plan::Plan,
        record::{Outcome, Scope},
        state::{Direction, Stage, StepState},
        step::{Step as _, Until},
    },
    steps::{
        fence::{self, Fenced},
        list_writers,
        promotion::{catch_up, promote},
        step::Step,
    },
};

use crate::{
    promotions::{planned, promotions, scene},
    support::{FENCE, Fault, Scene, actor},
};

/// The kinds after which the old primary would stay a primary.
const KINDS: [&str; 3] = ["replica", "replica-cluster", "detach"];
const PRIMARY: &str = "loans-prod.cluster.example";

/// Where the target takes writes afterwards.
fn target(kind: &str) -> &'static str {
    match kind {
        "replica" => "shop-r.example",
        "replica-cluster" => "shop-aurora.cluster.example",
        _ => "loans-away.cluster.example",
    }
}

/// A scene in which the target shows the roles of its primary, and a client of the application is connected to that.
fn following(kind: &str) -> Scene {
    let scene = scene(kind);
    scene.cloud.follows(target(kind), PRIMARY);
    scene.cloud.follows("loans-away.reader.example", PRIMARY);
    scene.cloud.client_connects();
    scene
}

/// One whose primary does not answer, and nobody is connected to.
fn dead() -> Scene {
    let scene = scene("replica");
    scene.cloud.follows(target("replica"), PRIMARY);
    scene.cloud.is_unreachable(PRIMARY, true);
    scene.servers.tell_no_role(true);
    scene
}

async fn plan(scene: &Scene, kind: &str, keeps_writing: bool) -> Result<Plan<Step>, Refusal> {
    // Nobody tells the lag of the global database here.
    let loss = if kind == "detach" { Loss::Unmeasured } else { Loss::Nothing };
    let wanted = Wanted { loss, old_primary_keeps_writing: keeps_writing, ..Wanted::default() };
    planned(scene, kind, FENCE, wanted).await
}

async fn begun(kind: &str) -> Scene {
    let mut scene = following(kind);
    let plan = plan(&scene, kind, false).await.unwrap();
    scene.world = scene.world.of_region(&plan.brief.target.region);
    drop(scene.begin_with(plan, Until::Cutover).await);
    scene
}

/// Advances as often, as a client does what it can in between; how often until the run rested.
async fn drive(scene: &Scene, executor: &mut Executor<'_, Step>, most: usize) -> usize {
    let (_raise, interrupt) = Interrupt::new();
    for taken in 0..most {
        let advanced = executor.advance(&interrupt).await.unwrap();
        scene.cloud.client_connects();
        let written = scene.cloud.hosts_written_to();
        assert!(written.len() <= 1, "both sides take writes: {written:?}");
        match advanced {
            Advance::Wait(span) => scene.clock.sleep(span).await,
            Advance::Resting => return taken,
            Advance::Moved | Advance::Interrupted => {}
        }
    }
    most
}

/// Dies after so many advances, and goes on to the end.
async fn killed_after(scene: &Scene, kill: usize) -> usize {
    let taken = drive(scene, &mut scene.executor(scene.open().await), kill).await;
    drive(scene, &mut scene.executor(scene.open().await), usize::MAX).await;
    taken
}

async fn turn_back(scene: &Scene, scope: Scope, kill: usize) -> (usize, Stage) {
    let mut executor = scene.executor(scene.open().await);
    executor.turn_back(scope, actor()).await.unwrap();
    drop(executor);
    let taken = killed_after(scene, kill).await;
    (taken, scene.state().await.stage)
}

/// Who may log in at `host`.
fn logins(scene: &Scene, host: &str) -> Vec<String> {
    let end = format!(" at {host}: true");
    let open = scene.cloud.who_may_log_in();
    open.iter().filter_map(|line| Some(line.strip_prefix("role ")?.strip_suffix(&end)?.to_owned())).collect()
}

async fn fenced_only(scene: &Scene) {
    let mut executor = scene.executor(scene.open().await);
    while executor.journal().state().step(fence::ID).unwrap().state != StepState::Done {
        assert_eq!(drive(scene, &mut executor, 1).await, 1);
    }
}

#[tokio::test]
async fn the_fence_comes_before_the_call_and_the_target_is_opened_after_it() {
    for kind in KINDS {
        let scene = following(kind);
        let plan = plan(&scene, kind, false).await.unwrap();
        let steps: Vec<String> = plan.steps.iter().map(|planned| planned.step.id().0).collect();
        let waits: &[&str] = if kind == "detach" { &[] } else { &["catch-up"] };
        let first = [&["guard", "list-writers", "fence"], waits, &["promote", "open-ledger", "admit-writers", "prove"]]
            .concat();
        assert_eq!(steps[..first.len()], first, "{kind}");
        assert_eq!(plan.steps[0].step.until(), Until::Restored);
        assert!(plan.steps[1..].iter().all(|planned| planned.step.until() == Until::Cutover), "{kind}: one cutover");
        let told = plan.brief.promotion.unwrap();
        assert!(told.old_primary.contains("app, batch may not log in"), "{}", told.old_primary);
        assert!(told.old_primary.contains("if it cannot be reached then, the run holds"), "{}", told.old_primary);
        assert!(told.old_primary.contains("ALTER ROLE \"app\" LOGIN"), "{}", told.old_primary);
        assert_eq!(told.loses.starts_with("nothing that the application wrote"), kind != "detach", "{}", told.loses);
        assert!(plan.brief.policies.iter().any(|policy| policy.bundle == "fence"));
        assert_eq!(scene.cloud.changes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn never_do_both_sides_take_writes_wherever_it_is_killed() {
    for kind in KINDS {
        for kill in 0.. {
            let scene = begun(kind).await;
            scene.cloud.is_behind(3);
            let taken = killed_after(&scene, kill).await;
            assert_eq!(scene.state().await.stage, Stage::Ended(Outcome::Recovered), "{kind} killed after {kill}");
            assert_eq!(promotions(&scene), 1, "{kind} killed after {kill}");
            assert_eq!(logins(&scene, PRIMARY), Vec::<String>::new(), "{kind} killed after {kill}");
            assert_eq!(logins(&scene, target(kind)), ["app", "batch"], "{kind} killed after {kill}");
            assert_eq!(scene.cloud.hosts_written_to(), [target(kind)], "{kind} killed after {kill}");
            if taken < kill {
                break;
            }
        }
    }
}

#[tokio::test]
async fn lost_calls_and_answers_change_nothing_in_the_end() {
    for kind in KINDS {
        let undisturbed = begun(kind).await;
        killed_after(&undisturbed, 0).await;
        for nth in 0..undisturbed.cloud.changes().len() {
            for fault in [Fault::LostBefore, Fault::LostAfter] {
                let scene = begun(kind).await;
                scene.cloud.fail(nth, fault);
                killed_after(&scene, 0).await;
                assert_eq!(scene.state().await.stage, Stage::Ended(Outcome::Recovered), "{kind} {fault:?} at {nth}");
                assert_eq!(scene.what_exists(), undisturbed.what_exists(), "{kind} {fault:?} at {nth}");
            }
        }
    }
}

#[tokio::test]
async fn before_the_promotion_the_way_back_gives_exactly_the_roles_back() {
    for kind in KINDS {
        for kill in 0.. {
            let scene = begun(kind).await;
            let before = scene.what_exists();
            fenced_only(&scene).await;
            assert_eq!(logins(&scene, PRIMARY), Vec::<String>::new());
            let (taken, stage) = turn_back(&scene, Scope::Cutover, kill).await;
            assert_eq!(stage, Stage::Ended(Outcome::RolledBack), "{kind} killed after {kill}");
            assert_eq!((scene.what_exists(), promotions(&scene)), (before, 0), "{kind} killed after {kill}");
            if taken < kill {
                assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered), "{kind}: it can be tried again");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_target_that_does_not_catch_up_gives_the_application_its_primary_back() {
    let scene = begun("replica").await;
    let before = scene.what_exists();
    scene.cloud.is_behind(u32::MAX);
    killed_after(&scene, 0).await;
    let state = scene.state().await;
    assert_eq!(state.stage, Stage::Ended(Outcome::RolledBack));
    let failure = state.step(catch_up::ID).unwrap().failure.clone().unwrap();
    assert!(failure.message.contains("to get all that was written to shop"), "{failure}");
    assert_eq!((scene.what_exists(), promotions(&scene)), (before, 0));
}

#[tokio::test]
async fn once_the_target_is_a_primary_no_way_back_opens_the_old_one() {
    for kind in KINDS {
        for kill in 0.. {
            let scene = begun(kind).await;
            killed_after(&scene, 0).await;
            let words = promoted::rollback_words(&scene.state().await).unwrap();
            assert!(words.contains("which STAYS FENCED"), "it is said before it is confirmed: {words}");
            let (taken, stage) = turn_back(&scene, Scope::Cutover, kill).await;
            assert_eq!(stage, Stage::Ended(Outcome::RolledBack), "{kind} killed after {kill}");
            assert_eq!(scene.cloud.secret_points_at(), PRIMARY);
            assert_eq!(logins(&scene, PRIMARY), Vec::<String>::new(), "{kind} killed after {kill}");
            assert_eq!(
                logins(&scene, target(kind)),
                Vec::<String>::new(),
                "{kind}: who opens one finds the other shut"
            );
            let undone = scene.state().await.step(fence::ID).unwrap().undone.clone().unwrap();
            assert!(undone.contains("STAYS FENCED") && undone.contains("ALTER ROLE \"app\" LOGIN"), "{undone}");
            if taken < kill {
                assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered), "{kind}");
                assert_eq!((logins(&scene, target(kind)).len(), promotions(&scene)), (2, 1), "{kind}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_denied_promotion_holds_and_a_rollback_opens_the_old_primary() {
    let scene = begun("replica").await;
    let before = scene.what_exists();
    scene.cloud.fail(2, Fault::Denied);
    killed_after(&scene, 0).await;
    let state = scene.state().await;
    assert_eq!(state.stage, Stage::Stuck(Direction::Forward));
    assert_eq!(state.step(promote::ID).unwrap().state, StepState::Failed);
    let (_, stage) = turn_back(&scene, Scope::Cutover, 0).await;
    assert_eq!((stage, scene.what_exists()), (Stage::Ended(Outcome::RolledBack), before));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
}

#[tokio::test]
async fn whom_the_fence_ends_is_no_obstacle_and_others_are() {
    let scene = following("replica");
    scene.servers.are_in_use_by(&["app", "app"]);
    assert!(plan(&scene, "replica", false).await.is_ok());
    scene.servers.are_in_use_by(&["app", "analyst"]);
    let Err(Refusal::NotPromoted(refused)) = plan(&scene, "replica", false).await else { panic!("it is in use") };
    assert!(refused.causes()[0].contains("in use by analyst;"), "{:?}", refused.causes());
    assert!(refused.hints()[0].contains("--old-primary-keeps-writing"), "{:?}", refused.hints());
    let accepted = plan(&scene, "replica", true).await.unwrap().brief.promotion.unwrap();
    assert!(accepted.old_primary.contains("who else is connected GOES ON"), "{}", accepted.old_primary);
    // Without a fence the better way is named.
    let Err(Refusal::NotPromoted(refused)) = planned(&scene, "replica", "", Wanted::default()).await else {
        panic!("it is in use")
    };
    assert!(refused.hints()[0].contains("[databases.loans.fence]"), "{:?}", refused.hints());
}

#[tokio::test]
async fn a_primary_that_is_dead_is_left_behind_by_word() {
    let mut scene = dead();
    let wanted = |keeps| Wanted { loss: Loss::Unmeasured, old_primary_keeps_writing: keeps, ..Wanted::default() };
    let Err(Refusal::NotPromoted(refused)) = planned(&scene, "replica", FENCE, wanted(false)).await else {
        panic!("it cannot be fenced")
    };
    assert!(refused.causes()[0].contains("nor be fenced"), "{:?}", refused.causes());
    let plan = planned(&scene, "replica", FENCE, wanted(true)).await.unwrap();
    let told = plan.brief.promotion.as_ref().unwrap().old_primary.clone();
    assert!(told.contains("if it cannot be reached then, it is NOT FENCED"), "{told}");
    scene.world = scene.world.of_region(&plan.brief.target.region);
    drop(scene.begin_with(plan, Until::Cutover).await);
    killed_after(&scene, 0).await;
    let state = scene.state().await;
    assert_eq!(state.stage, Stage::Ended(Outcome::Recovered));
    let fenced: Fenced = state.outputs.of(fence::ID).unwrap();
    assert!(fenced.unfenced.is_some(), "{fenced:?}");
    assert_eq!(promoted::rollback_words(&state), None, "a rollback is as ever");
}

#[tokio::test]
async fn a_primary_that_is_gone_or_stopped_needs_no_word() {
    let scene = dead();
    scene.cloud.stays("shop", "stopped");
    let wanted = Wanted { loss: Loss::Unmeasured, ..Wanted::default() };
    let plan = planned(&scene, "replica", FENCE, wanted).await.unwrap();
    drop(scene.begin_with(plan, Until::Cutover).await);
    killed_after(&scene, 0).await;
    let state = scene.state().await;
    assert_eq!(state.stage, Stage::Ended(Outcome::Recovered));
    let fenced: Fenced = state.outputs.of(fence::ID).unwrap();
    assert!(fenced.unfenced.is_some_and(|why| why.contains("instance shop is stopped")));
}

#[tokio::test]
async fn a_primary_lost_after_the_plan_holds_before_anything_is_done() {
    let scene = begun("replica").await;
    scene.cloud.is_unreachable(PRIMARY, true);
    killed_after(&scene, 0).await;
    let state = scene.state().await;
    assert_eq!((state.stage, promotions(&scene)), (Stage::Stuck(Direction::Forward), 0));
    let hint = state.step(list_writers::ID).unwrap().failure.clone().unwrap().hint.unwrap();
    assert!(hint.contains("daybreak cancel") && hint.contains("--old-primary-keeps-writing"), "{hint}");
    assert_eq!(turn_back(&scene, Scope::Everything, 0).await.1, Stage::Ended(Outcome::Undone));
}
