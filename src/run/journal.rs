//! A run's journal: opened with its lease, appended to one create-only record at a time.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::{
    id::RunId,
    plan::{Actor, InvalidPlan, Plan},
    record::{Entry, FORMAT, InvalidRecord, Record},
    state::{IllegalRecord, RunState},
    step::{Step, Until},
    store::{Holder, Lease, Store, StoreError},
};

/// Why a journal cannot be read or continued.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed, or someone else has the run.
    #[error(transparent)]
    Store(StoreError),
    /// Another executor wrote the next record first. Nothing more was done here.
    #[error("{by} went on with run {run} while this process was away; it stops, having done nothing more")]
    Overtaken {
        /// The run.
        run: RunId,
        /// Who, as far as it is known.
        by: String,
    },
    /// The plan was executed before: a plan is executed once.
    #[error("this plan was executed before, as run {run}")]
    ExecutedBefore {
        /// The run it became.
        run: RunId,
    },
    /// The plan cannot be executed.
    #[error(transparent)]
    Plan(InvalidPlan),
    /// A record is not what it should be.
    #[error("the journal of run {run} cannot be read")]
    Record {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        source: Box<InvalidRecord>,
    },
    /// A record contradicts those before it.
    #[error("the journal of run {run} contradicts itself")]
    Illegal {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        source: IllegalRecord,
    },
    /// A record cannot be written as JSON.
    #[error("write a record of run {run} as JSON")]
    Encode {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// What a journal says: all records, and what follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct History<S: Step> {
    /// The records, from the first.
    pub records: Vec<Record<S>>,
    /// What is true after the last one.
    pub state: RunState<S>,
    /// SHA-256 of the last record.
    pub digest: String,
}

/// Reads a journal without taking its lease.
pub async fn read<S: Step>(store: &dyn Store, run: &RunId) -> Result<History<S>, JournalError> {
    let stored = store.read(run).await.map_err(JournalError::Store)?;
    let mut records: Vec<Record<S>> = Vec::with_capacity(stored.len());
    let mut state: Option<RunState<S>> = None;
    let mut digest: Option<String> = None;
    let illegal = |source| JournalError::Illegal { run: run.clone(), source };
    for (number, bytes) in (0..).zip(&stored) {
        let (record, sha256) = Record::decode(bytes, run, number, digest.as_deref())
            .map_err(|source| JournalError::Record { run: run.clone(), source: Box::new(source) })?;
        match &mut state {
            None => state = Some(RunState::begin(&record).map_err(illegal)?),
            Some(state) => state.apply(&record).map_err(illegal)?,
        }
        digest = Some(sha256);
        records.push(record);
    }
    match (state, digest) {
        (Some(state), Some(digest)) => Ok(History { records, state, digest }),
        _ => Err(JournalError::Store(StoreError::NoSuchRun { run: run.clone(), place: store.place() })),
    }
}

/// How many journals are read at a time: in a bucket each takes a call for every record.
const AT_A_TIME: usize = 8;

/// Reads the journals of all runs, oldest first. One that cannot be read keeps none of the others.
pub async fn read_all<S: Step>(
    store: &dyn Store,
) -> Result<Vec<(RunId, Result<History<S>, JournalError>)>, StoreError> {
    let read = |run: RunId| async move {
        let history = read(store, &run).await;
        (run, history)
    };
    let runs = store.runs().await?;
    Ok(stream::iter(runs.into_iter().map(read)).buffered(AT_A_TIME).collect().await)
}

/// The journal of a run that this process executes.
pub struct Journal<S: Step> {
    store: Arc<dyn Store>,
    history: History<S>,
    lease: Box<dyn Lease>,
}

