//! Each kind of window: what it gives, what it loses, why it cannot be used.

use std::time::Duration;

use super::*;
use crate::{
    aws::rds::model::StatusInfo,
    recovery::windows::{
        lag,
        testing::{
            ABROAD, HOME, NOW, World, at, cluster, global, instance, instance_backup, instance_snapshot, retained,
            snapshot, subject,
        },
        window::{Bound, Family, Lag, Loss},
    },
};

/// The windows of `loans`, for `wanted`.
async fn windows(world: &World, wanted: &str) -> Vec<Window> {
    world.loans(Some(wanted)).await.databases.remove(0).windows
}

/// The only one.
async fn window(world: &World, wanted: &str) -> Window {
    let mut windows = windows(world, wanted).await;
    assert_eq!(windows.len(), 1, "{windows:#?}");
    windows.remove(0)
}

const WANTED: &str = "2026-11-20T14:22:05Z";

fn lost(seconds: u64) -> Loss {
    Loss::Before { seconds, bound: Bound::Exact }
}

#[tokio::test]
async fn the_continuous_backup_of_a_live_cluster() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let found = window(&world, WANTED).await;
    assert_eq!(
        (found.kind, found.family, found.call),
        (Kind::Continuous, Family::Cluster, "RestoreDBClusterToPointInTime")
    );
    assert_eq!((found.loses, found.restore_point), (Loss::Nothing, Some(at(WANTED))));
    assert_eq!((found.latest_age_seconds, found.retention_days), (Some(230), Some(7)));
    assert!(found.usable && found.notes.is_empty());
    assert_eq!(window(&world, NOW).await.loses, lost(231));
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_continuous_backup() {
    let judged = async |edit: &dyn Fn(&mut crate::aws::rds::model::Cluster)| {
        let mut world = World::default();
        let mut of = cluster(HOME, "loans");
        edit(&mut of);
        world.region(HOME).clusters.push(of);
        let found = window(&world, WANTED).await;
        assert_eq!(found.usable, found.obstacles.is_empty());
        (found.obstacles.join("; "), found.notes.join("; "))
    };
    let none = String::new;
    let (no_window, _) = judged(&|it| {
        it.status = "creating".into();
        it.earliest_restorable_time = None;
    })
    .await;
    assert_eq!(no_window, "RDS gives it no restorable times (its status is creating): they come with its first backup");
    let (too_short, _) = judged(&|it| {
        it.earliest_restorable_time = Some(at("2026-11-20T14:56:09.2Z"));
        it.latest_restorable_time = Some(at("2026-11-20T14:56:10Z"));
    })
    .await;
    assert_eq!(too_short, "its window does not hold a whole second yet");
    let (engine, _) = judged(&|it| it.engine = "aurora-mysql".to_owned()).await;
    assert_eq!(engine, "it runs aurora-mysql; daybreak recovers Aurora PostgreSQL and RDS for PostgreSQL");
    let (multi_az, _) = judged(&|it| it.engine = "postgres".to_owned()).await;
    assert!(multi_az.starts_with("it is a Multi-AZ DB cluster"), "{multi_az}");
    let (v1, _) = judged(&|it| it.engine_mode = Some("serverless".to_owned())).await;
    assert!(v1.starts_with("it is Aurora Serverless v1"), "{v1}");
    let (key, _) = judged(&|it| it.status = "inaccessible-encryption-credentials".into()).await;
    assert_eq!(key, "its KMS key is gone, and with it the data");
    let (key, _) = judged(&|it| it.status = "inaccessible-encryption-credentials-recoverable".into()).await;
    assert!(key.starts_with("its KMS key cannot be used: enable the key"), "{key}");
    // A cluster that is stopped, broken or empty can be restored from all the same.
    assert_eq!(judged(&|it| it.status = "stopped".into()).await, (none(), "the cluster is stopped".to_owned()));
    assert_eq!(judged(&|it| it.status = "failed".into()).await, (none(), "the cluster is failed".to_owned()));
    let (usable, note) = judged(&|it| it.members.clear()).await;
    assert_eq!((usable, note.as_str()), (none(), "it has no instance: the recovery must be told an instance class"));
    let (usable, note) = judged(&|it| it.status = "deleting".into()).await;
    assert!(usable.is_empty() && note.starts_with("it is being deleted"), "{note}");
}

