//! Which window a recovery uses, what it says of it, and when a saved plan no longer fits.

use daybreak::{
    aws::rds::model::Cluster,
    recovery::{
        capture::{self, Capture},
        choice::{Choice, Manner},
        freshness,
        refusal::Refusal,
        windows::window::{Bound, Loss},
    },
    run::{
        clock::Clock,
        plan::Plan,
        step::{Step as _, Until},
    },
    steps::{step::Step, window::Kind},
};

use crate::{
    support::{ACCOUNT, SOURCE, Scene, Way, actor, run},
    ways::{NIGHTLY, WHOLE, as_before, deleted, from_snapshot, into_another_region, nightly, of_a_deleted_cluster},
};

/// A time before the continuous window, and before the snapshot.
const EARLIER: &str = "2026-11-12T14:22:05Z";

async fn chosen(scene: &Scene) -> (Plan<Step>, Choice) {
    scene.choose(Until::Validated).await.unwrap_or_else(|refusal| panic!("{refusal}"))
}

async fn refused(scene: &Scene) -> (String, String) {
    let refusal: Refusal = scene.choose(Until::Validated).await.map(|(plan, _)| plan.brief.window.name).unwrap_err();
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "a refusal leaves nothing behind");
    (refusal.to_string(), refusal.hint().unwrap_or_default())
}

/// The snapshot, of before the continuous window.
fn old(scene: &Scene) {
    nightly(scene);
    scene.cloud.edit_snapshot(NIGHTLY, |it| it.created = Some("2026-11-12T03:00:12Z".parse().unwrap()));
}

#[tokio::test]
async fn the_own_window_is_taken_without_a_further_look_where_it_gives_the_time() {
    let scene = Scene::that(Way { before: nightly, ..Way::default() });
    let looks = scene.cloud.looks().len();
    let (plan, choice) = chosen(&scene).await;
    assert_eq!((choice.window.kind, &choice.window.loses, choice.named), (Kind::Continuous, &Loss::Nothing, false));
    assert_eq!(scene.cloud.looks().len() - looks, 2, "the cluster and its instances");
    assert!(plan.brief.window.why.contains("nothing can lose less"));
}

#[tokio::test]
async fn a_deleted_source_is_rebuilt_from_its_last_capture_and_refused_without_one() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.subnet_group = Some("private".to_owned()));
    let source = capture::describe(&scene.world, SOURCE).await.unwrap();
    deleted(&scene);
    let (what, hint) = refused(&scene).await;
    assert!(what.contains("subnet_group") && hint.contains("[databases.loans.regions.eu-west-1]"), "{what}: {hint}");
    let (id, at, by) = (run(), scene.clock.now(), actor());
    let (account, region) = (ACCOUNT.to_owned(), "eu-west-1".to_owned());
    let taken = Capture { format: capture::FORMAT, id, at, by, account, region, source };
    capture::save(&scene.store, &taken).await.unwrap();
    let (plan, choice) = chosen(&scene).await;
    assert_eq!(choice.window.kind, Kind::Retained);
    let sent = |id: &str| {
        let step = plan.steps.iter().find(|planned| planned.step.id().0 == id).unwrap_or_else(|| panic!("no {id}"));
        step.step.describe().calls[0].parameters.clone()
    };
    assert_eq!(sent("restore-cluster")["DBSubnetGroupName"], "private");
    assert_eq!(sent("create-writer")["DBInstanceClass"], "db.r6g.large");
    assert!(sent("create-reader-2")["DBInstanceIdentifier"].is_string());
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("was captured")), "{:?}", plan.brief.warnings);
}

#[tokio::test]
async fn a_time_before_the_own_window_is_given_by_the_snapshot_that_loses_least() {
    let scene = Scene::that(Way { to: EARLIER, before: old, ..Way::default() });
    let (plan, choice) = chosen(&scene).await;
    let brief = &plan.brief;
    assert_eq!((brief.window.kind, brief.window.name.as_str()), (Kind::ManualSnapshot, NIGHTLY));
    assert_eq!(choice.window.loses, Loss::Before { seconds: 11 * 3600 + 21 * 60 + 53, bound: Bound::Exact });
    assert_eq!(
        brief.data_time_words(),
        "2026-11-12 03:00:12 UTC (asked for 2026-11-12 14:22:05 UTC: 11 h 21 min 53 s before it)"
    );
    let why = &brief.window.why;
    assert!(why.starts_with("it loses 11 h 21 min 53 s before 2026-11-12 14:22:05 UTC, and nothing"), "{why}");
    let mut steps = plan.steps.iter().map(|planned| &planned.step);
    let prove = steps.find_map(|step| match step {
        Step::Prove(prove) => prove.requested_time,
        _ => None,
    });
    assert_eq!(prove, Some(brief.data_time()), "the proof holds the data against its own time");
}

