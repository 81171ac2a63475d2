//! Every store keeps the contract; and what S3 can do to one that a directory cannot.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use daybreak::{
    aws::{ErrorKind, s3::Objects},
    run::{
        clock::Clock,
        interrupt::Interrupt,
        journal::{self, Journal, JournalError},
        state::Stage,
        step::Until,
        store::{Heard, Lease, Store, StoreError},
    },
    steps::step::Step,
    store::{directory::DirectoryStore, place::Place, s3::S3Store},
};
use tempfile::TempDir;

use crate::support::{
    MemoryStore, Scene, actor,
    bucket::{Bucket, Fate},
    contract::{Ground, keeps_the_contract},
    holder, run,
};

/// How many tests the contract has.
const TESTS: usize = 15;

/// The lease of a directory, or in memory, ends when it is dropped, as with a process.
struct AtOnce<S>(S);

#[async_trait]
impl<S: Store + Clone + 'static> Ground for AtOnce<S> {
    fn enter(&self) -> Arc<dyn Store> {
        Arc::new(self.0.clone())
    }

    async fn die(&self, lease: Box<dyn Lease>) {
        drop(lease);
    }
}

#[async_trait]
impl Ground for Bucket {
    fn enter(&self) -> Arc<dyn Store> {
        Arc::new(in_bucket(self))
    }

    async fn die(&self, lease: Box<dyn Lease>) {
        drop(lease);
        self.pass(EXPIRED);
    }
}

/// More than the 30 s after which a lease expires: ages are in whole seconds.
const EXPIRED: Duration = Duration::from_secs(31);

fn in_bucket(bucket: &Bucket) -> S3Store {
    let Ok(Place::Bucket(place)) = Place::parse("s3://acme-state/team/daybreak") else { panic!("a bucket's place") };
    S3Store::new(Arc::new(bucket.clone()), place)
}

/// Gives the other tasks their turns.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn key(name: &str) -> String {
    format!("team/daybreak/runs/{}/{name}", run())
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    assert_eq!(keeps_the_contract(|_| Box::new(AtOnce(MemoryStore::default()))).await, TESTS);
}

#[tokio::test]
async fn a_directory_keeps_the_contract() {
    let directory = TempDir::new().expect("a directory");
    let held = keeps_the_contract(|name| Box::new(AtOnce(DirectoryStore::new(directory.path().join(name))))).await;
    assert_eq!(held, TESTS);
}

#[tokio::test]
async fn a_bucket_keeps_the_contract() {
    assert_eq!(keeps_the_contract(|_| Box::new(Bucket::default())).await, TESTS);
}

#[tokio::test]
async fn an_encrypted_bucket_keeps_the_contract() {
    let held = keeps_the_contract(|_| {
        let bucket = Bucket::default();
        bucket.encrypt();
        Box::new(bucket)
    });
    assert_eq!(held.await, TESTS);
}

#[tokio::test]
async fn a_bucket_that_loses_every_answer_keeps_the_contract() {
    let held = keeps_the_contract(|_| {
        let bucket = Bucket::default();
        bucket.fates([Fate::SentTwice; 200]);
        Box::new(bucket)
    });
    assert_eq!(held.await, TESTS);
}

#[tokio::test]
async fn a_record_whose_answer_never_came_is_there_and_no_other_is_written_in_its_place() {
    let bucket = Bucket::default();
    let (ours, theirs) = (in_bucket(&bucket), in_bucket(&bucket));
    bucket.fates([Fate::Vanishes]);
    let unknown = ours.create(&run(), 0, b"ours").await;
    assert!(matches!(unknown, Err(StoreError::Service { .. })), "{unknown:?}");
    // The same bytes from the same place, and yet another writer: it must not think that the record is its own.
    let again = theirs.create(&run(), 0, b"ours").await;
    assert!(matches!(again, Err(StoreError::Exists { .. })), "{again:?}");
    assert_eq!(theirs.read(&run()).await.expect("a journal"), [b"ours"]);
}