#[tokio::test]
async fn a_deleted_cluster_is_found_by_its_name() {
    let mut world = World::default();
    world.region(HOME).cluster_backups.push(retained(HOME, "loans"));
    world.region(HOME).cluster_snapshots.push(snapshot(HOME, "final", "loans", "2026-11-19T08:01:00Z"));
    let found = windows(&world, "2026-11-19T10:00:00Z").await;
    let kinds: Vec<Kind> = found.iter().map(|window| window.kind).collect();
    assert_eq!(kinds, [Kind::ManualSnapshot, Kind::Retained], "the final snapshot is newer than the backup");
    assert_eq!(found[1].loses, lost(7201));
    assert_eq!(found[1].resource_id.as_deref(), Some("cluster-loans-eu-west-1"));
    let inside = windows(&world, "2026-11-18T10:00:00Z").await;
    assert_eq!((inside[0].kind, &inside[0].loses), (Kind::Retained, &Loss::Nothing));
}

#[tokio::test]
async fn the_automated_backup_of_a_live_cluster_is_not_listed_twice() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    world.region(HOME).cluster_backups.push(retained(HOME, "loans"));
    assert_eq!(window(&world, WANTED).await.kind, Kind::Continuous);
}

#[tokio::test]
async fn the_kinds_of_cluster_snapshots() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "loans"));
    for (name, created) in [
        ("rds:loans-2026-11-20-02-11", "2026-11-20T02:11:31Z"),
        ("before-migration", "2026-11-19T12:00:00Z"),
        ("awsbackup:job-1", "2026-11-18T12:00:00Z"),
        ("rds:unplanned-global-failover-loans-2026-11-17", "2026-11-17T12:00:00Z"),
    ] {
        home.cluster_snapshots.push(snapshot(HOME, name, "loans", created));
    }
    let mut shared = snapshot(HOME, "theirs", "loans", "2026-11-16T12:00:00Z");
    shared.arn = "arn:aws:rds:eu-west-1:999999999999:cluster-snapshot:theirs".to_owned();
    (shared.kind, shared.storage_encrypted) = (Some("shared".to_owned()), Some(true));
    home.cluster_snapshots.push(shared);
    let found = windows(&world, WANTED).await;
    let kinds: Vec<Kind> = found.iter().map(|window| window.kind).collect();
    assert_eq!(
        kinds,
        [
            Kind::Continuous,
            Kind::AutomatedSnapshot,
            Kind::ManualSnapshot,
            Kind::AwsBackupSnapshot,
            Kind::GlobalFailoverSnapshot,
            Kind::SharedSnapshot,
        ],
        "from the one that loses least"
    );
    assert_eq!(found[1].loses, lost(43_834));
    assert!(found[1..].iter().all(|window| window.call == "RestoreDBClusterFromSnapshot" && window.usable));
    assert!(found[4].notes[0].contains("copy it to a manual snapshot"), "{:?}", found[4].notes);
    assert!(matches!(found[4].loses, Loss::Before { bound: Bound::AtLeast, .. }), "{:?}", found[4].loses);
    let perhaps = "if it was copied within its region, its data is older than its time, which RDS does not tell";
    let doubted: Vec<Kind> =
        found.iter().filter(|one| one.notes.iter().any(|note| note == perhaps)).map(|one| one.kind).collect();
    assert_eq!(doubted, [Kind::ManualSnapshot, Kind::SharedSnapshot]);
    assert_eq!(
        found[5].notes,
        [
            "shared by 999999999999: it is restored by its ARN; it is encrypted with a key of theirs, which must be shared, too",
            perhaps,
        ]
    );
}

#[tokio::test]
async fn a_snapshot_that_is_not_finished_cannot_be_used() {
    for (status, percent, why) in [
        ("copying", Some(42), "it is still being copied (42 %)"),
        ("creating", None, "it is still being taken"),
        ("failed", None, "its status is failed"),
    ] {
        let mut world = World::default();
        let mut taken = snapshot(HOME, "half", "loans", "2026-11-20T12:00:00Z");
        (taken.status, taken.percent_progress, taken.created) = (status.to_owned(), percent, None);
        world.region(HOME).cluster_snapshots.push(taken);
        let found = window(&world, WANTED).await;
        assert_eq!((found.usable, found.obstacles), (false, vec![why.to_owned()]));
        assert!(matches!(found.loses, Loss::Unknown { .. }));
    }
}

