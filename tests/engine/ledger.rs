//! The ledger of a cutover: what each side was written is on record once it is known, and never in the application's way.

use std::time::Duration;

use daybreak::{
    pg::ledger::{Account, Changes},
    report::ledger::LedgerResult,
    run::{
        clock::Clock,
        executor::Executor,
        record::{Outcome, Scope},
        state::{Direction, Stage, StepState},
        step::{Step as _, Until},
    },
    steps::{
        fence,
        ledger::{close, horizon, open, taken},
        move_secret,
        step::Step,
    },
};

use crate::support::{CONFIG, FENCE, Scene, actor};

const SOURCE: &str = "loans-prod.cluster.example";
const TARGET: &str = "loans-prod-db-k3fa.cluster.example";

/// Executes until `step` is in `state`.
async fn until(scene: &Scene, executor: &mut Executor<'_, Step>, step: &str, state: StepState) {
    while executor.journal().state().step(step).unwrap().state != state {
        assert!(scene.advance(executor).await, "the run rests before {step} is {state:?}");
    }
}

async fn told(scene: &Scene) -> LedgerResult {
    LedgerResult::of(&scene.history().await).expect("a ledger")
}

/// A run that has been recovered while both sides were written: 7 rows to the source until the fence, and then 12 to the target.
async fn recovered(scene: &Scene) {
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    until(scene, &mut executor, horizon::ID, StepState::Done).await;
    scene.cloud.is_written(SOURCE, 7);
    until(scene, &mut executor, move_secret::ID, StepState::Done).await;
    scene.cloud.is_written(TARGET, 12);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn what_the_source_was_written_is_given_up_by_recovering_and_given_back_by_rolling_back() {
    let scene = Scene::fenced();
    recovered(&scene).await;
    let ledger = told(&scene).await;
    let source = ledger.source.expect("the source's side");
    assert_eq!((source.given_up, source.rows, source.counted.map(Changes::total)), (true, Some(7), Some(7)));
    assert!(source.account.is_some_and(|account| account.open.is_none()), "it is fenced");
    assert_eq!(ledger.target, None, "it goes on");
    scene.turn_back(Scope::Cutover).await;
    let ledger = told(&scene).await;
    assert!(!ledger.source.unwrap().given_up);
    let target = ledger.target.expect("the target's side");
    assert_eq!((target.given_up, target.rows, target.counted.map(Changes::total)), (true, Some(12), Some(12)));
}

#[tokio::test]
async fn the_ledger_is_written_before_the_fence_and_behind_it() {
    let scene = Scene::fenced();
    let steps: Vec<String> = scene.plan().await.steps.iter().map(|planned| planned.step.id().0).collect();
    let at = |id: &str| steps.iter().position(|step| step == id).unwrap_or_else(|| panic!("no {id} in {steps:?}"));
    assert_eq!(at(horizon::ID), at("create-writer") + 1, "the first login");
    assert!(at(open::ID) < at("list-writers"), "undone after the source is open");
    assert_eq!(at(close::ID), steps.len() - 1);
    let copy = Scene::new();
    let without = copy.plan().await;
    let closes = without.steps.iter().any(|planned| planned.step.id().0 == close::ID);
    assert!(closes, "a source that is not fenced is asked, too");
}

#[tokio::test]
async fn kills_anywhere_lose_nothing_of_the_ledger() {
    for kill in 0.. {
        let scene = Scene::fenced();
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        until(&scene, &mut executor, move_secret::ID, StepState::Done).await;
        scene.cloud.is_written(TARGET, 12);
        executor.turn_back(Scope::Cutover, actor()).await.unwrap();
        let complete = scene.advance_often(&mut executor, kill).await;
        drop(executor);
        let mut executor = scene.executor(scene.open().await);
        scene.drive(&mut executor).await.unwrap();
        assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
        let target = told(&scene).await.target.expect("the target's side");
        assert_eq!((target.rows, target.counted.map(Changes::total)), (Some(12), Some(12)), "killed after {kill}");
        if complete {
            return;
        }
    }
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_not_waited_for() {
    let scene = Scene::fenced();
    recovered(&scene).await;
    scene.cloud.is_unreachable(TARGET, true);
    let before = scene.clock.awake();
    scene.turn_back(Scope::Cutover).await;
    assert!(scene.clock.awake() - before < Duration::from_secs(25));
    let undone = scene.state().await.step(open::ID).unwrap().undone.clone().unwrap();
    assert!(undone.contains("NOT KNOWN") && undone.contains("--ledger json-lines --side target"), "{undone}");
    let target = told(&scene).await.target.expect("what is not known is no nothing");
    assert!(target.given_up && target.account.is_none() && target.unknown.is_some_and(|why| why.contains("NOT KNOWN")));
}

#[tokio::test]
async fn a_source_that_is_not_asked_or_does_not_answer_is_said() {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    until(&scene, &mut executor, close::ID, StepState::Started).await;
    scene.cloud.is_unreachable(SOURCE, true);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered), "the run goes on without");
    let source = told(&scene).await.source.expect("the source's side");
    assert!(source.unknown.is_some_and(|why| why.contains("no route")) && source.account.is_none());

    let scene = Scene::new();
    recovered(&scene).await;
    let source = told(&scene).await.source.expect("the source's side");
    let open = source.account.and_then(|account| account.open).expect("it may go on");
    assert!(open.contains("not fenced") && open.contains("go on taking writes"), "{open}");
}

