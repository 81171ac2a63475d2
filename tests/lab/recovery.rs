//! A recovery from end to end: rows, settings, and what is said of them.

use std::collections::BTreeSet;

use aws_sdk_rds::types::DbCluster;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    Scene,
    aws::own_tags,
    source::ALL_ROWS,
    sql::{DATABASE, MASTER},
};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_rows_come_back_as_of_the_second_and_the_application_with_them() {
    let scene = Scene::new();
    let before = scene.source.fingerprint(scene.lab);
    let result = scene.recovered("cutover");
    assert_eq!(text(&result, "/outcome"), "recovered");
    let application = scene.application();
    assert_eq!(application.host, text(&result, "/target/endpoint"));
    assert_ne!(application.host, scene.source.sql.host);
    assert_eq!(application.rows(ALL_ROWS), scene.source.rows);
    // Who finds the database writes to it.
    application.rows("INSERT INTO loans (amount, note) VALUES (1, 'after the recovery')");
    assert_eq!(scene.source.fingerprint(scene.lab), before, "the source is sacred");
    assert_eq!(scene.source.sql.rows("SELECT count(*) FROM loans WHERE note = 'after the recovery'"), "0");
}

#[test]
fn the_result_has_the_shape_that_programs_rely_on() {
    let scene = Scene::new();
    let result = scene.recovered("cutover");
    assert_eq!(
        keys(&result),
        [
            "run",
            "outcome",
            "database",
            "source",
            "target",
            "requested_time",
            "data_time",
            "proof",
            "cutover",
            "rto_seconds",
            "rpo_seconds",
            "ledger",
            "steps",
            "failure",
            "waiting",
            "next",
            "stuck"
        ]
    );
    assert_eq!(
        keys(&result["target"]),
        ["family", "identifier", "region", "resource_id", "endpoint", "port", "writer", "exists"]
    );
    assert_eq!(keys(&result["proof"]), ["passed", "failed", "unchecked", "checks"]);
    let described = scene.lab.aws.cluster(text(&result, "/target/identifier"));
    assert_eq!(described.db_cluster_resource_id(), Some(text(&result, "/target/resource_id")));
    assert_eq!(described.db_cluster_members()[0].db_instance_identifier(), Some(text(&result, "/target/writer")));
    assert_eq!((text(&result, "/database"), &result["target"]["port"]), ("loans", &json!(5444)));
    assert_eq!(text(&result, "/requested_time"), scene.source.moment.to_string());
    assert_eq!(
        text(&result, "/source/resource_id"),
        scene.source.described(scene.lab).db_cluster_resource_id().expect("an id")
    );

    let checks = result["proof"]["checks"].as_array().expect("checks");
    let verdicts = |wanted: &str| checks.iter().filter(|check| check["verdict"] == wanted).count();
    let counted = ["passed", "failed", "unchecked"].map(|verdict| json!(verdicts(verdict)));
    assert_eq!(counted, ["passed", "failed", "unchecked"].map(|name| result["proof"][name].clone()));
    assert_eq!((counted[1].clone(), checks.len()), (json!(0), 8), "{checks:#?}");
    let own = checks.iter().find(|check| check["name"] == "loans exist").expect("the profile's check");
    assert_eq!((own["found"].clone(), own["verdict"].clone()), (json!("1500"), json!("passed")));

    let steps = result["steps"].as_array().expect("steps");
    for step in steps {
        assert_eq!(keys(step), ["id", "state", "started", "ended"]);
        let at = |name: &str| step[name].as_str().and_then(|text| text.parse::<Timestamp>().ok()).expect("a time");
        assert!(step["state"] == "done" && at("started") <= at("ended"), "{step}");
    }
    let moved: Timestamp = text(&result, "/cutover/moved").parse().expect("a time");
    let begun: Timestamp = steps[0]["started"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    let rto = result["rto_seconds"].as_f64().expect("RTO achieved");
    assert!(rto >= moved.duration_since(begun).as_secs_f64(), "{rto}");
    let rpo = result["rpo_seconds"].as_f64().expect("RPO achieved");
    assert!((0.0..=scene.source.moment.as_second() as f64).contains(&rpo), "{rpo}");
    assert_eq!(result["failure"], Value::Null);
}

#[test]
fn json_lines_are_events_and_then_the_result() {
    let scene = Scene::new();
    let moment = scene.source.moment.to_string();
    let ended = scene.run(&["recover", "loans", "--to", &moment, "--until", "validated", "--output", "json-lines"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let events: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let (last, before) = events.split_last().expect("events");
    assert_eq!((text(last, "/event"), text(last, "/result/outcome")), ("result", "stopped"));
    let kinds: BTreeSet<&str> = before.iter().map(|event| text(event, "/event")).collect();
    assert!(kinds.contains("recorded") && kinds.contains("waiting"), "{kinds:?}");
    let finished: Vec<&str> = before
        .iter()
        .filter(|event| event.pointer("/record/entry/event") == Some(&json!("finished")))
        .map(|event| text(event, "/record/entry/step"))
        .collect();
    assert_eq!(
        finished,
        [
            "restore-cluster",
            "create-writer",
            "read-horizon",
            "create-reader-2",
            "apply-settings",
            "prove",
            "await-readers"
        ]
    );
}

#[test]
fn stdout_is_the_result_and_stderr_the_story() {
    let scene = Scene::new();
    let moment = scene.source.moment.to_string();
    let ended = scene.run(&["recover", "loans", "--to", &moment, "--until", "restored"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("restore-cluster: done"), "{ended}");
    assert!(!ended.stdout.contains("restore-cluster: done") && ended.stdout.contains("loans-prod-db-"), "{ended}");
    assert!(
        !ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'),
        "no escape sequences where nobody looks"
    );
    let quiet = Scene::new();
    let ended = quiet.run(&["recover", "loans", "--to", &moment, "--until", "restored", "--quiet", "--output", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
}

/// What a cluster is made of, as far as a restore may lose it.
fn settings(cluster: &DbCluster) -> Vec<(&'static str, String)> {
    let groups = cluster.vpc_security_groups().iter().map(|group| group.vpc_security_group_id().unwrap_or_default());
    vec![
        ("security groups", groups.collect::<Vec<_>>().join(",")),
        ("subnet group", format!("{:?}", cluster.db_subnet_group())),
        ("parameter group", format!("{:?}", cluster.db_cluster_parameter_group())),
        ("port", format!("{:?}", cluster.port())),
        ("key", format!("{:?}", cluster.kms_key_id())),
        ("IAM authentication", format!("{:?}", cluster.iam_database_authentication_enabled())),
        ("log exports", format!("{:?}", cluster.enabled_cloudwatch_logs_exports())),
        ("protection", format!("{:?}", cluster.deletion_protection())),
        ("scaling", format!("{:?}", cluster.serverless_v2_scaling_configuration())),
        ("retention", format!("{:?}", cluster.backup_retention_period())),
        ("backup window", format!("{:?}", cluster.preferred_backup_window())),
        ("version", format!("{:?}", cluster.engine_version())),
        ("storage", format!("{:?}", cluster.storage_type())),
        ("user and database", format!("{:?}/{:?}", cluster.master_username(), cluster.database_name())),
        ("copies tags to snapshots", format!("{:?}", cluster.copy_tags_to_snapshot())),
        ("tags", own_tags(cluster.tag_list()).join(",")),
    ]
}

#[test]
fn the_target_is_in_quarantine_until_it_is_proven_and_like_the_source_afterwards() {
    let scene = Scene::new();
    let aws = &scene.lab.aws;
    let source = scene.source.described(scene.lab);
    assert_eq!((source.master_username(), source.database_name()), (Some(MASTER), Some(DATABASE)));

    let stopped = scene.recovered("restored");
    let target = text(&stopped, "/target/identifier").to_owned();
    let run = text(&stopped, "/run").to_owned();
    let restored = aws.cluster(&target);
    let setting = |cluster: &DbCluster, name: &str| {
        settings(cluster).into_iter().find(|(one, _)| *one == name).expect("a setting").1
    };
    assert_eq!(setting(&restored, "security groups"), scene.source.quarantine);
    assert_eq!(setting(&restored, "tags"), "", "tags that name production are held back");
    assert_eq!(
        setting(&restored, "protection"),
        format!("{:?}", Some(false)),
        "what can be taken back is not protected"
    );
    let tags: BTreeSet<(&str, &str)> = restored
        .tag_list()
        .iter()
        .map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))
        .collect();
    let ours = [("daybreak:purpose", "recovery"), ("daybreak:run", run.as_str()), ("daybreak:source", "loans-prod")];
    assert_eq!(tags, BTreeSet::from(ours));

    let validated = scene.run(&["resume", &run, "--until", "validated"]);
    assert_eq!(validated.code, Some(0), "{validated}");
    let groups = setting(&aws.cluster(&target), "security groups");
    assert_eq!(groups, scene.source.quarantine, "proven, but the application is not let in before it is moved");

    let moved = scene.run(&["cutover", &run, "--yes"]);
    assert_eq!(moved.code, Some(0), "{moved}");
    let recovered = aws.cluster(&target);
    assert_eq!(settings(&recovered), settings(&source));

    let (ours, theirs) = (aws.instances(&target), aws.instances("loans-prod"));
    assert_eq!((ours.len(), theirs.len()), (2, 2), "as many readers as the source has");
    for (our, their) in ours.iter().zip(&theirs) {
        assert_eq!(our.db_instance_class(), their.db_instance_class());
        assert_eq!(our.ca_certificate_identifier(), their.ca_certificate_identifier());
        assert_eq!(our.publicly_accessible(), their.publicly_accessible());
        assert_eq!(our.auto_minor_version_upgrade(), their.auto_minor_version_upgrade());
        assert_eq!(our.promotion_tier(), their.promotion_tier());
    }
}
