//! The whole answer: which databases, which regions, what could not be seen.

use super::*;
use crate::{
    aws::{self, ErrorKind},
    recovery::windows::testing::{
        ABROAD, HOME, World, cluster, global, instance, instance_backup, retained, snapshot, subject,
    },
};

const LISTS: [&str; 7] = [
    "DescribeDBClusters",
    "DescribeDBInstances",
    "DescribeDBClusterAutomatedBackups",
    "DescribeDBClusterSnapshots",
    "DescribeDBInstanceAutomatedBackups",
    "DescribeDBSnapshots",
    "DescribeGlobalClusters",
];

async fn all(world: &World, regions: &[&str]) -> View {
    world.ask(None, regions, None).await.expect("an answer")
}

/// Each database with its windows.
fn listed(view: &View) -> Vec<String> {
    let line = |found: &Found| {
        let mut names: Vec<&str> = found.windows.iter().map(|window| window.source.as_str()).collect();
        names.sort_unstable();
        format!("{} in {}: {}", found.subject.database, found.subject.region, names.join(" "))
    };
    view.databases.iter().map(line).collect()
}

#[tokio::test]
async fn all_databases_are_those_that_are_and_those_that_were() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.extend([cluster(HOME, "loans"), cluster(HOME, "audit")]);
    home.global_clusters.push(global("loans", "loans-dr"));
    home.instances.push(instance(HOME, "billing"));
    let mut replica = instance(HOME, "a-replica");
    replica.read_replica_source_instance = Some("billing".to_owned());
    home.instances.insert(0, replica);
    home.cluster_backups.push(retained(HOME, "gone"));
    home.cluster_snapshots.push(snapshot(HOME, "final-of-gone", "gone", "2026-11-19T08:01:00Z"));
    home.cluster_snapshots.push(snapshot(HOME, "of-long-gone", "long-gone", "2026-01-19T08:01:00Z"));
    home.instance_backups.push(instance_backup(HOME, "ledger", "retained"));
    let abroad = world.region(ABROAD);
    let mut secondary = cluster(ABROAD, "loans-dr");
    secondary.global_cluster_identifier = Some("world".to_owned());
    abroad.clusters.push(secondary);
    let mut copy = snapshot(ABROAD, "copy", "forgotten", "2026-01-19T08:01:00Z");
    copy.copied_from = Some("arn:aws:rds:us-east-1:123456789012:cluster-snapshot:x".to_owned());
    abroad.cluster_snapshots.push(copy);
    assert_eq!(
        listed(&all(&world, &[HOME, ABROAD]).await),
        [
            "audit in eu-west-1: audit",
            "billing in eu-west-1: a-replica a-replica billing",
            "forgotten in us-east-1: copy",
            "gone in eu-west-1: final-of-gone gone",
            "ledger in eu-west-1: ledger",
            "loans in eu-west-1: loans loans-dr loans-dr",
            "long-gone in eu-west-1: of-long-gone",
        ],
        "a replica is a window of its source, and has one of its own backups"
    );
}

#[tokio::test]
async fn engines_that_daybreak_does_not_recover_are_left_out_by_name() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "loans"));
    let mut orders = cluster(HOME, "orders");
    orders.engine = "aurora-mysql".to_owned();
    let mut of_orders = snapshot(HOME, "of-orders", "orders", "2026-11-19T08:01:00Z");
    of_orders.engine = Some("aurora-mysql".to_owned());
    home.clusters.push(orders);
    home.cluster_snapshots.push(of_orders);
    let view = all(&world, &[HOME]).await;
    assert_eq!(listed(&view), ["loans in eu-west-1: loans"]);
    assert_eq!(view.left_out, ["orders in eu-west-1 (aurora-mysql)"]);
}

#[tokio::test]
async fn what_cannot_be_seen_is_said_and_hides_nothing_else() {
    for operation in LISTS {
        let mut world = World::default();
        let home = world.region(HOME);
        home.clusters.push(cluster(HOME, "loans"));
        home.cluster_snapshots.push(snapshot(HOME, "before", "loans", "2026-11-19T08:01:00Z"));
        world.denies(HOME, operation);
        let view = world.loans(None).await;
        assert_eq!(view.unseen.len(), 1, "{operation}");
        assert_eq!((view.unseen[0].region.as_str(), view.unseen[0].error.operation), (HOME, operation));
        let expected: &[&str] = match operation {
            "DescribeDBClusters" => &["before"],
            "DescribeDBClusterSnapshots" => &["loans"],
            _ => &["loans", "before"],
        };
        let seen: Vec<&str> = view.databases[0].windows.iter().map(|window| window.source.as_str()).collect();
        assert_eq!(seen, expected, "{operation}");
    }
}

