//! Where journals live, as the run sees it: records that can be created once, and a lease.

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
    /// Writes record `number` of `run`; [`StoreError::Exists`] when there is one already.
    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError>;

    /// The records of `run`, in order from the first. [`StoreError::NoSuchRun`] when there are none.
    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError>;

    /// All runs, oldest first.
    async fn runs(&self) -> Result<Vec<RunId>, StoreError>;

    /// Takes the lease of `run` for `holder`; [`StoreError::Held`] when someone else has it.
    async fn lease(&self, run: &RunId, holder: &Holder) -> Result<Box<dyn Lease>, StoreError>;

    /// Where this is, for people: `/home/ann/.local/state/daybreak`.
    fn place(&self) -> String;
}

/// The right to execute a run. Dropped without [`Lease::release`] it ends as it does when its holder dies.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Makes sure, right before the world is changed, that nobody else has taken the run over; [`StoreError::Lost`] when
    /// somebody has.
    async fn confirm(&self) -> Result<(), StoreError>;

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
    #[error("run {run} is being executed by {by}")]
    Held {
        /// The run.
        run: RunId,
        /// Who has the lease.
        by: String,
    },
    /// The lease was taken over by someone else.
    #[error("run {run} was taken over by {by}")]
    Lost {
        /// The run.
        run: RunId,
        /// Who has the lease now.
        by: String,
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
