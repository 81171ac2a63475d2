//! Failovers of a global database whose primary's region is away, each in a lab of its own.

use serde_json::json;

use crate::support::{
    Lab, assert_refused,
    aws::wait,
    promotion::{AWAY, HERE, Site, add_instance, await_rows, cluster, rds, rows},
    until,
};

fn fails_over(state: &str) {
    let lab = Lab::start(&["--lag", "0.2"]);
    let site = Site::global(&lab, "storm");
    site.secret_away();
    let primary = site.primary();
    site.replication("cluster", "storm-away", "paused");
    site.put(&primary, 4);
    lab.control("POST", "/_lab/regions", &json!({ HERE: state }));
    // Nothing is promoted by guessing.
    let silent = site.promote(&[]);
    assert_refused(&silent, 3);
    assert!(silent.stderr.contains("eu-west-1 does not answer"), "{silent}");
    let unsaid = site.promote(&["--to-region", AWAY]);
    assert_refused(&unsaid, 3);
    assert!(unsaid.stderr.contains("--failover --allow-data-loss"), "{unsaid}");
    let planned = site.promote(&["--to-region", AWAY, "--failover"]);
    assert_refused(&planned, 3);
    assert!(planned.stderr.contains("a failover loses what the secondary lacks: "), "{planned}");
    assert_eq!(site.changes(), Vec::<String>::new());

    let result = site.promoted(&["--to-region", AWAY, "--failover", "--allow-data-loss=3600"]);

    assert_eq!(site.changes(), ["FailoverGlobalCluster"]);
    assert_eq!(rows(&site.away()), "{1,2,3}", "4 is lost, as was said");
    site.put(&site.away(), 5);
    let run = result["run"].as_str().expect("a run");
    let status = site.daybreak.run(["status", run]);
    assert!(
        status.stdout.contains("copy-db-cluster-snapshot"),
        "what the old primary had is kept by copying: {status}"
    );
    lab.control("POST", "/_lab/regions", &json!({ HERE: "up" }));
    until("the old primary to follow", || site.leader(HERE).ends_with("cluster:storm-away").then_some(()));
    await_rows(&site.away(), "{1,2,3,5}");
}

#[test]
fn a_failover_while_the_primarys_region_is_down() {
    fails_over("down");
}

#[test]
fn a_failover_while_the_primarys_region_hangs() {
    fails_over("hang");
}

#[test]
fn what_only_the_old_primary_had_is_kept_once_its_region_is_there() {
    let lab = Lab::start(&["--lag", "0.2"]);
    let site = Site::global(&lab, "tail");
    site.replication("cluster", "tail-away", "paused");
    site.put(&site.primary(), 4);
    let result = site.promoted(&["--to-region", AWAY, "--failover", "--allow-data-loss=3600"]);
    assert_eq!(site.changes(), ["FailoverGlobalCluster", "CopyDBClusterSnapshot"]);
    assert_eq!(rows(&site.away()), "{1,2,3}", "4 is lost, as was said");
    let run = result["run"].as_str().expect("a run");
    let status = site.daybreak.run(["status", run]);
    assert!(status.stdout.contains("what only tail had is kept in snapshot"), "{status}");
    assert!(!status.stdout.contains("aws rds copy-db-cluster-snapshot"), "nothing is left to do: {status}");

    let here = rds(&lab, HERE);
    let listed = wait(here.describe_db_cluster_snapshots().snapshot_type("manual").send()).expect("list the snapshots");
    let [kept] = listed.db_cluster_snapshots() else { panic!("one snapshot is kept: {listed:?}") };
    assert!(kept.tag_list().iter().any(|tag| tag.key() == Some("daybreak:run") && tag.value() == Some(run)));
    let cleanup = site.daybreak.run(["cleanup", "--region", HERE]);
    assert!(cleanup.stdout.contains("it has what only tail had when it was failed over"), "{cleanup}");
    let restored = here.restore_db_cluster_from_snapshot().db_cluster_identifier("tail-again");
    let restored = restored.engine("aurora-postgresql").engine_version(kept.engine_version().expect("a version"));
    let name = kept.db_cluster_snapshot_identifier().expect("a name");
    wait(restored.snapshot_identifier(name).send()).expect("restore the snapshot");
    add_instance(&lab, HERE, "tail-again", "tail-again-1");
    await_rows(&cluster(&lab, HERE, "tail-again"), "{1,2,3,4}");
}
