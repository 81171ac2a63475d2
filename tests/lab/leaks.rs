//! A secret is seen by nobody: not in journals, plans and reports, not on the streams, not in the process list, however
//! talkative daybreak and its libraries are told to be.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Scene, Source, daybreak::Ended, sql::PASSWORD, until};

/// The password that somebody writes to the secret while a run is under way.
const LATER: &str = "c0rrect%horse/Batt\"ery é";
/// What signs calls to AWS. The access key id is no secret.
const SIGNING: &str = "S1gn1ng/Key+wJalrXUtnFEMI7MDENG";
/// The token of temporary credentials.
const SESSION: &str = "S3ss10nT0ken//////////wEaDHVzLWVhc3Q=";
/// Parts of secrets that no encoding changes, and what gives an IAM authentication token away.
const TRACES: [&str; 5] = ["hunter2", "horse", "wJalrXUtnFEMI", "S3ss10nT0ken", "X-Amz-Signature"];

/// Every form in which a secret could be written: as it is, in a URL, in JSON, as Rust shows it, in base64.
fn forms(secret: &str) -> Vec<String> {
    let encoded = |keep: fn(u8) -> bool| -> String {
        let byte = |byte: u8| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        secret.bytes().map(byte).collect()
    };
    let json = json!(secret).to_string();
    vec![
        secret.to_owned(),
        encoded(|byte| byte.is_ascii_alphanumeric()),
        encoded(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)),
        encoded(|byte| byte.is_ascii_alphanumeric() || b"-_.~/+=\"".contains(&byte)),
        json.trim_matches('"').to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        base64(secret.as_bytes()),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]
}

/// Base64 without its padding, whose last characters depend on what follows.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = bytes.chunks_exact(3).flat_map(|three| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    });
    whole.collect()
}

/// All that must not be seen, in every form.
fn forbidden() -> Vec<String> {
    let mut all: Vec<String> = [PASSWORD, LATER, SIGNING, SESSION].iter().flat_map(|secret| forms(secret)).collect();
    all.extend(TRACES.map(str::to_owned));
    all.sort_unstable();
    all.dedup();
    all
}

/// The first secret that these bytes show.
fn shown(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    forbidden().into_iter().find(|secret| text.contains(secret))
}

fn assert_clean(place: &str, bytes: &[u8]) {
    if let Some(secret) = shown(bytes) {
        panic!("{place} shows {secret}");
    }
}

/// Every file under a directory, with its content.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("list a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("read a file")));
        }
    }
    found
}

fn assert_files_clean(directory: &Path) -> usize {
    let files = files(directory);
    files.iter().for_each(|(place, bytes)| assert_clean(place, bytes));
    files.len()
}

/// What the process list shows of a process and of all that descend from it: command lines and environments, but for the
/// AWS credentials that the user gave it.
fn process_list(process: u32) -> Vec<(String, Vec<u8>)> {
    let mut shown = Vec::new();
    let mut open = vec![process];
    while let Some(pid) = open.pop() {
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        for file in ["cmdline", "environ"] {
            let place = format!("/proc/{pid}/{file}");
            let bytes = fs::read(&place).unwrap_or_default();
            let given = [format!("AWS_SECRET_ACCESS_KEY={SIGNING}"), format!("AWS_SESSION_TOKEN={SESSION}")];
            let kept =
                bytes.split(|byte| *byte == 0).filter(|word| given.iter().all(|given| given.as_bytes() != *word));
            shown.push((place, kept.collect::<Vec<_>>().join(&b' ')));
        }
    }
    shown
}

/// Lets daybreak run to its end while every call that it makes is held for a moment, and the process list looked at; how often.
fn watched(scene: &Scene, mut running: Child) -> (usize, Ended) {
    let mut looks = 0;
    let code = until("daybreak's end", || {
        scene
            .lab
            .faults(&json!([{ "service": "*", "action": "*", "kind": "hold-before", "identity": scene.identity() }]));
        if !scene.lab.held(scene.identity()).is_empty() {
            process_list(running.id()).iter().for_each(|(place, bytes)| assert_clean(place, bytes));
            looks += 1;
        }
        scene.lab.forgive(scene.identity());
        running.try_wait().expect("daybreak's state")
    })
    .code();
    (looks, scene.streams(code))
}

