//! Promotions, with the rows of both sides compared afterwards.

use serde_json::{Value, json};

use crate::support::{
    assert_refused,
    promotion::{AWAY, HERE, Site, add_instance, await_rows, described, lab, rows},
};

fn next(ended: &crate::support::daybreak::Ended, part: &str) -> bool {
    ended.stderr.lines().any(|line| line.trim_start().starts_with("next: ") && line.contains(part))
}

#[test]
fn a_read_replica_with_everything_becomes_the_primary_and_the_application_goes_with_it() {
    let site = Site::instance(lab(), "shop");
    let replica = site.replica("shop-r");
    let before = site.primary();
    site.put(&before, 4);
    let result = site.promoted(&[]);
    assert_eq!(rows(&replica), "{1,2,3,4}", "nothing is lost");
    assert_eq!(result["target"]["identifier"], "shop-r");
    assert_eq!(site.changes(), ["PromoteReadReplica"]);
    assert_eq!(site.application().host, replica.host);
    site.put(&site.application(), 5);
    assert_eq!((rows(&replica), rows(&before)), ("{1,2,3,4,5}".to_owned(), "{1,2,3,4}".to_owned()));
    let promoted =
        crate::support::aws::wait(lab().aws.rds.describe_db_instances().db_instance_identifier("shop-r").send());
    let promoted = promoted.expect("describe");
    assert_eq!(promoted.db_instances()[0].backup_retention_period(), Some(5), "the source's, not RDS's default");
    let run = result["run"].as_str().expect("a run");
    let report = site.daybreak.run(["report", run]);
    assert!(report.stdout.contains("What was promoted") && report.stdout.contains("cannot be taken back"), "{report}");
    let status = site.daybreak.run(["status", run]);
    assert!(status.stdout.contains("shop-r is the primary"), "{status}");
    let cleanup = site.daybreak.run(["cleanup"]);
    assert!(!cleanup.stdout.contains("shop-r"), "what was promoted is no leftover: {cleanup}");
    // The application can be moved back, the promotion cannot.
    let back = site.daybreak.run(["rollback", run, "--yes", "--accept-loss", "1", "--output", "json"]);
    assert_eq!((back.code, &back.json()["outcome"]), (Some(0), &json!("rolled_back")), "{back}");
    assert_eq!(site.application().host, before.host);
    assert_eq!(site.changes(), ["PromoteReadReplica"]);
}

#[test]
fn a_replica_that_lags_is_refused_until_the_loss_is_named() {
    let site = Site::instance(lab(), "late");
    let replica = site.replica("late-r");
    site.configure("max_lag = \"1s\"");
    let primary = site.primary();
    site.put(&primary, 4);
    await_rows(&replica, "{1,2,3,4}");
    site.replication("instance", "late-r", "paused");
    site.put(&primary, 5);
    let lag = "SELECT EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) > 2";
    crate::support::until("the lag to grow", || (replica.rows(lag) == "t").then_some(()));
    let refused = site.promote(&[]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("s behind, measured 0 s ago by pg_last_xact_replay_timestamp()"), "{refused}");
    assert!(refused.stderr.contains("the limit is 1 s"), "{refused}");
    assert!(next(&refused, "daybreak promote loans --to-replica late-r --allow-data-loss="), "{refused}");
    let little = site.promote(&["--allow-data-loss=1"]);
    assert_refused(&little, 3);
    assert!(little.stderr.contains("a loss of 1 s was accepted"), "{little}");
    let unsaid = site.promote(&["--allow-data-loss"]);
    assert_refused(&unsaid, 3);
    assert!(next(&unsaid, "--allow-data-loss="), "{unsaid}");
    assert_refused(&site.promote(&["--allow-data-loss=unmeasured"]), 3);
    assert_eq!(site.changes(), Vec::<String>::new());
    site.promoted(&["--allow-data-loss=3600"]);
    assert_eq!(
        (rows(&replica), rows(&primary)),
        ("{1,2,3,4}".to_owned(), "{1,2,3,4,5}".to_owned()),
        "5 is lost, as said"
    );
}

