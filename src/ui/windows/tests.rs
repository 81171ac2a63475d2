//! The page as it is read, and the document as programs read it.

use super::*;
use crate::recovery::windows::testing::{
    ABROAD, HOME, World, cluster, global, instance, instance_backup, snapshot, subject,
};

const WANTED: &str = "2026-11-20T14:22:05Z";

fn page(view: &View) -> String {
    render(view, Theme::plain(), 80, false)
}

/// A cluster with a bit of everything.
fn world() -> World {
    let mut world = World::default();
    let home = world.region(HOME);
    let mut live = cluster(HOME, "loans");
    live.kms_key_id = Some("arn:aws:kms:eu-west-1:123456789012:key/1".to_owned());
    home.clusters.push(live);
    home.global_clusters.push(global("loans", "loans-dr"));
    home.cluster_snapshots.push(snapshot(HOME, "rds:loans-2026-11-20-02-11", "loans", "2026-11-20T02:11:31Z"));
    let mut half = snapshot(HOME, "half", "loans", "2026-11-20T14:00:00Z");
    (half.status, half.percent_progress) = ("creating".to_owned(), Some(42));
    home.cluster_snapshots.push(half);
    let mut copy = snapshot(ABROAD, "loans-copy", "loans", "2026-11-20T04:00:00Z");
    copy.copied_from = Some("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:loans-1".to_owned());
    world.region(ABROAD).cluster_snapshots.push(copy);
    world.region(ABROAD).clusters.push(cluster(ABROAD, "loans-dr"));
    world.denies(ABROAD, "DescribeDBSnapshots");
    world.lag("AuroraGlobalDBRPOLag", "loans-dr", 850.0);
    world
}

