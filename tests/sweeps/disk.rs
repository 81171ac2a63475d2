//! A state directory on a disk that is full at each write in turn, or cannot be written at all: what cannot be remembered is not
//! done, and with room again every operation ends as if nobody had disturbed it.

use std::{collections::BTreeMap, fs, process::Command};

use rustix::fs::statvfs;
use tempfile::TempDir;

use crate::{
    ground::{Ground, Keeper},
    model::{self, Models},
    operation::Operation,
    runner::{self, Case, Total},
    settings::Settings,
    support::disk::SmallDisk,
    world::World,
};

/// What is wrong with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    /// It takes so many more files. A record needs two for a moment, and keeps one.
    Full(u64),
    ReadOnly,
}

/// One round; every third place where the disk may become full, unless soaked.
pub(crate) fn round(settings: &Settings) -> Total {
    let place = TempDir::with_prefix("daybreak-disk-").expect("a mount point");
    if SmallDisk::mount(place.path().to_owned(), "size=64k").is_none() {
        runner::say("sweep disk: this user may not mount a small disk, so none is filled");
        return Total::default();
    }
    let models = model::observed(Keeper::SmallDisk);
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = 0;
    for operation in Operation::ALL {
        let writes = models[operation].records as u64 + 2;
        let step = if settings.soak { 1 } else { 3 };
        let full = (settings.seed % step..writes).step_by(usize::try_from(step).expect("small")).map(Disk::Full);
        for disk in full.chain([Disk::ReadOnly]) {
            number += 1;
            lanes.entry(operation).or_default().push(case(number, operation, disk, models.clone()));
        }
    }
    runner::run("disk", settings, model::woven(lanes))
}

/// Changes the options of a disk in use.
fn remount(disk: &SmallDisk, options: &str) {
    let changed = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(disk.place()).status();
    assert!(changed.expect("start mount").success(), "remount with {options}");
}

fn case(number: usize, operation: Operation, disk: Disk, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} on a disk that is {disk:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::SmallDisk));
            let arguments = ground.ready_for(operation);
            let before = World::of(&ground.scene, &ground.runs, &ground.status());
            remount(
                ground.disk(),
                &match disk {
                    Disk::ReadOnly => "ro".to_owned(),
                    Disk::Full(room) => format!("nr_inodes={}", files(ground) + room),
                },
            );
            let ended = ground.call(&arguments);
            let known = ground.records() > 0;
            let status = known.then(|| ground.scene.run(&["status", &ground.run().run]));
            remount(ground.disk(), "rw,nr_inodes=1000");
            assert!(status.as_ref().is_none_or(|status| status.code == Some(0)), "a full disk can be read: {status:?}");
            match ended.code {
                Some(3) => {
                    let after = World::of(&ground.scene, &ground.runs, &ground.status());
                    assert!(after == before, "refused, and yet something has changed: {ended}");
                }
                Some(5) => assert!(ended.stderr.contains("daybreak resume "), "how to go on: {ended}"),
                Some(0) => assert_ne!(disk, Disk::ReadOnly, "{ended}"),
                _ => panic!("{ended}"),
            }
            let reason = ["No space left on device", "Read-only file system"][usize::from(disk == Disk::ReadOnly)];
            assert!(ended.code == Some(0) || ended.stderr.contains(reason), "why: {ended}");
            assert_no_remains(ground);
            ground.go_on(&arguments);
            ground.assert_like(&models[operation].after, operation);
        }),
    }
}

/// How many files, directories and links the disk holds.
fn files(ground: &Ground) -> u64 {
    let disk = statvfs(ground.disk().place()).expect("look at the disk");
    disk.f_files - disk.f_ffree
}

/// Fails if a record that could not be written left a part of itself under its name.
fn assert_no_remains(ground: &Ground) {
    for file in ground.record_files() {
        let text = fs::read_to_string(&file).expect("a record");
        assert!(text.ends_with("}\n"), "{} is cut short", file.display());
    }
}