#[tokio::test]
async fn a_copy_in_another_region_has_the_time_of_its_original_where_that_is_seen() {
    let mut world = World::default();
    let original = snapshot(HOME, "rds:loans-1", "loans", "2026-11-20T02:00:00Z");
    let mut copy = snapshot(ABROAD, "copied", "loans", "2026-11-20T09:00:00Z");
    copy.copied_from = Some(original.arn.clone());
    copy.cluster_resource_id = None;
    world.region(ABROAD).cluster_snapshots.push(copy);
    let ask = async |world: &World| {
        let answer = world.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], Some(WANTED)).await;
        let mut windows = answer.expect("an answer").databases.remove(0).windows;
        windows.retain(|window| window.region == ABROAD);
        windows.remove(0)
    };
    let alone = ask(&world).await;
    assert_eq!(alone.loses, Loss::Before { seconds: 19_325, bound: Bound::AtLeast });
    assert!(alone.notes[0].starts_with("a copy from eu-west-1: it makes the database in eu-central-1"));
    world.region(HOME).cluster_snapshots.push(original);
    assert_eq!(ask(&world).await.loses, lost(44_525));
}

#[tokio::test]
async fn copies_of_one_another_end_the_search_for_an_original() {
    let mut world = World::default();
    let mut one = snapshot(HOME, "one", "loans", "2026-11-20T02:00:00Z");
    let mut other = snapshot(HOME, "other", "loans", "2026-11-20T03:00:00Z");
    (one.copied_from, other.copied_from) = (Some(other.arn.clone()), Some(one.arn.clone()));
    world.region(HOME).cluster_snapshots.extend([one, other]);
    let found = windows(&world, WANTED).await;
    assert!(found.iter().all(|window| matches!(window.loses, Loss::Before { bound: Bound::AtLeast, .. })));
}

#[tokio::test]
async fn data_of_an_earlier_cluster_of_the_name_is_said_to_be() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let mut old = snapshot(HOME, "rds:old", "loans", "2026-11-01T12:00:00Z");
    old.cluster_resource_id = Some("cluster-OLD".to_owned());
    world.region(HOME).cluster_snapshots.push(old);
    let found = windows(&world, WANTED).await;
    assert_eq!(
        found[1].notes,
        ["its data is of cluster-OLD, an earlier cluster, not of the present cluster-loans-eu-west-1"]
    );
}

#[tokio::test]
async fn an_instances_window_begins_where_its_backup_says() {
    let mut world = World::default();
    world.region(HOME).instances.push(instance(HOME, "loans"));
    let blind = window(&world, WANTED).await;
    assert_eq!((blind.kind, blind.family), (Kind::Continuous, Family::Instance));
    let Loss::Unknown { why } = blind.loses else { panic!("it is not known") };
    assert_eq!(why, "how far back it reaches is not known: RDS lists no automated backup");
    let newest = window(&world, NOW).await;
    assert_eq!((newest.loses, newest.earliest), (lost(301), None), "the newest point is known all the same");
    world.denies(HOME, "DescribeDBInstanceAutomatedBackups");
    let Loss::Unknown { why } = window(&world, WANTED).await.loses else { panic!("seen") };
    assert!(why.ends_with("could not be seen"), "{why}");
    world.faults.clear();
    world.region(HOME).instance_backups.push(instance_backup(HOME, "loans", "active"));
    let found = window(&world, WANTED).await;
    assert_eq!((found.loses, found.call, found.size_gib), (Loss::Nothing, "RestoreDBInstanceToPointInTime", Some(400)));
}

#[tokio::test]
async fn an_instance_without_backups_has_no_window() {
    let mut world = World::default();
    let mut bare = instance(HOME, "loans");
    (bare.latest_restorable_time, bare.backup_retention_period) = (None, Some(0));
    world.region(HOME).instances.push(bare);
    assert_eq!(window(&world, WANTED).await.obstacles, ["automated backups are off: BackupRetentionPeriod is 0"]);
}

