//! Stuck runs: what is said of them is what there is, and every command that is offered does what it says.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{Scene, daybreak::Ended, lab::python, source::ALL_ROWS};

/// A shell in another directory than daybreak's, with daybreak, the AWS CLI and the lab's address: what a stranger has.
fn shell(scene: &Scene, command: &str, key: &str) -> Ended {
    let elsewhere = tempfile::tempdir().expect("a directory");
    let path = |file: &Path| file.parent().map(Path::to_path_buf).unwrap_or_default().display().to_string();
    let binaries = [path(Path::new(env!("CARGO_BIN_EXE_daybreak"))), path(&python()), "/usr/bin:/bin".to_owned()];
    let output = Command::new("sh")
        .args(["-euc", command])
        .current_dir(elsewhere.path())
        .env_clear()
        .env("PATH", binaries.join(":"))
        .env("HOME", scene.daybreak.home())
        .env("USER", "stranger")
        .env("AWS_ENDPOINT_URL", &scene.lab.endpoint)
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", key)
        .env("AWS_PAGER", "")
        .output()
        .expect("start a shell");
    Ended::of(output, scene.daybreak.home())
}

/// Runs the AWS CLI's commands that are offered, each of which must succeed; how many there were.
fn run_by_hand(scene: &Scene, ways: &Value) -> usize {
    let ways = ways["by_hand"].as_array().expect("ways");
    for way in ways {
        let command = way["command"].as_str().expect("a command");
        let ended = shell(scene, command, "lab-admin");
        assert_eq!(ended.code, Some(0), "{command}: {ended}");
    }
    ways.len()
}

/// Runs daybreak's commands that are offered, saying yes to each; the last one's result.
fn run_daybreak(scene: &Scene, ways: &Value) -> Value {
    let mut last = Value::Null;
    for way in ways["daybreak"].as_array().expect("ways") {
        let command = way["command"].as_str().expect("a command");
        let ended = shell(scene, &format!("{command} --yes --output json"), scene.identity());
        assert!(matches!(ended.code, Some(0 | 1)), "{command}: {ended}");
        last = ended.json();
    }
    last
}

/// Lets calls of this scene's daybreak be refused.
fn refuse(scene: &Scene, service: &str, action: &str, parameters: &Value) {
    scene.lab.faults(&json!([{
        "service": service, "action": action, "kind": "access-denied", "identity": scene.identity(), "match": parameters
    }]));
}

/// The stuck part of what a command said, which must have ended as stuck.
fn stuck(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(4), "{ended}");
    let result = ended.json();
    assert_eq!(result["outcome"], json!("stuck"), "{ended}");
    result["stuck"].clone()
}

/// What follows `start` in the strings of the source: pairs of words.
fn named_after(start: &str) -> BTreeSet<(String, String)> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut named = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).expect("list the source").flatten().map(|entry| entry.path()));
            continue;
        }
        for part in fs::read_to_string(path).expect("read the source").split(start).skip(1) {
            let mut words = part.split(|c: char| !c.is_ascii_lowercase() && c != '-').map(str::to_owned);
            if let (Some(first), Some(second)) = (words.next(), words.next())
                && !first.is_empty()
            {
                named.insert((first, second));
            }
        }
    }
    named
}

/// Recovered to the end, and then a rollback in which the application cannot be moved.
fn stuck_on_the_way_back(scene: &Scene) -> (Value, Value) {
    let result = scene.recovered("cutover");
    refuse(scene, "secretsmanager", "UpdateSecretVersionStage", &json!({ "VersionStage": "^AWSCURRENT$" }));
    let ended = scene.run(&["rollback", result["run"].as_str().expect("a run"), "--yes", "--output", "json"]);
    (stuck(&ended), result)
}

#[test]
fn what_is_told_of_a_stuck_rollback_is_what_there_is() {
    let scene = Scene::new();
    let (seen, result) = stuck_on_the_way_back(&scene);
    let target = result["target"]["identifier"].as_str().expect("a target");
    assert!(seen["looked"].is_string() && seen["not_looked"].is_null(), "{seen:#}");
    assert_eq!((&seen["application"]["by"], &seen["application"]["on"]), (&json!("aws"), &json!("target")), "{seen:#}");
    assert_eq!(
        seen["application"]["leads_to"],
        json!(format!("{}:5444", result["target"]["endpoint"].as_str().expect("a host")))
    );
    let made = scene.lab.aws.cluster(target);
    let things = seen["exists"].as_array().expect("things");
    assert_eq!(things.len(), 3, "a cluster, its writer and its reader: {seen:#}");
    assert!(things.iter().all(|thing| thing["by"] == "aws" && thing["status"] == "available"), "{seen:#}");
    assert_eq!(things[0]["resource_id"].as_str(), made.db_cluster_resource_id());
    let tried: Vec<&str> =
        seen["tried"].as_array().expect("what was tried").iter().filter_map(|tried| tried["event"].as_str()).collect();
    assert_eq!(tried, ["turned_back", "not_taken_back"], "{seen:#}");

    let status = scene.run(&["status", "--output", "json"]);
    let told = &status.json()["stuck"];
    for part in ["application", "exists", "tried", "forward", "back"] {
        assert_eq!(told[part], seen[part], "{part}");
    }
    let text = scene.run(&["status"]).stdout;
    for words in [
        "Now, as AWS showed it at ",
        "What was tried",
        "To go forward",
        "To go back",
        "the application is on the target",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(scene.run(&["report"]).stdout.contains("To go back"));

    // Somebody moves the application back: the next look shows it, whatever the journal says.
    run_by_hand(&scene, &seen["back"]);
    let told = scene.run(&["status", "--output", "json"]).json()["stuck"].clone();
    assert_eq!((&told["application"]["by"], &told["application"]["on"]), (&json!("aws"), &json!("source")), "{told:#}");
    assert_eq!(scene.application().host, scene.source.sql.host);
    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.json()["outcome"], json!("rolled_back"), "resume sees what was done by hand: {resumed}");
}