/// After a failover the database goes on elsewhere: what is left of the old primary is another branch of it.
#[tokio::test]
async fn what_is_left_of_an_old_primary_is_taken_only_by_name() {
    let saved = "rds:unplanned-global-failover-loans-prod-2026-11-12-03-00";
    let before = |scene: &Scene| {
        nightly(scene);
        scene.cloud.edit_snapshot(NIGHTLY, |it| {
            it.created = Some("2026-11-12T03:00:12Z".parse().unwrap());
            it.identifier = "rds:unplanned-global-failover-loans-prod-2026-11-12-03-00".to_owned();
        });
    };
    let (what, _) = refused(&Scene::that(Way { to: EARLIER, before, ..Way::default() })).await;
    assert!(what.contains("before the earliest restorable time"), "{what}");
    let (_, choice) = chosen(&Scene::that(Way { to: EARLIER, before, from: Some(saved), ..Way::default() })).await;
    assert_eq!(choice.window.kind, Kind::GlobalFailoverSnapshot);
    assert!(matches!(choice.window.loses, Loss::Before { bound: Bound::AtLeast, .. }), "{:?}", choice.window.loses);
}

#[tokio::test]
async fn nothing_before_the_time_is_refused_with_the_oldest_there_is() {
    let scene = Scene::that(Way { to: EARLIER, before: nightly, ..Way::default() });
    let (what, hint) = refused(&scene).await;
    assert!(what.contains("before the earliest restorable time") && hint.contains("2026-11-13 00:00:00 UTC"), "{hint}");
}

#[tokio::test]
async fn a_deleted_clusters_backup_gives_the_time_itself() {
    let scene = of_a_deleted_cluster();
    let (plan, choice) = chosen(&scene).await;
    assert_eq!((choice.window.kind, &choice.window.loses), (Kind::Retained, &Loss::Nothing));
    let Step::RestoreCluster(restore) = &plan.steps[0].step else { panic!("the first step restores") };
    let call = restore.request.call().parameters;
    assert_eq!(call["SourceDbClusterResourceId"], "cluster-SOURCE");
    assert_eq!(call.get("SourceDBClusterIdentifier"), None);
    assert_eq!((&call["Port"], &call["DBSubnetGroupName"]), (&5433.into(), &"private".into()));
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("does not exist any more")));
}

#[tokio::test]
async fn what_a_deleted_cluster_cannot_tell_is_asked_of_the_profile_by_its_key() {
    let lacking: [(&str, &str); 2] = [
        ("subnet_group = \"private\"", "set subnet_group under [databases.loans.regions.eu-west-1]"),
        ("instance_class = \"db.r6g.large\"", "set instance_class under [databases.….restore]"),
    ];
    for (line, wanted) in lacking {
        let config: &'static str = Box::leak(WHOLE.replacen(line, "", 1).into_boxed_str());
        let (_, hint) = refused(&Scene::that(Way { config, before: deleted, ..Way::default() })).await;
        assert!(hint.contains(wanted), "{hint}");
    }
}

#[tokio::test]
async fn another_regions_key_must_be_named() {
    let config: &'static str = Box::leak(WHOLE.replace("kms_key = \"alias/loans-there\"", "").into_boxed_str());
    let way = Way { config, from: Some(NIGHTLY), into: "eu-central-1", before: nightly, ..Way::default() };
    let (what, hint) = refused(&Scene::that(way)).await;
    assert!(what.contains("cannot encrypt a target in eu-central-1"), "{what}");
    assert!(hint.contains("[databases.loans.regions.eu-central-1]"), "{hint}");
}

#[tokio::test]
async fn another_accounts_key_is_not_taken_over() {
    const SHARED: &str = "arn:aws:rds:eu-west-1:210987654321:cluster-snapshot:theirs";
    fn shared(scene: &Scene) {
        nightly(scene);
        scene.cloud.edit_snapshot(NIGHTLY, |it| {
            it.arn = SHARED.to_owned();
            it.kind = Some("shared".to_owned());
            it.cluster = "their-loans".to_owned();
            it.cluster_resource_id = Some("cluster-THEIRS".to_owned());
        });
    }
    let way = Way { from: Some(SHARED), before: shared, ..Way::default() };
    let (_, hint) = refused(&Scene::that(way)).await;
    assert_eq!(hint, "set kms_key under [databases.loans.restore]: a key of this account");
    let config: &'static str = Box::leak(
        crate::support::CONFIG.replacen("quarantine", "kms_key = \"alias/ours\"\nquarantine", 1).into_boxed_str(),
    );
    let (plan, choice) = chosen(&Scene::that(Way { config, ..way })).await;
    assert!(choice.named);
    let Step::RestoreCluster(restore) = &plan.steps[0].step else { panic!("the first step restores") };
    let call = restore.request.call().parameters;
    assert_eq!((&call["KmsKeyId"], &call["SnapshotIdentifier"]), (&"alias/ours".into(), &SHARED.into()));
}

