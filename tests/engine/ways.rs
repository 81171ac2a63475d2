//! Every way back other than a cluster's own continuous backup: whatever is lost, wherever the process dies, the same world
//! in the end.

use daybreak::{
    aws::rds::model::{ClusterSnapshot, Tag},
    recovery::choice::Manner,
    run::{
        record::{Outcome, Scope},
        state::Stage,
        step::Until,
    },
    steps::step::Step,
};

use crate::support::{CONFIG, Fault, SOURCE, Scene, Source, Way};

/// A profile that says what a deleted source, or another region, does not.
pub(crate) const WHOLE: &str = r#"
    [databases.loans]
    cluster = "loans-prod"
    [databases.loans.restore]
    quarantine_security_groups = ["sg-0aaaaaaaaaaaaaaaa"]
    instance_class = "db.r6g.large"
    [databases.loans.connect]
    secret = "prod/loans/db"
    [databases.loans.cutover]
    secret = "prod/loans/db"
    [databases.loans.watch]
    for = "30s"
    interval = "5s"
    failures = 3
    [databases.loans.regions.eu-west-1]
    subnet_group = "private"
    security_groups = ["sg-0bbbbbbbbbbbbbbbb"]
    [databases.loans.regions.eu-central-1]
    subnet_group = "private-there"
    security_groups = ["sg-0cccccccccccccccc"]
    quarantine_security_groups = ["sg-0dddddddddddddddd"]
    kms_key = "alias/loans-there"
    cutover_secret = "prod/loans/db"
"#;

/// The snapshot of the night before.
pub(crate) const NIGHTLY: &str = "loans-nightly";

/// Puts a snapshot of the source there, of 03:00:12.
pub(crate) fn nightly(scene: &Scene) {
    scene.cloud.add_snapshot(ClusterSnapshot {
        identifier: NIGHTLY.to_owned(),
        arn: format!("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{NIGHTLY}"),
        cluster: SOURCE.to_owned(),
        cluster_resource_id: Some("cluster-SOURCE".to_owned()),
        kind: Some("manual".to_owned()),
        status: "available".to_owned(),
        created: Some("2026-11-20T03:00:12Z".parse().unwrap()),
        engine: Some("aurora-postgresql".to_owned()),
        engine_version: Some("15.10".to_owned()),
        storage_encrypted: Some(true),
        kms_key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/1".to_owned()),
        port: Some(5433),
        ..ClusterSnapshot::default()
    });
}

/// Deletes the source, its backup retained.
pub(crate) fn deleted(scene: &Scene) {
    scene.cloud.somebody_deletes(SOURCE);
}

pub(crate) fn from_snapshot() -> Scene {
    Scene::that(Way { from: Some(NIGHTLY), before: nightly, ..Way::default() })
}

pub(crate) fn into_another_region() -> Scene {
    let way = Way { config: WHOLE, from: Some(NIGHTLY), into: "eu-central-1", before: nightly, ..Way::default() };
    Scene::that(way)
}

pub(crate) fn of_a_deleted_cluster() -> Scene {
    Scene::that(Way { config: WHOLE, before: deleted, ..Way::default() })
}

pub(crate) fn as_before() -> Scene {
    Scene::that(Way { config: WHOLE, manner: Manner::AsBefore, before: deleted, ..Way::default() })
}

pub(crate) fn as_a_clone() -> Scene {
    Scene::that(Way { to: "2026-11-20T15:00:00Z", manner: Manner::Clone, ..Way::default() })
}

pub(crate) fn of_an_instance() -> Scene {
    Scene::of(Source::Instance)
}

pub(crate) fn of_an_instance_snapshot() -> Scene {
    Scene::of(Source::Snapshot)
}

pub(crate) fn by_record() -> Scene {
    Scene::by_record(false)
}

pub(crate) fn by_secret_and_record() -> Scene {
    Scene::by_record(true)
}

pub(crate) fn by_proxy() -> Scene {
    Scene::by_proxy("")
}

