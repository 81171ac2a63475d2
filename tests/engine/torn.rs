//! Journals that were damaged, records that could not be written, and a clock that was set back: never a panic, never a wrong
//! reading. What is damaged is refused; of a journal that has only lost its last record, the rest is gone on with.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use daybreak::{
    run::{
        clock::Clock,
        executor::Advance,
        id::RunId,
        interrupt::Interrupt,
        journal::{self, History, Journal, JournalError},
        record::{FORMAT, InvalidRecord, Outcome, Record, Scope},
        state::Stage,
        step::Until,
        store::{Document, Holder, Lease, Store, StoreError},
    },
    steps::step::Step,
    store::directory::DirectoryStore,
};

use crate::support::{MemoryStore, Scene, actor, holder, run, sweep};

/// Records with more bytes than this are damaged in a sample of their places.
const LARGE: usize = 2_000;

/// Counts cases, and keeps what went wrong.
#[derive(Default)]
struct Cases {
    tried: usize,
    failed: Vec<String>,
}

impl Cases {
    fn check(&mut self, holds: bool, case: impl FnOnce() -> String) {
        self.tried += 1;
        if !holds {
            self.failed.push(case());
        }
    }

    fn report(self, name: &str) {
        sweep::report(name, self.tried, "cases", self.failed.len());
        assert!(self.failed.is_empty(), "{:#?}", &self.failed[..self.failed.len().min(20)]);
    }
}

/// A whole recovery, and its rollback and removal after it.
async fn complete() -> (History<Step>, Vec<Vec<u8>>) {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.turn_back(Scope::Cutover).await;
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    (scene.history().await, scene.store.read(&run()).await.unwrap())
}

async fn undisturbed() -> Vec<String> {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.what_exists()
}

async fn read(store: &dyn Store) -> Result<History<Step>, JournalError> {
    journal::read(store, &run()).await
}

fn is_refusal<T>(read: &Result<T, JournalError>) -> bool {
    matches!(
        read,
        Err(JournalError::Record { .. }
            | JournalError::Store(StoreError::Missing { .. } | StoreError::NoSuchRun { .. }))
    )
}

/// A record altered at will, stored as if it had been written so.
fn rewritten(record: &Record<Step>, alter: impl FnOnce(&mut Record<Step>)) -> Vec<u8> {
    let mut record = record.clone();
    alter(&mut record);
    record.encode().unwrap().0
}

#[tokio::test]
async fn no_bit_of_a_record_can_be_flipped_and_no_end_cut_off_unnoticed() {
    let (history, stored) = complete().await;
    let mut cases = Cases::default();
    let mut previous: Option<String> = None;
    for ((number, bytes), written) in (0..).zip(&stored).zip(&history.records) {
        let decode = |bytes: &[u8]| Record::<Step>::decode(bytes, &run(), number, previous.as_deref());
        let stride = if bytes.len() > LARGE { 61 } else { 1 };
        for bit in (0..bytes.len() * 8).step_by(stride) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            cases.check(decode(&flipped).is_err(), || format!("record {number}, bit {bit}"));
        }
        for length in (0..bytes.len()).step_by(stride) {
            // Without its last newline it is still the whole record.
            let holds = match decode(&bytes[..length]) {
                Ok((record, _)) => length == bytes.len() - 1 && record == *written,
                Err(_) => true,
            };
            cases.check(holds, || format!("record {number}, cut to {length} bytes"));
        }
        previous = Some(decode(bytes).unwrap().1);
    }
    cases.report("torn-records");
}

