//! The request to stop: heard at once between and during looks, and by a call that hangs after a grace.

use std::time::Duration;

use daybreak::run::{
    clock::Clock,
    drive::{Drive, drive},
    interrupt::Interrupt,
    record::{Entry, Outcome, Scope},
    state::Stage,
    step::Until,
};

use crate::support::{Fault, Scene, actor};

/// How long a call under way is waited for.
const GRACE: Duration = Duration::from_secs(20);

/// What the run does while it is asked to stop.
#[derive(Debug, Clone, Copy)]
enum Course {
    Recovering,
    TurningBack,
}

/// Drives while the changing call number `nth` of the course hangs, and asks for a stop then; whether there was such a call.
async fn left_after_the_grace(course: Course, nth: usize, held: Fault) -> bool {
    let scene = Scene::new();
    let before = scene.what_exists();
    let journal = match course {
        Course::Recovering => scene.begin(Until::Cutover).await,
        Course::TurningBack => {
            scene.recover(Until::Validated).await;
            scene.open().await
        }
    };
    let made = scene.cloud.changes().len();
    scene.cloud.fail(nth, held);
    let mut executor = scene.executor(journal);
    if matches!(course, Course::TurningBack) {
        executor.turn_back(Scope::Everything, actor()).await.unwrap();
    }
    let (raise, interrupt) = Interrupt::new();
    let asked = async {
        while scene.cloud.changes().len() <= made + nth {
            tokio::task::yield_now().await;
        }
        let at = scene.clock.awake();
        raise.send(Some("SIGTERM")).unwrap();
        at
    };
    let driven = drive(&mut executor, &scene.clock, &interrupt);
    let (driven, asked_at) = tokio::select! {
        both = async { tokio::join!(driven, asked) } => both,
        // Ends only a run that makes fewer calls than that: its drive rests while nobody asks it to stop.
        () = idle(&scene, made + nth) => return false,
    };
    assert_eq!(driven.unwrap(), Drive::Interrupted, "{course:?}, call {nth}, {held:?}");
    assert_eq!(
        scene.clock.awake() - asked_at,
        GRACE,
        "{course:?}, call {nth}: it was left after the grace, not before"
    );
    let last = executor.journal().history().records.last().unwrap().entry.clone();
    assert_eq!(last, Entry::Interrupted { by: "SIGTERM".to_owned() }, "{course:?}, call {nth}");
    drop(executor);
    let ended = scene.resume().await;
    match course {
        Course::Recovering => assert_eq!(ended, Stage::Ended(Outcome::Recovered), "call {nth}, {held:?}"),
        Course::TurningBack => {
            assert_eq!(ended, Stage::Ended(Outcome::Undone), "call {nth}, {held:?}");
            assert_eq!(scene.what_exists(), before, "call {nth}, {held:?}");
        }
    }
    true
}

/// Returns once the run rests without having made that many changing calls.
async fn idle(scene: &Scene, calls: usize) {
    loop {
        let state = scene.state().await;
        if !matches!(state.stage, Stage::Going | Stage::TurningBack(_)) && scene.cloud.changes().len() <= calls {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// The same at every changing call of a course.
async fn at_every_call(course: Course, expected: usize) {
    for held in [Fault::HeldBefore, Fault::HeldAfter] {
        let mut nth = 0;
        while left_after_the_grace(course, nth, held).await {
            nth += 1;
        }
        assert_eq!(nth, expected, "{course:?}: as many cases as there are calls");
    }
}

#[tokio::test]
async fn a_call_that_hangs_on_the_way_forward_is_left_after_a_grace() {
    at_every_call(Course::Recovering, 19).await;
}

#[tokio::test]
async fn a_call_that_hangs_on_the_way_back_is_left_after_a_grace() {
    at_every_call(Course::TurningBack, 3).await;
}

#[tokio::test]
async fn a_look_that_hangs_is_left_at_once() {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    scene.cloud.is_silent(true);
    let (raise, interrupt) = Interrupt::new();
    let (driven, ()) = tokio::join!(drive(&mut executor, &scene.clock, &interrupt), async {
        tokio::task::yield_now().await;
        raise.send(Some("SIGHUP")).unwrap();
    });
    assert_eq!(driven.unwrap(), Drive::Interrupted);
    assert_eq!(scene.clock.awake(), Duration::ZERO, "it was not waited for");
    drop(executor);
    scene.cloud.is_silent(false);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_stop_asked_for_beforehand_begins_nothing() {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    let (raise, interrupt) = Interrupt::new();
    raise.send(Some("SIGTERM")).unwrap();
    assert_eq!(drive(&mut executor, &scene.clock, &interrupt).await.unwrap(), Drive::Interrupted);
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "what was not begun is not begun");
    drop(executor);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_run_that_rests_is_not_interrupted() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    let records = scene.history().await.records.len();
    let mut executor = scene.executor(scene.open().await);
    let (raise, interrupt) = Interrupt::new();
    raise.send(Some("SIGTERM")).unwrap();
    assert_eq!(drive(&mut executor, &scene.clock, &interrupt).await.unwrap(), Drive::Rested);
    assert_eq!(scene.history().await.records.len(), records, "nothing is written about it");
}
