//! The ways back: by a failure, by the watch, by a person.

use daybreak::run::{
    clock::Clock,
    executor::Advance,
    interrupt::Interrupt,
    record::{Outcome, Scope},
    state::{Direction, Stage, StepState},
    step::Until,
};

use crate::support::{Fault, SOURCE, Scene, actor};

fn source_host() -> String {
    format!("{SOURCE}.cluster.example")
}

#[tokio::test]
async fn failing_probes_roll_back_and_keep_the_target_in_quarantine() {
    let scene = Scene::new();
    scene.servers.probes_fail(3);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_points_at(), source_host());
    let target = &scene.cloud.clusters()[1];
    assert_eq!(target.security_group_ids(), ["sg-0aaaaaaaaaaaaaaaa"]);
    assert_eq!(scene.cloud.instances().len(), 4, "what was written to the target is not thrown away");
}

#[tokio::test]
async fn probes_that_recover_below_the_threshold_do_not_roll_back() {
    let scene = Scene::new();
    scene.servers.probes_fail(2);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert!(scene.servers.probes() >= 6, "it went on watching for the whole time");
}

#[tokio::test]
async fn a_rolled_back_run_can_be_cut_over_again() {
    let scene = Scene::new();
    scene.servers.probes_fail(3);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.secret_versions().len(), 2, "the second cutover needs no further version");
}

#[tokio::test]
async fn a_staged_secret_that_cannot_log_in_moves_nothing() {
    let scene = Scene::new();
    scene.servers.password_is_wrong(true);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_points_at(), source_host());
    scene.servers.password_is_wrong(false);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_person_can_roll_back_a_recovered_run_and_then_remove_the_target() {
    let scene = Scene::new();
    let before = scene.what_exists();
    scene.recover(Until::Cutover).await;
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_points_at(), source_host());
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    let staged = r#"secret version daybreak-20261120-150000-k3fa-cutover []"#.to_owned();
    let after: Vec<String> = scene.what_exists().into_iter().filter(|line| *line != staged).collect();
    assert_eq!(after, before, "all that is left is a version of the secret without a label, which AWS discards");
}

#[tokio::test]
async fn cancel_leaves_nothing_but_an_unlabelled_version() {
    let scene = Scene::new();
    let before = scene.what_exists();
    scene.recover(Until::Validated).await;
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
}

#[tokio::test]
async fn what_the_application_is_on_cannot_be_cancelled() {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    assert!(!scene.state().await.can_turn_back(Scope::Everything));
}

#[tokio::test]
async fn a_secret_written_by_somebody_else_stops_the_cutover_and_is_not_overwritten() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    scene.cloud.secret_is_written_by_somebody("elsewhere.example");
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_versions()["theirs"], ["AWSCURRENT"]);
}

#[tokio::test]
async fn a_secret_written_between_staging_and_moving_is_not_overwritten() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    while executor.journal().state().step("stage-secret").unwrap().state != StepState::Done {
        if let Advance::Wait(span) = executor.advance(&interrupt).await.unwrap() {
            scene.clock.sleep(span).await;
        }
    }
    scene.cloud.secret_is_written_by_somebody("elsewhere.example");
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_versions()["theirs"], ["AWSCURRENT"]);
}

#[tokio::test]
async fn a_secret_somebody_else_has_led_away_since_the_cutover_is_left_alone_by_the_rollback() {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.cloud.secret_is_written_by_somebody("elsewhere.example");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_versions()["theirs"], ["AWSCURRENT"]);
}

#[tokio::test]
async fn a_secret_somebody_else_wrote_that_still_leads_to_the_target_makes_the_rollback_stuck() {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.cloud.secret_is_written_by_somebody("loans-prod-db-k3fa.cluster.example");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(Direction::Back(Scope::Cutover)));
    assert_eq!(scene.cloud.secret_versions()["theirs"], ["AWSCURRENT"]);
}

#[tokio::test]
async fn labels_beside_the_current_one_go_along_and_come_back() {
    let scene = Scene::new();
    scene.cloud.edit_secret(|secret| {
        secret.versions.insert("v1".to_owned(), vec!["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()]);
        secret.versions.insert("v0".to_owned(), vec!["AWSPREVIOUS".to_owned()]);
    });
    let before = scene.cloud.labels();
    scene.recover(Until::Cutover).await;
    let labels = scene.cloud.labels();
    assert_eq!(labels["daybreak-20261120-150000-k3fa-cutover"], ["AWSCURRENT", "AWSPENDING"]);
    assert_eq!(labels["v1"], ["AWSPREVIOUS"]);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.labels(), before);
}

#[tokio::test]
async fn a_watch_that_cannot_see_does_not_roll_back() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    scene.cloud.secrets_are_unreadable_after(6);
    assert_eq!(scene.cut_over().await, Stage::Stuck(Direction::Forward));
    assert_ne!(scene.cloud.secret_points_at(), source_host());
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_for_long_holds_the_cutover_where_it_is() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    scene.cloud.secrets_are_unreadable_after(0);
    assert_eq!(scene.cut_over().await, Stage::Stuck(Direction::Forward));
    scene.cloud.secrets_are_unreadable_after(u32::MAX);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn what_somebody_protected_is_not_deleted() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    scene.cloud.edit_cluster("loans-prod-db-k3fa", |cluster| cluster.deletion_protection = Some(true));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Stuck(Direction::Back(Scope::Everything)));
    assert!(scene.cloud.clusters().iter().any(|cluster| cluster.identifier == "loans-prod-db-k3fa"));
}

#[tokio::test]
async fn one_stale_answer_makes_no_orphan() {
    for stale in 1..4 {
        let scene = Scene::new();
        let before = scene.what_exists();
        scene.recover(Until::Validated).await;
        scene.cloud.answers_stale(stale);
        assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone), "{stale}");
        assert_eq!(scene.what_exists(), before, "{stale}");
    }
}

#[tokio::test]
async fn a_failure_after_the_point_of_no_return_holds_instead_of_turning_back() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    // Of the changes of a cutover, in order: security groups, role, password, tags, tags, put, move, unlabel, monitoring, Data
    // API, endpoint, range, policy, protection.
    scene.cloud.fail(13, Fault::Denied);
    assert_eq!(scene.cut_over().await, Stage::Stuck(Direction::Forward));
    assert_ne!(scene.cloud.secret_points_at(), source_host());
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_stuck_undo_goes_on_where_it_stopped() {
    let scene = Scene::new();
    let before = scene.what_exists();
    scene.recover(Until::Validated).await;
    scene.cloud.fail(0, Fault::Denied);
    assert!(matches!(scene.turn_back(Scope::Everything).await, Stage::Stuck(Direction::Back(Scope::Everything))));
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
}
