//! What is looked at right before the application is moved, and what stops it there.

use std::time::Duration;

use daybreak::{
    run::{
        record::{Outcome, Scope},
        state::Stage,
        step::{Failure, Step as _, Until},
    },
    steps::guard_cutover::{self, Guarded, Told},
};

use crate::support::{CONFIG, Scene, Source, Way};

const TARGET: &str = "loans-prod-db-";
const SOURCE: &str = "loans-prod.";

/// A scene with these lines in the watch's table and in the cutover's.
fn scene(watch: &str, cutover: &str) -> Scene {
    let config = CONFIG
        .replace("[databases.loans.watch]", &format!("[databases.loans.watch]\n    {watch}"))
        .replace("[databases.loans.cutover]", &format!("[databases.loans.cutover]\n    {cutover}"));
    Scene::that(Way { config: Box::leak(config.into_boxed_str()), ..Way::default() })
}

/// The run has turned back, with nothing of the application changed; why.
async fn refused(scene: &Scene, stage: Stage) -> Failure {
    assert_eq!(stage, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_points_at(), Source::Cluster.host());
    assert!(scene.cloud.secret_versions().len() == 1, "nothing was staged");
    scene.state().await.step(guard_cutover::ID).unwrap().failure.clone().unwrap()
}

async fn guarded(scene: &Scene) -> Guarded {
    scene.state().await.outputs.of(guard_cutover::ID).unwrap()
}

#[tokio::test]
async fn it_comes_before_the_quarantine_is_lifted_and_only_where_something_is_moved() {
    let steps = |plan: &daybreak::run::plan::Plan<daybreak::steps::step::Step>| {
        plan.steps.iter().map(|planned| planned.step.id().0).collect::<Vec<_>>()
    };
    let plan = steps(&Scene::new().plan().await);
    let at = |id: &str| plan.iter().position(|step| step == id).unwrap();
    assert!(at("prove") < at(guard_cutover::ID) && at(guard_cutover::ID) < at("lift-quarantine"), "{plan:?}");
    let config = CONFIG.replace("[databases.loans.cutover]\n    secret = \"prod/loans/db\"\n", "");
    let unmoved = Scene::that(Way { config: Box::leak(config.into_boxed_str()), ..Way::default() });
    assert!(!steps(&unmoved.plan().await).contains(&guard_cutover::ID.to_owned()));
}