#[test]
fn daybreaks_ways_out_of_a_stuck_rollback_lead_where_they_say() {
    let scene = Scene::new();
    let (seen, _) = stuck_on_the_way_back(&scene);
    scene.lab.forgive(scene.identity());
    assert_eq!(run_daybreak(&scene, &seen["forward"])["outcome"], json!("recovered"));
    assert_eq!(scene.application().rows(ALL_ROWS), scene.source.rows);

    let scene = Scene::new();
    let (seen, result) = stuck_on_the_way_back(&scene);
    scene.lab.forgive(scene.identity());
    assert_eq!(run_daybreak(&scene, &seen["back"])["outcome"], json!("undone"));
    assert_eq!(scene.application().host, scene.source.sql.host);
    assert_eq!(scene.lab.aws.names(result["target"]["identifier"].as_str().expect("a target")), Vec::<String>::new());
}

#[test]
fn what_cannot_be_deleted_can_be_deleted_by_hand() {
    let scene = Scene::new();
    let result = scene.recovered("restored");
    let target = result["target"]["identifier"].as_str().expect("a target");
    refuse(&scene, "rds", "DeleteDBInstance", &json!({}));
    let ended = scene.run(&["cancel", "--yes", "--output", "json"]);
    let seen = stuck(&ended);
    assert_eq!(seen["application"]["on"], json!("source"), "{seen:#}");
    assert_eq!(run_by_hand(&scene, &seen["back"]), 3, "two instances and a cluster: {seen:#}");
    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.json()["outcome"], json!("undone"), "the refusal is in force still: {resumed}");
    assert_eq!(scene.lab.aws.names(target), Vec::<String>::new());
}

#[test]
fn a_step_that_is_refused_can_be_taken_by_hand_and_the_run_found_by_a_stranger() {
    for by_hand in [true, false] {
        let scene = Scene::new();
        refuse(&scene, "rds", "ModifyDBCluster", &json!({ "DeletionProtection": "(?i)true" }));
        let ended = scene.recover(&["--until", "cutover", "--state", "the runs"]);
        let seen = stuck(&ended);
        assert_eq!(seen["application"]["on"], json!("target"), "{seen:#}");
        let command = seen["forward"]["daybreak"][0]["command"].as_str().expect("a command").to_owned();
        let place: PathBuf = scene.daybreak.path("the runs");
        assert!(command.contains(&format!("--state '{}'", place.display())), "{command}");
        if by_hand {
            assert_eq!(run_by_hand(&scene, &seen["forward"]), 1, "{seen:#}");
        } else {
            scene.lab.forgive(scene.identity());
        }
        assert_eq!(run_daybreak(&scene, &seen["forward"])["outcome"], json!("recovered"));
        assert_eq!(scene.application().rows(ALL_ROWS), scene.source.rows);
    }
}

#[test]
fn a_proof_that_nobody_could_ask_for_can_be_taken_back() {
    let scene =
        Scene::with_secret(&crate::support::Source::shared().rds_secret().replace("Tr0ub4dor", "Tr0ub4door"), "");
    // The source is not asked beforehand whether the checks are sound: its password is as wrong.
    let ended = scene.recover(&["--until", "validated"]);
    let seen = stuck(&ended);
    assert_eq!(seen["forward"]["by_hand"], json!([]), "a proof is not made by hand: {seen:#}");
    assert_eq!(run_daybreak(&scene, &seen["back"])["outcome"], json!("undone"));
}

#[test]
fn an_aws_that_cannot_be_asked_changes_no_exit_code_and_is_said() {
    let scene = Scene::new();
    let (_, result) = stuck_on_the_way_back(&scene);
    let run = result["run"].as_str().expect("a run").to_owned();
    let offline = scene.with("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let status = offline.run(&["status", &run, "--output", "json"]);
    assert_eq!(status.code, Some(0), "{status}");
    let seen = &status.json()["stuck"];
    assert!(seen["looked"].is_null() && seen["not_looked"].is_string(), "{seen:#}");
    assert_eq!((&seen["application"]["by"], &seen["application"]["on"]), (&json!("journal"), &json!("unknown")));
    let report = offline.run(&["report", &run]);
    assert_eq!(report.code, Some(0), "{report}");
    assert!(report.stdout.contains("by the journal alone, since AWS could not be asked"), "{report}");
    assert!(report.stdout.contains("aws secretsmanager describe-secret"), "how to find out by hand: {report}");
}

#[test]
fn every_command_of_the_aws_cli_that_a_hint_names_exists() {
    let named: Vec<String> = named_after("aws ")
        .into_iter()
        .filter(|(_, command)| command.contains('-'))
        .map(|(service, command)| format!("{service} {command}"))
        .collect();
    assert!(named.len() >= 8, "the source names some: {named:?}");
    let check = "import sys, botocore.session, botocore; session = botocore.session.get_session()\n\
                 for line in sys.argv[1:]:\n\
                 \x20   service, command = line.split()\n\
                 \x20   names = session.get_service_model(service).operation_names\n\
                 \x20   if command not in {botocore.xform_name(name, '-') for name in names}: print(line)\n";
    let output = Command::new(python()).args(["-c", check]).args(&named).output().expect("start Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "of {named:?}");
}
