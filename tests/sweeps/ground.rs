//! A ground to stand cases on: one source, one secret, and daybreak, taken from state to state by the four operations.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    operation::{Operation, State},
    runner::Evidence,
    support::{Lab, Scene, aws::wait, bucket::Bucket, daybreak::Ended, disk::SmallDisk},
    world::{Named, World, difference},
};

/// Where runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    Directory,
    /// A directory on a disk of its own, whose number of files can be limited.
    SmallDisk,
    /// A bucket of S3.
    Bucket,
}

/// A scene with its runs.
pub(crate) struct Ground {
    pub(crate) scene: Scene,
    pub(crate) state: State,
    /// The runs planned so far, the latest last.
    pub(crate) runs: Vec<Named>,
    /// What was said so far, for whoever must find out what happened.
    told: Vec<String>,
    /// After the scene, whose end looks into it.
    disk: Option<(SmallDisk, TempDir)>,
    bucket: Option<Bucket>,
    /// How far S3's clock is ahead, in seconds.
    ahead: u64,
}

/// The shortest watch that asks its probes twice.
const WATCH: &str =
    "[databases.loans.watch]\nfor = \"1s\"\ninterval = \"1s\"\nsql = [\"SELECT count(*) = 1500 FROM loans\"]\n";

impl Ground {
    /// A source with a secret, and no run.
    pub(crate) fn new(keeper: Keeper) -> Self {
        let mut scene = Scene::new();
        scene.configure("", WATCH);
        let disk = (keeper == Keeper::SmallDisk).then(|| mounted_for(&scene));
        let bucket =
            (keeper == Keeper::Bucket).then(|| Bucket::new(scene.lab, &format!("state-of-{}", scene.identity())));
        if let Some(bucket) = &bucket {
            scene.daybreak.set("DAYBREAK_STATE", bucket.state());
        }
        Self { scene, state: State::Nothing, runs: Vec::new(), told: Vec::new(), disk, bucket, ahead: 0 }
    }

    /// Where its runs are kept.
    pub(crate) fn keeper(&self) -> Keeper {
        match (&self.disk, &self.bucket) {
            (Some(_), _) => Keeper::SmallDisk,
            (_, Some(_)) => Keeper::Bucket,
            _ => Keeper::Directory,
        }
    }

    /// The bucket.
    pub(crate) fn bucket(&self) -> &Bucket {
        self.bucket.as_ref().expect("a ground with a bucket")
    }

    /// The disk of its own.
    pub(crate) fn disk(&self) -> &SmallDisk {
        &self.disk.as_ref().expect("a ground with a small disk").0
    }

    /// The latest run.
    pub(crate) fn run(&self) -> &Named {
        self.runs.last().expect("a run was planned")
    }

    /// Takes the ground, undisturbed, to where `operation` can begin; its command line.
    pub(crate) fn ready_for(&mut self, operation: Operation) -> Vec<String> {
        let wanted = match operation {
            Operation::Recover => State::Nothing,
            Operation::Rollback => State::Recovered,
            Operation::Cutover | Operation::Cancel => State::RolledBack,
        };
        while self.state != wanted {
            let next = match self.state {
                State::Nothing => Operation::Recover,
                State::Recovered => Operation::Rollback,
                State::RolledBack if wanted == State::Recovered => Operation::Cutover,
                State::RolledBack => Operation::Cancel,
            };
            let arguments = self.arguments(next);
            let ended = self.call(&arguments);
            assert_eq!(ended.code, Some(0), "undisturbed: {ended}");
            self.state = next.end();
        }
        self.arguments(operation)
    }

    fn arguments(&mut self, operation: Operation) -> Vec<String> {
        if operation == Operation::Recover {
            self.plan();
            return ["recover", "--plan", "loans.plan.json", "--until", "cutover", "--output", "json"]
                .map(str::to_owned)
                .to_vec();
        }
        let command = match operation {
            Operation::Cutover => "cutover",
            Operation::Rollback => "rollback",
            _ => "cancel",
        };
        [command, &self.run().run, "--yes", "--output", "json"].map(str::to_owned).to_vec()
    }