impl<S: Step> Journal<S> {
    /// Begins a run: takes its lease and writes the plan as its first record. Nothing has been made in the world before
    /// this record is durable.
    pub async fn begin(
        store: Arc<dyn Store>,
        plan: Plan<S>,
        until: Until,
        by: Actor,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        plan.check().map_err(JournalError::Plan)?;
        let run = plan.run.clone();
        let lease = store.lease(&run, holder).await.map_err(JournalError::Store)?;
        let entry = Entry::Begun { plan: Box::new(plan), until, by };
        let record = Record { format: FORMAT, run: run.clone(), number: 0, at: now, previous: None, entry };
        let state = RunState::begin(&record).map_err(|source| JournalError::Illegal { run: run.clone(), source })?;
        let digest = create(&*store, &record).await.map_err(|error| match error {
            JournalError::Overtaken { run, .. } => JournalError::ExecutedBefore { run },
            other => other,
        })?;
        Ok(Self { store, history: History { records: vec![record], state, digest }, lease })
    }

    /// Opens the journal of `run` to go on with it. It is read before the lease is taken, so that a run that does not
    /// exist leaves no trace, and again after, since its former holder may have gone on in between.
    pub async fn open(store: Arc<dyn Store>, run: &RunId, holder: &Holder) -> Result<Self, JournalError> {
        read::<S>(&*store, run).await?;
        let lease = store.lease(run, holder).await.map_err(JournalError::Store)?;
        let history = read(&*store, run).await?;
        Ok(Self { store, history, lease })
    }

    /// What has happened so far.
    pub fn history(&self) -> &History<S> {
        &self.history
    }

    /// What is true now.
    pub fn state(&self) -> &RunState<S> {
        &self.history.state
    }

    /// Makes sure that this process still has the run, right before it changes the world.
    pub async fn confirm(&self) -> Result<(), JournalError> {
        self.lease.confirm().await.map_err(overtaken)
    }

    /// Fails once it is known that somebody has taken the run over. Asks nobody, and so may know it late.
    pub fn held(&self) -> Result<(), JournalError> {
        self.lease.lost().map_or(Ok(()), |lost| Err(overtaken(lost)))
    }

    /// Gives the run up to whoever wants to go on with it.
    pub async fn close(self) -> History<S> {
        self.lease.release().await;
        self.history
    }

    /// Writes one more record. An entry that cannot follow is refused before anything is written; once this returns
    /// the record is durable.
    pub async fn append(&mut self, entry: Entry<S>, now: Timestamp) -> Result<&Record<S>, JournalError> {
        self.held()?;
        let History { records, state, digest } = &mut self.history;
        let run = state.plan.run.clone();
        let number = records.len() as u64;
        let record =
            Record { format: FORMAT, run: run.clone(), number, at: now, previous: Some(digest.clone()), entry };
        let mut after = state.clone();
        after.apply(&record).map_err(|source| JournalError::Illegal { run, source })?;
        *digest = match create(&*self.store, &record).await {
            // Who wrote it took the lease first, and the lease knows who that is.
            Err(JournalError::Overtaken { run, by: somebody }) => {
                let by = match self.lease.confirm().await {
                    Err(StoreError::Lost { by, .. }) => by,
                    _ => somebody,
                };
                return Err(JournalError::Overtaken { run, by });
            }
            created => created?,
        };
        *state = after;
        records.push(record);
        Ok(&records[records.len() - 1])
    }
}

fn overtaken(error: StoreError) -> JournalError {
    match error {
        StoreError::Lost { run, by } => JournalError::Overtaken { run, by },
        other => JournalError::Store(other),
    }
}

async fn create<S: Step>(store: &dyn Store, record: &Record<S>) -> Result<String, JournalError> {
    let run = record.run.clone();
    let (bytes, digest) = record.encode().map_err(|source| JournalError::Encode { run, source })?;
    match store.create(&record.run, record.number, &bytes).await {
        Ok(()) => Ok(digest),
        Err(StoreError::Exists { run, .. }) => Err(JournalError::Overtaken { run, by: "another executor".to_owned() }),
        Err(error) => Err(JournalError::Store(error)),
    }
}