#[tokio::test]
async fn a_window_that_cannot_be_used_is_refused_by_name_and_passed_over_otherwise() {
    fn copying(scene: &Scene) {
        old(scene);
        scene.cloud.edit_snapshot(NIGHTLY, |it| it.status = "copying".to_owned());
    }
    let (what, _) = refused(&Scene::that(Way { from: Some(NIGHTLY), before: copying, ..Way::default() })).await;
    assert!(what.contains("cannot be used: it is still being copied"), "{what}");
    let (what, _) = refused(&Scene::that(Way { to: EARLIER, before: copying, ..Way::default() })).await;
    assert!(what.contains("before the earliest"), "{what}");
    let (what, hint) =
        refused(&Scene::that(Way { from: Some("loans-nightli"), before: nightly, ..Way::default() })).await;
    assert!(what.contains("there is no window loans-nightli") && hint.contains(NIGHTLY), "{what} {hint}");
}

#[tokio::test]
async fn what_an_earlier_cluster_of_the_name_left_is_never_taken_unasked() {
    fn earlier(scene: &Scene) {
        old(scene);
        scene.cloud.edit_snapshot(NIGHTLY, |it| it.cluster_resource_id = Some("cluster-EARLIER".to_owned()));
    }
    let (what, _) = refused(&Scene::that(Way { to: EARLIER, before: earlier, ..Way::default() })).await;
    assert!(what.contains("before the earliest"), "{what}");
    let named = Scene::that(Way { to: EARLIER, from: Some(NIGHTLY), before: earlier, ..Way::default() });
    assert_eq!(chosen(&named).await.0.brief.window.name, NIGHTLY);
}

#[tokio::test]
async fn only_a_cluster_that_is_gone_comes_back_under_its_name() {
    let way = Way { config: WHOLE, from: Some(NIGHTLY), manner: Manner::AsBefore, before: nightly, ..Way::default() };
    let (what, _) = refused(&Scene::that(way)).await;
    assert!(what.contains("there is a cluster loans-prod"), "{what}");
    let bare: &'static str =
        Box::leak(WHOLE.replacen("quarantine_security_groups = [\"sg-0aaaaaaaaaaaaaaaa\"]", "", 1).into_boxed_str());
    let way = Way { config: bare, manner: Manner::AsBefore, before: deleted, ..Way::default() };
    let (what, hint) = refused(&Scene::that(way)).await;
    assert!(what.contains("before the data is proven") && hint.contains("quarantine"), "{what}");
    let (plan, _) = chosen(&as_before()).await;
    assert_eq!(plan.brief.target.identifier, SOURCE);
    assert!(plan.brief.secrets.is_empty());
    assert!(plan.brief.warnings.iter().any(|it| it.contains("the endpoints of loans-prod return")));
}

#[tokio::test]
async fn a_saved_plan_is_refused_once_its_window_or_a_name_is_another() {
    type Make = fn() -> Scene;
    type Change = fn(&Scene);
    let changes: [(Make, &str, Change); 7] = [
        (from_snapshot, "is gone from eu-west-1", |scene| scene.cloud.somebody_removes_snapshot(NIGHTLY)),
        (from_snapshot, "is copying now", |scene| {
            scene.cloud.edit_snapshot(NIGHTLY, |it| it.status = "copying".to_owned());
        }),
        (into_another_region, "a snapshot named loans-prod-db-k3fa-copy exists already", |scene| {
            scene.cloud.somebody_takes_snapshot("loans-prod-db-k3fa-copy");
        }),
        (into_another_region, "a cluster named loans-prod-db-k3fa exists already", |scene| {
            scene.cloud.somebody_makes("loans-prod-db-k3fa");
        }),
        (of_a_deleted_cluster, "is gone", |scene| scene.cloud.backups_expire()),
        (as_before, "a cluster named loans-prod exists already", |scene| scene.cloud.somebody_makes(SOURCE)),
        (crate::ways::as_a_clone, "has no instance any more", |scene| {
            scene.cloud.edit_cluster(SOURCE, |cluster: &mut Cluster| cluster.members.clear());
        }),
    ];
    for (make, what, change) in changes {
        let scene = make();
        let plan = scene.plan().await;
        let world = scene.world.of_region(&plan.brief.target.region);
        freshness::check(&world, &plan, scene.clock.now()).await.unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
        change(&scene);
        let refusal = freshness::check(&world, &plan, scene.clock.now()).await.unwrap_err();
        assert!(refusal.to_string().contains(what), "{refusal}");
    }
}

/// Each call that a plan shows must be allowed by one of the bundles it names.
#[tokio::test]
async fn the_bundles_of_every_plan_allow_the_calls_it_shows() {
    for make in crate::ways::MAKERS {
        let plan = make().plan().await;
        let allowed: Vec<&String> = plan.brief.policies.iter().flat_map(|policy| &policy.actions).collect();
        let calls = plan.steps.iter().flat_map(|planned| planned.step.describe().calls);
        let mut actions = calls.map(|call| format!("{}:{}", call.service, call.action));
        let denied: Vec<String> = actions.by_ref().filter(|action| !allowed.contains(&action)).collect();
        assert_eq!(denied, Vec::<String>::new(), "{}", plan.recipe);
    }
}
