//! The journal: created once, by one executor, and never guessed at.

use std::sync::Arc;

use daybreak::run::{
    clock::Clock,
    journal::{self, Journal, JournalError},
    plan::Plan,
    record::{Consequence, Entry, Outcome, Scope},
    state::Stage,
    step::{Failure, StepId, Until},
    store::{Store, StoreError},
};
use daybreak::{steps::step::Step, store::directory::DirectoryStore};

use serde_json::json;

use crate::support::{Scene, actor, holder, run};

#[tokio::test]
async fn a_plan_is_executed_once() {
    let scene = Scene::new();
    let plan = scene.plan().await;
    let begin = async || {
        let store = Arc::new(scene.store.clone());
        Journal::begin(store, plan.clone(), Until::Cutover, actor(), &holder(), scene.clock.now()).await
    };
    drop(begin().await.unwrap());
    assert!(matches!(begin().await, Err(JournalError::ExecutedBefore { .. })));
}

#[tokio::test]
async fn a_run_has_one_executor_at_a_time() {
    let scene = Scene::new();
    let held = scene.begin(Until::Cutover).await;
    let second = Journal::<Step>::open(Arc::new(scene.store.clone()), &run(), &holder()).await;
    assert!(matches!(second, Err(JournalError::Store(StoreError::Held { .. }))));
    drop(held);
    scene.open().await;
}

#[tokio::test]
async fn an_executor_overtaken_by_another_stops_having_done_nothing_more() {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    // Somebody else wrote the next record, as after a lease taken over.
    scene.store.create(&run(), 1, b"theirs").await.unwrap();
    assert!(matches!(scene.drive(&mut executor).await, Err(JournalError::Overtaken { .. })));
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_directory_keeps_what_memory_keeps() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(DirectoryStore::new(directory.path()));
    store.check().await.unwrap();
    let scene = Scene::new();
    let plan = scene.plan().await;
    let journal =
        Journal::begin(store.clone(), plan, Until::Cutover, actor(), &holder(), scene.clock.now()).await.unwrap();
    let second = Journal::<Step>::open(store.clone(), &run(), &holder()).await;
    assert!(matches!(second, Err(JournalError::Store(StoreError::Held { .. }))));
    let mut executor = scene.executor(journal);
    scene.drive(&mut executor).await.unwrap();
    let history = executor.journal().history().clone();
    drop(executor);
    assert_eq!(journal::read::<Step>(&*store, &run()).await.unwrap(), history);
    assert_eq!(store.runs().await.unwrap(), [run()]);
    assert!(matches!(store.create(&run(), 0, b"x").await, Err(StoreError::Exists { .. })));
    std::fs::remove_file(directory.path().join("runs").join(run().as_str()).join("000002.json")).unwrap();
    assert!(matches!(store.read(&run()).await, Err(StoreError::Missing { number: 2, .. })));
}

#[tokio::test]
async fn a_plan_file_is_read_back_as_it_was_and_refused_when_edited() {
    let plan = Scene::new().plan().await;
    let text = plan.to_file();
    assert_eq!(Plan::<Step>::from_file(&text).unwrap(), plan);
    for (from, to) in
        [("loans-prod-db-k3fa-1", "loans-prod-1"), ("\"format\": 1", "\"format\": 2"), ("\"recipe\"", "\"recipes\"")]
    {
        assert!(Plan::<Step>::from_file(&text.replace(from, to)).is_err(), "{from} to {to}");
    }
    assert!(!text.contains("hunter2"), "no secret is in a plan");
}

#[tokio::test]
async fn an_undone_run_accepts_nothing_more() {
    let scene = Scene::new();
    scene.recover(Until::Restored).await;
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    let mut journal = scene.open().await;
    let records = journal.history().records.len();
    let step = || StepId::from("restore-cluster");
    let entries: Vec<Entry<Step>> = vec![
        Entry::Allowed { until: Until::Cutover, by: actor() },
        Entry::Started { step: step() },
        Entry::Finished { step: step(), output: json!({}) },
        Entry::Failed { step: step(), failure: Failure::new("no"), then: Consequence::Hold },
        Entry::TurnedBack { scope: Scope::Everything, final_snapshot: None, loss: None, by: actor() },
        Entry::TurnedBack { scope: Scope::Cutover, final_snapshot: None, loss: None, by: actor() },
        Entry::UndoStarted { step: step() },
        Entry::Retried { by: actor() },
        Entry::Interrupted { by: "SIGINT".to_owned() },
        Entry::Ended { outcome: Outcome::Recovered },
        Entry::Removed,
    ];
    for entry in entries {
        let name = entry.name();
        let refused = journal.append(entry, scene.clock.now()).await;
        assert!(matches!(refused, Err(JournalError::Illegal { .. })), "{name}");
    }
    assert_eq!(journal.history().records.len(), records);
}

#[tokio::test]
async fn a_step_out_of_turn_is_refused_before_it_is_written() {
    let scene = Scene::new();
    let mut journal = scene.begin(Until::Cutover).await;
    for step in ["create-writer", "move-secret", "no-such-step"] {
        let refused = journal.append(Entry::Started { step: StepId::from(step) }, scene.clock.now()).await;
        assert!(matches!(refused, Err(JournalError::Illegal { .. })), "{step}");
    }
    assert_eq!(scene.store.read(&run()).await.unwrap().len(), 1);
}
