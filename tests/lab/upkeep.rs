//! What `windows` looks closer at: keys, engine versions, lags; and what it says where it cannot look.
//!
//! The tests share a lab of their own, each with a region or an identity to itself.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::{Lab, aws::wait, daybreak::Ended, scene::beside, sql::MASTER, until};

static LAB: LazyLock<Lab> = LazyLock::new(|| Lab::start(&[]));

const PASSWORD: &str = "secret-Password1";

/// The windows of a database in a region, asked for by `key`, as a document; it must go well.
fn windows(key: &str, region: &str, arguments: &[&str]) -> Value {
    let daybreak = beside(&LAB, key).with("AWS_REGION", region);
    let ended = daybreak.run([&["windows", "--output", "json"], arguments].concat());
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.json()
}

/// The window of this kind.
fn window<'a>(document: &'a Value, kind: &str) -> &'a Value {
    let mut windows = document["windows"].as_array().expect("a list").iter();
    windows.find(|window| window["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {document:#}"))
}

fn texts(list: &Value) -> String {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
}

/// A cluster with a snapshot, encrypted where there is a key.
fn cluster(rds: &aws_sdk_rds::Client, name: &str, key: Option<&str>) {
    let create = rds.create_db_cluster().db_cluster_identifier(name).engine("aurora-postgresql");
    let create = create.master_username(MASTER).master_user_password(PASSWORD).database_name("loans");
    let create = create.storage_encrypted(key.is_some()).set_kms_key_id(key.map(str::to_owned));
    wait(create.send()).expect("create the cluster");
    let described = || wait(rds.describe_db_clusters().db_cluster_identifier(name).send()).expect("describe it");
    until("the cluster", || (described().db_clusters()[0].status() == Some("available")).then_some(()));
    let writer = rds.create_db_instance().db_instance_identifier(format!("{name}-1")).db_cluster_identifier(name);
    wait(writer.engine("aurora-postgresql").db_instance_class("db.r6g.large").send()).expect("create a writer");
    until("a window with a whole second in it", || {
        let found = described();
        let found = &found.db_clusters()[0];
        let (earliest, latest) = (found.earliest_restorable_time()?.secs(), found.latest_restorable_time()?.secs());
        (latest > earliest + 1).then_some(())
    });
    let snapshot = rds.create_db_cluster_snapshot().db_cluster_identifier(name);
    wait(snapshot.db_cluster_snapshot_identifier(format!("{name}-shot")).send()).expect("take a snapshot");
    until("the snapshot", || {
        let found = rds.describe_db_cluster_snapshots().db_cluster_identifier(name).send();
        (wait(found).expect("describe it").db_cluster_snapshots()[0].status() == Some("available")).then_some(())
    });
}

