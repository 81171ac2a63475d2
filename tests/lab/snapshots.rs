//! Snapshots that nobody took by hand: RDS's daily ones, those of AWS Backup, and what Aurora saves of an old primary. Each is
//! listed, restored by its name, and its rows compared.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    Lab, Source,
    aws::wait,
    daybreak::Daybreak,
    promotion::{AWAY, HERE, Site, rds, rows},
    scene::{beside, profile},
    source::ALL_ROWS,
    sql::Sql,
    until,
};

/// The window of this name.
fn window(daybreak: &Daybreak, name: &str) -> Value {
    let ended = daybreak.run(["windows", "loans", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let found = ended.json()["windows"].as_array().expect("a list").clone();
    found.into_iter().find(|window| window["source"] == name).unwrap_or_else(|| panic!("no {name}: {ended}"))
}

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no time"))
}

/// The second after a snapshot's time, once it is over.
fn just_after(window: &Value) -> String {
    let after = time(&window["restore_point"]) + SignedDuration::from_secs(1);
    let after = Timestamp::from_second(after.as_second()).expect("a time");
    until("the second that is asked for", || (Timestamp::now() > after).then_some(()));
    after.to_string()
}

/// Recovers from the window of this name; the result.
fn recovered(daybreak: &Daybreak, name: &str, to: &str, as_far_as: &str) -> Value {
    let ended =
        daybreak.run(["recover", "loans", "--from", name, "--to", to, "--until", as_far_as, "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.json()
}

/// The target of a result, as a client reaches it.
fn target(lab: &Lab, result: &Value) -> Sql {
    let port = result["target"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    Sql::new(result["target"]["endpoint"].as_str().expect("an endpoint"), port, &lab.ca)
}

/// A snapshot made by `by` is cut over to, with the rows of its moment.
fn is_cut_over_to(cluster: &str, by: &Value, kind: &str) {
    let lab = Lab::shared();
    let source = Source::create(lab, cluster);
    source.sql.rows("INSERT INTO loans (amount, note) SELECT g, 'again ' || g FROM generate_series(1, 1200) g");
    let kept = source.sql.rows(ALL_ROWS);
    let made = lab.control("POST", "/_lab/backup", &json!({ "cluster": cluster, "snapshot": by }));
    let name = made["snapshot"].as_str().expect("a name");
    source.sql.rows("INSERT INTO loans (amount, note) VALUES (7, 'after the snapshot')");
    let secret = format!("{cluster}/db");
    lab.aws.create_secret(&secret, &source.rds_secret());
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    let watch = "[databases.loans.watch]\nfor = \"0s\"\n";
    let text = profile(&source, &connect, &format!("secret = {secret:?}\n"), watch);
    let daybreak = beside(lab, cluster).with_file("daybreak.toml", &text);
    let found = until("the snapshot", || Some(window(&daybreak, name)).filter(|window| window["usable"] == true));
    assert_eq!(found["kind"], kind, "{found}");

    let result = recovered(&daybreak, name, &just_after(&found), "cutover");

    assert_eq!((&result["outcome"], target(lab, &result).rows(ALL_ROWS)), (&json!("recovered"), kept));
    let value: Value = serde_json::from_str(&lab.aws.secret(&secret)).expect("RDS's shape");
    assert_eq!(value["host"], result["target"]["endpoint"], "the application is there");
    let data = time(&result["data_time"]);
    assert_eq!(data.as_second(), time(&found["restore_point"]).as_second(), "its data is the snapshot's: {result:#}");
    // RDS lets nobody delete the one, and AWS Backup expires the other: neither is a leftover.
    assert!(!daybreak.run(["cleanup"]).stdout.contains(name));
}

#[test]
fn the_daily_snapshot_is_cut_over_to() {
    is_cut_over_to("loans-daily", &json!(true), "automated-snapshot");
}

#[test]
fn the_snapshot_of_aws_backup_is_cut_over_to() {
    is_cut_over_to("loans-vault", &json!("aws-backup"), "aws-backup-snapshot");
}

/// What only the old primary had comes back beside the new one.
#[test]
fn what_a_failover_lost_is_restored_from_what_aurora_saved_of_the_old_primary() {
    let lab = Lab::start(&["--lag", "0.2"]);
    let site = Site::global(&lab, "storm");
    site.secret_away();
    let primary = site.primary();
    site.replication("cluster", "storm-away", "paused");
    site.put(&primary, 4);
    let written = Timestamp::now();
    lab.control("POST", "/_lab/regions", &json!({ HERE: "down" }));
    site.promoted(&["--to-region", AWAY, "--failover", "--allow-data-loss=3600"]);
    site.put(&site.away(), 5);
    lab.control("POST", "/_lab/regions", &json!({ HERE: "up" }));
    let name = until("what Aurora saves", || {
        let listed = rds(&lab, HERE).describe_db_cluster_snapshots().snapshot_type("automated");
        let listed = wait(listed.send()).ok()?.db_cluster_snapshots?;
        let saved = listed.into_iter().find(|one| one.status() == Some("available"))?;
        saved.db_cluster_snapshot_identifier
    });
    // What comes back is merged by hand: the application stays with the new primary.
    let beside = format!(
        "[databases.loans]\ncluster = \"storm\"\nregion = {HERE:?}\n[databases.loans.connect]\nsecret = {:?}\nca = {:?}\n",
        site.secret, lab.ca
    );
    site.daybreak.write("daybreak.toml", &beside);
    let found = window(&site.daybreak, &name);
    assert_eq!((&found["kind"], &found["usable"]), (&json!("global-failover-snapshot"), &json!(true)), "{found}");
    assert!(time(&found["restore_point"]) >= written, "{found}");

    let result = recovered(&site.daybreak, &name, &just_after(&found), "validated");

    assert_eq!(rows(&target(&lab, &result)), "{1,2,3,4}", "the row that no other region had");
    assert_eq!(rows(&site.away()), "{1,2,3,5}", "and the new primary goes on");
}
