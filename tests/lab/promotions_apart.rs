//! Failovers of a global database whose primary's region is away, each in a lab of its own.

use serde_json::json;

use crate::support::{
    Lab, assert_refused,
    promotion::{AWAY, HERE, Site, await_rows, rows},
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