#[tokio::test]
async fn an_error_says_what_failed_and_what_helps() {
    let bucket = Bucket::default();
    bucket.fates([Fate::Fails(ErrorKind::AccessDenied)]);
    match in_bucket(&bucket).create(&run(), 3, b"x").await {
        Err(StoreError::Service { doing, place, hint: Some(hint), .. }) => {
            assert_eq!(doing, format!("write record 3 of run {} to", run()));
            assert_eq!(place, format!("s3://acme-state/{}", key("000003.json")));
            assert!(hint.starts_with("allow s3:PutObject to ") && hint.contains("kms:GenerateDataKey"), "{hint}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_record_that_was_removed_is_missed() {
    let bucket = Bucket::default();
    let store = in_bucket(&bucket);
    for number in 0..4 {
        store.create(&run(), number, b"x").await.expect("a record");
    }
    bucket.remove(&key("000002.json"));
    assert!(matches!(store.read(&run()).await, Err(StoreError::Missing { number: 2, .. })));
    bucket.remove(&key("000000.json"));
    assert!(matches!(store.read(&run()).await, Err(StoreError::Missing { number: 0, .. })));
}

#[tokio::test]
async fn a_bucket_without_conditional_writes_is_refused() {
    let (overlooks, refuses) = (Bucket::default(), Bucket::default());
    overlooks.overlook_conditions();
    refuses.refuse_conditions();
    for (bucket, word) in [(overlooks, "overlooks If-None-Match"), (refuses, "does not implement")] {
        let store = in_bucket(&bucket);
        for refused in [store.check().await, store.lease(&run(), &holder()).await.map(drop)] {
            match refused {
                Err(StoreError::Unfit { why, .. }) => assert!(why.contains(word), "{why}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(store.runs().await.expect("a list"), []);
    }
}

#[tokio::test]
async fn a_bucket_is_probed_once_in_a_process_and_keeps_one_object_for_it() {
    let bucket = Bucket::default();
    let store = in_bucket(&bucket);
    store.check().await.expect("a good bucket");
    let writes = bucket.writes();
    store.check().await.expect("a good bucket");
    assert_eq!(bucket.writes(), writes);
    in_bucket(&bucket).check().await.expect("a good bucket");
    assert_eq!(bucket.keys(), ["team/daybreak/probe"]);
}

#[tokio::test]
async fn a_lease_is_left_to_its_holder_until_it_has_expired_by_the_buckets_clock() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    for (passed, ago, free_in) in [(0, 0, 31), (29, 29, 2), (1, 30, 1)] {
        bucket.pass(Duration::from_secs(passed));
        match in_bucket(&bucket).lease(&run(), &holder()).await.map(drop) {
            Err(StoreError::Held { heard: Some(heard), .. }) => {
                let seconds = Duration::from_secs;
                assert_eq!(heard, Heard { ago: seconds(ago), free_in: seconds(free_in) });
            }
            other => panic!("{other:?}"),
        }
    }
    bucket.pass(Duration::from_secs(1));
    let taken = in_bucket(&bucket).lease(&run(), &holder()).await.expect("an expired lease");
    match lease.confirm().await {
        Err(StoreError::Lost { by, .. }) => assert_eq!(by, holder().to_string()),
        other => panic!("{other:?}"),
    }
    assert!(lease.lost().is_some());
    lease.release().await;
    taken.confirm().await.expect("what was lost is not given up");
}

#[tokio::test]
async fn a_confirmation_renews_the_lease() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    for _ in 0..5 {
        bucket.pass(Duration::from_secs(29));
        lease.confirm().await.expect("it is held");
    }
    assert!(matches!(in_bucket(&bucket).lease(&run(), &holder()).await.map(drop), Err(StoreError::Held { .. })));
    // Late, but nobody has taken it meanwhile.
    bucket.pass(EXPIRED * 10);
    lease.confirm().await.expect("it is held");
}

#[tokio::test(start_paused = true)]
async fn a_lease_renews_itself_while_its_holder_waits() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    for _ in 0..12 {
        bucket.pass(Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(10)).await;
        settle().await;
        let other = in_bucket(&bucket).lease(&run(), &holder()).await.map(drop);
        assert!(matches!(other, Err(StoreError::Held { .. })), "{other:?}");
    }
    drop(lease);
    bucket.pass(EXPIRED);
    tokio::time::advance(EXPIRED).await;
    in_bucket(&bucket).lease(&run(), &holder()).await.expect("nobody renews it any more");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    bucket.fates([Fate::Fails(ErrorKind::Service), Fate::Fails(ErrorKind::Throttled), Fate::Vanishes]);
    for _ in 0..4 {
        bucket.pass(Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(10)).await;
        settle().await;
    }
    let other = in_bucket(&bucket).lease(&run(), &holder()).await.map(drop);
    assert!(matches!(other, Err(StoreError::Held { .. })), "{other:?}");
    lease.confirm().await.expect("it is held");
}

#[tokio::test]
async fn what_keeps_a_confirmation_from_being_known_is_an_error() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    bucket.fates([Fate::Fails(ErrorKind::Unreachable), Fate::Vanishes]);
    for _ in 0..2 {
        let unknown = lease.confirm().await;
        assert!(matches!(unknown, Err(StoreError::Service { .. })), "{unknown:?}");
    }
    lease.confirm().await.expect("it is known again, although the last renewal's answer never came");
}

#[tokio::test]
async fn every_version_of_a_lease_has_an_etag_of_its_own() {
    // That of an unencrypted object follows from its content: whatever is done must change it, the same person's taking, too.
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    let mut etags = Vec::new();
    let mut lease = Some(lease);
    for round in 0..20 {
        match lease.take() {
            Some(held) if round % 5 == 4 => held.release().await,
            Some(held) => {
                held.confirm().await.expect("it is held");
                lease = Some(held);
            }
            None => lease = Some(in_bucket(&bucket).lease(&run(), &holder()).await.expect("a free lease")),
        }
        let object = bucket.get(&key("lease")).await.expect("an answer");
        etags.push(object.expect("a lease").etag);
    }
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), 20);
}