    fn plan(&mut self) {
        let (file, target) = self.scene.plan();
        let text = fs::read_to_string(file).expect("the plan");
        let plan: Value = serde_json::from_str(&text).expect("the plan is JSON");
        let run = plan.pointer("/plan/run").or_else(|| plan.get("run")).and_then(Value::as_str).expect("a run");
        let version = find(&plan, "ClientRequestToken").expect("a version is staged");
        self.runs.push(Named { run: run.to_owned(), target, version });
    }

    /// Runs daybreak to its end.
    pub(crate) fn call(&mut self, arguments: &[String]) -> Ended {
        let key = self.scene.identity().to_owned();
        self.call_as(&key, arguments)
    }

    /// Runs daybreak, which signs with `key`, to its end.
    pub(crate) fn call_as(&mut self, key: &str, arguments: &[String]) -> Ended {
        let mut command = self.scene.daybreak.command(arguments);
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", key);
        let ended = Ended::of(command.output().expect("start daybreak"), self.scene.daybreak.home());
        self.note(&format!("{} (as {key})", arguments.join(" ")), &ended);
        ended
    }

    /// Lets time pass, by S3's clock.
    pub(crate) fn pass_time(&mut self, seconds: u64) {
        self.ahead += seconds;
        self.bucket().quirk("ahead_seconds", self.ahead);
    }

    /// An access key that nobody else uses, for somebody beside the ground's own daybreak.
    pub(crate) fn other_key(&self) -> String {
        format!("{}-other", self.scene.identity())
    }

    /// Remembers how a call ended.
    pub(crate) fn note(&mut self, command: &str, ended: &Ended) {
        // The result is in the journal, too.
        let mut ended = ended.clone();
        ended.stdout.clear();
        self.told.push(format!("$ daybreak {command}\n{ended}"));
    }

    /// Remembers what was done to the run.
    pub(crate) fn note_line(&mut self, line: &str) {
        self.told.push(line.to_owned());
    }

    /// Goes on with an operation after a death: by `resume`, or, where there is nothing to resume, by asking again.
    pub(crate) fn go_on(&mut self, arguments: &[String]) -> Ended {
        let key = self.scene.identity().to_owned();
        self.go_on_as(&key, arguments)
    }

    /// The same as somebody who signs with `key`.
    pub(crate) fn go_on_as(&mut self, key: &str, arguments: &[String]) -> Ended {
        let resumed = self.call_as(key, &self.resume());
        if resumed.code != Some(3) {
            return resumed;
        }
        let again = self.call_as(key, arguments);
        if again.code == Some(3) { resumed } else { again }
    }

    /// The arguments of a resume.
    pub(crate) fn resume(&self) -> Vec<String> {
        ["resume", &self.run().run, "--output", "json"].map(str::to_owned).to_vec()
    }

    /// How the latest run is, by its journal.
    pub(crate) fn status(&self) -> Value {
        let ended = self.scene.run(&["status", &self.run().run, "--output", "json"]);
        if ended.code == Some(3) { Value::Null } else { ended.json() }
    }

    /// Fails unless all is as after an undisturbed `operation`.
    pub(crate) fn assert_like(&mut self, expected: &World, operation: Operation) {
        let found = World::of(&self.scene, &self.runs, &self.status());
        assert!(
            found.told == expected.told,
            "the run tells another story:\n{}",
            difference(&expected.told, &found.told)
        );
        assert!(
            found.real == expected.real,
            "the lab holds another world:\n{}",
            difference(&expected.real, &found.real)
        );
        self.assert_made_once();
        self.state = operation.end();
    }

    /// Fails if the latest run's cluster or one of its instances was made twice.
    pub(crate) fn assert_made_once(&self) {
        let Named { target, .. } = self.run();
        let mut calls = self.scene.lab.calls(self.scene.identity());
        calls.extend(self.scene.lab.calls(&self.other_key()));
        for (action, name) in [
            ("RestoreDBClusterToPointInTime", target.clone()),
            ("CreateDBInstance", format!("{target}-1")),
            ("CreateDBInstance", format!("{target}-2")),
        ] {
            let made = calls.iter().filter(|call| call["action"] == action && call["resource"] == json!(name));
            let made = made.filter(|call| had_effect(call)).count();
            assert!(made <= 1, "{action} of {name} took effect {made} times");
        }
    }

    /// How many calls that change something this ground's daybreak has made, or tried.
    pub(crate) fn changes(&self) -> usize {
        self.changes_by(self.scene.identity()).len()
    }