#[test]
fn a_key_that_cannot_be_used_is_why_and_one_that_may_not_be_seen_is_said() {
    let lab = &*LAB;
    let made = wait(lab.aws.kms.create_key().send()).expect("make a key").key_metadata.expect("a key");
    let (id, arn) = (made.key_id, made.arn.expect("an ARN"));
    cluster(&lab.aws.rds, "loans-key", Some(&arn));
    let usable = |key: &str| {
        let document = windows(key, "eu-west-1", &["loans-key"]);
        ["continuous", "manual-snapshot"].map(|kind| window(&document, kind).clone())
    };
    for window in usable("upkeep-enabled") {
        assert_eq!((&window["usable"], texts(&window["notes"]).contains("key")), (&json!(true), false), "{window}");
    }

    wait(lab.aws.kms.disable_key().key_id(&id).send()).expect("disable it");
    for window in usable("upkeep-disabled") {
        let why = texts(&window["obstacles"]);
        let command = format!("aws kms enable-key --key-id {arn} --region eu-west-1");
        assert!(window["usable"] == false && why.contains("is Disabled") && why.ends_with(&command), "{window}");
    }
    wait(lab.aws.kms.schedule_key_deletion().key_id(&id).pending_window_in_days(7).send()).expect("have it deleted");
    for window in usable("upkeep-pending") {
        let why = texts(&window["obstacles"]);
        assert!(why.contains("is PendingDeletion: it goes on 20") && why.contains("cancel-key-deletion"), "{window}");
    }

    let denied =
        json!({ "service": "kms", "action": "DescribeKey", "kind": "access-denied", "identity": "upkeep-blind" });
    lab.faults(&json!([denied]));
    let document = windows("upkeep-blind", "eu-west-1", &["loans-key"]);
    let unseen = document["unseen"].as_array().expect("a list");
    let actions: Vec<&Value> = unseen.iter().map(|one| &one["action"]).collect();
    assert_eq!(actions, ["kms:DescribeKey"], "{document}");
    for kind in ["continuous", "manual-snapshot"] {
        let window = window(&document, kind);
        assert_eq!(window["usable"], true, "not seen is not a reason: {window}");
        assert!(texts(&window["notes"]).contains("could not be seen"), "{window}");
    }
    let page = beside(lab, "upkeep-blind").with("AWS_REGION", "eu-west-1").run(["windows", "loans-key"]);
    let said = page.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("! KMS keys of eu-west-1 could not be seen:") && said.contains("kms:DescribeKey"), "{page}");
    assert_eq!(page.code, Some(0), "{page}");
}

#[test]
fn a_version_that_is_gone_is_why_a_snapshot_cannot_be_used() {
    const REGION: &str = "ap-south-1";
    let lab = &*LAB;
    let installed =
        lab.control("GET", "/_lab/versions", &Value::Null)["installed"].as_str().expect("a version").to_owned();
    let short_lived = format!("{}.99", installed.split('.').next().expect("a major version"));
    lab.control("POST", "/_lab/versions", &json!({ REGION: short_lived }));
    cluster(&lab.aws.rds_in(REGION), "loans-version", None);
    let offered = windows("upkeep-offered", REGION, &["loans-version"]);
    assert_eq!(window(&offered, "manual-snapshot")["usable"], true, "{offered}");

    lab.control("POST", "/_lab/versions", &json!({ REGION: null }));
    let gone = windows("upkeep-gone", REGION, &["loans-version"]);
    let snapshot = window(&gone, "manual-snapshot");
    let why = format!("{REGION} has no aurora-postgresql {short_lived} any more");
    assert!(snapshot["usable"] == false && texts(&snapshot["obstacles"]).starts_with(&why), "{snapshot}");
    let live = window(&gone, "continuous");
    assert!(live["usable"] == true && texts(&live["notes"]).contains(&short_lived), "{live}");
}