#[tokio::test]
async fn an_instances_backups_outlive_it_and_reach_other_regions() {
    let mut world = World::default();
    world.region(HOME).instance_backups.push(instance_backup(HOME, "loans", "retained"));
    world.region(ABROAD).instance_backups.push(instance_backup(HOME, "loans", "replicating"));
    world.region(ABROAD).instance_backups.push(instance_backup(ABROAD, "loans", "active"));
    let answer = world.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], Some(WANTED)).await.expect("an answer");
    let found: Vec<_> =
        answer.databases[0].windows.iter().map(|window| (window.kind, window.region.as_str())).collect();
    assert_eq!(found, [(Kind::Retained, HOME), (Kind::Replicated, ABROAD)], "a namesake abroad is another database");
    let replicated = &answer.databases[0].windows[1];
    assert!(replicated.notes[0].starts_with("replicated from eu-west-1"), "{:?}", replicated.notes);
    let mut pending = World::default();
    pending.region(ABROAD).instance_backups.push(instance_backup(HOME, "loans", "pending"));
    let answer = pending.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], Some(WANTED)).await.expect("an answer");
    assert_eq!(answer.databases[0].windows[0].obstacles, ["it is still being set up (pending)"]);
}

#[tokio::test]
async fn the_kinds_and_times_of_instance_snapshots() {
    let mut world = World::default();
    let home = world.region(HOME);
    let mut copied = instance_snapshot(HOME, "copied", "loans", "2026-11-20T13:00:00Z");
    (copied.database_time, copied.original_created) = (None, Some(at("2026-11-20T10:00:00Z")));
    copied.kind = Some("awsbackup".to_owned());
    home.instance_snapshots.push(copied.clone());
    (copied.identifier, copied.original_created) = ("old-copy".to_owned(), None);
    copied.copied_from = Some("arn:aws:rds:eu-central-1:123456789012:snapshot:x".to_owned());
    copied.kind = Some("manual".to_owned());
    home.instance_snapshots.push(copied);
    let mut taken = instance_snapshot(HOME, "taken", "loans", "2026-11-20T12:00:00Z");
    taken.kind = Some("automated".to_owned());
    home.instance_snapshots.push(taken);
    let found = windows(&world, WANTED).await;
    let seen: Vec<_> = found.iter().map(|window| (window.kind, window.loses.clone())).collect();
    assert_eq!(
        seen,
        [
            (Kind::ManualSnapshot, Loss::Before { seconds: 4925, bound: Bound::AtLeast }),
            (Kind::AutomatedSnapshot, lost(8525)),
            (Kind::AwsBackupSnapshot, lost(15_725)),
        ]
    );
}

#[tokio::test]
async fn replicas_are_as_old_as_their_lag_and_never_go_back() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.instances.push(instance(HOME, "loans"));
    home.instance_backups.push(instance_backup(HOME, "loans", "active"));
    let mut replica = instance(HOME, "loans-replica");
    replica.read_replica_source_instance = Some("loans".to_owned());
    replica.latest_restorable_time = None;
    home.instances.push(replica);
    let replicas = async |world: &World, wanted| {
        let mut windows = windows(world, wanted).await;
        windows.retain(|window| window.kind == Kind::Replica);
        assert_eq!(windows.len(), 1);
        windows.remove(0)
    };
    let unmeasured = replicas(&world, NOW).await;
    assert_eq!(unmeasured.call, "PromoteReadReplica");
    let why = "its lag is not measured: CloudWatch has no ReplicaLag of the last ten minutes".to_owned();
    assert_eq!(unmeasured.loses, Loss::Unknown { why });
    world.lag("ReplicaLag", "loans-replica", 1.5);
    let measured = replicas(&world, NOW).await;
    assert_eq!(measured.loses, Loss::Before { seconds: 62, bound: Bound::AtMost });
    assert!(matches!(measured.lag, Some(Lag::Measured { seconds, .. }) if seconds == 1.5));
    assert_eq!(windows(&world, NOW).await[0].kind, Kind::Replica, "the newest data is the replica's");
    assert!(matches!(replicas(&world, WANTED).await.loses, Loss::Later { .. }), "the damage is in it");
    assert_eq!(windows(&world, WANTED).await[0].kind, Kind::Continuous);
    world.lag("ReplicaLag", "loans-replica", -1.0);
    let Loss::Unknown { why } = replicas(&world, NOW).await.loses else { panic!("-1 is no lag") };
    assert!(why.contains("does not replicate"), "{why}");
}

