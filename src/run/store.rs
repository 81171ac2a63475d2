//! Where journals live, as the run sees it: records that can be created once, and a lease.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::id::RunId;

/// A place that keeps the records of runs.
///
/// Contract: [`Store::create`] makes record `number` durable before it returns, and succeeds at most once for a run and
/// number, whatever other processes do. That alone makes a run safe against two executors; the lease only keeps
/// honest ones from racing.
#[async_trait]
pub trait Store: Send + Sync {
    /// Finds out whether records can be written and are kept as the contract says: a run must not begin to change the world
    /// and then find that it cannot remember what it did. Leaves nothing behind that looks like a run.
    async fn check(&self) -> Result<(), StoreError>;

    /// Writes record `number` of `run`; [`StoreError::Exists`] when there is one already.
    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError>;

    /// The records of `run`, in order from the first. [`StoreError::NoSuchRun`] when there are none.
    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError>;

    /// All runs, oldest first.
    async fn runs(&self) -> Result<Vec<RunId>, StoreError>;

    /// Takes the lease of `run` for `holder`; [`StoreError::Held`] when someone else has it.
    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError>;

    /// Keeps a document that is no run's, durably and for good; [`StoreError::Taken`] when there is one of that name.
    async fn keep(&self, document: &Document, bytes: &[u8]) -> Result<(), StoreError>;

    /// The documents below a first part of their names, sorted.
    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError>;

    /// What a document holds; none when there is none of that name.
    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError>;

    /// Where this is, for people: `/home/ann/.local/state/daybreak`, `s3://acme-state/daybreak`.
    fn place(&self) -> String;
}

/// The name of a document that is no run's: parts like those of a path, the first of which is its shelf.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document(Vec<String>);

impl Document {
    /// A name of two or more parts; none where a part is empty or has another character than an ASCII letter, a digit or a
    /// hyphen.
    pub fn named(parts: &[&str]) -> Option<Self> {
        let fit =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (parts.len() > 1 && parts.iter().all(fit)).then(|| Self(parts.iter().map(|part| (*part).to_owned()).collect()))
    }

    /// Reads a name from where it is kept, as [`Self::path`] writes it.
    pub fn at(path: &str) -> Option<Self> {
        Self::named(&path.strip_suffix(".json")?.split('/').collect::<Vec<_>>())
    }

    /// Its parts.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// Where it is kept, below the store's place.
    pub fn path(&self) -> String {
        format!("{}.json", self.0.join("/"))
    }
}

/// The right to execute a run. Dropped without [`Lease::release`] it ends as it does when its holder dies.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Makes sure, right before the world is changed, that nobody else has taken the run over; [`StoreError::Lost`] when
    /// somebody has.
    async fn confirm(&self) -> Result<(), StoreError>;

    /// The error of a lease that is known to have been taken over, without asking anybody.
    fn lost(&self) -> Option<StoreError> {
        None
    }

    /// Gives the run up, so that others need not wait. What fails here fails nobody: the lease ends by itself.
    async fn release(self: Box<Self>);
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// Process id on that host.
    pub pid: u32,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {})", self.who, self.pid)
    }
}

/// The last sign of life of a lease's holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// How long ago that was.
    pub ago: Duration,
    /// How long it takes until the lease is free, if no other sign follows.
    pub free_in: Duration,
}

impl std::fmt::Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, ", last heard of {} s ago", self.ago.as_secs())
    }
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The record is there already: another executor went on with the run.
    #[error("record {number} of run {run} exists already")]
    Exists {
        /// The run.
        run: RunId,
        /// The record.
        number: u64,
    },
    /// There is a document of that name already.
    #[error("{document} exists already in {place}")]
    Taken {
        /// Where it is kept.
        document: String,
        /// The store.
        place: String,
    },
    /// Nothing is known of the run.
    #[error("there is no run {run} in {place}")]
    NoSuchRun {
        /// The run.
        run: RunId,
        /// The store.
        place: String,
    },
    /// A record in the middle is not there.
    #[error("record {number} of run {run} is missing in {place}")]
    Missing {
        /// The run.
        run: RunId,
        /// The missing record.
        number: u64,
        /// The store.
        place: String,
    },
    /// Someone else executes the run.
    #[error("run {run} is being executed by {by}{}", heard.map(|heard| heard.to_string()).unwrap_or_default())]
    Held {
        /// The run.
        run: RunId,
        /// Who has the lease.
        by: String,
        /// When they were last heard of, where a lease expires; where it ends with its holder, they are alive.
        heard: Option<Heard>,
    },
    /// The lease was taken over by someone else.
    #[error("run {run} was taken over by {by}")]
    Lost {
        /// The run.
        run: RunId,
        /// Who has the lease now.
        by: String,
    },
    /// The service that keeps the records failed, or refused.
    #[error("{doing} {place}")]
    Service {
        /// Verb and object: `write record 3 of run … to`.
        doing: String,
        /// The object.
        place: String,
        /// What the reader can do about it.
        hint: Option<String>,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The place does not keep the store's contract: an executor could not tell that another one was there first.
    #[error("{place} cannot keep runs: {why}")]
    Unfit {
        /// The store.
        place: String,
        /// What it does not do.
        why: String,
    },
    /// The medium failed.
    #[error("{doing} {place}")]
    Io {
        /// Verb and object: `write record 3 of run … to`.
        doing: String,
        /// The file or object.
        place: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
