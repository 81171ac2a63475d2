//! A state directory that fails, and journals that cannot be trusted.

use std::{
    fs,
    io::{self, Write},
};

use serde_json::json;

use crate::support::{Scene, assert_refused, disk::SmallDisk, until};

/// A small disk, or none where this process may not mount one: then a weaker test takes its place, and the log says so.
fn small_disk(scene: &Scene) -> Option<SmallDisk> {
    let place = scene.daybreak.path("disk");
    fs::create_dir(&place).expect("a mount point");
    let disk = SmallDisk::mount(place, "size=256k");
    if disk.is_none() {
        let told =
            writeln!(io::stderr(), "no right to mount a small disk: a directory that cannot be made is tried instead");
        told.expect("write to the log");
    }
    disk
}

#[test]
fn a_disk_that_is_full_at_the_beginning() {
    let scene = Scene::new();
    let Some(disk) = small_disk(&scene) else { return a_directory_without_rights() };
    disk.fill();
    let state = disk.place().display().to_string();
    let ended = scene.recover(&["--yes", "--state", &state]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("No space left on device"), "{ended}");
    assert!(ended.stderr.contains("\n  now: nothing was created or changed\n  next: make room"), "{ended}");
    scene.assert_untouched(&ended);
}

#[test]
fn a_disk_that_fills_up_in_mid_run() {
    let scene = Scene::new();
    let Some(disk) = small_disk(&scene) else { return a_directory_without_rights() };
    let state = disk.place().display().to_string();
    scene.configure(
        "",
        "[databases.loans.watch]\nfor = \"5m\"\ninterval = \"1s\"\nsql = [\"SELECT count(*) = 1500 FROM loans\"]\n",
    );
    let mut running = scene.start(&scene.recovery(&["--until", "cutover", "--state", &state]));
    until("the restore's call", || {
        scene.changes().iter().any(|call| call == "RestoreDBClusterToPointInTime").then_some(())
    });
    let ballast = disk.fill();
    let code = running.wait().expect("daybreak's end").code();
    let ended = scene.streams(code);
    assert_refused(&ended, 5);
    assert!(ended.stderr.contains("No space left on device") && ended.stderr.contains("daybreak resume "), "{ended}");
    fs::remove_file(ballast).expect("make room");
    scene.configure("", "[databases.loans.watch]\nfor = \"0s\"\n");
    let cancelled = scene.run(&["cancel", "--yes", "--state", &state, "--output", "json"]);
    assert_eq!((cancelled.code, cancelled.json()["outcome"].clone()), (Some(0), json!("undone")), "{cancelled}");
    assert_eq!(
        scene.lab.aws.names(cancelled.json()["target"]["identifier"].as_str().expect("a target")),
        Vec::<String>::new()
    );
}

#[test]
fn a_state_directory_that_cannot_be_made() {
    a_directory_without_rights();
}

fn a_directory_without_rights() {
    let scene = Scene::new();
    // Even root cannot make a directory where a file is.
    scene.daybreak.write("taken", "");
    let ended = scene.recover(&["--yes", "--state", "taken/state"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("prepare the state directory") || ended.stderr.contains("taken/state"), "{ended}");
    assert!(
        ended.stderr.contains("\n  now: nothing was created or changed\n  next: make room, or rights, there"),
        "{ended}"
    );
    scene.assert_untouched(&ended);
}

/// Stops a run, damages its journal, and asks every command that reads it.
fn refused(damage: impl Fn(&Scene, &std::path::Path), words: &str) {
    let scene = Scene::new();
    let stopped = scene.recovered("restored");
    let run = stopped["run"].as_str().expect("a run").to_owned();
    let directory = scene.state().join("runs").join(&run);
    damage(&scene, &directory);
    let (changes, records) = (scene.changes(), scene.records());
    for command in [
        vec!["status", &run],
        vec!["report", &run],
        vec!["resume", &run, "--until", "validated"],
        vec!["cancel", &run, "--yes"],
    ] {
        let ended = scene.run(&command);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(words), "{words:?} is not in {ended}");
        assert!(ended.stderr.contains("\n  next: "), "{ended}");
    }
    assert_eq!((scene.changes(), scene.records()), (changes, records), "nothing was done with it, or to it");
}

#[test]
fn a_truncated_record() {
    refused(
        |_, directory| {
            let record = directory.join("000004.json");
            let text = fs::read_to_string(&record).expect("a record");
            fs::write(record, &text[..text.len() / 2]).expect("truncate it");
        },
        "record 4 is damaged: it is not a journal record, or only a part of one",
    );
}

#[test]
fn an_edited_record() {
    refused(
        |_, directory| {
            let record = directory.join("000000.json");
            let text = fs::read_to_string(&record).expect("a record");
            fs::write(record, text.replace("loans exist", "loans exist?")).expect("edit it");
        },
        "record 0 is damaged: its digest does not match its content",
    );
}

#[test]
fn a_missing_record() {
    refused(|_, directory| fs::remove_file(directory.join("000002.json")).expect("remove a record"), "record 2 of run");
}

#[test]
fn a_record_of_another_run() {
    refused(
        |_, directory| {
            let other = Scene::new();
            let run = other.recovered("restored")["run"].as_str().expect("a run").to_owned();
            let foreign = other.state().join("runs").join(run).join("000003.json");
            fs::copy(foreign, directory.join("000003.json")).expect("bring a foreign record");
        },
        "record 3 does not belong here: it is record 3 of run ",
    );
}