#[tokio::test]
async fn a_replica_that_is_broken_says_so() {
    let mut world = World::default();
    world.region(HOME).instances.push(instance(HOME, "loans"));
    let mut replica = instance(ABROAD, "loans-replica");
    replica.read_replica_source_instance = Some(world.regions[HOME].instances[0].arn.clone());
    replica.status = "modifying".into();
    replica.status_infos = vec![StatusInfo {
        kind: Some("read replication".to_owned()),
        status: Some("error".to_owned()),
        normal: Some(false),
        message: Some("WAL is gone".to_owned()),
    }];
    world.region(HOME).instances[0].read_replicas = vec![replica.arn.clone()];
    world.region(ABROAD).instances.push(replica);
    let found = windows(&world, NOW).await;
    let replica = found.iter().find(|window| window.kind == Kind::Replica).expect("its region was looked at, too");
    assert_eq!((replica.usable, replica.obstacles.join("; ")), (false, "the instance is modifying".to_owned()));
    assert_eq!(replica.notes[0], "its replication is error: WAL is gone");
}

#[tokio::test]
async fn a_secondary_of_a_global_database() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "loans"));
    home.global_clusters.push(global("loans", "loans-dr"));
    let mut secondary = cluster(ABROAD, "loans-dr");
    secondary.global_cluster_identifier = Some("world".to_owned());
    secondary.replication_source = Some(world.regions[HOME].clusters[0].arn.clone());
    world.region(ABROAD).clusters.push(secondary);
    world.region(ABROAD).global_clusters.push(global("loans", "loans-dr"));
    world.lag("AuroraGlobalDBRPOLag", "loans-dr", 850.0);
    let secondary = async |world: &World| {
        let mut windows = windows(world, NOW).await;
        windows.retain(|window| window.kind == Kind::GlobalSecondary);
        assert_eq!(windows.len(), 1, "once, although both regions list it");
        windows.remove(0)
    };
    let found = secondary(&world).await;
    assert_eq!((found.region.as_str(), found.call), (ABROAD, "FailoverGlobalCluster"));
    assert_eq!(found.loses, Loss::Before { seconds: 61, bound: Bound::AtMost }, "milliseconds");
    assert!(found.usable && found.notes.is_empty(), "{found:?}");

    world.region(ABROAD).clusters[0].engine_version = Some("15.9".to_owned());
    let found = secondary(&world).await;
    assert_eq!((found.usable, found.call), (true, "RemoveFromGlobalCluster"));
    assert_eq!(
        found.notes,
        ["it runs 15.9 and the primary 15.10: a failover is refused, it can be detached and promoted"]
    );
    world.region(ABROAD).clusters[0].members.clear();
    assert_eq!(secondary(&world).await.obstacles, ["it has no instance: create one in it first"]);

    for region in [HOME, ABROAD] {
        world.denies(region, "DescribeGlobalClusters");
    }
    let unlisted = world.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], None).await.expect("an answer");
    let kinds = unlisted.databases[0].windows.iter().filter(|window| window.kind == Kind::GlobalSecondary).count();
    assert_eq!(kinds, 1, "it tells of itself what it is a part of");
}

#[tokio::test]
async fn a_secondary_that_is_out_of_step_or_out_of_sight() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let mut torn = global("loans", "loans-dr");
    torn.members[1].synchronization = Some("pending-resync".to_owned());
    world.region(HOME).global_clusters.push(torn);
    world.denies(ABROAD, "DescribeDBClusters");
    let found = windows(&world, NOW).await;
    let secondary = found.iter().find(|window| window.kind == Kind::GlobalSecondary).expect("listed at home");
    assert_eq!(secondary.obstacles, ["it is not in step with the primary: pending-resync"]);
    assert_eq!(secondary.notes, ["what eu-central-1 has of it could not be seen"]);
}

