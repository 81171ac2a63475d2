//! What every store promises: one list of tests, run against each.

use std::sync::Arc;

use daybreak::run::{
    id::RunId,
    store::{Document, Holder, Lease, Store, StoreError},
};
use futures_util::future::join_all;

/// A store under test.
#[async_trait::async_trait]
pub(crate) trait Ground: Send + Sync {
    /// One more way into the same place, as another process has it.
    fn enter(&self) -> Arc<dyn Store>;

    /// Lets the holder of a lease die, and as much time pass as the place needs to be sure of that.
    async fn die(&self, lease: Box<dyn Lease>);
}

/// Defines the tests and the list of all of them.
macro_rules! contract {
    ($($(#[$doc:meta])* async fn $name:ident($ground:ident: &dyn Ground) $body:block)*) => {
        $($(#[$doc])* async fn $name($ground: &dyn Ground) $body)*

        /// Runs the whole list, each test in a place of its own; how many there were.
        pub(crate) async fn keeps_the_contract(mut ground: impl FnMut(&'static str) -> Box<dyn Ground>) -> usize {
            let mut held = 0;
            $(
                $name(&*ground(stringify!($name))).await;
                held += 1;
            )*
            held
        }
    };
}

fn run(number: u32) -> RunId {
    format!("20261120-1422{number:02}-k3fa").parse().expect("a run")
}

fn document(id: &str) -> Document {
    Document::named(&["captures", "eu-west-1", "loans-prod", "cluster-ABC", id]).expect("a name")
}

fn holder(who: &str) -> Holder {
    Holder { who: who.to_owned(), pid: 4711 }
}

contract! {
    async fn a_record_is_created_once(ground: &dyn Ground) {
        ground.enter().create(&run(1), 0, b"ours").await.expect("the first");
        for bytes in [b"ours", b"else"] {
            let again = ground.enter().create(&run(1), 0, bytes).await;
            assert!(matches!(again, Err(StoreError::Exists { number: 0, .. })), "{again:?}");
        }
        assert_eq!(ground.enter().read(&run(1)).await.expect("a journal"), [b"ours"]);
    }

    async fn of_many_writers_of_a_record_one_succeeds(ground: &dyn Ground) {
        let store = ground.enter();
        store.create(&run(1), 0, b"begun").await.expect("the first");
        // All with the same bytes: the content is not what tells them apart.
        let others: Vec<_> = (0..8).map(|_| ground.enter()).collect();
        let created = join_all(others.iter().map(|other| async { other.create(&run(1), 1, b"next").await })).await;
        let refused = created.iter().filter(|one| matches!(one, Err(StoreError::Exists { number: 1, .. }))).count();
        assert_eq!((created.iter().filter(|one| one.is_ok()).count(), refused), (1, 7), "{created:?}");
    }

    async fn records_are_read_in_order_and_byte_for_byte(ground: &dyn Ground) {
        let store = ground.enter();
        let records: Vec<Vec<u8>> = (0..12_u8).map(|number| [number, 0xff, 0, b'\n'].repeat(number.into())).collect();
        for (number, bytes) in (0..).zip(&records) {
            store.create(&run(1), number, bytes).await.expect("a record");
        }
        assert_eq!(ground.enter().read(&run(1)).await.expect("a journal"), records);
    }

    async fn a_run_that_never_began_is_not_there(ground: &dyn Ground) {
        let store = ground.enter();
        assert_eq!(store.runs().await.expect("a list"), []);
        store.create(&run(1), 0, b"begun").await.expect("a record");
        let lease = store.lease(&run(2), &holder("ann@laptop")).await.expect("a lease");
        assert_eq!(ground.enter().runs().await.expect("a list"), [run(1)]);
        let read = ground.enter().read(&run(2)).await;
        assert!(matches!(read, Err(StoreError::NoSuchRun { .. })), "{read:?}");
        lease.release().await;
    }

    async fn runs_are_listed_oldest_first(ground: &dyn Ground) {
        let store = ground.enter();
        for number in [3, 1, 2] {
            store.create(&run(number), 0, b"begun").await.expect("a record");
        }
        assert_eq!(ground.enter().runs().await.expect("a list"), [run(1), run(2), run(3)]);
    }

    async fn a_check_passes_again_and_again_and_leaves_no_run(ground: &dyn Ground) {
        for _ in 0..3 {
            ground.enter().check().await.expect("a good place");
        }
        assert_eq!(ground.enter().runs().await.expect("a list"), []);
    }

    async fn a_document_is_kept_once_and_read_as_it_was_written(ground: &dyn Ground) {
        let name = document("20261120-142205-k3fa");
        assert_eq!(ground.enter().document(&name).await.expect("an answer"), None);
        let bytes = [0xff, 0, b'\n'];
        ground.enter().keep(&name, &bytes).await.expect("the first");
        for again in [&bytes[..], b"else"] {
            let again = ground.enter().keep(&name, again).await;
            assert!(matches!(again, Err(StoreError::Taken { .. })), "{again:?}");
        }
        assert_eq!(ground.enter().document(&name).await.expect("an answer"), Some(bytes.to_vec()));
    }

    async fn of_many_writers_of_a_document_one_succeeds(ground: &dyn Ground) {
        let others: Vec<_> = (0..8).map(|_| ground.enter()).collect();
        let name = document("20261120-142205-k3fa");
        let kept = join_all(others.iter().map(|other| async { other.keep(&name, b"same").await })).await;
        let refused = kept.iter().filter(|one| matches!(one, Err(StoreError::Taken { .. }))).count();
        assert_eq!((kept.iter().filter(|one| one.is_ok()).count(), refused), (1, 7), "{kept:?}");
    }

    async fn documents_are_listed_by_shelf_and_are_no_runs(ground: &dyn Ground) {
        let store = ground.enter();
        assert_eq!(store.kept("captures").await.expect("a list"), []);
        let names = [document("20261120-142205-k3fa"), document("20261121-142205-k3fa")];
        for name in names.iter().rev() {
            store.keep(name, b"kept").await.expect("a document");
        }
        let elsewhere = Document::named(&["captured", "elsewhere"]).expect("a name");
        store.keep(&elsewhere, b"kept").await.expect("a document");
        store.create(&run(1), 0, b"begun").await.expect("a record");
        assert_eq!(ground.enter().kept("captures").await.expect("a list"), names);
        assert_eq!(ground.enter().kept("captured").await.expect("a list"), [elsewhere]);
        assert_eq!(ground.enter().runs().await.expect("a list"), [run(1)]);
    }

    async fn a_lease_has_one_holder_who_is_named(ground: &dyn Ground) {
        let lease = ground.enter().lease(&run(1), &holder("ann@laptop")).await.expect("a lease");
        lease.confirm().await.expect("it is held");
        assert!(lease.lost().is_none());
        match ground.enter().lease(&run(1), &holder("bob@desk")).await.map(drop) {
            Err(StoreError::Held { by, .. }) => assert_eq!(by, "ann@laptop (process 4711)"),
            other => panic!("{other:?}"),
        }
        lease.confirm().await.expect("it is still held");
        lease.release().await;
    }

    async fn of_many_who_want_a_lease_one_gets_it(ground: &dyn Ground) {
        let others: Vec<_> = (0..8).map(|_| ground.enter()).collect();
        let ann = holder("ann@laptop");
        let taken = join_all(others.iter().map(|other| async { other.lease(&run(1), &ann).await })).await;
        let held = taken.iter().filter(|one| matches!(one, Err(StoreError::Held { .. }))).count();
        assert_eq!((taken.iter().filter(|one| one.is_ok()).count(), held), (1, 7));
    }

    async fn a_lease_that_was_given_up_is_free_at_once(ground: &dyn Ground) {
        for who in ["ann@laptop", "bob@desk", "ann@laptop"] {
            let lease = ground.enter().lease(&run(1), &holder(who)).await.expect("a free lease");
            lease.release().await;
        }
    }

    async fn a_lease_ends_with_its_holder(ground: &dyn Ground) {
        let lease = ground.enter().lease(&run(1), &holder("ann@laptop")).await.expect("a lease");
        ground.die(lease).await;
        let next = ground.enter().lease(&run(1), &holder("bob@desk")).await.expect("a free lease");
        next.confirm().await.expect("it is held");
        next.release().await;
    }

    async fn each_run_has_a_lease_of_its_own(ground: &dyn Ground) {
        let first = ground.enter().lease(&run(1), &holder("ann@laptop")).await.expect("a lease");
        let second = ground.enter().lease(&run(2), &holder("ann@laptop")).await.expect("another lease");
        first.release().await;
        second.confirm().await.expect("it is held");
        second.release().await;
    }

    async fn a_lease_stands_in_nobodys_way_to_the_records(ground: &dyn Ground) {
        let store = ground.enter();
        let lease = store.lease(&run(1), &holder("ann@laptop")).await.expect("a lease");
        store.create(&run(1), 0, b"begun").await.expect("a record");
        assert_eq!(ground.enter().read(&run(1)).await.expect("a journal"), [b"begun"]);
        lease.release().await;
        assert_eq!(ground.enter().runs().await.expect("a list"), [run(1)]);
    }
}