/// A scene whose daybreak, and the libraries in it, are told to say all they can.
fn talkative(value: &str) -> Scene {
    Scene::with_secret(value, "")
        .with("AWS_SECRET_ACCESS_KEY", SIGNING)
        .with("AWS_SESSION_TOKEN", SESSION)
        .with(
            "RUST_LOG",
            "trace,aws_smithy_runtime=trace,aws_config=trace,hyper=trace,rustls=trace,tokio_postgres=trace",
        )
        .with("RUST_BACKTRACE", "full")
        .with("RUST_LIB_BACKTRACE", "full")
        .with("AWS_LOG_LEVEL", "trace")
        .with("AWS_SDK_LOG", "trace")
        .with("SMITHY_LOG", "trace")
        .with("SSLKEYLOGFILE", "tls-keys")
        .with("PGOPTIONS", "-c log_statement=all")
}

/// Runs a command in each form of output; its exit code must be this one.
fn looked_at(scene: &Scene, command: &[&str], code: i32) {
    for more in [&["--output", "text"][..], &["--output", "json"], &["--verbose"], &["--quiet"]] {
        let ended = scene.run(&[command, more].concat());
        assert_eq!(ended.code, Some(code), "{command:?} {more:?}: {}", ended.code.is_some());
        assert_clean(&command.join(" "), format!("{}{}", ended.stdout, ended.stderr).as_bytes());
    }
}

/// Recover, cut over, roll back, and cancel, with every output read and the process list looked at during every call.
fn through_a_whole_life(value: &str) {
    let scene = talkative(value);
    scene.plan();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let mut looks = 0;
    for (line, code) in [
        ("recover --plan loans.plan.json --until validated --verbose --output json-lines", 0),
        ("cutover --yes --verbose --output json", 0),
        ("rollback RUN --yes --verbose", 0),
    ] {
        let run =
            scene.runs().into_iter().find(|run| scene.state().join("runs").join(run).is_dir()).unwrap_or_default();
        let (seen, ended) = watched(&scene, scene.start(&words(&line.replace("RUN", &run))));
        assert_eq!(ended.code, Some(code), "{line}: {}", ended.stderr.len());
        assert_clean(line, format!("{}{}", ended.stdout, ended.stderr).as_bytes());
        looks += seen;
        fs::rename(scene.daybreak.path("stdout"), scene.daybreak.path(&format!("stdout-{seen}")))
            .expect("keep a stream");
        fs::rename(scene.daybreak.path("stderr"), scene.daybreak.path(&format!("stderr-{seen}")))
            .expect("keep a stream");
    }
    assert!(looks > 20, "the process list was looked at while calls were under way: {looks}");
    let run = scene.runs().into_iter().find(|run| scene.state().join("runs").join(run).is_dir()).expect("a run");
    // Somebody changes the password.
    scene.lab.aws.put_secret(&scene.secret, &value.replace(PASSWORD, LATER));
    for command in [&["status", &run][..], &["report", &run], &["runs"], &["windows", "loans"]] {
        looked_at(&scene, command, 0);
    }
    let cancelled = scene.run(&["cancel", &run, "--yes", "--verbose"]);
    assert_eq!(cancelled.code, Some(0));
    assert_clean("cancel", format!("{}{}", cancelled.stdout, cancelled.stderr).as_bytes());
    assert!(assert_files_clean(scene.daybreak.home()) > 40, "journal, plan and streams were looked at");
    assert!(!scene.daybreak.path("tls-keys").exists(), "the keys of TLS sessions would give everything away");
    assert!(shown(scene.lab.aws.secret(&scene.secret).as_bytes()).is_some(), "there was a password to be seen");
}

#[test]
fn a_secret_as_rds_writes_it() {
    through_a_whole_life(&Source::shared().rds_secret());
}

#[test]
fn a_secret_that_is_a_url() {
    through_a_whole_life(&Source::shared().url());
}

#[test]
fn secrets_that_cannot_be_used() {
    let good = Source::shared().rds_secret();
    let url = Source::shared().url();
    for (value, code) in [
        (url.replace(":5444", ":port"), 3),
        (good.replace("\"host\"", "\"hast\""), 3),
        (good[..good.len() / 2].to_owned(), 3),
        (format!("[{PASSWORD:?}]"), 3),
        (PASSWORD.to_owned(), 3),
    ] {
        let scene = talkative(&value);
        looked_at(&scene, &["recover", "loans", "--to", &scene.source.moment.to_string(), "--yes"], code);
        looked_at(&scene, &["validate", "loans"], code);
        assert_files_clean(scene.daybreak.home());
    }
}