#[tokio::test]
async fn who_may_see_nothing_is_refused() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    for operation in LISTS {
        world.denies(HOME, operation);
    }
    let refusal = world.ask(Some(vec![subject("loans")]), &[HOME], None).await.expect_err("nothing was seen");
    let Refusal::Aws { doing, source } = refusal else { panic!("it is AWS that refused") };
    assert_eq!((doing.as_str(), source.kind), ("list the clusters of eu-west-1", ErrorKind::AccessDenied));
    // With a second region there is something to say.
    world.region(ABROAD).cluster_snapshots.push(snapshot(ABROAD, "other", "other", "2026-11-19T08:01:00Z"));
    let view = world.ask(None, &[HOME, ABROAD], None).await.expect("an answer");
    assert_eq!((listed(&view), view.unseen.len()), (vec!["other in eu-central-1: other".to_owned()], 7));
}

#[tokio::test]
async fn the_regions_that_a_database_replicates_to_are_looked_at_once_each() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "loans"));
    home.global_clusters.push(global("loans", "loans-dr"));
    world.region(ABROAD).clusters.push(cluster(ABROAD, "loans-dr"));
    let view = world.loans(None).await;
    assert_eq!(view.regions, [ABROAD, HOME]);
    assert_eq!(*world.looked.lock().expect("not poisoned"), [HOME, ABROAD]);
    let names: Vec<_> = view.databases[0].windows.iter().map(|window| window.source.as_str()).collect();
    assert!(names.contains(&"loans-dr"), "{names:?}");
}

#[tokio::test]
async fn a_name_that_never_was_is_answered_with_those_that_are() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans-prod"));
    let view = world.loans(None).await;
    assert!(view.databases[0].windows.is_empty());
    let Refusal::NoSuchCluster { cluster, others, .. } = view.nothing(&subject("loans")) else { panic!("refused") };
    assert_eq!((cluster.as_str(), others), ("loans", vec!["loans-prod".to_owned()]));
    world.denies(HOME, "DescribeDBClusters");
    let view = world.loans(None).await;
    let Refusal::Aws { source, .. } = view.nothing(&subject("loans")) else { panic!("it may be there") };
    assert_eq!(source.action(), "rds:DescribeDBClusters");
}

#[tokio::test]
async fn the_time_wanted_is_a_whole_second() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let question = Question {
        subjects: Some(vec![subject("loans")]),
        regions: BTreeSet::from([HOME.to_owned()]),
        wanted: None,
        now: "2026-11-20T15:00:00.9Z".parse().expect("a time"),
    };
    let view = view(&world, &question, std::future::ready(BTreeMap::new())).await.expect("an answer");
    assert_eq!((view.wanted.to_string().as_str(), view.asked), ("2026-11-20T15:00:00Z", false));
}

/// A region that does not answer keeps nobody waiting for longer than its limit.
#[tokio::test(start_paused = true)]
async fn a_region_that_hangs_is_given_up() {
    use crate::aws::{
        metrics::Metrics,
        rds::{
            backups::{
                Backups,
                model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
            },
            model::{Cluster, ClusterSnapshot, Instance},
        },
    };
    use std::{future::pending, sync::Arc};
    struct Hanging;
    #[async_trait::async_trait]
    impl Backups for Hanging {
        async fn clusters(&self) -> Result<Vec<Cluster>, aws::Error> {
            pending().await
        }
        async fn instances(&self) -> Result<Vec<Instance>, aws::Error> {
            pending().await
        }
        async fn cluster_backups(&self) -> Result<Vec<ClusterBackup>, aws::Error> {
            pending().await
        }
        async fn cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, aws::Error> {
            pending().await
        }
        async fn instance_backups(&self) -> Result<Vec<InstanceBackup>, aws::Error> {
            pending().await
        }
        async fn instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, aws::Error> {
            pending().await
        }
        async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, aws::Error> {
            pending().await
        }
    }
    struct Half(World);
    impl Regions for Half {
        fn backups(&self, region: &str) -> Arc<dyn Backups> {
            if region == ABROAD { Arc::new(Hanging) } else { self.0.backups(region) }
        }
        fn metrics(&self, region: &str) -> Arc<dyn Metrics> {
            self.0.metrics(region)
        }
        fn keys(&self, region: &str) -> Arc<dyn aws::kms::Keys> {
            self.0.keys(region)
        }
        fn versions(&self, region: &str) -> Arc<dyn aws::rds::versions::Versions> {
            self.0.versions(region)
        }
    }
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let mut catalogue = Catalogue::default();
    catalogue.look(&Half(world), &[HOME.to_owned(), ABROAD.to_owned()]).await;
    assert_eq!(catalogue.regions[HOME].clusters.len(), 1);
    let unseen: Vec<_> = catalogue.unseen.iter().map(|unseen| (unseen.region.as_str(), unseen.error.kind)).collect();
    assert_eq!(unseen, [(ABROAD, ErrorKind::Timeout); 7]);
}
