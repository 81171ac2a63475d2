//! Whatever is lost, wherever the process dies: the same world in the end.

use std::time::Duration;

use daybreak::run::{
    clock::Clock,
    executor::Advance,
    interrupt::Interrupt,
    record::{Outcome, Scope},
    state::Stage,
    step::Until,
};

use crate::support::{Fault, Scene, Source, actor, of_every_source};

of_every_source! {
    a_run_killed_after_any_advance_ends_like_an_undisturbed_one,
    two_kills_end_like_none,
    a_cancel_after_a_kill_anywhere_before_the_cutover_leaves_nothing,
    a_lost_call_or_a_lost_answer_changes_nothing_in_the_end,
    a_denied_call_is_undone_or_holds_and_never_moves_the_application_by_half,
    a_run_left_alone_for_hours_goes_on_as_if_it_had_been_a_moment,
    a_watch_taken_over_is_kept_for_its_whole_time,
    a_way_back_killed_after_any_advance_ends_like_an_undisturbed_one,
}

async fn undisturbed(source: Source) -> (Vec<String>, usize) {
    let scene = Scene::of(source);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    (scene.what_exists(), scene.cloud.changes().len())
}

async fn a_run_killed_after_any_advance_ends_like_an_undisturbed_one(source: Source) {
    let (expected, changes) = undisturbed(source).await;
    for advances in 0.. {
        let scene = Scene::of(source);
        let complete = scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
        assert_eq!(scene.what_exists(), expected, "killed after {advances}");
        assert!(scene.cloud.changes().len() <= changes + 1, "killed after {advances}: {:?}", scene.cloud.changes());
        if complete {
            return;
        }
    }
}

async fn two_kills_end_like_none(source: Source) {
    let (expected, _) = undisturbed(source).await;
    for (first, second) in (0..90).step_by(4).zip((1..).step_by(3)) {
        let scene = Scene::of(source);
        scene.die_after(scene.begin(Until::Cutover).await, first).await;
        scene.die_after(scene.open().await, second).await;
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {first} and {second}");
        assert_eq!(scene.what_exists(), expected, "killed after {first} and {second}");
    }
}

async fn a_cancel_after_a_kill_anywhere_before_the_cutover_leaves_nothing(source: Source) {
    let before = Scene::of(source).what_exists();
    for advances in 0.. {
        let scene = Scene::of(source);
        scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        if scene.state().await.cutover_begun() {
            return;
        }
        assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone), "killed after {advances}");
        assert_eq!(scene.what_exists(), before, "killed after {advances}");
    }
}

async fn a_lost_call_or_a_lost_answer_changes_nothing_in_the_end(source: Source) {
    let (expected, changes) = undisturbed(source).await;
    for fault in [Fault::LostBefore, Fault::LostAfter] {
        for nth in 0..changes {
            let scene = Scene::of(source);
            scene.cloud.fail(nth, fault);
            assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered), "{fault:?} at {nth}");
            assert_eq!(scene.what_exists(), expected, "{fault:?} at {nth}");
        }
    }
}

async fn a_denied_call_is_undone_or_holds_and_never_moves_the_application_by_half(source: Source) {
    let (expected, changes) = undisturbed(source).await;
    let before = Scene::of(source).what_exists();
    for nth in 0..changes {
        let scene = Scene::of(source);
        scene.cloud.fail(nth, Fault::Denied);
        match scene.recover(Until::Cutover).await {
            Stage::Ended(Outcome::Undone) => assert_eq!(scene.what_exists(), before, "denied at {nth}"),
            // What nobody's data depends on is gone on without, and said.
            Stage::Ended(Outcome::Recovered) => {
                assert_eq!(scene.cloud.secret_points_at(), source.target_host(), "denied at {nth}");
                assert!(scene.goes_on_without_something().await, "denied at {nth}, and nothing of it is said");
            }
            Stage::Ended(Outcome::RolledBack) => {
                assert_eq!(scene.cloud.secret_points_at(), source.host(), "denied at {nth}");
                assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered), "denied at {nth}");
                assert_eq!(scene.what_exists(), expected, "denied at {nth}");
            }
            Stage::Stuck(_) => {
                assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "denied at {nth}");
                assert_eq!(scene.what_exists(), expected, "denied at {nth}");
            }
            stage => panic!("denied at {nth}: {stage:?}"),
        }
    }
}

async fn a_run_left_alone_for_hours_goes_on_as_if_it_had_been_a_moment(source: Source) {
    let (expected, _) = undisturbed(source).await;
    for advances in 0.. {
        let scene = Scene::of(source);
        let complete = scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        scene.clock.absent_for(Duration::from_secs(12 * 3600));
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "left alone after {advances}");
        assert_eq!(scene.what_exists(), expected, "left alone after {advances}");
        if complete {
            return;
        }
    }
}

async fn a_watch_taken_over_is_kept_for_its_whole_time(source: Source) {
    let scene = Scene::of(source);
    let undisturbed = Scene::of(source);
    undisturbed.recover(Until::Cutover).await;
    scene.recover(Until::Validated).await;
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    while scene.servers.probes() == 0 {
        if let Advance::Wait(span) = executor.advance(&interrupt).await.unwrap() {
            scene.clock.sleep(span).await;
        }
    }
    drop(executor);
    scene.clock.absent_for(Duration::from_secs(3600));
    scene.resume().await;
    assert_eq!(scene.servers.probes(), undisturbed.servers.probes() + 1);
}

async fn a_way_back_killed_after_any_advance_ends_like_an_undisturbed_one(source: Source) {
    for (scope, end) in [(Scope::Cutover, Outcome::RolledBack), (Scope::Everything, Outcome::Undone)] {
        let before = async |scene: &Scene| {
            scene.recover(if scope == Scope::Cutover { Until::Cutover } else { Until::Validated }).await;
        };
        let undisturbed = Scene::of(source);
        before(&undisturbed).await;
        undisturbed.turn_back(scope).await;
        for advances in 0.. {
            let scene = Scene::of(source);
            before(&scene).await;
            let mut executor = scene.executor(scene.open().await);
            executor.turn_back(scope, actor()).await.unwrap();
            drop(executor);
            let complete = scene.die_after(scene.open().await, advances).await;
            scene.clock.absent_for(Duration::from_secs(6 * 3600));
            assert_eq!(scene.resume().await, Stage::Ended(end), "{scope:?} killed after {advances}");
            assert_eq!(scene.what_exists(), undisturbed.what_exists(), "{scope:?} killed after {advances}");
            if complete {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_interrupt_is_journaled_and_resumable() {
    let (expected, _) = undisturbed(Source::Cluster).await;
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    let (raise, interrupt) = Interrupt::new();
    raise.send(Some("SIGINT")).unwrap();
    let driven = daybreak::run::drive::drive(&mut executor, &scene.clock, &interrupt).await.unwrap();
    assert_eq!(driven, daybreak::run::drive::Drive::Interrupted);
    assert_eq!(executor.journal().history().records.last().unwrap().entry.name(), "interrupted");
    drop(executor);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.what_exists(), expected);
}