#[test]
fn logins_that_are_refused() {
    let scene =
        talkative(&Source::shared().rds_secret().replace(PASSWORD, &format!("{PASSWORD}{LATER}").replace('"', "")));
    looked_at(&scene, &["validate", "loans"], 3);
    let ended = scene.run(&["validate", "loans", "--verbose"]);
    assert!(ended.stderr.contains("28P01"), "PostgreSQL's code is told");

    let connect = format!("iam_user = \"daybreak_validator\"\nca = {:?}\n", scene.lab.ca);
    scene.daybreak.write("daybreak.toml", &crate::support::scene::profile(scene.source, &connect, "", ""));
    looked_at(&scene, &["validate", "loans"], 3);
}

#[test]
fn a_run_that_is_stuck_and_one_whose_journal_is_damaged() {
    let scene = talkative(&Source::shared().rds_secret());
    scene.lab.faults(&json!([{
        "service": "rds", "action": "ModifyDBCluster", "kind": "access-denied", "identity": scene.identity(),
        "match": { "DeletionProtection": "(?i)true" }
    }]));
    let ended = scene.recover(&["--until", "cutover", "--verbose"]);
    assert_eq!(ended.code, Some(4));
    assert_clean("a stuck run", format!("{}{}", ended.stdout, ended.stderr).as_bytes());
    let result: Value = ended.json();
    assert!(result["stuck"]["application"]["leads_to"].is_string(), "the secret was read for the report");
    looked_at(&scene, &["status"], 0);
    looked_at(&scene, &["report"], 0);
    looked_at(&scene, &["resume"], 4);

    let run = result["run"].as_str().expect("a run");
    let records = files(&scene.state().join("runs").join(run));
    let (last, bytes) = records.iter().filter(|(place, _)| place.ends_with(".json")).max().expect("a record");
    fs::write(last, &bytes[..bytes.len() / 2]).expect("damage the journal");
    for command in ["status", "report", "resume"] {
        looked_at(&scene, &[command, run], 3);
    }
    assert_files_clean(scene.daybreak.home());
}

/// The search itself: what is planted, in whatever form and place, is found.
#[test]
fn a_planted_secret_is_found() {
    for secret in [PASSWORD, LATER, SIGNING, SESSION] {
        for form in forms(secret) {
            assert!(shown(format!("before {form} after").as_bytes()).is_some(), "{form}");
        }
    }
    assert_eq!(shown(b"nothing to see"), None);

    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir(home.path().join("deep")).expect("a directory");
    fs::write(home.path().join("deep/record.json"), format!("{{\"note\":{}}}", json!(LATER))).expect("plant");
    assert!(files(home.path()).iter().any(|(_, bytes)| shown(bytes).is_some()));

    // A process in whose own environment the secret is, and one whose child has it in its command line. Both end with their input.
    let secret = home.path().join("secret");
    fs::write(&secret, SIGNING).expect("plant");
    let child = format!("sh -c 'cat; :' child \"$(cat {})\"; :", secret.display());
    for (script, token) in [("cat; :", SESSION), (child.as_str(), "harmless")] {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).env_clear().env("PATH", "/usr/bin:/bin").env("TOKEN", token);
        shell.env("AWS_SECRET_ACCESS_KEY", SIGNING).stdin(Stdio::piped());
        let mut shell = shell.spawn().expect("start a shell");
        until("the secret", || process_list(shell.id()).iter().any(|(_, bytes)| shown(bytes).is_some()).then_some(()));
        drop(shell.stdin.take());
        shell.wait().expect("its end");
    }
    let mut innocent = Command::new("cat");
    innocent.env_clear().env("AWS_SECRET_ACCESS_KEY", SIGNING).env("AWS_SESSION_TOKEN", SESSION).stdin(Stdio::piped());
    let mut innocent = innocent.spawn().expect("start cat");
    assert!(
        process_list(innocent.id()).iter().all(|(_, bytes)| shown(bytes).is_none()),
        "what the user gave is no leak"
    );
    drop(innocent.stdin.take());
    innocent.wait().expect("its end");
}