#[test]
fn a_broken_replication_is_refused() {
    let site = Site::instance(lab(), "broken");
    site.replica("broken-r");
    site.replication("instance", "broken-r", "broken");
    let refused = site.promote(&["--to-replica", "broken-r"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("the replication of instance broken-r (eu-west-1) is broken: error"), "{refused}");
    assert_eq!(site.changes(), Vec::<String>::new());
}

#[test]
fn a_primary_in_use_is_left_behind_only_by_word() {
    let site = Site::instance(lab(), "busy");
    let replica = site.replica("busy-r");
    let session = site.primary().session();
    let refused = site.promote(&[]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("instance busy (eu-west-1) takes writes, and is in use by master"), "{refused}");
    assert!(next(&refused, "--old-primary-keeps-writing"), "{refused}");
    assert_eq!(site.changes(), Vec::<String>::new());
    site.promoted(&["--old-primary-keeps-writing"]);
    assert_eq!(rows(&replica), "{1,2,3}");
    drop(session);
}

#[test]
fn an_aurora_replica_of_an_instance_becomes_a_cluster_of_its_own() {
    let site = Site::instance(lab(), "move");
    let replica = site.replica_cluster("move-aurora");
    let primary = site.primary();
    site.put(&primary, 4);
    site.promoted(&[]);
    assert_eq!(site.changes(), ["PromoteReadReplicaDBCluster"]);
    site.put(&site.application(), 5);
    assert_eq!((rows(&replica), rows(&primary)), ("{1,2,3,4,5}".to_owned(), "{1,2,3,4}".to_owned()));
    assert_eq!(described(lab(), HERE, "move-aurora").replication_source_identifier(), None);
}

fn writer(name: &str) -> Option<String> {
    let found = described(lab(), HERE, name);
    let writer = found.db_cluster_members().iter().find(|member| member.is_cluster_writer == Some(true));
    writer.and_then(|member| member.db_instance_identifier().map(str::to_owned))
}

#[test]
fn a_failover_goes_to_the_chosen_reader_and_back() {
    let site = Site::cluster(lab(), "pair");
    add_instance(lab(), HERE, "pair", "pair-2");
    add_instance(lab(), HERE, "pair", "pair-3");
    let ambiguous = site.promote(&[]);
    assert_refused(&ambiguous, 3);
    for reader in ["pair-2", "pair-3"] {
        assert!(next(&ambiguous, &format!("daybreak promote loans --to-replica {reader} ")), "{ambiguous}");
    }
    let host = site.application().host;
    let result = site.promoted(&["--to-replica", "pair-3"]);
    assert_eq!((writer("pair").as_deref(), site.changes()), (Some("pair-3"), vec!["FailoverDBCluster".to_owned()]));
    assert_eq!((site.application().host, rows(&site.application()).as_str()), (host, "{1,2,3}"));
    let run = result["run"].as_str().expect("a run");
    let back = site.daybreak.run(["rollback", run, "--yes", "--output", "json"]);
    assert_eq!((back.code, &back.json()["outcome"]), (Some(0), &json!("rolled_back")), "{back}");
    assert_eq!(writer("pair").as_deref(), Some("pair-1"));
    let again = site.daybreak.run(["cutover", run, "--yes"]);
    assert_eq!((again.code, writer("pair").as_deref()), (Some(0), Some("pair-3")), "{again}");
}

#[test]
fn a_switchover_loses_nothing_and_is_taken_back() {
    let site = Site::global(lab(), "world");
    let primary = site.primary();
    site.put(&primary, 4);
    let result = site.promoted(&[]);
    assert_eq!(site.changes(), ["SwitchoverGlobalCluster"]);
    assert!(site.leader(AWAY).ends_with("cluster:world-away"));
    site.put(&site.application(), 5);
    assert_eq!(rows(&site.away()), "{1,2,3,4,5}");
    await_rows(&primary, "{1,2,3,4,5}");
    let run = result["run"].as_str().expect("a run");
    let back = site.daybreak.run(["rollback", run, "--yes", "--output", "json"]);
    assert_eq!((back.code, &back.json()["outcome"]), (Some(0), &json!("rolled_back")), "{back}");
    assert!(site.leader(HERE).ends_with("cluster:world"));
    site.put(&site.application(), 6);
    await_rows(&site.away(), "{1,2,3,4,5,6}");
}

#[test]
fn a_detached_secondary_stands_alone() {
    let site = Site::global(lab(), "part");
    let primary = site.primary();
    let refused = site.promote(&["--to-replica", "part-away", "--detach"]);
    assert_eq!(refused.code, Some(0), "nobody is connected and nothing is behind: {refused}");
    assert_eq!(site.changes(), ["RemoveFromGlobalCluster"]);
    site.put(&site.application(), 4);
    site.put(&primary, 5);
    assert_eq!((rows(&site.away()), rows(&primary)), ("{1,2,3,4}".to_owned(), "{1,2,3,5}".to_owned()));
}

#[test]
fn the_wrong_way_is_refused_with_the_right_one() {
    let site = Site::instance(lab(), "wrong");
    site.replica("wrong-r");
    for flag in ["--switchover", "--failover", "--detach"] {
        let refused = site.promote(&[flag]);
        assert_refused(&refused, 3);
        assert!(refused.stderr.contains(&format!("{flag} is for secondaries of a global database")), "{refused}");
        assert!(next(&refused, "daybreak promote loans --to-replica wrong-r"), "{refused}");
    }
    let replica = site.daybreak.run(["promote", "wrong-r", "--region", HERE, "--yes"]);
    assert_refused(&replica, 3);
    assert!(next(&replica, "daybreak promote wrong --to-replica wrong-r"), "{replica}");
    let nothing = site.promote(&["--to-region", AWAY]);
    assert_refused(&nothing, 3);
    assert!(
        nothing.stderr.contains("nothing that could be promoted replicates from wrong in eu-central-1"),
        "{nothing}"
    );
    let alone = site.daybreak.run(["promote", "nobody", "--region", HERE, "--yes"]);
    assert_refused(&alone, 3);
    assert_eq!(site.changes(), Vec::<String>::new());
}

#[test]
fn a_plan_is_saved_and_executed_as_it_is() {
    let site = Site::instance(lab(), "saved");
    let replica = site.replica("saved-r");
    let saved = site.promote(&["--save", "p.json"]);
    assert_eq!(saved.code, Some(0), "{saved}");
    let plan: Value = saved.json();
    assert_eq!(plan["plan"]["brief"]["point_of_no_return"], "promote");
    assert_eq!(site.changes(), Vec::<String>::new());
    let ended = site.daybreak.run(["recover", "--plan", "p.json", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    site.put(&site.application(), 4);
    assert_eq!(rows(&replica), "{1,2,3,4}");
    let again = site.daybreak.run(["recover", "--plan", "p.json", "--yes"]);
    assert_eq!(again.code, Some(3), "{again}");
}

#[test]
fn killed_between_the_call_and_its_record_a_promotion_is_not_made_twice() {
    let site = Site::instance(lab(), "killed");
    let replica = site.replica("killed-r");
    let key = "promote-killed";
    lab().faults(&json!([{
        "service": "rds", "action": "PromoteReadReplica", "kind": "hold-after", "identity": key, "times": 1
    }]));
    let mut command = site.daybreak.command(["promote", "loans", "--yes"]);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("start");
    crate::support::until("the call to be held", || (!lab().held(key).is_empty()).then_some(()));
    child.kill().expect("kill it");
    child.wait().expect("its end");
    lab().forgive(key);
    let ended = site.daybreak.run(["resume", "--yes", "--output", "json"]);
    assert_eq!((ended.code, &ended.json()["outcome"]), (Some(0), &json!("recovered")), "{ended}");
    assert_eq!(site.changes(), ["PromoteReadReplica"], "once");
    site.put(&site.application(), 4);
    assert_eq!(rows(&replica), "{1,2,3,4}");
}