    /// The calls that change something and were signed with `key`.
    pub(crate) fn changes_by(&self, key: &str) -> Vec<Value> {
        let mut calls = self.scene.lab.calls(key);
        calls.retain(|call| {
            let action = call["action"].as_str().expect("an action");
            !["Describe", "List", "Get", "Head"].iter().any(|read| action.starts_with(read))
        });
        calls
    }

    /// How many calls this ground's daybreak has made.
    pub(crate) fn calls(&self) -> usize {
        self.scene.lab.calls(self.scene.identity()).len()
    }

    /// How many records the latest run has.
    pub(crate) fn records(&self) -> usize {
        match &self.bucket {
            Some(bucket) => self.record_keys(bucket).len(),
            None => self.record_files().len(),
        }
    }

    /// The files of the latest run's records, in order.
    pub(crate) fn record_files(&self) -> Vec<PathBuf> {
        let Some(named) = self.runs.last() else { return Vec::new() };
        let entries = fs::read_dir(self.scene.state().join("runs").join(&named.run)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        files
    }

    fn record_keys(&self, bucket: &Bucket) -> Vec<String> {
        let Some(named) = self.runs.last() else { return Vec::new() };
        let mut keys = bucket.keys();
        keys.retain(|key| key.contains(&format!("/runs/{}/", named.run)) && key.ends_with(".json"));
        keys
    }

    /// The latest run's records, in order.
    fn journal(&self) -> Vec<String> {
        match &self.bucket {
            Some(bucket) => self.record_keys(bucket).iter().map(|key| bucket.read(key).to_string()).collect(),
            None => self.record_files().iter().filter_map(|file| fs::read_to_string(file).ok()).collect(),
        }
    }

    /// How the latest run says that its steps were taken back.
    pub(crate) fn remarks(&self) -> String {
        let records = self.journal().into_iter().filter(|record| record.contains("\"undo-finished\""));
        records.map(|record| entry_of(&record)).collect()
    }
}

/// A small disk in the place of the scene's state directory.
fn mounted_for(scene: &Scene) -> (SmallDisk, TempDir) {
    let place = TempDir::with_prefix("daybreak-disk-").expect("a mount point");
    let disk = SmallDisk::mount(place.path().to_owned(), "size=8m").expect("the right to mount");
    let state = scene.state();
    fs::create_dir_all(state.parent().expect("it is in the home")).expect("make the directories");
    symlink(place.path(), state).expect("a link to the disk");
    (disk, place)
}

/// Whether a journalled call changed anything: one that was answered well, or whose answer was lost after its effect.
fn had_effect(call: &Value) -> bool {
    match call["fault"].as_str() {
        Some("drop-after" | "500-after") => true,
        _ => call["status"].as_u64().is_some_and(|status| status < 400),
    }
}

/// The first text under `key`, wherever it stands.
fn find(value: &Value, key: &str) -> Option<String> {
    match value {
        Value::Object(map) => match map.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => map.values().find_map(|inner| find(inner, key)),
        },
        Value::Array(list) => list.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

/// Takes the targets' servers away, so that those of grounds that are done with do not slow down the others.
impl Drop for Ground {
    fn drop(&mut self) {
        for named in &self.runs {
            for number in 1..=2 {
                let instance = format!("{}-{number}", named.target);
                let delete = self.scene.lab.aws.rds.delete_db_instance().db_instance_identifier(instance);
                // It may be gone already, or never have been.
                let _ = wait(delete.skip_final_snapshot(true).send());
            }
        }
    }
}

impl Evidence for Ground {
    fn evidence(&self) -> String {
        let journal = self.journal().iter().skip(1).map(|record| entry_of(record)).collect::<String>();
        let calls = Lab::shared().calls(self.scene.identity());
        let last = calls.iter().rev().take(30).rev().map(|call| {
            format!("{} {} {} {} {}\n", call["action"], call["resource"], call["status"], call["error"], call["fault"])
        });
        format!(
            "--- said\n{}\n--- journal, without the plan\n{}--- the last calls\n{}",
            self.told.join("\n"),
            journal,
            last.collect::<String>()
        )
    }
}

/// What a record says, without what chains it to the others.
fn entry_of(text: &str) -> String {
    let record: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let record = &record["record"];
    format!("{} {} {}\n", record["number"], record["at"].as_str().unwrap_or("damaged"), record["entry"])
}
