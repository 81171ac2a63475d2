//! An unreliable AWS: calls that are throttled, fail, or vanish with or without their effect.

use serde_json::{Value, json};

use crate::support::{
    Lab, Scene, Source,
    scene::{beside, profile},
    source::ALL_ROWS,
};

/// The calls of a recovery that change something, with the parameter that names their object.
const CHANGING: [(&str, &str, &str); 6] = [
    ("rds", "RestoreDBClusterToPointInTime", "DBClusterIdentifier"),
    ("rds", "CreateDBInstance", "DBInstanceIdentifier"),
    ("rds", "ModifyDBCluster", "DBClusterIdentifier"),
    ("rds", "AddTagsToResource", "ResourceName"),
    ("secretsmanager", "PutSecretValue", "SecretId"),
    ("secretsmanager", "UpdateSecretVersionStage", "SecretId"),
];

/// Recovers while each changing call meets `fault` once, and compares the end with an undisturbed one.
fn survives(fault: &Value) {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    let rules: Vec<Value> = CHANGING
        .iter()
        .map(|(service, action, parameter)| {
            let object = if *service == "rds" { &target } else { &scene.secret };
            let mut rule = fault.clone();
            rule["service"] = json!(service);
            rule["action"] = json!(action);
            rule["match"] = json!({ *parameter: object });
            rule
        })
        .collect();
    scene.lab.faults(&json!(rules));
    let ended = scene.execute();
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(ended.json()["outcome"], json!("recovered"));
    assert_eq!(scene.lab.struck(&target) + scene.lab.struck(&scene.secret), 6, "every fault struck");
    scene.assert_recovered(&target);
}

#[test]
fn throttled() {
    survives(&json!({ "kind": "throttle", "nth": 1 }));
}

#[test]
fn failed_on_the_other_side_before_the_effect() {
    survives(&json!({ "kind": "500", "nth": 1 }));
}

#[test]
fn failed_on_the_other_side_after_the_effect() {
    survives(&json!({ "kind": "500-after", "nth": 1 }));
}

#[test]
fn dropped_before_the_effect() {
    survives(&json!({ "kind": "drop-before", "nth": 1 }));
}

#[test]
fn dropped_after_the_effect() {
    survives(&json!({ "kind": "drop-after", "nth": 1 }));
}

#[test]
fn reads_that_lag_behind_the_changes() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    let stale = |action: &str, parameter: &str, object: &str| json!({ "service": "*", "action": action, "kind": "stale", "times": 3, "match": { parameter: object } });
    scene.lab.faults(&json!([
        stale("DescribeDBClusters", "DBClusterIdentifier", &target),
        stale("DescribeDBInstances", "DBInstanceIdentifier", &target),
        stale("DescribeSecret", "SecretId", &scene.secret),
    ]));
    let ended = scene.execute();
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(scene.lab.struck(&target) > 0, "no read was stale");
    scene.assert_recovered(&target);
}

#[test]
fn denied_in_mid_run() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    scene.lab.faults(&json!([
        { "service": "rds", "action": "CreateDBInstance", "kind": "access-denied", "match": { "DBInstanceIdentifier": target } }
    ]));
    let ended = scene.execute();
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((&result["outcome"], &result["failure"]["step"]), (&json!("undone"), &json!("create-writer")));
    assert!(result["failure"].to_string().contains("rds:CreateDBInstance"), "the action is named: {result:#}");
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
}

#[test]
fn statuses_that_end_a_restore() {
    let lab = Lab::start(&[]);
    let source = Source::create(&lab, "loans-failing");
    lab.aws.create_secret("failing/db", &source.rds_secret());
    let before = source.fingerprint(&lab);
    let connect = format!("secret = \"failing/db\"\nca = {:?}\n", lab.ca);
    let words = "The restore ran out of patience.";
    for (outcomes, step) in [
        (json!({ "restore": { "status": "restore-failed", "message": words } }), "restore-cluster"),
        (json!({ "instance": { "status": "insufficient-capacity", "message": words } }), "create-writer"),
    ] {
        lab.delays(&json!({ "outcomes": outcomes }));
        let daybreak = beside(&lab, "failing")
            .with_file("daybreak.toml", &profile(&source, &connect, "secret = \"failing/db\"\n", ""));
        let ended = daybreak.run(["recover", "loans", "--to", &source.moment.to_string(), "--yes", "--output", "json"]);
        assert_eq!(ended.code, Some(1), "{ended}");
        let result = ended.json();
        assert_eq!((&result["outcome"], &result["failure"]["step"]), (&json!("undone"), &json!(step)), "{result:#}");
        assert!(result["failure"].to_string().contains(words), "RDS's own words: {result:#}");
        assert!(ended.stderr.contains(words), "{ended}");
        assert_eq!(lab.aws.names("loans-failing"), ["loans-failing", "loans-failing-1"]);
        assert_eq!(lab.aws.versions("failing/db").len(), 1);
    }
    assert_eq!(source.fingerprint(&lab), before);
    assert!(source.sql.rows(ALL_ROWS) != source.rows, "the damage is still there: nothing pretended otherwise");
}
