//! A bucket in memory, with S3's conditions and clock, and ways to fail.

use std::{
    collections::{BTreeMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use daybreak::aws::{
    Error, ErrorKind,
    s3::{
        Objects,
        model::{Condition, Object, Put},
    },
};

/// What befalls a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Fine,
    /// It is carried out, the answer is lost, and the SDK sends it again.
    SentTwice,
    /// It fails before it is carried out.
    Fails(ErrorKind),
    /// It is carried out, and then no answer comes at all.
    Vanishes,
}

#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: String,
    writer: String,
    written: u64,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, Stored>,
    /// S3's clock, in seconds.
    now: u64,
    /// What befalls the next writes.
    fates: VecDeque<Fate>,
    overlooks: bool,
    unimplemented: bool,
    encrypted: bool,
    writes: usize,
}

/// A bucket. Clones are the same bucket.
#[derive(Clone, Default)]
pub(crate) struct Bucket(Arc<Mutex<Inner>>);

impl Bucket {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panicked in here")
    }

    /// S3's clock goes on.
    pub(crate) fn pass(&self, span: Duration) {
        self.inner().now += span.as_secs();
    }

    /// What befalls the next writes, one after another.
    pub(crate) fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.inner().fates.extend(fates);
    }

    /// Overlooks the conditions of writes from now on.
    pub(crate) fn overlook_conditions(&self) {
        self.inner().overlooks = true;
    }

    /// Refuses conditional writes from now on.
    pub(crate) fn refuse_conditions(&self) {
        self.inner().unimplemented = true;
    }

    /// ETags are no digests from now on.
    pub(crate) fn encrypt(&self) {
        self.inner().encrypted = true;
    }

    /// How many writes were carried out or refused.
    pub(crate) fn writes(&self) -> usize {
        self.inner().writes
    }

    /// Changes the content of an object behind everybody's back.
    pub(crate) fn overwrite(&self, key: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.inner();
        let stored = inner.objects.get_mut(key).expect("an object");
        change(&mut stored.bytes);
        stored.etag.push('x');
    }

    /// Removes an object behind everybody's back.
    pub(crate) fn remove(&self, key: &str) {
        self.inner().objects.remove(key).expect("an object");
    }

    /// All keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.inner().objects.keys().cloned().collect()
    }
}

impl Inner {
    fn write(&mut self, key: &str, bytes: &[u8], writer: &str, condition: Condition<'_>) -> Put {
        self.writes += 1;
        let there = self.objects.get(key);
        let holds = match condition {
            Condition::Absent => there.is_none(),
            Condition::Unchanged(etag) => there.is_some_and(|stored| stored.etag == etag),
        };
        if !holds && !self.overlooks {
            return Put::Refused;
        }
        let mut digest = DefaultHasher::new();
        bytes.hash(&mut digest);
        if self.encrypted {
            self.writes.hash(&mut digest);
        }
        let etag = format!("\"{:016x}\"", digest.finish());
        let stored = Stored { bytes: bytes.to_vec(), etag: etag.clone(), writer: writer.to_owned(), written: self.now };
        self.objects.insert(key.to_owned(), stored);
        Put::Done { etag }
    }
}

#[async_trait]
impl Objects for Bucket {
    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let inner = self.inner();
        Ok(inner.objects.get(key).cloned().map(|stored| Object {
            bytes: stored.bytes,
            etag: stored.etag,
            writer: Some(stored.writer),
            age: Duration::from_secs(inner.now - stored.written),
        }))
    }

    async fn put(&self, key: &str, bytes: &[u8], writer: &str, condition: Condition<'_>) -> Result<Put, Error> {
        // Others have their turn before each write, as over a network.
        tokio::task::yield_now().await;
        let mut inner = self.inner();
        if inner.unimplemented {
            return Err(Error::answered("s3", "PutObject", "NotImplemented", "A header you provided implies …"));
        }
        match inner.fates.pop_front().unwrap_or(Fate::Fine) {
            Fate::Fine => Ok(inner.write(key, bytes, writer, condition)),
            Fate::SentTwice => {
                inner.write(key, bytes, writer, condition);
                Ok(inner.write(key, bytes, writer, condition))
            }
            Fate::Fails(kind) => Err(Error::new(kind, "s3", "PutObject", "no")),
            Fate::Vanishes => {
                inner.write(key, bytes, writer, condition);
                Err(Error::new(ErrorKind::Timeout, "s3", "PutObject", "no answer in time"))
            }
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        tokio::task::yield_now().await;
        Ok(self.keys().into_iter().filter(|key| key.starts_with(prefix)).collect())
    }
}
