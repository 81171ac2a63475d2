//! Interrupts: the current call is finished and recorded, and the run can be gone on with.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Scene, assert_refused, pty::Pty, until};

fn send(process: &Child, signal: Signal) {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("send the signal");
}

/// The signals that ask for a stop, by name.
const SIGNALS: [(Signal, &str); 3] = [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM"), (Signal::HUP, "SIGHUP")];

/// Waits until a call of this scene's daybreak is held by the lab.
fn until_held(scene: &Scene, action: &str) {
    until(&format!("a held {action}"), || {
        scene.lab.held(scene.identity()).iter().any(|call| call["action"] == action).then_some(())
    });
}

/// Holds calls of this scene's daybreak without an answer.
fn hold(scene: &Scene, kind: &str, action: &str) {
    scene.lab.faults(&json!([{ "service": "*", "action": action, "kind": kind, "identity": scene.identity() }]));
}

/// Fails unless daybreak ended as interrupted by `name`, resumable, with that as its last word in the journal.
fn assert_interrupted(scene: &Scene, mut running: Child, name: &str) {
    let code = running.wait().expect("daybreak's end").code();
    let ended = scene.streams(code);
    assert_eq!(ended.code, Some(5), "{ended}");
    let result = ended.json();
    assert_eq!(result["outcome"], json!("interrupted"), "{ended}");
    let run = result["run"].as_str().expect("a run");
    assert_eq!(result["next"][0], json!(format!("daybreak resume {run}")));
    assert!(ended.stderr.contains(&format!("interrupted by {name}")), "by what: {ended}");
    assert_eq!(scene.last_entry(), json!({ "event": "interrupted", "by": name }), "{ended}");
}

/// Resumes what was interrupted, which must end like a run that nobody disturbed.
fn assert_resumes(scene: &Scene, target: &str) {
    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.code, Some(0), "{resumed}");
    assert_eq!(resumed.json()["outcome"], json!("recovered"));
    scene.assert_recovered(target);
    // A call whose answer comes too late is made again, and refused: only one may have made something.
    let calls = scene.lab.calls(scene.identity());
    let restores: Vec<&Value> = calls.iter().filter(|call| call["action"] == "RestoreDBClusterToPointInTime").collect();
    assert_eq!(restores.iter().filter(|call| call["error"].is_null()).count(), 1, "{restores:#?}\n{resumed}");
}

/// Executes a saved plan and sends each signal in turn to a run of its own as soon as the lab holds a call of this action,
/// which is let go afterwards; side by side.
fn interrupted_at(kind: &str, action: &str) {
    thread::scope(|scope| {
        for (signal, name) in SIGNALS {
            scope.spawn(move || {
                let scene = Scene::new();
                let (_, target) = scene.plan();
                hold(&scene, kind, action);
                let running = scene.start(&executing());
                until_held(&scene, action);
                send(&running, signal);
                scene.lab.forgive(scene.identity());
                assert_interrupted(&scene, running, name);
                assert_resumes(&scene, &target);
            });
        }
    });
}

fn executing() -> Vec<String> {
    ["recover", "--plan", "loans.plan.json", "--until", "cutover", "--output", "json"].map(str::to_owned).to_vec()
}

#[test]
fn while_it_plans_it_ends_and_leaves_nothing() {
    for (signal, _) in SIGNALS {
        let scene = Scene::new();
        hold(&scene, "hold-before", "DescribeDBClusters");
        let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
        until_held(&scene, "DescribeDBClusters");
        send(&running, signal);
        let ended = scene.streams(running.wait().expect("daybreak's end").code());
        assert_eq!(ended.code, None, "there is nothing to be told or resumed: {ended}");
        scene.lab.forgive(scene.identity());
        scene.assert_untouched(&ended);
    }
}

#[test]
fn while_it_waits_for_the_restore() {
    for (signal, name) in SIGNALS {
        let scene = Scene::new();
        let (_, target) = scene.plan();
        // Whatever it is asked, the lab has not seen the cluster yet: so the step goes on waiting.
        scene.lab.faults(&json!([{
            "service": "rds", "action": "DescribeDBClusters", "kind": "code", "code": "DBClusterNotFoundFault", "status": 404,
            "identity": scene.identity(), "match": { "DBClusterIdentifier": target }
        }]));
        let running = scene.start(&executing());
        until("the wait", || (scene.last_entry()["event"] == "awaiting").then_some(()));
        send(&running, signal);
        assert_interrupted(&scene, running, name);
        scene.lab.forgive(scene.identity());
        assert_resumes(&scene, &target);
    }
}

#[test]
fn while_a_restore_is_asked_for() {
    interrupted_at("hold-before", "RestoreDBClusterToPointInTime");
    interrupted_at("hold-after", "RestoreDBClusterToPointInTime");
}

#[test]
fn while_the_application_is_moved() {
    interrupted_at("hold-after", "UpdateSecretVersionStage");
}

#[test]
fn while_it_proves() {
    interrupted_at("hold-before", "GetSecretValue");
}

#[test]
fn a_call_that_never_ends_is_left_behind() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    hold(&scene, "hold-after", "CreateDBInstance");
    let running = scene.start(&executing());
    until_held(&scene, "CreateDBInstance");
    send(&running, Signal::TERM);
    assert_interrupted(&scene, running, "SIGTERM");
    scene.lab.forgive(scene.identity());
    assert_resumes(&scene, &target);
}

