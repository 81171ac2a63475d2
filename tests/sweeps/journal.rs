//! Journals that cannot be trusted: each kind of damage of each record, as every command that reads it meets it; and a last record
//! that is missing, with which a run goes on.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    ground::{Ground, Keeper},
    model::{self, Models},
    operation::Operation,
    point::Point,
    runner::{self, Case, Chain, Total},
    settings::Settings,
};

/// What may be wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Truncated,
    Flipped,
    /// It stands in the place of the one after it, too.
    Duplicated,
    Newer,
    Missing,
}

const DAMAGES: [Damage; 5] = [Damage::Truncated, Damage::Flipped, Damage::Duplicated, Damage::Newer, Damage::Missing];
const READERS: [&[&str]; 7] = [
    &["status"],
    &["status", "--output", "json"],
    &["report"],
    &["resume"],
    &["cutover", "--yes"],
    &["rollback", "--yes"],
    &["cancel", "--yes"],
];
/// How many grounds share the damages.
const GROUNDS: usize = 3;

/// One round: every damage of every record, and the last record missing at every third place, unless soaked.
pub(crate) fn round(settings: &Settings) -> Total {
    let models = model::observed(Keeper::Directory);
    let operations = [Operation::Recover, Operation::Rollback];
    let records: usize = operations.iter().map(|operation| models[*operation].records).sum();
    let mut chains: Vec<Chain<Ground>> = (0..GROUNDS).map(|_| Chain::new()).collect();
    let mut number = 0;
    for record in 0..records {
        for (at, damage) in DAMAGES.into_iter().enumerate() {
            // Without its last record a journal is shorter, not damaged.
            if damage != Damage::Missing || record + 1 < records {
                number += 1;
                chains[record % GROUNDS].push(damaged(
                    number,
                    record,
                    damage,
                    settings.chance(record * DAMAGES.len() + at),
                ));
            }
        }
    }
    chains.extend(model::woven(shortened(settings, &models, number)));
    runner::run("journal", settings, chains)
}

fn damaged(number: usize, record: usize, damage: Damage, mut chance: fastrand::Rng) -> Case<Ground> {
    Case {
        number,
        what: format!("record {record} is {damage:?}"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| {
                let mut ground = Ground::new(Keeper::Directory);
                ground.ready_for(Operation::Cutover);
                ground
            });
            let run = ground.run().run.clone();
            let state = ground.scene.daybreak.path(&format!("damaged-{number}"));
            let journal = state.join("runs").join(&run);
            fs::create_dir_all(&journal).expect("make a place for a copy");
            for file in ground.record_files() {
                fs::copy(&file, journal.join(file.file_name().expect("a record's name"))).expect("copy a record");
            }
            // A wait that was over at the first look leaves no record: this journal may be shorter than the one counted. One
            // whose last record is missing is no damaged journal but a shorter one.
            let last = ground.records() - if damage == Damage::Missing { 2 } else { 1 };
            let record = record.min(last);
            spoil(&journal, record, damage, &mut chance);
            let (files, changes) = (content(&journal), ground.changes());
            let readers = [READERS[0], chance.choice(READERS).expect("one of them")];
            for reader in readers {
                let (command, more) = reader.split_first().expect("a command");
                let place = state.display().to_string();
                let words = [&[*command, run.as_str(), "--state", place.as_str()], more].concat();
                let ended = ground.call(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
                assert_eq!(ended.code, Some(3), "{ended}");
                assert!(ended.stderr.contains(&format!("record {}", named(record, damage))), "which record: {ended}");
                assert!(ended.stderr.contains("\n  next: "), "the way out: {ended}");
            }
            assert!(content(&journal) == files, "the journal was touched");
            assert_eq!(ground.changes(), changes, "the world was touched");
        }),
    }
}

/// The record that is at fault: of one that stands twice, the second place.
fn named(record: usize, damage: Damage) -> usize {
    if damage == Damage::Duplicated { record + 1 } else { record }
}

fn spoil(journal: &Path, record: usize, damage: Damage, chance: &mut fastrand::Rng) {
    let file = |number: usize| journal.join(format!("{number:06}.json"));
    let mut bytes = fs::read(file(record)).expect("a record");
    match damage {
        Damage::Truncated => bytes.truncate(chance.usize(..bytes.len() - 1)),
        Damage::Flipped => {
            // The line's end is not part of what was written.
            let at = chance.usize(..bytes.len() - 1);
            bytes[at] ^= 1 << chance.u8(..8);
        }
        Damage::Duplicated => {
            fs::write(file(record + 1), &bytes).expect("write it once more");
            return;
        }
        Damage::Newer => bytes = newer(&bytes),
        Damage::Missing => {
            fs::remove_file(file(record)).expect("remove the record");
            return;
        }
    }
    fs::write(file(record), bytes).expect("write it");
}

/// The record as a later version might have written it, in an envelope that is right.
fn newer(bytes: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(bytes).expect("a record is text");
    let (_, record) = text.split_once("\"record\":").expect("an envelope");
    let record = record.strip_suffix("}\n").expect("an envelope").replacen("\"format\":1", "\"format\":2", 1);
    assert!(record.contains("\"format\":2"), "a record says its format");
    let digest = Sha256::digest(record.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"sha256\":\"{digest}\",\"record\":{record}}}\n").into_bytes()
}

/// All files of a directory with their content.
fn content(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).expect("list the journal").flatten();
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file")))
        .collect()
}

/// Every operation killed at a record, which is then lost.
fn shortened(settings: &Settings, models: &Models, before: usize) -> BTreeMap<Operation, Vec<Case<Ground>>> {
    let mut lanes: BTreeMap<Operation, Vec<Case<Ground>>> = BTreeMap::new();
    let mut number = before;
    let step = if settings.soak { 1 } else { 3 };
    for operation in Operation::ALL {
        let first = 1 + usize::try_from(settings.seed).unwrap_or(0) % step;
        for record in (first..=models[operation].records).step_by(step) {
            number += 1;
            lanes.entry(operation).or_default().push(shortened_at(number, operation, record, models.clone()));
        }
    }
    lanes
}

fn shortened_at(number: usize, operation: Operation, record: usize, models: Models) -> Case<Ground> {
    Case {
        number,
        what: format!("{operation:?} killed at its record {record}, and the last record lost"),
        run: Box::new(move |ground| {
            let ground = ground.get_or_insert_with(|| Ground::new(Keeper::Directory));
            let arguments = ground.ready_for(operation);
            let key = ground.scene.identity().to_owned();
            let ended = match ground.stand(&arguments, &key, Point::Record(record)) {
                Ok(standing) => standing.kill(),
                Err(ended) => ended,
            };
            ground.note(&arguments.join(" "), &ended);
            let last = ground.record_files().pop().expect("a record");
            ground.note_line(&format!(
                "lost: {}",
                fs::read_to_string(&last).map_or_else(|_| String::new(), |text| event(&text))
            ));
            fs::remove_file(last).expect("lose the last record");
            ground.go_on(&arguments);
            ground.assert_like(&models[operation].after, operation);
        }),
    }
}

fn event(text: &str) -> String {
    let record: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    format!(
        "{} {} {}",
        record["record"]["number"], record["record"]["entry"]["event"], record["record"]["entry"]["step"]
    )
}