#[tokio::test]
async fn a_target_with_lower_limits_is_refused_unless_the_profile_takes_it() {
    let smaller = scene("", "");
    smaller.servers.are_smaller_at(TARGET);
    let failure = refused(&smaller, smaller.recover(Until::Cutover).await).await;
    assert!(
        failure.causes[0].starts_with("max_connections is 100 on the target, and 1000 on the source"),
        "{failure:?}"
    );
    assert!(failure.hint.unwrap().contains("daybreak cutover 20261120-150000-k3fa"));

    let taken = scene("", "accept_less = true");
    taken.servers.are_smaller_at(TARGET);
    assert_eq!(taken.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let notes = guarded(&taken).await.notes.join("\n");
    assert!(notes.contains("max_connections is 100 on the target"), "{notes}");
    let larger = scene("", "");
    larger.servers.are_smaller_at(SOURCE);
    assert_eq!(larger.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_probe_that_does_not_hold_on_the_target_is_no_reason_to_move_and_back() {
    let scene = scene("sql = [\"SELECT count(*) > 0 FROM loans\"]", "");
    scene.servers.probes_fail_at(Some(TARGET));
    let failure = refused(&scene, scene.recover(Until::Cutover).await).await;
    assert!(failure.causes[0].contains("does not hold on the target, and would roll back"), "{failure:?}");
    scene.servers.probes_fail_at(None);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn what_each_probe_says_on_the_source_is_known_before() {
    let damaged = scene("sql = [\"SELECT count(*) > 0 FROM loans\"]", "");
    damaged.servers.probes_fail_at(Some(SOURCE));
    assert_eq!(damaged.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let found = guarded(&damaged).await;
    assert!(matches!(&found.probes[0].source, Told::Fails(_)), "{found:?}");
    assert!(!found.notes.iter().any(|note| note.contains("probe")), "{found:?}");

    let tells_nothing = scene("sql = [\"SELECT 1\"]\n    http = [\"https://api.example.com/health\"]", "");
    tells_nothing.servers.pages_fail("no answer within 5 s");
    // The page never answers, so the watch rolls back: that it failed before is on record.
    assert_eq!(tells_nothing.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let notes = guarded(&tells_nothing).await.notes.join("\n");
    assert!(notes.contains("probe `SELECT 1` holds on the source, too"), "{notes}");
    assert!(notes.contains("GET https://api.example.com/health fails on the source"), "{notes}");
}

#[tokio::test]
async fn long_transactions_of_the_source_and_a_single_instance_are_named() {
    let scene = scene("", "");
    scene.servers.are_in_use_by(&["batch"]);
    scene.servers.transactions_are_open_for(90.0);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let notes = guarded(&scene).await.notes.join("\n");
    assert!(notes.contains("on the source a transaction of batch has been open for 1 min 30 s: it is lost"), "{notes}");
    assert!(!notes.contains("has one instance"), "it has a reader: {notes}");
    let config = CONFIG.replace("[databases.loans.restore]", "[databases.loans.restore]\n    readers = 0");
    let single = Scene::that(Way { config: Box::leak(config.into_boxed_str()), ..Way::default() });
    assert_eq!(single.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let notes = guarded(&single).await.notes.join("\n");
    assert!(notes.contains("has one instance"), "{notes}");
}

#[tokio::test]
async fn an_old_proof_is_made_again_and_must_pass_again() {
    let scene = scene("", "proof_within = \"1h\"");
    assert_eq!(scene.recover(Until::Validated).await, Stage::Stopped(Until::Validated));
    scene.clock.absent_for(Duration::from_secs(30 * 60));
    let fresh = scene.state().await.outputs.of::<daybreak::steps::prove::Proven>("prove").unwrap();
    scene.clock.absent_for(Duration::from_secs(2 * 3600));
    scene.servers.proofs_fail();
    let failure = refused(&scene, scene.cut_over().await).await;
    assert!(failure.message.contains("checks failed"), "{failure:?}");

    let again = self::scene("", "proof_within = \"1h\"");
    again.recover(Until::Validated).await;
    again.clock.absent_for(Duration::from_secs(2 * 3600));
    assert_eq!(again.cut_over().await, Stage::Ended(Outcome::Recovered));
    let found = guarded(&again).await;
    assert!(found.proven_again && found.at > fresh.at, "{found:?}");
    let soon = self::scene("", "");
    soon.recover(Until::Cutover).await;
    assert!(!guarded(&soon).await.proven_again);
}

#[tokio::test]
async fn a_source_that_does_not_answer_stops_nothing_and_is_said() {
    let scene = scene("", "");
    scene.cloud.edit_cluster("loans-prod", |cluster| cluster.endpoint = None);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let notes = guarded(&scene).await.notes.join("\n");
    assert!(notes.contains("whether the target has the source's limits is not known"), "{notes}");
}

#[tokio::test]
async fn a_snapshot_of_the_target_is_taken_in_the_end_and_no_way_back_removes_it() {
    for source in [Source::Cluster, Source::Instance] {
        let scene = Scene::of(source);
        assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered), "{source:?}");
        let taken = |scene: &Scene| {
            let of_clusters = scene.cloud.snapshots().into_iter().map(|one| one.identifier);
            let of_instances = scene.cloud.instance_snapshots().into_iter().map(|one| one.identifier);
            of_clusters.chain(of_instances).collect::<Vec<_>>()
        };
        let name = "loans-prod-db-k3fa-cutover".to_owned();
        assert!(taken(&scene).contains(&name), "{source:?}: {:?}", taken(&scene));
        scene.turn_back(Scope::Cutover).await;
        scene.turn_back(Scope::Everything).await;
        assert!(taken(&scene).contains(&name), "{source:?}: {:?}", taken(&scene));
    }
    let config = CONFIG.replace("[databases.loans.cutover]", "[databases.loans.cutover]\n    snapshot = false");
    let without = Scene::that(Way { config: Box::leak(config.into_boxed_str()), ..Way::default() });
    without.recover(Until::Cutover).await;
    assert!(without.cloud.snapshots().is_empty());
}