#[tokio::test]
async fn statistics_that_were_reset_leave_the_rows() {
    let scene = Scene::fenced();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    until(&scene, &mut executor, horizon::ID, StepState::Done).await;
    scene.cloud.is_written(SOURCE, 7);
    scene.cloud.forgets_counts(SOURCE);
    scene.drive(&mut executor).await.unwrap();
    let source = told(&scene).await.source.expect("the source's side");
    assert_eq!((source.rows, source.counted), (Some(7), None));
    assert!(source.account.is_some_and(|account| account.uncounted.is_some_and(|why| why.contains("reset"))));
}

#[tokio::test]
async fn what_a_rollback_would_give_up_is_counted_while_it_goes_on() {
    let scene = Scene::fenced();
    recovered(&scene).await;
    let state = scene.state().await;
    let step = daybreak::report::ledger::opens(&state).unwrap();
    assert_eq!(taken(&scene.world, &step.access, &state.outputs).await, Ok(12));
    scene.cloud.forgets_counts(TARGET);
    assert!(taken(&scene.world, &step.access, &state.outputs).await.is_err_and(|why| why.contains("reset")));
    scene.cloud.is_unreachable(TARGET, true);
    assert!(taken(&scene.world, &step.access, &state.outputs).await.is_err_and(|why| why.contains("no route")));
}

#[tokio::test]
async fn a_watch_holds_over_new_writes_where_the_profile_says_so() {
    let holds =
        Box::leak(format!("{}    on_new_writes = \"hold\"\n{FENCE}", CONFIG.trim_end_matches(' ')).into_boxed_str());
    for (written, stage) in [(12, Stage::Stuck(Direction::Forward)), (0, Stage::Ended(Outcome::RolledBack))] {
        let mut scene = Scene::fenced();
        scene.way.config = holds;
        scene.servers.probes_fail(3);
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        until(&scene, &mut executor, move_secret::ID, StepState::Done).await;
        scene.cloud.is_written(TARGET, written);
        scene.drive(&mut executor).await.unwrap();
        let state = executor.journal().state();
        assert_eq!(state.stage, stage, "{written} written");
        let failure = state.step("watch").unwrap().failure.clone().unwrap();
        if written == 0 {
            continue;
        }
        let hint = failure.hint.unwrap();
        assert!(hint.contains("daybreak resume") && hint.contains("--accept-loss 12 "), "{hint}");
        assert_eq!(state.step(fence::ID).unwrap().state, StepState::Done, "nothing went back");
    }
}

#[tokio::test]
async fn a_second_cutover_begins_a_ledger_of_its_own() {
    let scene = Scene::fenced();
    recovered(&scene).await;
    scene.turn_back(Scope::Cutover).await;
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    let ledger = told(&scene).await;
    assert_eq!(ledger.target, None, "the application has what it wrote there");
    assert!(ledger.source.is_some_and(|source| source.given_up));
    scene.cloud.is_written(TARGET, 3);
    scene.turn_back(Scope::Cutover).await;
    assert_eq!(told(&scene).await.target.and_then(|target| target.rows), Some(3));
}

#[test]
fn an_account_is_read_back_as_it_was_written() {
    let account: Account = serde_json::from_value(serde_json::json!({
        "counted_from": "2026-11-20T15:00:00Z", "until": "2026-11-20T15:10:00Z",
        "tables": [{ "table": "public.loans", "counted": [3, 0, 1], "rows": 2 }],
    }))
    .unwrap();
    assert_eq!((account.counted().map(Changes::total), account.rows(), account.doubtful()), (Some(4), 2, 0));
}
