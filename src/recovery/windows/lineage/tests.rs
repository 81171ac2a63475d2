//! What belongs to a database, and what only looks like it.

use super::*;
use crate::recovery::windows::testing::{ABROAD, HOME, World, cluster, instance, instance_backup, snapshot, subject};

/// The sources of the windows of `loans`, sorted.
async fn sources(world: &World) -> Vec<String> {
    let answer = world.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], None).await.expect("an answer");
    let mut names: Vec<String> = answer.databases[0].windows.iter().map(|window| window.source.clone()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn snapshots_from_before_a_rename_belong_by_their_resource_id() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "loans"));
    let mut renamed = snapshot(HOME, "before-rename", "lending", "2026-11-01T12:00:00Z");
    renamed.cluster_resource_id = Some("cluster-loans-eu-west-1".to_owned());
    home.cluster_snapshots.push(renamed);
    home.cluster_snapshots.push(snapshot(HOME, "other", "billing", "2026-11-01T12:00:00Z"));
    assert_eq!(sources(&world).await, ["before-rename", "loans"]);
}

/// A name that was given again: the former bearer lives on under another one, and is not this database.
#[tokio::test]
async fn what_became_of_an_earlier_bearer_of_the_name_is_another_database() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.clusters.push(cluster(HOME, "archive"));
    let mut old = snapshot(HOME, "of-the-old-one", "loans", "2026-11-01T12:00:00Z");
    old.cluster_resource_id = Some("cluster-archive-eu-west-1".to_owned());
    home.cluster_snapshots.push(old);
    assert_eq!(sources(&world).await, ["archive", "of-the-old-one"], "it was renamed, and nothing has its name");
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    assert_eq!(sources(&world).await, ["loans", "of-the-old-one"]);
}

#[tokio::test]
async fn a_namesake_in_another_region_is_another_database() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let abroad = world.region(ABROAD);
    abroad.clusters.push(cluster(ABROAD, "loans"));
    abroad.cluster_snapshots.push(snapshot(ABROAD, "theirs", "loans", "2026-11-01T12:00:00Z"));
    abroad.instances.push(instance(ABROAD, "loans"));
    abroad.instance_backups.push(instance_backup(ABROAD, "loans", "active"));
    assert_eq!(sources(&world).await, ["loans"]);
}

#[tokio::test]
async fn copies_belong_however_often_they_were_copied() {
    let mut world = World::default();
    let first = snapshot(HOME, "rds:loans-1", "loans", "2026-11-01T12:00:00Z");
    let copy = |name: &str, of: &ClusterSnapshot| ClusterSnapshot {
        copied_from: Some(of.arn.clone()),
        cluster_resource_id: None,
        ..snapshot(ABROAD, name, "renamed-by-nobody", "2026-11-02T12:00:00Z")
    };
    let second = copy("second", &first);
    let third = copy("third", &second);
    world.region(HOME).cluster_snapshots.push(first);
    // The copy of the copy is listed before what it was made of.
    world.region(ABROAD).cluster_snapshots.extend([third, second]);
    assert_eq!(sources(&world).await, ["rds:loans-1", "second", "third"]);
}

/// The home region may be the one that is down.
#[tokio::test]
async fn a_copy_is_found_by_where_it_says_it_comes_from() {
    let mut world = World::default();
    let mut copy = snapshot(ABROAD, "copied", "loans", "2026-11-02T12:00:00Z");
    copy.cluster_resource_id = None;
    copy.copied_from = Some("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:loans-1".to_owned());
    world.region(ABROAD).cluster_snapshots.push(copy);
    for operation in ["DescribeDBClusters", "DescribeDBClusterSnapshots", "DescribeDBClusterAutomatedBackups"] {
        world.denies(HOME, operation);
    }
    assert_eq!(sources(&world).await, ["copied"]);
}

#[tokio::test]
async fn names_are_compared_as_rds_stores_them() {
    let mut world = World::default();
    world.region(HOME).cluster_snapshots.push(snapshot(HOME, "one", "Loans", "2026-11-02T12:00:00Z"));
    assert_eq!(sources(&world).await, ["one"]);
}

#[test]
fn instances_of_clusters_are_no_databases_of_their_own() {
    let mut world = World::default();
    let mut member = instance(HOME, "loans");
    member.cluster = Some("lending".to_owned());
    world.region(HOME).instances.push(member);
    let catalogue = Catalogue { regions: world.regions, unseen: Vec::new() };
    let lineage = Lineage::of(&subject("loans"), &catalogue);
    assert!(!lineage.has_instance(HOME, &catalogue.regions[HOME].instances[0]));
    assert_eq!(lineage.regions(), BTreeSet::from([HOME]));
}

#[test]
fn a_replicated_backup_leads_to_its_region_and_to_nobody_elses_name() {
    let mut world = World::default();
    let mut source = instance(HOME, "loans");
    source.backup_replications = vec!["arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-1".to_owned()];
    source.read_replicas = vec!["loans-2".to_owned(), "arn:aws:rds:us-east-1:123456789012:db:loans-3".to_owned()];
    world.region(HOME).instances.push(source);
    world.region(ABROAD).instances.push(instance(ABROAD, "loans"));
    let catalogue = Catalogue { regions: world.regions, unseen: Vec::new() };
    let lineage = Lineage::of(&subject("loans"), &catalogue);
    assert_eq!(lineage.regions(), BTreeSet::from([ABROAD, HOME, "us-east-1"]));
    assert!(!lineage.has_instance(ABROAD, &catalogue.regions[ABROAD].instances[0]));
    assert!(lineage.has_instance("us-east-1", &instance("us-east-1", "loans-3")));
}