#[test]
fn lags_are_measured_of_replicas_and_of_secondaries() {
    const REGION: &str = "eu-north-1";
    const ABROAD: &str = "eu-central-1";
    let lab = &*LAB;
    let (home, abroad) = (lab.aws.rds_in(REGION), lab.aws.rds_in(ABROAD));
    let instance = home.create_db_instance().db_instance_identifier("ledger").engine("postgres");
    let instance = instance.db_instance_class("db.m6g.large").allocated_storage(20).db_name("loans");
    wait(instance.master_username(MASTER).master_user_password(PASSWORD).backup_retention_period(1).send())
        .expect("create an instance");
    cluster(&home, "loans-world", None);
    let status = |rds: &aws_sdk_rds::Client, name: &str| {
        let found = wait(rds.describe_db_instances().db_instance_identifier(name).send()).ok()?;
        found.db_instances()[0].db_instance_status().map(str::to_owned)
    };
    until("the instance", || (status(&home, "ledger").as_deref() == Some("available")).then_some(()));
    let replica = home.create_db_instance_read_replica().db_instance_identifier("ledger-replica");
    wait(replica.source_db_instance_identifier("ledger").send()).expect("create a replica");
    let described = wait(home.describe_db_clusters().db_cluster_identifier("loans-world").send()).expect("describe it");
    let arn = described.db_clusters()[0].db_cluster_arn().expect("an ARN").to_owned();
    let global = home.create_global_cluster().global_cluster_identifier("world").source_db_cluster_identifier(arn);
    wait(global.send()).expect("create a global database");
    until("the global database", || {
        let found =
            wait(home.describe_global_clusters().global_cluster_identifier("world").send()).expect("describe it");
        (found.global_clusters()[0].status() == Some("available")).then_some(())
    });
    let secondary = abroad.create_db_cluster().db_cluster_identifier("loans-world-dr").engine("aurora-postgresql");
    wait(secondary.global_cluster_identifier("world").send()).expect("create a secondary");

    for (database, kind, metric) in
        [("ledger", "replica", "ReplicaLag"), ("loans-world", "global-secondary", "AuroraGlobalDBRPOLag")]
    {
        let measured = until(metric, || {
            let document = windows("upkeep-lags", REGION, &[database]);
            let windows = document["windows"].as_array().expect("a list");
            let found = windows.iter().find(|window| window["kind"] == kind && window["lag"]["what"] == "measured");
            found.cloned()
        });
        assert_eq!(measured["lag"]["metric"], metric, "{measured}");
        let seconds = measured["lag"]["seconds"].as_f64().expect("seconds");
        assert!((0.0..600.0).contains(&seconds), "{measured}");
        assert_eq!((&measured["loses"]["what"], &measured["loses"]["bound"]), (&json!("before"), &json!("at-most")));
    }
}

/// One region hangs, and of the other half may not be seen: what is there is shown all the same, and the rest is said.
#[test]
fn a_hanging_region_and_missing_permissions_leave_the_rest() {
    const SEEN: &str = "us-east-1";
    const HANGING: &str = "us-west-2";
    let lab = &*LAB;
    cluster(&lab.aws.rds_in(SEEN), "loans-seen", None);
    let denied = ["DescribeDBSnapshots", "DescribeDBInstanceAutomatedBackups", "DescribeDBEngineVersions"];
    let rule = |action: &str| json!({ "service": "rds", "action": action, "kind": "access-denied", "identity": "upkeep-half" });
    lab.faults(&denied.iter().map(|action| rule(action)).collect::<Value>());
    lab.control("POST", "/_lab/regions", &json!({ HANGING: "hang" }));
    let document = windows("upkeep-half", SEEN, &["--all", "--regions", HANGING]);
    lab.control("POST", "/_lab/regions", &json!({ HANGING: "up" }));
    let found = window(&document, "continuous");
    assert_eq!((&found["source"], &found["usable"]), (&json!("loans-seen"), &json!(true)), "{document}");
    let unseen = document["unseen"].as_array().expect("a list");
    let of = |region: &str| -> Vec<String> {
        let there = unseen.iter().filter(|one| one["region"] == region);
        there.map(|one| one["action"].as_str().expect("an action").to_owned()).collect()
    };
    let mut here = of(SEEN);
    here.sort();
    let mut expected: Vec<String> = denied.iter().map(|action| format!("rds:{action}")).collect();
    expected.sort();
    assert_eq!(here, expected, "{document}");
    let away: Vec<&Value> = unseen.iter().filter(|one| one["region"] == HANGING).collect();
    assert_eq!(away.len(), 7, "every list of the region that hangs, and none twice: {document}");
    assert!(away.iter().all(|one| one["code"].is_null()), "it did not answer: {document}");
}

/// Nothing of all this is needed to be asked for where nothing is encrypted.
#[test]
fn without_keys_kms_is_not_asked() {
    const REGION: &str = "sa-east-1";
    cluster(&LAB.aws.rds_in(REGION), "loans-plain", None);
    let daybreak = beside(&LAB, "upkeep-plain").with("AWS_REGION", REGION);
    let ended: Ended = daybreak.run(["windows", "loans-plain"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let calls = LAB.calls("upkeep-plain");
    assert!(calls.iter().all(|call| call["service"] != "kms"), "{calls:?}");
}
