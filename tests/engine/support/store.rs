//! A store in memory, with the contract of every store and two ways to fail.

use std::{
    collections::{BTreeMap, btree_map},
    io,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use daybreak::run::{
    id::RunId,
    store::{Document, Holder, Lease, Store, StoreError},
};

#[derive(Default)]
struct Inner {
    records: BTreeMap<RunId, Vec<Vec<u8>>>,
    documents: BTreeMap<Document, Vec<u8>>,
    leased: BTreeMap<RunId, String>,
    /// How many more records may be written before the disk is full.
    room: Option<usize>,
}

/// Keeps journals in memory.
#[derive(Clone, Default)]
pub(crate) struct MemoryStore(Arc<Mutex<Inner>>);

impl MemoryStore {
    /// From now on only `records` more can be written.
    pub(crate) fn room_for(&self, records: usize) {
        self.0.lock().unwrap().room = Some(records);
    }

    /// There is room again.
    pub(crate) fn make_room(&self) {
        self.0.lock().unwrap().room = None;
    }

    /// Replaces all records of a run.
    pub(crate) fn put_all(&self, run: &RunId, records: Vec<Vec<u8>>) {
        self.0.lock().unwrap().records.insert(run.clone(), records);
    }
}

struct MemoryLease(MemoryStore, RunId);

#[async_trait]
impl Lease for MemoryLease {
    async fn confirm(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(self: Box<Self>) {}
}

impl Drop for MemoryLease {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().leased.remove(&self.1);
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let mut inner = self.0.lock().unwrap();
        if inner.room == Some(0) {
            let source = io::Error::from(io::ErrorKind::StorageFull);
            return Err(StoreError::Io {
                doing: format!("write record {number} of run {run} to"),
                place: self.place(),
                source,
            });
        }
        let records = inner.records.entry(run.clone()).or_default();
        if (number as usize) < records.len() {
            return Err(StoreError::Exists { run: run.clone(), number });
        }
        assert_eq!(number as usize, records.len(), "records are written in order");
        records.push(bytes.to_vec());
        inner.room = inner.room.map(|room| room - 1);
        Ok(())
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError> {
        let inner = self.0.lock().unwrap();
        inner.records.get(run).cloned().ok_or_else(|| StoreError::NoSuchRun { run: run.clone(), place: self.place() })
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(self.0.lock().unwrap().records.keys().cloned().collect())
    }

    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError> {
        match self.0.lock().unwrap().leased.entry(run.clone()) {
            btree_map::Entry::Vacant(free) => {
                free.insert(holder.to_string());
                Ok(Box::new(MemoryLease(self.clone(), run.clone())))
            }
            btree_map::Entry::Occupied(by) => {
                Err(StoreError::Held { run: run.clone(), by: by.get().clone(), heard: None })
            }
        }
    }

    async fn keep(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        match self.0.lock().unwrap().documents.entry(document.clone()) {
            btree_map::Entry::Vacant(free) => {
                free.insert(bytes.to_vec());
                Ok(())
            }
            btree_map::Entry::Occupied(_) => Err(StoreError::Taken { document: document.path(), place: self.place() }),
        }
    }

    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError> {
        let documents = self.0.lock().unwrap().documents.keys().cloned().collect::<Vec<_>>();
        Ok(documents.into_iter().filter(|document| document.parts()[0] == shelf).collect())
    }

    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().documents.get(document).cloned())
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}