#[tokio::test]
async fn a_journal_whose_records_are_missing_misplaced_or_foreign_is_refused() {
    let (history, stored) = complete().await;
    let other: RunId = "20261120-150000-abcd".parse().unwrap();
    let mut cases = Cases::default();
    let last = stored.len() - 1;
    for number in 0..stored.len() {
        let record = &history.records[number];
        let mut damaged: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
        let mut with = |what, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut records = stored.clone();
            change(&mut records);
            damaged.push((what, records));
        };
        with("empty", &|records| records[number].clear());
        with("no record at all", &|records| records[number] = b"{\"hello\":1}\n".to_vec());
        with("not text", &|records| records[number] = vec![0xff, 0xfe, 0x00]);
        with("twice in one place", &|records| {
            let again = records[number].clone();
            records[number].extend(again);
        });
        with("twice", &|records| records.insert(number, records[number].clone()));
        with("of another run", &|records| records[number] = rewritten(record, |record| record.run = other.clone()));
        with("newer", &|records| records[number] = rewritten(record, |record| record.format = FORMAT + 1));
        with("of another place", &|records| records[number] = rewritten(record, |record| record.number += 1));
        with("after another", &|records| {
            records[number] = rewritten(record, |record| record.previous = Some("0".repeat(64)));
        });
        if number < last {
            with("swapped with the next", &|records| records.swap(number, number + 1));
            with("missing", &|records| drop(records.remove(number)));
            with("rewritten with another time", &|records| {
                records[number] = rewritten(record, |record| record.at += jiff::SignedDuration::from_secs(1));
            });
        }
        for (what, records) in damaged {
            let store = MemoryStore::default();
            store.put_all(&run(), records.clone());
            let found = read(&store).await;
            let newer = |error: &JournalError| matches!(error, JournalError::Record { source, .. } if matches!(**source, InvalidRecord::Newer { .. }));
            let named = what != "newer" || found.as_ref().err().is_some_and(newer);
            cases.check(is_refusal(&found) && named, || format!("record {number} {what}: {found:?}"));
            let opened = Journal::<Step>::open(Arc::new(store.clone()), &run(), &holder()).await;
            let untouched = store.read(&run()).await.unwrap() == records;
            cases.check(is_refusal(&opened) && untouched, || format!("record {number} {what}: opened"));
        }
    }
    cases.report("torn-journals");
}

/// Executes until `records` are written and everything after them is done that comes before the next record.
async fn run_until(records: usize) -> Scene {
    let scene = Scene::new();
    let mut executor = scene.executor(scene.begin(Until::Cutover).await);
    scene.store.room_for(records - 1);
    let stopped = scene.drive(&mut executor).await;
    assert!(stopped.is_ok() || matches!(stopped, Err(JournalError::Store(StoreError::Io { .. }))));
    drop(executor);
    scene.store.make_room();
    scene
}

#[tokio::test]
async fn a_journal_that_has_lost_its_last_record_is_gone_on_with_to_the_same_end() {
    let expected = undisturbed().await;
    let mut cases = Cases::default();
    for records in 2.. {
        let scene = run_until(records).await;
        let mut stored = scene.store.read(&run()).await.unwrap();
        if stored.len() < records {
            break;
        }
        stored.pop();
        scene.store.put_all(&run(), stored);
        let end = scene.resume().await;
        let same = end == Stage::Ended(Outcome::Recovered) && scene.what_exists() == expected;
        cases.check(same, || format!("record {} lost: {end:?}", records - 1));
    }
    assert!(cases.tried > 30, "a recovery has more records than {}", cases.tried);
    cases.report("torn-ends");
}

/// What goes wrong with one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    /// Nothing is written.
    Before,
    /// The record is there, and its writer is told that it is not.
    After,
}

/// A store whose disk is full at one write.
struct Filling {
    store: Arc<dyn Store>,
    at: u64,
    full: Full,
}

#[async_trait]
impl Store for Filling {
    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        if number == self.at {
            if self.full == Full::After {
                self.store.create(run, number, bytes).await?;
            }
            let source = io::Error::from(io::ErrorKind::StorageFull);
            return Err(StoreError::Io { doing: "write to".to_owned(), place: self.place(), source });
        }
        self.store.create(run, number, bytes).await
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError> {
        self.store.read(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        self.store.runs().await
    }

    async fn keep(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.keep(document, bytes).await
    }

    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError> {
        self.store.kept(shelf).await
    }

    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.document(document).await
    }

    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError> {
        self.store.lease(run, holder).await
    }

    fn place(&self) -> String {
        self.store.place()
    }
}

