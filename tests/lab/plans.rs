//! Plans: shown, saved, executed exactly, and refused once the world is another.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aws_sdk_rds::types::DbCluster;
use serde_json::{Value, json};

use crate::support::{
    Lab, Scene, Source, assert_refused,
    aws::{own_tags, wait},
    daybreak::Ended,
    forwarder::Forwarder,
    scene::{beside, profile},
};

fn read(scene: &Scene) -> Value {
    let text = fs::read_to_string(scene.daybreak.path("loans.plan.json")).expect("the plan was saved");
    serde_json::from_str(&text).expect("a plan is JSON")
}

/// The error of a refusal that changed nothing.
fn refused(ended: &Ended, words: &str) {
    assert_refused(ended, 3);
    assert!(ended.stderr.contains(words), "{words:?} is not in {ended}");
    assert!(ended.stderr.contains("\n  next: make a new plan: daybreak plan"), "{ended}");
}

#[test]
fn a_plan_is_printed_saved_and_creates_nothing() {
    let scene = Scene::new();
    let moment = scene.source.moment.to_string();
    let ended = scene.run(&["plan", "loans", "--to", &moment, "--save", "loans.plan.json", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(ended.json(), read(&scene), "what is printed is what is saved");
    scene.assert_untouched(&ended);

    let plan = &ended.json()["plan"];
    let steps: Vec<&str> =
        plan["steps"].as_array().expect("steps").iter().filter_map(|step| step["step"]["kind"].as_str()).collect();
    assert!(steps.first() == Some(&"restore-cluster") && steps.contains(&"move-secret"), "{steps:?}");
    let brief = &plan["brief"];
    assert_eq!(brief["requested_time"], json!(moment));
    assert_eq!(brief["quarantine"], json!([scene.source.quarantine]));
    assert_eq!(brief["secrets"][0]["version"], json!(scene.version));
    assert_eq!(brief["point_of_no_return"], json!("settle"));
    let bundles: Vec<&str> =
        brief["policies"].as_array().unwrap().iter().map(|policy| policy["bundle"].as_str().unwrap()).collect();
    assert_eq!(bundles, ["observe", "restore", "parity", "validate", "cutover-secret"]);
    assert!(brief["given_up_seconds"].as_u64().is_some_and(|seconds| seconds > 0), "{brief}");
}

#[test]
fn a_plan_as_text_says_what_is_called_what_is_lost_and_how_it_is_undone() {
    let scene = Scene::new();
    let ended = scene.run(&["plan", "loans", "--to", &scene.source.moment.to_string(), "--save", "loans.plan.json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let words = [
        "RestoreDBClusterToPointInTime",
        "CreateDBInstance",
        "ModifyDBCluster",
        "PutSecretValue",
        "UpdateSecretVersionStage",
        "AddTagsToResource",
        "undo",
        "point of no return",
        &scene.source.quarantine,
        &scene.source.group,
        &scene.secret,
    ];
    for word in words {
        assert!(ended.stdout.to_lowercase().contains(&word.to_lowercase()), "{word:?} is not in {ended}");
    }
    assert!(ended.stderr.contains("next: daybreak recover --plan loans.plan.json"), "{ended}");
}

#[test]
fn what_a_plan_says_aws_would_drop_is_what_aws_drops() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    let settings = read(&scene)["plan"]["brief"]["settings"].as_array().expect("settings").clone();
    let aws = &scene.lab.aws;
    let bare = format!("bare-{target}");
    let restore = aws.rds.restore_db_cluster_to_point_in_time().source_db_cluster_identifier("loans-prod");
    wait(restore.db_cluster_identifier(&bare).use_latest_restorable_time(true).send()).expect("a bare restore");
    let bare = aws.await_cluster(&bare);
    let default = |name: &str| {
        let found = settings.iter().find(|setting| setting["name"] == name);
        found
            .and_then(|setting| setting["default"].as_str())
            .unwrap_or_else(|| panic!("no setting {name} in {settings:#?}"))
    };
    let source = scene.source.described(scene.lab);
    let of = |cluster: &DbCluster| -> Vec<(&str, String)> {
        vec![
            ("security groups", format!("{:?}", cluster.vpc_security_groups())),
            ("cluster parameter group", format!("{:?}", cluster.db_cluster_parameter_group())),
            ("port", format!("{:?}", cluster.port())),
            ("IAM authentication", format!("{:?}", cluster.iam_database_authentication_enabled())),
            ("log exports", format!("{:?}", cluster.enabled_cloudwatch_logs_exports())),
            ("deletion protection", format!("{:?}", cluster.deletion_protection())),
            ("serverless scaling", format!("{:?}", cluster.serverless_v2_scaling_configuration())),
            ("encryption key", format!("{:?}", cluster.kms_key_id())),
            ("backup retention", format!("{:?}", cluster.backup_retention_period())),
            ("backup window", format!("{:?}", cluster.preferred_backup_window())),
            ("tags", own_tags(cluster.tag_list()).join(",")),
        ]
    };
    for ((name, bare), (_, source)) in of(&bare).into_iter().zip(of(&source)) {
        assert_eq!(
            default(name) == "the source's",
            bare == source,
            "{name}: {bare}, not {source}; the plan says {}",
            default(name)
        );
    }
    assert_eq!(["port", "IAM authentication", "log exports"].map(default), ["the engine's default", "off", "none"]);
    assert_eq!((bare.port(), bare.iam_database_authentication_enabled()), (Some(5432), Some(false)));
}

#[test]
fn a_plan_is_executed_exactly_and_once() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    let planned = read(&scene)["plan"].clone();
    let ended = scene.execute();
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    assert_eq!((&result["run"], &result["target"]["identifier"]), (&planned["run"], &json!(target)));
    let run = result["run"].as_str().expect("a run");
    let first = fs::read_to_string(scene.state().join("runs").join(run).join("000000.json")).expect("the first record");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    assert_eq!(first["record"]["entry"]["plan"], planned, "the plan shown is the plan executed");

    let changes = scene.changes();
    let again = scene.execute();
    assert_refused(&again, 3);
    assert_eq!(scene.changes(), changes, "{again}");
}

#[test]
fn an_edited_plan_is_refused() {
    let scene = Scene::new();
    let (file, target) = scene.plan();
    let text = fs::read_to_string(&file).expect("the plan");
    for (from, to) in
        [(target.as_str(), "loans-prod"), ("\"deadline_seconds\": 300", "\"deadline_seconds\": 3"), (">= 1000", ">= 0")]
    {
        fs::write(&file, text.replace(from, to)).expect("edit the plan");
        refused(&scene.execute(), "the plan was changed after it was made");
    }
    for nonsense in [
        text[..text.len() / 2].to_owned(),
        text.replace("\"steps\": [", "\"steps\": \"none\", \"x\": ["),
        text.replace("restore-cluster", "drop-cluster"),
    ] {
        fs::write(&file, nonsense).expect("edit the plan");
        let ended = scene.execute();
        assert_refused(&ended, 2);
        assert!(ended.stderr.starts_with("error: not a plan file\n  because: "), "{ended}");
        assert!(ended.stderr.contains("  next: make a new plan: daybreak plan"), "{ended}");
    }
    scene.assert_untouched(&scene.run(&["runs"]));
}

#[test]
fn another_version_of_the_secret_is_refused() {
    let scene = Scene::new();
    scene.plan();
    let rotated = scene.lab.aws.put_secret(&scene.secret, &scene.value);
    let ended = scene.execute();
    refused(&ended, &format!("AWSCURRENT of secret {} is {rotated} now; the plan saw {}", scene.secret, scene.version));
    assert_eq!(scene.changes(), Vec::<String>::new());
    assert_eq!(scene.runs(), Vec::<String>::new());
}

#[test]
fn another_cluster_under_the_sources_name_is_refused() {
    let lab = Lab::shared();
    let source = Source::create(lab, "loans-again");
    let daybreak = beside(lab, "plans-again");
    lab.aws.create_secret("plans-again/db", &source.rds_secret());
    let connect = format!("secret = \"plans-again/db\"\nca = {:?}\n", lab.ca);
    daybreak.write("daybreak.toml", &profile(&source, &connect, "", ""));
    let planned = daybreak.run(["plan", "loans", "--to", &source.moment.to_string(), "--save", "p.json"]);
    assert_eq!(planned.code, Some(0), "{planned}");
    let first = source.described(lab).db_cluster_resource_id.expect("an id");
    lab.aws.delete_cluster("loans-again");
    let again = Source::with_groups(lab, "loans-again", source.group.clone(), source.quarantine.clone());
    let second = again.described(lab).db_cluster_resource_id.expect("an id");
    let ended = daybreak.run(["recover", "--plan", "p.json", "--until", "validated"]);
    refused(&ended, &format!("cluster loans-again is {second} now; the plan was made for {first}"));
    assert_eq!(lab.aws.names("loans-again"), ["loans-again", "loans-again-1"]);
}

#[test]
fn a_window_that_has_passed_by_is_refused() {
    let scene = Scene::new();
    let address: SocketAddr = scene.lab.endpoint.trim_start_matches("http://").parse().expect("an address");
    // Days go by: the beginning of the window is behind the second that was asked for.
    let later = Arc::new(AtomicBool::new(false));
    let passing = Arc::clone(&later);
    let glass =
        Forwarder::through(
            address,
            move |bytes| if passing.load(Ordering::Relaxed) { with_later_earliest(bytes) } else { bytes },
        );
    let scene = scene.with("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", glass.port));
    scene.plan();
    later.store(true, Ordering::Relaxed);
    let ended = scene.execute();
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("is before the earliest restorable time, 2999-"), "{ended}");
    assert!(ended.stderr.contains("\n  next: the oldest that can be had is --to '2999-"), "{ended}");
    scene.assert_untouched(&ended);
}

/// The same answer with `EarliestRestorableTime` in the year 2999, byte for byte as long.
fn with_later_earliest(bytes: Vec<u8>) -> Vec<u8> {
    const ELEMENT: &[u8] = b"<EarliestRestorableTime>";
    let mut bytes = bytes;
    let places: Vec<usize> = bytes
        .windows(ELEMENT.len())
        .enumerate()
        .filter(|(_, window)| *window == ELEMENT)
        .map(|(at, _)| at + ELEMENT.len())
        .collect();
    for place in places {
        bytes[place..place + 4].copy_from_slice(b"2999");
    }
    bytes
}