#[test]
fn while_it_watches() {
    for (signal, name) in SIGNALS {
        let scene = Scene::new();
        scene.configure("", "[databases.loans.watch]\nfor = \"1h\"\ninterval = \"10m\"\n");
        let running = scene.start(&scene.recovery(&["--until", "cutover"]));
        until("the watch", || {
            let entry = scene.last_entry();
            (entry["event"] == "awaiting" && entry["step"] == "watch").then_some(())
        });
        send(&running, signal);
        assert_interrupted(&scene, running, name);
        let back = scene.run(&["rollback", "--yes", "--output", "json"]);
        assert_eq!((back.code, back.json()["outcome"].clone()), (Some(0), json!("rolled_back")), "{back}");
        assert_eq!(scene.application().host, scene.source.sql.host);
    }
}

#[test]
fn while_it_takes_back() {
    for (signal, name) in SIGNALS {
        let scene = Scene::new();
        let restored = scene.recovered("restored");
        hold(&scene, "hold-after", "DeleteDBInstance");
        let running = scene.start(&["cancel", "--yes", "--output", "json"].map(str::to_owned));
        until_held(&scene, "DeleteDBInstance");
        send(&running, signal);
        scene.lab.forgive(scene.identity());
        assert_interrupted(&scene, running, name);
        let resumed = scene.run(&["resume", "--output", "json"]);
        assert_eq!(resumed.json()["outcome"], json!("undone"), "{resumed}");
        assert_eq!(
            scene.lab.aws.names(restored["target"]["identifier"].as_str().expect("a target")),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_second_signal_leaves_at_once() {
    for (signal, _) in SIGNALS {
        let scene = Scene::new();
        let (_, target) = scene.plan();
        hold(&scene, "hold-after", "RestoreDBClusterToPointInTime");
        let mut running = scene.start(&executing());
        until_held(&scene, "RestoreDBClusterToPointInTime");
        send(&running, signal);
        // Two signals of a kind that are pending at once are one: the second is sent until it is heard.
        let code = until("its end", || {
            send(&running, signal);
            running.try_wait().expect("daybreak's state")
        })
        .code();
        let ended = scene.streams(code);
        assert_eq!(ended.code, Some(5), "{ended}");
        assert!(ended.stderr.contains("left at once, at a second signal"), "{ended}");
        assert_eq!(scene.last_entry()["event"], json!("started"), "nothing was written any more");
        scene.lab.forgive(scene.identity());
        assert_resumes(&scene, &target);
    }
}

#[test]
fn a_hangup_that_is_ignored_beforehand_ends_nothing() {
    let scene = Scene::new();
    let (_, target) = scene.plan();
    hold(&scene, "hold-after", "RestoreDBClusterToPointInTime");
    let file = |name| fs::File::create(scene.daybreak.path(name)).expect("a file for a stream");
    let daybreak = scene.daybreak.command(executing());
    let mut nohup = scene.daybreak.command(Vec::<String>::new());
    nohup = {
        let mut command = Command::new("nohup");
        command.arg(daybreak.get_program()).args(daybreak.get_args()).current_dir(scene.daybreak.home()).env_clear();
        command.envs(nohup.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    };
    let mut running =
        nohup.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr")).spawn().expect("start nohup");
    until_held(&scene, "RestoreDBClusterToPointInTime");
    send(&running, Signal::HUP);
    scene.lab.forgive(scene.identity());
    let ended = scene.streams(running.wait().expect("its end").code());
    assert_eq!(ended.code, Some(0), "{ended}");
    scene.assert_recovered(&target);
}

/// A terminal that is taken away: the lines of a lost SSH session.
#[test]
fn a_terminal_that_goes_away_stops_the_run_so_that_it_can_be_resumed() {
    for action in ["RestoreDBClusterToPointInTime", "UpdateSecretVersionStage"] {
        let scene = Scene::new().with("TERM", "xterm").with("LANG", "C.UTF-8");
        let (_, target) = scene.plan();
        hold(&scene, "hold-after", action);
        let terminal = Pty::open();
        let daybreak = scene.daybreak.command(["recover", "--plan", "loans.plan.json", "--until", "cutover", "--yes"]);
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(daybreak.get_program()).args(daybreak.get_args());
        command.current_dir(scene.daybreak.home()).env_clear();
        command.envs(daybreak.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut running = terminal.attach(&mut command).spawn().expect("start setsid");
        drop(command);
        until("a held call", || {
            terminal.drain();
            scene.lab.held(scene.identity()).iter().any(|call| call["action"] == action).then_some(())
        });
        terminal.drain();
        assert!(terminal.shown().contains("recovering loans"), "the run was shown: {:?}", terminal.shown());
        drop(terminal);
        scene.lab.forgive(scene.identity());
        assert_eq!(running.wait().expect("daybreak's end").code(), Some(5), "{action}");
        assert_eq!(scene.last_entry(), json!({ "event": "interrupted", "by": "SIGHUP" }), "{action}");
        assert_resumes(&scene, &target);
    }
}

/// `daybreak recover … | head -1`: what nobody reads any more is not written, and the run goes on.
#[test]
fn an_output_that_nobody_reads_ends_no_run() {
    for pipe in ["--output json-lines | head -1", "--verbose 2>&1 | head -1", "--output json-lines >&- 2>&-"] {
        let scene = Scene::new();
        let (_, target) = scene.plan();
        let daybreak = scene.daybreak.command(Vec::<String>::new());
        let program = daybreak.get_program().to_str().expect("UTF-8");
        let line = format!("{program} recover --plan loans.plan.json --until cutover {pipe}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(scene.daybreak.home()).env_clear();
        shell.envs(daybreak.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.stdin(Stdio::null()).output().expect("start a shell");
        assert!(output.stdout.iter().filter(|byte| **byte == b'\n').count() <= 1, "{pipe}");
        let status = scene.run(&["status", "--output", "json"]);
        assert_eq!(status.json()["outcome"], json!("recovered"), "{pipe}: {status}");
        scene.assert_recovered(&target);
    }
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