#[tokio::test]
async fn a_disk_full_at_any_write_stops_the_run_before_its_next_change_and_it_goes_on_later() {
    let expected = undisturbed().await;
    let mut cases = Cases::default();
    for full in [Full::Before, Full::After] {
        for at in 1.. {
            let scene = Scene::new();
            let directory = tempfile::tempdir().unwrap();
            let store: Arc<dyn Store> = Arc::new(DirectoryStore::new(directory.path()));
            let filling = Arc::new(Filling { store: store.clone(), at, full });
            let plan = scene.plan().await;
            let begun = Journal::begin(filling, plan, Until::Cutover, actor(), &holder(), scene.clock.now()).await;
            let mut executor = scene.executor(begun.unwrap());
            let complete = scene.drive(&mut executor).await.is_ok();
            if complete {
                break;
            }
            let changes = scene.cloud.changes();
            let still = scene.drive(&mut executor).await.is_err() && scene.cloud.changes() == changes;
            drop(executor);
            // What a writer leaves that died in the middle of a write.
            let runs = directory.path().join("runs").join(run().as_str());
            std::fs::write(runs.join(format!(".{:06}.0123456789abcdef", at + 1)), b"{\"sha256\":\"12").unwrap();
            let opened = Journal::open(store.clone(), &run(), &holder()).await.unwrap();
            let mut executor = scene.executor(opened);
            scene.drive(&mut executor).await.unwrap();
            let end = executor.journal().state().stage;
            let same = end == Stage::Ended(Outcome::Recovered) && scene.what_exists() == expected;
            cases.check(still && same, || format!("full {full:?} record {at}: {end:?}"));
        }
    }
    assert!(cases.tried > 60, "a recovery has more records than {}", cases.tried / 2);
    cases.report("full-disk");
}

#[tokio::test]
async fn a_clock_set_back_an_hour_at_any_point_changes_nothing() {
    let expected = undisturbed().await;
    let mut cases = Cases::default();
    for another_goes_on in [false, true] {
        for advances in 0.. {
            let scene = Scene::new();
            let mut executor = scene.executor(scene.begin(Until::Cutover).await);
            let (_raise, interrupt) = Interrupt::new();
            let mut rested = false;
            for _ in 0..advances {
                match executor.advance(&interrupt).await.unwrap() {
                    Advance::Resting => rested = true,
                    Advance::Wait(span) => scene.clock.sleep(span).await,
                    Advance::Moved | Advance::Interrupted => {}
                }
            }
            scene.clock.set_back(Duration::from_secs(3600));
            let end = if another_goes_on {
                drop(executor);
                scene.resume().await
            } else {
                scene.drive(&mut executor).await.unwrap();
                executor.journal().state().stage
            };
            let same = end == Stage::Ended(Outcome::Recovered) && scene.what_exists() == expected;
            cases.check(same, || format!("set back after {advances} advances, {another_goes_on}: {end:?}"));
            if rested {
                break;
            }
        }
    }
    cases.report("clock-set-back");
}

#[tokio::test]
async fn a_directory_with_a_damaged_record_is_refused_and_one_that_lost_its_last_is_gone_on_with() {
    let expected = undisturbed().await;
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    let stored = scene.store.read(&run()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(DirectoryStore::new(directory.path()));
    for (number, bytes) in (0..).zip(&stored) {
        store.create(&run(), number, bytes).await.unwrap();
    }
    let mut cases = Cases::default();
    for (number, bytes) in stored.iter().enumerate() {
        let file = directory.path().join("runs").join(run().as_str()).join(format!("{number:06}.json"));
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 3] ^= 4;
        for (what, damaged) in [("cut short", &bytes[..bytes.len() / 2]), ("empty", &[]), ("flipped", &flipped)] {
            std::fs::write(&file, damaged).unwrap();
            cases.check(is_refusal(&read(&*store).await), || format!("file {number} {what}"));
        }
        std::fs::remove_file(&file).unwrap();
        if number + 1 < stored.len() {
            cases.check(is_refusal(&read(&*store).await), || format!("file {number} missing"));
        }
        // A directory where a record belongs is no record either.
        std::fs::create_dir(&file).unwrap();
        cases.check(read(&*store).await.is_err(), || format!("file {number} is a directory"));
        std::fs::remove_dir(&file).unwrap();
        if number + 1 == stored.len() {
            let mut executor = scene.executor(Journal::open(store.clone(), &run(), &holder()).await.unwrap());
            scene.drive(&mut executor).await.unwrap();
            cases.check(scene.what_exists() == expected, || "the last file missing".to_owned());
        } else {
            std::fs::write(&file, bytes).unwrap();
        }
    }
    cases.report("torn-directory");
}
