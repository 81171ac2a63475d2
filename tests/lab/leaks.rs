//! A password is seen by nobody: not in the journal, not in plans and reports, not on the streams, not in the process list.

use std::{fs, path::Path};

use crate::support::{Scene, Source, sql::PASSWORD, until};

/// All that must not be seen: the password as it is and as a URL or JSON would write it.
fn secrets() -> Vec<String> {
    let encoded = PASSWORD.replace('%', "%25").replace('#', "%23").replace('&', "%26");
    vec![PASSWORD.to_owned(), encoded, "hunter2".to_owned()]
}

fn assert_clean(place: &str, text: &str) {
    for secret in secrets() {
        assert!(!text.contains(&secret), "{place} shows a password");
    }
}

/// Every file under a directory but the configuration, which holds no password either, is clean.
fn assert_files_clean(directory: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(directory).expect("list a directory").flatten() {
        if entry.path().is_dir() {
            files += assert_files_clean(&entry.path());
        } else {
            assert_clean(
                &entry.path().display().to_string(),
                &String::from_utf8_lossy(&fs::read(entry.path()).expect("read a file")),
            );
            files += 1;
        }
    }
    files
}

fn recovers_without_a_trace(value: &str, cutover: &str) {
    let scene = Scene::with_secret(value, cutover);
    let (file, _) = scene.plan();
    let path = file.display().to_string();
    let running = scene.start(
        &["recover", "--plan", &path, "--until", "cutover", "--verbose", "--output", "json-lines"].map(str::to_owned),
    );
    let (command_line, environment) =
        (format!("/proc/{}/cmdline", running.id()), format!("/proc/{}/environ", running.id()));
    until("the journal", || (scene.records() > 3).then_some(()));
    for place in [command_line, environment] {
        assert_clean(&place, &String::from_utf8_lossy(&fs::read(&place).expect("it runs still")));
    }
    let mut running = running;
    assert_eq!(running.wait().expect("its end").code(), Some(0));
    let run = scene.runs().pop().expect("a run");
    for command in [["status", &run], ["report", &run]] {
        for output in ["text", "json"] {
            let ended = scene.run(&[command[0], command[1], "--output", output]);
            assert_eq!(ended.code, Some(0), "{command:?}");
            assert_clean(command[0], &format!("{}{}", ended.stdout, ended.stderr));
        }
    }
    let rolled_back = scene.run(&["rollback", &run, "--yes", "--verbose"]);
    assert_eq!(rolled_back.code, Some(0), "{rolled_back}");
    assert_clean("rollback", &rolled_back.to_string());
    assert!(assert_files_clean(scene.daybreak.home()) > 20, "journal, plan and streams were looked at");
    assert!(scene.lab.aws.secret(&scene.secret).contains("hunter2"), "there was a password to be seen");
}

#[test]
fn with_a_secret_as_rds_writes_it() {
    recovers_without_a_trace(&Source::shared().rds_secret(), "");
}

#[test]
fn with_a_url() {
    recovers_without_a_trace(&Source::shared().url(), "");
}

#[test]
fn with_a_url_that_is_broken() {
    let broken = Source::shared().url().replace(":5444", ":port");
    let scene = Scene::with_secret(&broken, "");
    let ended = scene.recover(&["--yes", "--verbose"]);
    assert_eq!(ended.code, Some(3), "{ended}");
    assert_clean("the refusal", &ended.to_string());
}

#[test]
fn with_a_password_that_is_wrong() {
    let scene = Scene::with_secret(&Source::shared().rds_secret().replace("Tr0ub4dor", "Tr0ub4door"), "");
    let ended = scene.run(&["validate", "loans", "--verbose"]);
    assert_eq!(ended.code, Some(3), "{ended}");
    assert_clean("the error", &ended.to_string());
    assert!(ended.stderr.contains("28P01"), "PostgreSQL's code is told: {ended}");
}
