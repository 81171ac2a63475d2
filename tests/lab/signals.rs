//! Interrupts: the current call is finished and recorded, and the run can be gone on with.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Scene, assert_refused, source::ALL_ROWS, until};

fn send(process: &Child, signal: Signal) {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("send the signal");
}

/// Interrupts a recovery in the midst of its restore, then resumes it.
fn interrupted_by(signal: Signal, name: &str) {
    let scene = Scene::new();
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    until("the restore's call", || {
        scene.changes().iter().any(|call| call == "RestoreDBClusterToPointInTime").then_some(())
    });
    send(&running, signal);
    let code = running.wait().expect("daybreak's end").code();
    let ended = scene.streams(code);
    assert_eq!(ended.code, Some(5), "{ended}");
    let result = ended.json();
    assert_eq!(result["outcome"], json!("interrupted"));
    let run = result["run"].as_str().expect("a run");
    assert_eq!(result["next"][0], json!(format!("daybreak resume {run}")));
    assert!(ended.stderr.contains(name), "by what: {ended}");

    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.code, Some(0), "{resumed}");
    assert_eq!(resumed.json()["outcome"], json!("recovered"));
    assert_eq!(scene.application().rows(ALL_ROWS), scene.source.rows);
    assert_eq!(scene.changes().iter().filter(|call| *call == "RestoreDBClusterToPointInTime").count(), 1, "{resumed}");
}

#[test]
fn ctrl_c() {
    interrupted_by(Signal::INT, "SIGINT");
}

#[test]
fn a_shutdown() {
    interrupted_by(Signal::TERM, "SIGTERM");
}

#[test]
fn one_run_has_one_executor() {
    let scene = Scene::new();
    scene.configure("", "[databases.loans.watch]\nfor = \"5m\"\ninterval = \"1s\"\n");
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    until("the watch", || {
        let status = scene.run(&["status", "--output", "json"]);
        let steps = (status.code == Some(0)).then(|| status.json()["steps"].as_array().cloned()).flatten()?;
        steps.iter().any(|step| step["id"] == "watch" && step["state"] == "started").then_some(())
    });
    let run = scene.runs().pop().expect("a run");
    for command in ["resume", "rollback", "cancel", "cutover"] {
        let refused = scene.run(&[command, &run, "--yes"]);
        assert_refused(&refused, 3);
        assert!(
            refused.stderr.contains("tester@") && refused.stderr.contains(&running.id().to_string()),
            "who holds it: {refused}"
        );
    }
    send(&running, Signal::INT);
    assert_eq!(running.wait().expect("daybreak's end").code(), Some(5));
    let back = scene.run(&["rollback", &run, "--yes", "--output", "json"]);
    assert_eq!((back.code, back.json()["outcome"].clone()), (Some(0), json!("rolled_back")), "{back}");
    assert_eq!(scene.application().host, scene.source.sql.host);
}

#[test]
fn of_two_that_resume_at_once_one_is_refused() {
    let scene = Scene::new();
    let stopped = scene.recovered("restored");
    let run = stopped["run"].as_str().expect("a run").to_owned();
    let arguments: Vec<String> =
        ["resume", &run, "--until", "validated", "--output", "json"].map(str::to_owned).to_vec();
    let other = || {
        scene
            .daybreak
            .command(&arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("start daybreak")
    };
    let both = [other(), other()].map(|process| {
        let output = process.wait_with_output().expect("daybreak's end");
        crate::support::daybreak::Ended::of(output, scene.daybreak.home())
    });
    let mut codes = both.clone().map(|ended| ended.code);
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(3)], "{}\n{}", both[0], both[1]);
    let validated: Vec<Value> =
        both.iter().filter(|ended| ended.code == Some(0)).map(crate::support::daybreak::Ended::json).collect();
    assert_eq!(validated[0]["outcome"], json!("stopped"));
}
