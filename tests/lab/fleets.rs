//! Several databases in one process: each has a plan, a run and a journal of its own, and they share the looks.

use std::collections::BTreeSet;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Scene, Source, assert_refused, until};

/// The scene's profile under three names.
fn three(scene: &Scene) -> [&'static str; 3] {
    let names = ["cards", "ledger", "loans"];
    let Source { cluster, quarantine, .. } = scene.source;
    let text = names.map(|name| {
        format!(
            "[databases.{name}]\ncluster = {cluster:?}\nregion = \"eu-west-1\"\n\
             [databases.{name}.restore]\nquarantine_security_groups = [{quarantine:?}]\nreaders = 0\n\
             [databases.{name}.connect]\nsecret = {:?}\nca = {:?}\n\
             [[databases.{name}.checks]]\nname = \"loans exist\"\nquery = \"SELECT count(*) FROM loans\"\nexpect = \">= 1000\"\n",
            scene.secret, scene.lab.ca
        )
    });
    scene.daybreak.write("daybreak.toml", &text.concat());
    names
}

fn recovery(scene: &Scene, names: &[&str], more: &[&str]) -> Vec<String> {
    let moment = scene.source.moment.to_string();
    let fixed = ["--to", &moment, "--yes"];
    ["recover"].iter().chain(names).chain(&fixed).chain(more).map(|&argument| argument.to_owned()).collect()
}

/// One field of each result.
fn each<'a>(result: &'a Value, path: &str) -> Vec<&'a str> {
    let runs = result["runs"].as_array().expect("one result a run");
    let field = |run: &'a Value| run.pointer(path).and_then(Value::as_str);
    runs.iter().map(|run| field(run).unwrap_or_else(|| panic!("no text at {path} in {run:#}"))).collect()
}

#[test]
fn each_has_its_own_run_and_all_share_the_looks() {
    let scene = Scene::new();
    let before = scene.source.fingerprint(scene.lab);
    let names = three(&scene);
    let ended = scene.daybreak.run(recovery(&scene, &names, &["--until", "validated", "--output", "json"]));
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    assert_eq!(each(&result, "/database"), names);
    assert_eq!(each(&result, "/outcome"), ["stopped"; 3]);
    assert!(result["runs"].as_array().is_some_and(|runs| runs.iter().all(|run| run["proof"]["failed"] == json!(0))));
    let (runs, targets) = (each(&result, "/run"), each(&result, "/target/identifier"));
    assert_eq!(runs.iter().collect::<BTreeSet<_>>().len(), 3, "{runs:?}");
    assert_eq!(scene.runs().into_iter().collect::<BTreeSet<_>>(), runs.iter().map(|&run| run.to_owned()).collect());
    for (target, run) in targets.iter().zip(&runs) {
        assert_eq!(scene.lab.aws.names(target), [(*target).to_owned(), format!("{target}-1")]);
        assert!(result.to_string().contains(&format!("daybreak cutover {run}")), "{result:#}");
    }
    for name in names {
        assert!(ended.stderr.contains(&format!("Z {name}: restore-cluster: ")), "{name} is told of: {ended}");
    }
    // Once the restores are asked for, clusters are listed for looks only; a look at one of them names it.
    let calls = scene.lab.calls(scene.identity());
    let restored = calls.iter().rposition(|call| call["action"] == "RestoreDBClusterToPointInTime").expect("a restore");
    let looks = |action: &str| {
        let shared =
            calls[restored..].iter().filter(|call| call["action"] == action && call["resource"] == Value::Null);
        shared.count()
    };
    assert!(looks("DescribeDBClusters") > 0, "no look was for several: {calls:#?}");
    assert!(looks("DescribeDBInstances") > 0, "no look was for several: {calls:#?}");
    assert_eq!(scene.source.fingerprint(scene.lab), before);
}

#[test]
fn what_is_refused_for_one_is_refused_for_all() {
    let scene = Scene::new();
    let names = three(&scene);
    let text = std::fs::read_to_string(scene.daybreak.path("daybreak.toml")).expect("the profiles");
    let there = format!("[databases.ledger]\ncluster = {:?}", scene.source.cluster);
    scene.daybreak.write("daybreak.toml", &text.replace(&there, "[databases.ledger]\ncluster = \"no-such-cluster\""));
    let ended = scene.daybreak.run(recovery(&scene, &names, &["--until", "restored"]));
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("ledger: ") && !ended.stderr.contains("cards: "), "whose it is: {ended}");
    scene.assert_untouched(&ended);
}

#[test]
fn an_interrupt_stops_all_and_one_command_goes_on_with_all() {
    let scene = Scene::new();
    let names = three(&scene);
    // However fast the restores are, no run gets to its end before the signal.
    let identity = scene.identity();
    scene.lab.faults(&json!([{ "service": "rds", "action": "CreateDBInstance", "kind": "500", "identity": identity }]));
    let mut running = scene.start(&recovery(&scene, &names, &["--until", "restored", "--output", "json"]));
    until("the restores' calls", || {
        (scene.changes().iter().filter(|call| *call == "RestoreDBClusterToPointInTime").count() == 3).then_some(())
    });
    kill_process(i32::try_from(running.id()).ok().and_then(Pid::from_raw).expect("a process id"), Signal::INT)
        .expect("send the signal");
    let code = running.wait().expect("daybreak's end").code();
    let ended = scene.streams(code);
    assert_eq!(ended.code, Some(5), "{ended}");
    assert_eq!(each(&ended.json(), "/outcome"), ["interrupted"; 3], "{ended}");
    scene.lab.forgive(identity);

    let table = scene.run(&["resume", "--all"]);
    assert_eq!(table.code, Some(0), "{table}");
    let lines: Vec<&str> = table.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("database  run  "), "{table}");
    assert!(lines[1..].iter().all(|line| line.contains("  stopped, restored  ")), "{table}");
    assert_eq!(scene.changes().iter().filter(|call| *call == "RestoreDBClusterToPointInTime").count(), 3, "{table}");

    let nothing = scene.run(&["resume", "--all", "--output", "json"]);
    assert_eq!(
        (nothing.code, nothing.json()),
        (Some(0), json!({ "runs": [] })),
        "stopped runs wait for a word: {nothing}"
    );
}

#[test]
fn every_line_of_json_says_whose_it_is() {
    let scene = Scene::new();
    let names = three(&scene);
    let ended = scene.daybreak.run(recovery(&scene, &names[..2], &["--until", "restored", "--output", "json-lines"]));
    assert_eq!(ended.code, Some(0), "{ended}");
    let lines: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (last, events) = lines.split_last().expect("lines");
    assert_eq!((&last["event"], each(&last["result"], "/outcome")), (&json!("result"), vec!["stopped"; 2]));
    let runs: BTreeSet<&str> = each(&last["result"], "/run").into_iter().collect();
    let told: BTreeSet<&str> = events.iter().map(|event| event["run"].as_str().expect("a run")).collect();
    assert_eq!(told, runs);
}
