//! Records of runs, each created once.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::{
    keys::{self, failed},
    lease,
    nonce::nonce,
    probe,
};
use crate::{
    aws::{
        self,
        s3::{
            Objects,
            model::{Condition, Put},
        },
    },
    run::{
        id::RunId,
        store::{Document, Holder, Lease, Store, StoreError},
    },
    store::place::BucketPlace,
};

/// How many records of a run are read at a time.
const AT_A_TIME: usize = 16;

/// Keeps journals in a bucket.
pub struct S3Store {
    objects: Arc<dyn Objects>,
    place: BucketPlace,
    /// Set once the bucket was seen to keep the conditions of writes.
    fit: OnceCell<()>,
}

impl S3Store {
    /// A store under `place.prefix` in the bucket whose objects are `objects`.
    pub fn new(objects: Arc<dyn Objects>, place: BucketPlace) -> Self {
        Self { objects, place, fit: OnceCell::new() }
    }

    /// Writes an object, unless there is one; whether there was none.
    async fn write_once(&self, key: &str, bytes: &[u8]) -> Result<bool, aws::Error> {
        // The write is sent again when its answer is lost, and then refused although the object is ours. Its content cannot
        // tell: only a name that this one write has makes sure that another's object is not taken for ours.
        let writer = nonce();
        Ok(match self.objects.put(key, bytes, &writer, Condition::Absent).await? {
            Put::Done { .. } => true,
            Put::Refused => {
                let found = self.objects.get(key).await?;
                found.is_some_and(|object| object.writer.as_ref() == Some(&writer) && object.bytes == bytes)
            }
        })
    }
}

#[async_trait]
impl Store for S3Store {
    async fn check(&self) -> Result<(), StoreError> {
        self.fit.get_or_try_init(|| probe::probe(&*self.objects, &self.place)).await.copied()
    }

    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let key = keys::record(&self.place, run, number);
        let error = |error| failed(format!("write record {number} of run {run} to"), &self.place, &key, error);
        match self.write_once(&key, bytes).await.map_err(error)? {
            true => Ok(()),
            false => Err(StoreError::Exists { run: run.clone(), number }),
        }
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError> {
        let below = keys::run(&self.place, run);
        let error = |error| failed(format!("read the journal of run {run} in"), &self.place, &below, error);
        let keys = self.objects.list(&below).await.map_err(error)?;
        let mut numbers: Vec<u64> = keys.iter().filter_map(|key| keys::number(&below, key)).collect();
        numbers.sort_unstable();
        if numbers.is_empty() {
            return Err(StoreError::NoSuchRun { run: run.clone(), place: self.place() });
        }
        let missing = |number| StoreError::Missing { run: run.clone(), number, place: self.place() };
        if let Some((expected, _)) = (0..).zip(&numbers).find(|(expected, number)| expected != *number) {
            return Err(missing(expected));
        }
        let read = |number| async move {
            let key = keys::record(&self.place, run, number);
            let doing = format!("read record {number} of run {run} from");
            let object = self.objects.get(&key).await.map_err(|error| failed(doing, &self.place, &key, error))?;
            object.map(|object| object.bytes).ok_or_else(|| missing(number))
        };
        stream::iter(numbers.into_iter().map(read)).buffered(AT_A_TIME).try_collect().await
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let below = keys::runs(&self.place);
        let error = |error| failed("list the runs in".to_owned(), &self.place, &below, error);
        let keys = self.objects.list(&below).await.map_err(error)?;
        let mut runs: Vec<RunId> = keys.iter().filter_map(|key| keys::begun(&below, key)).collect();
        runs.sort_unstable();
        Ok(runs)
    }

    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError> {
        // Also of a run that began elsewhere: its journal may have been copied here.
        self.check().await?;
        Ok(Box::new(lease::take(self.objects.clone(), &self.place, run, holder).await?))
    }

    async fn keep(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError> {
        let key = keys::document(&self.place, document);
        let error = |error| failed("keep".to_owned(), &self.place, &key, error);
        match self.write_once(&key, bytes).await.map_err(error)? {
            true => Ok(()),
            false => Err(StoreError::Taken { document: document.path(), place: self.place() }),
        }
    }

    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError> {
        let below = format!("{}/{shelf}/", self.place.prefix);
        let error = |error| failed("list what is kept in".to_owned(), &self.place, &below, error);
        let keys = self.objects.list(&below).await.map_err(error)?;
        let inside = |key: &String| Document::at(key.strip_prefix(&self.place.prefix)?.strip_prefix('/')?);
        let mut documents: Vec<Document> = keys.iter().filter_map(inside).collect();
        documents.sort_unstable();
        Ok(documents)
    }

    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        let key = keys::document(&self.place, document);
        let error = |error| failed("read".to_owned(), &self.place, &key, error);
        Ok(self.objects.get(&key).await.map_err(error)?.map(|object| object.bytes))
    }

    fn place(&self) -> String {
        self.place.to_string()
    }
}
