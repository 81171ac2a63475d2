//! A recovery that nothing disturbs, and what stops one on the way.

use std::sync::Arc;

use daybreak::run::{
    clock::Clock,
    journal::Journal,
    record::{Entry, Outcome, Scope},
    state::{Direction, Stage},
    step::Until,
};

use crate::support::{CONFIG, SOURCE, Scene, actor, holder};

const TARGET: &str = "loans-prod-db-k3fa";

#[tokio::test]
async fn a_recovery_moves_the_application_and_leaves_the_source_as_it_was() {
    let scene = Scene::new();
    let source_before = scene.cloud.clusters();
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.secret_points_at(), format!("{TARGET}.cluster.example"));
    assert_eq!(
        scene.what_exists(),
        [
            r#"cluster loans-prod ["sg-0bbbbbbbbbbbbbbbb"] protected true ["production=true"]"#,
            r#"cluster loans-prod-db-k3fa ["sg-0bbbbbbbbbbbbbbbb"] protected true ["daybreak:purpose=recovery", "daybreak:run=20261120-150000-k3fa", "daybreak:source=loans-prod", "production=true"]"#,
            "instance loans-prod-1 available",
            "instance loans-prod-2 available",
            "instance loans-prod-db-k3fa-1 available",
            "instance loans-prod-db-k3fa-2 available",
            r#"loans-prod: roles ["arn:aws:iam::123456789012:role/export"], data api true, managed true"#,
            r#"loans-prod-db-k3fa: roles ["arn:aws:iam::123456789012:role/export"], data api true, managed true"#,
            r#"endpoint reports of loans-prod to ["loans-prod-2"]"#,
            r#"endpoint reports-db-k3fa of loans-prod-db-k3fa to ["loans-prod-db-k3fa-2"]"#,
            "scaling of cluster:loans-prod from 1 to 4",
            "scaling of cluster:loans-prod-db-k3fa from 1 to 4",
            "policy cpu of cluster:loans-prod",
            "policy cpu of cluster:loans-prod-db-k3fa",
            r#"secret version daybreak-20261120-150000-k3fa-cutover ["AWSCURRENT"]"#,
            r#"secret version v1 ["AWSPREVIOUS"]"#,
            r#"record {"Name":"db.corp.example.","Type":"CNAME","TTL":60,"ResourceRecords":[{"Value":"loans-prod.cluster.example"}]}"#,
        ]
    );
    assert_eq!(scene.cloud.clusters()[0], source_before[0]);
}

#[tokio::test]
async fn it_stops_where_it_was_told_to_and_goes_on_when_allowed() {
    let scene = Scene::new();
    assert_eq!(scene.recover(Until::Restored).await, Stage::Stopped(Until::Restored));
    assert!(!scene.cloud.changes().contains(&"PutSecretValue".to_owned()));
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Validated, crate::support::actor()).await.unwrap();
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Stopped(Until::Validated));
    drop(executor);
    assert_eq!(scene.cloud.secret_points_at(), format!("{SOURCE}.cluster.example"));
    let quarantined = scene.cloud.clusters()[1].security_group_ids();
    assert_eq!(quarantined, ["sg-0aaaaaaaaaaaaaaaa"], "until the cutover the target stays in quarantine");
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_restore_that_rds_gives_up_ends_at_once_with_rdss_own_words() {
    let scene = Scene::new();
    scene.cloud.restores_end_as("restore-failed");
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Undone));
    let history = scene.history().await;
    let failure = history.records.iter().find_map(|record| match &record.entry {
        Entry::Failed { failure, .. } => Some(failure.to_string()),
        _ => None,
    });
    let failure = failure.unwrap();
    assert!(failure.contains("is restore-failed"), "{failure}");
    assert!(failure.contains("RDS: the storage volume could not be read"), "{failure}");
}

#[tokio::test]
async fn a_failed_proof_is_kept_as_evidence_and_undoes_everything() {
    let scene = Scene::new();
    let before = scene.what_exists();
    scene.servers.proofs_fail();
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
    let state = scene.state().await;
    let note = &state.step("prove").unwrap().notes[0].1;
    assert_eq!(note["checks"][1]["verdict"], "failed");
}

#[tokio::test]
async fn a_server_that_comes_up_late_is_waited_for() {
    let scene = Scene::new();
    scene.servers.unreachable_for(20);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_cluster_of_the_targets_name_that_is_not_ours_is_left_alone() {
    let scene = Scene::new();
    let journal = scene.begin(Until::Cutover).await;
    scene.cloud.somebody_makes(TARGET);
    let mut executor = scene.executor(journal);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone));
    assert!(scene.cloud.clusters().iter().any(|cluster| cluster.resource_id == "cluster-THEIRS"));
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_target_that_keeps_the_validator_out_is_kept_until_it_lets_it_in() {
    let scene = Scene::new();
    scene.servers.target_keeps_out(true);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.cloud.clusters().len(), 2, "what took so long to restore is not removed for a password");
    scene.servers.target_keeps_out(false);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_server_that_never_comes_up_is_kept_too() {
    let scene = Scene::new();
    scene.servers.unreachable_for(u32::MAX);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
}

#[tokio::test]
async fn a_proof_without_an_answer_from_the_data_is_no_proof() {
    let scene = Scene::new();
    scene.servers.answers_nothing(true);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.cloud.secret_points_at(), format!("{SOURCE}.cluster.example"));
}

#[tokio::test]
async fn without_a_way_to_log_in_a_run_stops_at_the_restore_and_can_be_taken_back() {
    let scene = Scene::new();
    let before = scene.what_exists();
    let config = CONFIG.split("[databases.loans.connect]").next().unwrap();
    let plan = scene.plan_as_far_as(Until::Restored, config, "2026-11-20T14:22:05Z").await.unwrap();
    let store = Arc::new(scene.store.clone());
    let journal = Journal::begin(store, plan, Until::Restored, actor(), &holder(), scene.clock.now()).await.unwrap();
    let mut executor = scene.executor(journal);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Stopped(Until::Restored));
    drop(executor);
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
}