#[tokio::test]
async fn the_best_comes_first_and_each_says_what_it_loses() {
    insta::assert_snapshot!(page(&world().loans(Some(WANTED)).await), @r"
    loans in eu-west-1
      for 2026-11-20 14:22:05 UTC, 37 min ago; what loses least comes first

      1. continuous backup of cluster loans, eu-west-1
         loses    nothing: it gives 2026-11-20 14:22:05 UTC itself
         window   2026-11-13 15:00:01 UTC to 2026-11-20 14:56:10 UTC, 3 min 50 s ago
         takes    unknown: no run of daybreak has restored from it yet

      2. continuous backup of cluster loans-dr, eu-central-1
         loses    nothing: it gives 2026-11-20 14:22:05 UTC itself
         window   2026-11-13 15:00:01 UTC to 2026-11-20 14:56:10 UTC, 3 min 50 s ago
         takes    unknown: no run of daybreak has restored from it yet

      3. manual snapshot loans-copy, eu-central-1
         loses    10 h 22 min or more: it is a copy made at 2026-11-20 04:00:00 UTC,
                  of data as old or older
         takes    unknown: no run of daybreak has restored a snapshot of it yet
         note     a copy from eu-west-1: it makes the database in eu-central-1, with
                  network, groups and key of that region

      4. automated snapshot rds:loans-2026-11-20-02-11, eu-west-1
         loses    12 h 10 min: all written after 2026-11-20 02:11:31 UTC
         takes    unknown: no run of daybreak has restored a snapshot of it yet

      5. 36 min too late: secondary cluster loans-dr of the global database,
         eu-central-1

      -  manual snapshot half, eu-west-1
         not now  it is still being taken (42 %)
         loses    22 min: all written after 2026-11-20 14:00:00 UTC

    Not seen
      ! instance snapshots of eu-central-1 could not be seen: AccessDenied:
        rds:DescribeDBSnapshots

    Looked in eu-central-1 and eu-west-1; --regions looks in others.
    ");
}

#[tokio::test]
async fn without_a_time_the_newest_data_comes_first() {
    let mut world = world();
    world.region(ABROAD).clusters[0].earliest_restorable_time = None;
    insta::assert_snapshot!(page(&world.loans(None).await), @r"
    loans in eu-west-1
      as of 2026-11-20 15:00:00 UTC; what loses least comes first

      1. secondary cluster loans-dr of the global database, eu-central-1
         loses    at most 1 min 01 s: it was 0.9 s behind at 2026-11-20 14:59:00 UTC
                  (AuroraGlobalDBRPOLag)
         takes    unknown: no run of daybreak has promoted it yet

      2. continuous backup of cluster loans, eu-west-1
         loses    3 min 51 s: all written after 2026-11-20 14:56:09 UTC
         window   2026-11-13 15:00:01 UTC to 2026-11-20 14:56:10 UTC, 3 min 50 s ago
         takes    unknown: no run of daybreak has restored from it yet

      3. manual snapshot loans-copy, eu-central-1
         loses    11 h or more: it is a copy made at 2026-11-20 04:00:00 UTC, of
                  data as old or older
         takes    unknown: no run of daybreak has restored a snapshot of it yet
         note     a copy from eu-west-1: it makes the database in eu-central-1, with
                  network, groups and key of that region

      4. automated snapshot rds:loans-2026-11-20-02-11, eu-west-1
         loses    12 h 48 min: all written after 2026-11-20 02:11:31 UTC
         takes    unknown: no run of daybreak has restored a snapshot of it yet

      -  manual snapshot half, eu-west-1
         not now  it is still being taken (42 %)
         loses    1 h: all written after 2026-11-20 14:00:00 UTC

      -  continuous backup of cluster loans-dr, eu-central-1
         not now  RDS gives it no restorable times (its status is available): they
                  come with its first backup

    Not seen
      ! instance snapshots of eu-central-1 could not be seen: AccessDenied:
        rds:DescribeDBSnapshots

    Looked in eu-central-1 and eu-west-1; --regions looks in others.
    ");
}

#[tokio::test]
async fn a_long_list_is_cut_and_says_so() {
    let mut world = World::default();
    for day in 1..=20 {
        let (name, created) = (format!("rds:loans-{day:02}"), format!("2026-11-{day:02}T02:00:00Z"));
        world.region(HOME).cluster_snapshots.push(snapshot(HOME, &name, "loans", &created));
    }
    let view = world.loans(Some(WANTED)).await;
    let text = page(&view);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.contains(&"  5. loses 4 days 12 h: automated snapshot rds:loans-16, eu-west-1"), "{text}");
    assert!(lines.contains(&"     and 4 more windows: --verbose shows all"), "{text}");
    assert!(!text.contains("rds:loans-04"), "{text}");
    let every = render(&view, Theme::plain(), 80, true);
    assert!((1..=20).all(|day| every.contains(&format!("rds:loans-{day:02},"))), "{every}");
    assert!(!every.contains("--verbose"), "{every}");
}

#[tokio::test]
async fn nothing_is_wider_than_the_terminal_but_what_must_be_copied_whole() {
    let text = page(&world().loans(Some(WANTED)).await);
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert_eq!(wide, Vec::<&str>::new());
}

#[tokio::test]
async fn a_database_without_anything_is_said_to_have_nothing() {
    let mut world = World::default();
    world.region(HOME).clusters.push(cluster(HOME, "loans"));
    let both = world.ask(Some(vec![subject("loans"), subject("gone")]), &[HOME], None).await.expect("an answer");
    assert!(page(&both).contains("gone in eu-west-1\n  nothing to restore from was found\n"), "{}", page(&both));
    let none = World::default().ask(None, &[HOME], None).await.expect("an answer");
    assert!(page(&none).starts_with("no databases, backups or snapshots were found\n"), "{}", page(&none));
}

#[tokio::test]
async fn what_rds_says_cannot_steer_the_terminal() {
    let mut world = World::default();
    let mut odd = snapshot(HOME, "odd", "loans", "2026-11-20T04:00:00Z");
    odd.status = "\u{1b}[2J".to_owned();
    world.region(HOME).cluster_snapshots.push(odd);
    assert!(!page(&world.loans(None).await).contains('\u{1b}'));
}

#[tokio::test]
async fn an_instance_reads_as_one() {
    let mut world = World::default();
    let home = world.region(HOME);
    home.instances.push(instance(HOME, "loans"));
    home.instance_backups.push(instance_backup(HOME, "loans", "active"));
    let mut replica = instance(HOME, "loans-replica");
    (replica.read_replica_source_instance, replica.latest_restorable_time) = (Some("loans".to_owned()), None);
    home.instances.push(replica);
    insta::assert_snapshot!(page(&world.loans(Some(WANTED)).await), @r"
    loans in eu-west-1
      for 2026-11-20 14:22:05 UTC, 37 min ago; what loses least comes first

      1. continuous backup of instance loans, eu-west-1
         loses    nothing: it gives 2026-11-20 14:22:05 UTC itself
         window   2026-11-13 15:00:00 UTC to 2026-11-20 14:55:00 UTC, 5 min ago
         takes    unknown: no run of daybreak has restored from it yet; 400 GiB

      2. read replica loans-replica (an instance), eu-west-1
         loses    unknown: its lag is not measured: CloudWatch has no ReplicaLag of
                  the last ten minutes
         takes    unknown: no run of daybreak has promoted it yet; 400 GiB
         note     promoting it ends the replication for good

      -  continuous backup of instance loans-replica, eu-west-1
         not now  RDS gives it no restorable times (its status is available): they
                  come with its first backup

    Looked in eu-west-1; --regions looks in others.
    ");
}

#[tokio::test]
async fn the_json_has_the_fields_that_programs_rely_on() {
    let mut world = world();
    world.region(HOME).cluster_snapshots.clear();
    world.region(ABROAD).cluster_snapshots.clear();
    world.region(HOME).global_clusters.clear();
    let view = world.ask(Some(vec![subject("loans")]), &[HOME, ABROAD], Some(WANTED)).await.expect("an answer");
    let text = serde_json::to_string_pretty(&json(&view)).expect("JSON");
    insta::assert_snapshot!(text, @r#"
    {
      "wanted": "2026-11-20T14:22:05Z",
      "asked": true,
      "windows": [
        {
          "database": "loans",
          "kind": "continuous",
          "family": "cluster",
          "source": "loans",
          "arn": "arn:aws:rds:eu-west-1:123456789012:cluster:loans",
          "resource_id": "cluster-loans-eu-west-1",
          "region": "eu-west-1",
          "earliest": "2026-11-13T15:00:00.5Z",
          "latest": "2026-11-20T14:56:10Z",
          "retention_days": 7,
          "latest_age_seconds": 230,
          "restore_point": "2026-11-20T14:22:05Z",
          "loses": {
            "what": "nothing"
          },
          "lag": null,
          "takes": {
            "seconds": null,
            "basis": "no run of daybreak has restored from it yet"
          },
          "size_gib": null,
          "engine": "aurora-postgresql",
          "engine_version": "15.10",
          "kms_key_id": "arn:aws:kms:eu-west-1:123456789012:key/1",
          "status": "available",
          "call": "RestoreDBClusterToPointInTime",
          "usable": true,
          "obstacles": [],
          "notes": []
        }
      ],
      "regions": [
        "eu-central-1",
        "eu-west-1"
      ],
      "unseen": [
        {
          "region": "eu-central-1",
          "what": "instance snapshots",
          "action": "rds:DescribeDBSnapshots",
          "code": "AccessDenied",
          "message": "not authorized"
        }
      ],
      "left_out": []
    }
    "#);
}
