//! What a restore drops: a role that cannot be used holds the run, what else cannot be had is gone on without; and captures.

use daybreak::{
    recovery::capture::{self, Capture, CaptureError, FORMAT, Sought},
    run::{
        clock::Clock,
        record::{Outcome, Scope},
        state::{Direction, Stage},
        step::{Forgone, Until},
        store::{Store, StoreError},
    },
    steps::{
        compare_settings::{self, ReadBack},
        step::Step,
    },
};

use crate::support::{ACCOUNT, Fault, ROLE, SOURCE, Scene, actor, run};

#[tokio::test]
async fn a_role_that_rds_cannot_use_holds_the_run_before_the_application_is_moved() {
    let scene = Scene::new();
    scene.cloud.roles_are_invalid(true);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.cloud.secret_points_at(), format!("{SOURCE}.cluster.example"));
    let failure = scene.state().await.step("add-role-s3Export").unwrap().failure.clone().unwrap();
    assert!(failure.message.contains(ROLE) && failure.message.contains("INVALID"), "{failure}");
    scene.cloud.roles_are_invalid(false);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_role_that_is_invalid_on_the_source_is_not_given_and_that_is_said() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.associated_roles[0].status = Some("INVALID".to_owned()));
    let plan = scene.plan().await;
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains(ROLE)), "{:?}", plan.brief.warnings);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert!(!scene.cloud.changes().contains(&"AddRoleToDBCluster".to_owned()));
}

#[tokio::test]
async fn what_is_gone_on_without_is_told_with_its_reason_and_the_rest_is_read_back() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    // Of the changes of a cutover the tenth enables the Data API.
    scene.cloud.fail(9, Fault::Denied);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    let state = scene.state().await;
    let forgone: Forgone = state.outputs.of("enable-data-api").unwrap();
    assert!(forgone.forgone.message.contains("AccessDenied"), "{}", forgone.forgone);
    let back: ReadBack = state.outputs.of(compare_settings::ID).unwrap();
    let found = |name: &str| back.found.iter().find(|found| found.name == name).map(|found| found.value.as_str());
    assert_eq!(found("Data API"), Some("off"));
    assert_eq!(found("RDS-managed password"), Some("managed, under key key-1"));
    assert_eq!(found("Database Insights"), Some("advanced"));
    assert_eq!(found("reader 1"), Some("db.r6g.large in eu-west-1a, tier 1"));
    assert_eq!(back.unseen, []);
}

#[tokio::test]
async fn a_rollback_moves_the_application_before_it_takes_anything_optional_off() {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    let made = scene.cloud.changes().len();
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let changes = scene.cloud.changes()[made..].to_vec();
    let at = |action: &str| changes.iter().position(|change| change == action).unwrap();
    for optional in ["DeregisterScalableTarget", "DeleteDBClusterEndpoint", "DisableHttpEndpoint"] {
        assert!(at("UpdateSecretVersionStage") < at(optional), "{changes:?}");
    }
}

#[tokio::test]
async fn a_password_is_not_handed_to_rds_where_the_application_is_the_master_user() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.master_username = Some("app".to_owned()));
    let plan = scene.plan().await;
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("logs in as app")), "{:?}", plan.brief.warnings);
    assert!(plan.steps.iter().all(|planned| !matches!(planned.step, Step::ManagePassword(_))));
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let target = scene.cloud.clusters().into_iter().find(|cluster| cluster.identifier != SOURCE).unwrap();
    assert_eq!(target.master_user_secret, None);
}

#[tokio::test]
async fn a_capture_is_found_again_after_a_rename_and_written_once() {
    let scene = Scene::new();
    let source = capture::describe(&scene.world, SOURCE).await.unwrap();
    let taken = Capture {
        format: FORMAT,
        id: run(),
        at: scene.clock.now(),
        by: actor(),
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        source,
    };
    let document = capture::save(&scene.store, &taken).await.unwrap();
    assert_eq!(document.path(), format!("captures/eu-west-1/{SOURCE}/cluster-SOURCE/{}.json", run()));
    let again = capture::save(&scene.store, &taken).await;
    assert!(matches!(again, Err(CaptureError::Store(StoreError::Taken { .. }))), "{again:?}");
    let renamed = Sought { resource_id: Some("cluster-SOURCE"), region: "eu-west-1", identifier: "loans-renamed" };
    assert_eq!(capture::latest(&scene.store, renamed).await.unwrap(), Some(taken.clone()));
    let gone = Sought { resource_id: None, region: "eu-west-1", identifier: SOURCE };
    assert_eq!(capture::latest(&scene.store, gone).await.unwrap(), Some(taken));
    let other = Sought { resource_id: None, region: "us-east-1", identifier: SOURCE };
    assert_eq!(capture::latest(&scene.store, other).await.unwrap(), None);
    let text = String::from_utf8(scene.store.document(&document).await.unwrap().unwrap()).unwrap();
    assert!(!text.contains("hunter2") && text.contains("reports") && text.contains(ROLE), "{text}");
}