#[tokio::test]
async fn an_aurora_replica_of_an_instance() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.instances.push(instance(HOME, "loans"));
    let mut replica = cluster(HOME, "loans-aurora");
    replica.replication_source = Some(home.instances[0].arn.clone());
    home.clusters.push(replica);
    world.lag("RDSToAuroraPostgreSQLReplicaLag", "loans-aurora", 3.0);
    let found = windows(&world, NOW).await;
    let replica = found.iter().find(|window| window.kind == Kind::Replica).expect("it replicates");
    assert_eq!(replica.call, "PromoteReadReplicaDBCluster");
    assert_eq!(replica.loses, Loss::Before { seconds: 63, bound: Bound::AtMost });
}

#[tokio::test]
async fn earlier_restores_say_how_long_the_next_one_takes() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    world.region(HOME).cluster_snapshots.push(snapshot(HOME, "before", "loans", "2026-11-20T12:00:00Z"));
    let mut catalogue = Catalogue::default();
    catalogue.look(&world, &[HOME.to_owned()]).await;
    let (subject, lags, upkeep) = (subject("loans"), Lags::new(), Upkeep::default());
    let lineage = Lineage::of(&subject, &catalogue);
    let estimates = |seconds: &[u64]| {
        let earlier = seconds.iter().copied().map(Duration::from_secs).collect();
        let earlier = Earlier::from([(("loans".to_owned(), Kind::Continuous), earlier)]);
        let bench = Bench {
            catalogue: &catalogue,
            wanted: at(WANTED),
            now: at(NOW),
            earlier: &earlier,
            lags: &lags,
            upkeep: &upkeep,
        };
        judge(&subject, &lineage, bench).into_iter().map(|window| window.takes).collect::<Vec<_>>()
    };
    let none = |basis: &str| Estimate { seconds: None, basis: basis.to_owned() };
    let unknown = none("no run of daybreak has restored a snapshot of it yet");
    assert_eq!(estimates(&[]), [none("no run of daybreak has restored from it yet"), unknown.clone()]);
    let known = |seconds, basis: &str| Estimate { seconds: Some(seconds), basis: basis.to_owned() };
    assert_eq!(estimates(&[700])[0], known(700, "as long as the one earlier restore to its writer"));
    let three = "the median of 3 earlier restores to their writer, 1 min 30 s to 15 min";
    assert_eq!(estimates(&[900, 90, 600]), [known(600, three), unknown], "a snapshot is another thing");
}

/// A figure is never made up: what was measured is what is shown, and everything else says why there is none.
#[tokio::test]
async fn a_lag_that_cannot_be_asked_for_says_which_call_is_missing() {
    struct Denied;
    #[async_trait::async_trait]
    impl crate::aws::metrics::Metrics for Denied {
        async fn newest(
            &self,
            _: &crate::aws::metrics::Gauge,
            _: Timestamp,
        ) -> Result<Option<crate::aws::metrics::Sample>, crate::aws::Error> {
            Err(crate::aws::Error::answered("cloudwatch", "ListMetrics", "AccessDenied", "no"))
        }
    }
    struct Blind(World);
    impl crate::recovery::windows::catalogue::Regions for Blind {
        fn backups(&self, region: &str) -> std::sync::Arc<dyn crate::aws::rds::backups::Backups> {
            self.0.backups(region)
        }
        fn metrics(&self, _: &str) -> std::sync::Arc<dyn crate::aws::metrics::Metrics> {
            std::sync::Arc::new(Denied)
        }
        fn keys(&self, region: &str) -> std::sync::Arc<dyn crate::aws::kms::Keys> {
            self.0.keys(region)
        }
        fn versions(&self, region: &str) -> std::sync::Arc<dyn crate::aws::rds::versions::Versions> {
            self.0.versions(region)
        }
    }
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    world.region(HOME).global_clusters.push(global("loans", "loans-dr"));
    let blind = Blind(world);
    let mut catalogue = Catalogue::default();
    catalogue.look(&blind, &[HOME.to_owned()]).await;
    let lineage = Lineage::of(&subject("loans"), &catalogue);
    let lags = lag::measure(&blind, &lineage, &catalogue, at(NOW)).await;
    let why = "AccessDenied: cloudwatch:ListMetrics".to_owned();
    assert_eq!(lags.into_values().collect::<Vec<_>>(), [Lag::NotMeasured { why }]);
}
