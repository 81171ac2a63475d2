//! The application follows several secrets, and replicas of them: all are moved, or none is.

use std::{collections::BTreeMap, time::Duration};

use daybreak::{
    aws::secrets::model::{Replica, SecretDescription},
    recovery::refusal::Refusal,
    run::{
        record::{Outcome, Scope},
        state::{Stage, StepState},
        step::{Step as _, Until},
    },
    steps::await_replicas,
};

use crate::support::{CONFIG, FENCE, Scene, Source, Way, actor};

const TO: &str = "2026-11-20T14:22:05Z";
const ROTATION: &str = "prod/loans/rotation";

/// The profile that follows both secrets.
fn config() -> String {
    CONFIG.replace(
        "[databases.loans.cutover]\n    secret = \"prod/loans/db\"",
        &format!("[databases.loans.cutover]\n    secrets = [\"prod/loans/db\", \"{ROTATION}\"]"),
    )
}

/// A scene whose application follows two secrets, the second one of another role.
fn scene() -> Scene {
    scene_with("")
}

/// The same, with a table more in the profile.
fn scene_with(table: &str) -> Scene {
    let config = Box::leak(format!("{}{table}", config()).into_boxed_str());
    Scene::that(Way { config, before: add_second, ..Way::default() })
}

fn add_second(scene: &Scene) {
    let description = SecretDescription {
        arn: format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{ROTATION}-GhIjKl"),
        name: ROTATION.to_owned(),
        versions: BTreeMap::from([("r1".to_owned(), vec!["AWSCURRENT".to_owned()])]),
        ..SecretDescription::default()
    };
    let value = format!(
        r#"{{"engine":"postgres","host":"{}","port":5433,"username":"postgres","password":"hunter4"}}"#,
        source()
    );
    scene.cloud.add_secret(description, "r1", &value);
}

fn source() -> String {
    Source::Cluster.host()
}

fn target() -> String {
    Source::Cluster.target_host()
}

fn replica(status: &str) -> Replica {
    Replica { region: "eu-central-1".to_owned(), status: Some(status.to_owned()), message: None }
}

#[tokio::test]
async fn all_are_staged_before_one_is_moved_and_all_are_moved_back() {
    let scene = scene();
    let plan = scene.plan().await;
    let steps: Vec<String> = plan.steps.iter().map(|planned| planned.step.id().0).collect();
    let at = steps.iter().position(|step| step == "stage-secret").unwrap();
    assert_eq!(steps[at..][..5], ["stage-secret", "stage-secret-2", "open-ledger", "move-secret", "move-secret-2"]);
    let pointers = plan.brief.pointers();
    assert_eq!(pointers.as_deref(), Some("secret prod/loans/db and secret prod/loans/rotation"));
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.secrets_point_at(), [target(), target()]);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secrets_point_at(), [source(), source()]);
}

#[tokio::test]
async fn where_the_second_cannot_be_moved_the_first_goes_back() {
    let scene = scene();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    while scene.cloud.secret_points_at() != target() {
        assert!(!scene.advance_often(&mut executor, 1).await, "the first is moved before the second");
    }
    assert_eq!(scene.cloud.secrets_point_at(), [target(), source()]);
    scene.cloud.nth_secret_is_written_by_somebody(1, "theirs.example");
    scene.drive(&mut executor).await.unwrap();
    let state = executor.journal().state();
    assert_eq!(state.stage, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secrets_point_at(), [source(), "theirs.example".to_owned()]);
}

#[tokio::test]
async fn killed_after_any_advance_all_are_moved_in_the_end() {
    for advances in 0.. {
        let scene = scene();
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        let complete = scene.advance_often(&mut executor, advances).await;
        drop(executor);
        scene.clock.absent_for(Duration::from_secs(3600));
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
        assert_eq!(scene.cloud.secrets_point_at(), [target(), target()], "killed after {advances}");
        if complete {
            return;
        }
    }
}

#[tokio::test]
async fn one_secret_under_two_names_is_refused() {
    let scene = scene();
    let twice = config().replace(ROTATION, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf");
    let refusal = scene.plan_for(&twice, TO).await.unwrap_err();
    assert!(refusal.to_string().contains("secret prod/loans/db cannot be moved: it is named twice"), "{refusal}");
}

#[tokio::test]
async fn the_fence_holds_the_application_and_not_what_rotates_its_password() {
    let scene = scene_with(FENCE);
    let plan = scene.plan().await;
    let warnings = plan.brief.warnings.join("\n");
    assert!(
        warnings.contains("secret prod/loans/rotation logs in as postgres, whom the fence does not hold"),
        "{warnings}"
    );
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let fenced = scene.state().await.outputs.of::<daybreak::steps::fence::Fenced>("fence").unwrap();
    let tried = fenced.tried.unwrap();
    assert!(tried.contains("app was refused") && !tried.contains("postgres"), "{tried}");
}

#[tokio::test]
async fn a_failed_replica_is_refused_before_anything_is_made_and_one_that_fails_later_moves_nothing() {
    let scene = scene();
    scene.cloud.edit_secret(|secret| secret.replication = vec![replica("Failed")]);
    let refusal = scene.plan_for(&config(), TO).await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::SecretUnfit { why, .. } if why.contains("replica in eu-central-1 has failed")),
        "{refusal}"
    );
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());

    scene.cloud.edit_secret(|secret| secret.replication = vec![replica("InSync")]);
    scene.recover(Until::Validated).await;
    scene.cloud.edit_secret(|secret| secret.replication = vec![replica("Failed")]);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secrets_point_at(), [source(), source()]);
    let state = scene.state().await;
    assert_eq!(state.step("move-secret").unwrap().state, StepState::Pending, "it was seen before anything was moved");
}

#[tokio::test]
async fn replicas_are_waited_for_forward_and_never_on_the_way_back() {
    let scene = scene();
    scene.cloud.edit_secret(|secret| secret.replication = vec![replica("InSync")]);
    scene.recover(Until::Validated).await;
    scene.cloud.edit_secret(|secret| secret.replication = vec![replica("InProgress")]);
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    assert!(!scene.advance_often(&mut executor, 40).await, "nothing waited for the replica");
    drop(executor);
    assert_eq!(scene.cloud.secrets_point_at(), [target(), target()]);
    let state = scene.state().await;
    let (_, on) = state.step(await_replicas::ID).unwrap().awaiting.clone().unwrap();
    assert_eq!(on, "the replicas of secret prod/loans/db in eu-central-1");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secrets_point_at(), [source(), source()]);
}