#[tokio::test]
async fn a_lease_that_somebody_removed_is_lost() {
    let bucket = Bucket::default();
    let lease = in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease");
    bucket.remove(&key("lease"));
    assert!(matches!(lease.confirm().await, Err(StoreError::Lost { .. })));
    lease.release().await;
    in_bucket(&bucket).lease(&run(), &holder()).await.expect("a free lease");
}

#[tokio::test]
async fn a_lease_that_nobody_can_read_is_left_alone_until_it_expires() {
    let bucket = Bucket::default();
    drop(in_bucket(&bucket).lease(&run(), &holder()).await.expect("a lease"));
    bucket.overwrite(&key("lease"), |bytes| *bytes = b"{\"format\":9}".to_vec());
    match in_bucket(&bucket).lease(&run(), &holder()).await.map(drop) {
        Err(StoreError::Held { by, .. }) => assert_eq!(by, "another process"),
        other => panic!("{other:?}"),
    }
    bucket.pass(EXPIRED);
    in_bucket(&bucket).lease(&run(), &holder()).await.expect("an expired lease");
}

#[tokio::test]
async fn an_executor_whose_lease_was_taken_over_stops_before_it_acts() {
    let bucket = Bucket::default();
    let scene = Scene::new();
    let plan = scene.plan().await;
    let store = Arc::new(in_bucket(&bucket));
    let begun = Journal::begin(store, plan, Until::Cutover, actor(), &holder(), scene.clock.now()).await;
    let mut stale = scene.executor(begun.expect("begun"));
    let (_raise, never) = Interrupt::new();
    stale.advance(&never).await.expect("the first step is started");
    bucket.pass(EXPIRED);
    let other = Journal::<Step>::open(Arc::new(in_bucket(&bucket)), &run(), &holder()).await.expect("taken over");
    let stopped = scene.drive(&mut stale).await;
    assert!(matches!(stopped, Err(JournalError::Overtaken { .. })), "{stopped:?}");
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "nothing was made");
    stale.into_journal().close().await;

    let mut executor = scene.executor(other);
    scene.drive(&mut executor).await.expect("driven");
    assert!(matches!(executor.journal().state().stage, Stage::Ended(_)));
    let history = executor.into_journal().close().await;
    assert_eq!(journal::read::<Step>(&in_bucket(&bucket), &run()).await.expect("a journal"), history);
    Journal::<Step>::open(Arc::new(in_bucket(&bucket)), &run(), &holder()).await.expect("the lease was given up");
}