/// Each way as a new scene.
pub(crate) const MAKERS: [fn() -> Scene; 10] = [
    by_proxy,
    by_record,
    by_secret_and_record,
    from_snapshot,
    into_another_region,
    of_a_deleted_cluster,
    as_before,
    as_a_clone,
    of_an_instance,
    of_an_instance_snapshot,
];

async fn undisturbed(make: fn() -> Scene) -> (Vec<String>, usize) {
    let scene = make();
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    (scene.what_exists(), scene.cloud.changes().len())
}

#[tokio::test]
async fn a_run_killed_after_any_advance_ends_like_an_undisturbed_one() {
    for make in MAKERS {
        let (expected, changes) = undisturbed(make).await;
        for advances in 0.. {
            let scene = make();
            let complete = scene.die_after(scene.begin(Until::Cutover).await, advances).await;
            assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
            assert_eq!(scene.what_exists(), expected, "killed after {advances}");
            assert!(scene.cloud.changes().len() <= changes + 1, "killed after {advances}");
            if complete {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_cancel_after_a_kill_anywhere_before_the_cutover_leaves_nothing() {
    for make in MAKERS {
        let before = make().what_exists();
        for advances in 0.. {
            let scene = make();
            let complete = scene.die_after(scene.begin(Until::Cutover).await, advances).await;
            if complete || scene.state().await.cutover_begun() {
                break;
            }
            let end = scene.turn_back(Scope::Everything).await;
            assert_eq!(end, Stage::Ended(Outcome::Undone), "killed after {advances}");
            assert_eq!(scene.what_exists(), before, "killed after {advances}");
        }
    }
}

#[tokio::test]
async fn a_lost_call_or_a_lost_answer_changes_nothing_in_the_end() {
    for make in MAKERS {
        let (expected, changes) = undisturbed(make).await;
        for (fault, nth) in
            [Fault::LostBefore, Fault::LostAfter].iter().flat_map(|fault| (0..changes).map(move |nth| (*fault, nth)))
        {
            let scene = make();
            scene.cloud.fail(nth, fault);
            assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered), "{fault:?} at {nth}");
            assert_eq!(scene.what_exists(), expected, "{fault:?} at {nth}");
        }
    }
}

/// A denial stands for every refusal that does not pass: a quota that is reached, a key that cannot be used.
#[tokio::test]
async fn a_denied_call_is_undone_or_holds() {
    for make in MAKERS {
        let (expected, changes) = undisturbed(make).await;
        let before = make().what_exists();
        for nth in 0..changes {
            let scene = make();
            scene.cloud.fail(nth, Fault::Denied);
            match scene.recover(Until::Cutover).await {
                Stage::Ended(Outcome::Undone) => assert_eq!(scene.what_exists(), before, "denied at {nth}"),
                // What nobody's data depends on is gone on without, and said.
                Stage::Ended(Outcome::Recovered) => {
                    assert!(scene.goes_on_without_something().await, "denied at {nth}, and nothing of it is said");
                }
                Stage::Ended(Outcome::RolledBack) => {
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
}

#[tokio::test]
async fn a_snapshot_goes_to_another_region_by_a_copy_with_that_regions_key() {
    let scene = into_another_region();
    let plan = scene.plan().await;
    let Step::CopySnapshot(copy) = &plan.steps[0].step else { panic!("the first step copies") };
    assert_eq!(
        copy.request.call().parameters,
        serde_json::json!({
            "SourceDBClusterSnapshotIdentifier": "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:loans-nightly",
            "TargetDBClusterSnapshotIdentifier": "loans-prod-db-k3fa-copy",
            "KmsKeyId": "alias/loans-there",
            "CopyTags": false,
            "Tags": [
                { "Key": "daybreak:run", "Value": "20261120-150000-k3fa" },
                { "Key": "daybreak:source", "Value": "loans-prod" },
                { "Key": "daybreak:purpose", "Value": "recovery" },
                { "Key": "daybreak:data-time", "Value": "2026-11-20T03:00:12Z" },
            ],
        })
    );
    let Step::RestoreCluster(restore) = &plan.steps[1].step else { panic!("the second step restores") };
    assert_eq!(
        restore.request.call().parameters,
        serde_json::json!({
            "DBClusterIdentifier": "loans-prod-db-k3fa",
            "SnapshotIdentifier": "loans-prod-db-k3fa-copy",
            "Engine": "aurora-postgresql",
            "EngineVersion": "15.10",
            "Port": 5433,
            "DBSubnetGroupName": "private-there",
            "VpcSecurityGroupIds": ["sg-0dddddddddddddddd"],
            "KmsKeyId": "alias/loans-there",
            "EnableIAMDatabaseAuthentication": false,
            "DeletionProtection": false,
            "Tags": [
                { "Key": "daybreak:run", "Value": "20261120-150000-k3fa" },
                { "Key": "daybreak:source", "Value": "loans-prod" },
                { "Key": "daybreak:purpose", "Value": "recovery" },
            ],
        })
    );
    assert_eq!(plan.brief.target.region, "eu-central-1");
    scene.recover(Until::Cutover).await;
    let copies: Vec<String> = scene.cloud.snapshots().into_iter().map(|one| one.identifier).collect();
    let expected = ["loans-nightly", "loans-prod-db-k3fa-copy", "loans-prod-db-k3fa-cutover"];
    assert_eq!(copies, expected, "the copy is kept for another attempt");
}

#[tokio::test]
async fn a_copy_of_the_same_name_that_is_somebody_elses_is_left_alone() {
    let scene = into_another_region();
    let journal = scene.begin(Until::Cutover).await;
    scene.cloud.somebody_takes_snapshot("loans-prod-db-k3fa-copy");
    let mut executor = scene.executor(journal);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
    assert_eq!(scene.cloud.snapshots().len(), 2);
}

#[tokio::test]
async fn a_copy_that_is_another_of_its_name_by_now_is_left_alone() {
    let scene = into_another_region();
    scene.recover(Until::Validated).await;
    scene
        .cloud
        .edit_snapshot("loans-prod-db-k3fa-copy", |copy| copy.created = Some("2026-11-21T00:00:00Z".parse().unwrap()));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert!(scene.cloud.snapshots().iter().any(|one| one.identifier == "loans-prod-db-k3fa-copy"));
}

#[tokio::test]
async fn a_target_under_the_old_name_goes_only_if_it_is_the_runs_own() {
    let scene = as_before();
    scene.recover(Until::Validated).await;
    assert_eq!(scene.cloud.clusters()[0].identifier, SOURCE);
    scene.cloud.edit_cluster(SOURCE, |cluster| {
        cluster.resource_id = "cluster-THEIRS".to_owned();
        cluster.tags = vec![Tag::new("team", "loans")];
    });
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.cloud.clusters()[0].resource_id, "cluster-THEIRS");
}

#[tokio::test]
async fn a_clone_is_proven_and_never_cut_over() {
    let scene = as_a_clone();
    let plan = scene.plan().await;
    assert!(plan.steps.iter().all(|planned| daybreak::run::step::Step::until(&planned.step) < Until::Cutover));
    assert_eq!(daybreak::recovery::recipe::furthest(&plan), Until::Validated);
    let Step::RestoreCluster(restore) = &plan.steps[0].step else { panic!("the first step restores") };
    let call = restore.request.call().parameters;
    assert_eq!((&call["RestoreType"], &call["UseLatestRestorableTime"]), (&"copy-on-write".into(), &true.into()));
    assert_eq!(call.get("RestoreToTime"), None);
    let bare = Scene::that(Way { config: CONFIG, to: "2026-11-20T15:00:00Z", manner: Manner::Clone, ..Way::default() });
    bare.cloud.edit_cluster(SOURCE, |cluster| cluster.members.clear());
    let refusal = bare.choose(Until::Validated).await.unwrap_err();
    assert!(refusal.to_string().contains("has no instance"), "{refusal}");
}
