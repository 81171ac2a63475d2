//! What only the old primary of a failover had is kept where RDS saves it, once, and its absence keeps nobody waiting for long.

use daybreak::{
    aws::rds::model::ClusterSnapshot,
    report::promoted,
    run::{
        clock::Clock,
        record::{Outcome, Scope},
        state::{Stage, StepState},
        step::{Forgone, Step as _, Until},
    },
    steps::{copy_snapshot::CopiedSnapshot, keep_snapshot},
};

use crate::{
    promotions::{begun, plan, promotions, scene},
    support::{Fault, SOURCE, Scene},
};

const KEPT: &str = "loans-prod-db-k3fa-kept";

/// RDS has saved what only the old primary had.
fn saved(scene: &Scene, name: &str, at: &str) {
    scene.cloud.snapshots_are_away(false);
    scene.cloud.add_snapshot(ClusterSnapshot {
        identifier: format!("rds:unplanned-global-failover-{SOURCE}-{name}"),
        arn: format!("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{name}"),
        cluster: SOURCE.to_owned(),
        kind: Some("automated".to_owned()),
        status: "available".to_owned(),
        created: Some(at.parse().unwrap()),
        ..ClusterSnapshot::default()
    });
}

/// After the run was planned.
const LATER: &str = "2026-11-20T15:30:00Z";

fn copies(scene: &Scene) -> usize {
    scene.cloud.changes().iter().filter(|call| *call == "CopyDBClusterSnapshot").count()
}

async fn forgone(scene: &Scene) -> Option<String> {
    let state = scene.state().await;
    assert_eq!(state.stage, Stage::Ended(Outcome::Recovered));
    let left: Option<Forgone> = state.outputs.of(keep_snapshot::ID).ok();
    assert_eq!(left.is_some(), promoted::kept(&state).is_none());
    // The commands for later are told as long as they are needed.
    let told = promoted::afterwards(&state).join("\n");
    assert_eq!(told.contains("aws rds copy-db-cluster-snapshot"), left.is_some(), "{told}");
    left.map(|left| left.forgone.to_string())
}

#[tokio::test]
async fn only_a_failover_keeps_it_and_last() {
    for kind in ["replica", "reader", "switchover", "failover", "detach"] {
        let scene = scene(kind);
        let plan = plan(&scene, kind).await;
        let at = plan.steps.iter().position(|planned| planned.step.id().0 == keep_snapshot::ID);
        assert_eq!(at, (kind == "failover").then(|| plan.steps.len() - 1), "{kind}");
        let named = plan.brief.policies.iter().any(|policy| policy.bundle == "keep-snapshot");
        assert_eq!(named, kind == "failover", "{kind}");
    }
}

#[tokio::test]
async fn it_is_copied_once_wherever_the_run_is_killed_and_stays() {
    for kill in 0.. {
        let scene = begun("failover").await;
        saved(&scene, "1", LATER);
        let complete = scene.die_after(scene.open().await, kill).await;
        scene.resume().await;
        assert_eq!(forgone(&scene).await, None, "killed after {kill}");
        assert_eq!((copies(&scene), promotions(&scene)), (1, 1), "killed after {kill}");
        let copy: CopiedSnapshot = scene.state().await.outputs.of(keep_snapshot::ID).unwrap();
        assert_eq!(copy.identifier, KEPT);
        if complete {
            // It is evidence, whatever becomes of the application.
            assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
            assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
            assert!(scene.cloud.snapshots().iter().any(|one| one.identifier == KEPT));
            break;
        }
    }
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_is_not_made_twice() {
    for fault in [Fault::LostBefore, Fault::LostAfter] {
        let undisturbed = begun("failover").await;
        saved(&undisturbed, "1", LATER);
        undisturbed.resume().await;
        let scene = begun("failover").await;
        saved(&scene, "1", LATER);
        let calls = undisturbed.cloud.changes();
        scene.cloud.fail(calls.iter().position(|call| call == "CopyDBClusterSnapshot").unwrap(), fault);
        scene.resume().await;
        assert_eq!(forgone(&scene).await, None, "{fault:?}");
        assert_eq!(scene.cloud.snapshots().iter().filter(|one| one.kind.as_deref() == Some("manual")).count(), 1);
    }
}

#[tokio::test]
async fn a_region_that_is_away_is_not_waited_for() {
    let scene = begun("failover").await;
    scene.resume().await;
    let why = forgone(&scene).await.unwrap();
    assert!(why.contains("the region does not answer yet, and nothing was kept"), "{why}");
    let state = scene.state().await;
    let step = state.step(keep_snapshot::ID).unwrap();
    assert_eq!((step.state, step.awaiting.clone()), (StepState::Done, None));
    let (started, ended) = (step.started.unwrap(), step.ended.unwrap());
    assert!(ended.duration_since(started).as_secs() < 1, "at once");
}

#[tokio::test]
async fn what_never_comes_is_waited_for_until_the_deadline_and_no_longer() {
    let scene = begun("failover").await;
    // Of a failover before this one.
    saved(&scene, "0", "2026-11-19T15:00:00Z");
    let before = scene.clock.awake();
    scene.resume().await;
    let why = forgone(&scene).await.unwrap();
    assert!(why.contains("RDS to save what only loans-prod had"), "{why}");
    assert_eq!(copies(&scene), 0);
    assert!((scene.clock.awake() - before).as_secs() < 40 * 60, "the settings' deadline, and the watch");
}

#[tokio::test]
async fn a_refusal_fails_nothing() {
    let scene = begun("failover").await;
    saved(&scene, "1", LATER);
    let undisturbed = begun("failover").await;
    saved(&undisturbed, "1", LATER);
    undisturbed.resume().await;
    let nth = undisturbed.cloud.changes().iter().position(|call| call == "CopyDBClusterSnapshot").unwrap();
    scene.cloud.fail(nth, Fault::Denied);
    scene.resume().await;
    assert!(forgone(&scene).await.unwrap().contains("AccessDenied"));
    assert_eq!(scene.history().await.state.allowed, Until::Cutover);
}
