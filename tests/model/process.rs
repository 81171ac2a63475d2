//! One process that executes the run: its view of store, lease, clock and world.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll},
    time::Duration,
};

use async_trait::async_trait;
use daybreak::run::{
    clock::Clock,
    event::{Event, Listener},
    id::RunId,
    step::Context,
    store::{Document, Holder, Lease, Store, StoreError},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    ledger::{Mark, Phase},
    site::{Answer, Facts, Mishap, Site},
    step::{ModelStep, name},
    tally::Seen,
};

/// A point at which a process may die, be asked to stop, or be frozen.
pub(crate) async fn pause() {
    struct Once(bool);
    impl Future for Once {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
    Once(false).await;
}

/// A process, by its number.
#[derive(Clone)]
pub(crate) struct Process {
    site: Arc<Site>,
    number: usize,
}

/// How long a change just made may stay invisible before it is made again.
const GRACE: Duration = Duration::from_secs(30);

impl Process {
    /// A process that has just started and knows nothing.
    pub(crate) fn start(site: &Arc<Site>) -> Self {
        let mut inner = site.inner();
        let since = inner.awake;
        inner.processes.push(Facts { since, answer: None, known: 0, begins: since, acted: None, confirmed: false });
        let number = inner.processes.len() - 1;
        Self { site: site.clone(), number }
    }

    pub(crate) fn site(&self) -> &Site {
        &self.site
    }

    /// Another process of the same site.
    pub(crate) fn another(&self) -> Self {
        Self::start(&self.site)
    }

    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Whether others have written what this process has not read.
    pub(crate) fn is_behind(&self) -> bool {
        self.site.inner().is_behind(self.number)
    }

    pub(crate) fn holds_lease(&self) -> bool {
        self.site.inner().holder == Some(self.number)
    }

    /// What goes wrong with the look or call about to be made.
    pub(crate) fn mishap(&self) -> Mishap {
        let mishap = self.site.inner().mishap();
        if mishap != Mishap::None {
            self.site.tell(|| format!("process {} meets {mishap:?}", self.number));
        }
        mishap
    }

    /// Never returns.
    pub(crate) async fn hang(&self) {
        self.site.inner().hanging = true;
        loop {
            pause().await;
        }
    }

    pub(crate) fn answered(&self, answer: Answer) {
        self.site.inner().processes[self.number].answer = Some(answer);
    }

    /// Parts of a step's effect that are there, and whether it still settles; each look brings it on.
    pub(crate) fn look(&self, index: usize) -> (u8, bool) {
        let mut inner = self.site.inner();
        let settling = inner.settling[index] > 0;
        inner.settling[index] = inner.settling[index].saturating_sub(1);
        (inner.parts[index], settling)
    }

    pub(crate) fn set_parts(&self, index: usize, parts: u8) {
        let mut inner = self.site.inner();
        inner.tell(|| format!("world: {} has {parts} parts", name(index)));
        inner.parts[index] = parts;
        if inner.wild {
            inner.settling[index] = inner.choices.below(3);
        }
    }

    /// What a step is told is what the records say.
    fn attends(&self, index: usize, cx: &Context<'_>) {
        let mut inner = self.site.inner();
        let awake = inner.awake;
        let behind = inner.is_behind(self.number);
        let (started, notes) = (inner.ledger.steps[index].started, inner.ledger.steps[index].notes);
        let at_most = awake - inner.processes[self.number].begins;
        let outputs: Vec<bool> = inner.ledger.steps.iter().map(|told| told.mark == Mark::Finished).collect();
        inner.processes[self.number].answer = None;
        assert!(cx.attended <= at_most, "time is counted in which this process was not at the step");
        if behind {
            return;
        }
        assert_eq!(Some(cx.started), started, "a step is told when it started");
        assert_eq!(cx.notes.len(), notes, "a step is told its notes");
        for (other, finished) in outputs.into_iter().enumerate() {
            let told = cx.outputs.has(&name(other));
            // A step is taken back with what it left in hand.
            assert!(told == finished || other == index, "{} is told of {}", name(index), name(other));
            if told {
                assert_eq!(cx.outputs.of::<usize>(&name(other)).unwrap(), other);
            }
        }
    }

    pub(crate) fn looks(&self, index: usize, cx: &Context<'_>) {
        self.attends(index, cx);
        let mut inner = self.site.inner();
        inner.processes[self.number].confirmed = false;
        if !inner.is_behind(self.number) {
            assert_eq!(inner.ledger.steps[index].mark, Mark::UnderWay, "a look at what has not started");
        }
    }

    /// No act before the step's own record and before all that precedes it is finished; none by who has lost the run.
    pub(crate) fn acts(&self, step: &ModelStep, cx: &Context<'_>) {
        let mut inner = self.site.inner();
        let awake = inner.awake;
        inner.tell(|| format!("process {} acts for {}", self.number, name(step.index)));
        let behind = inner.is_behind(self.number);
        let ledger = &inner.ledger;
        let told = &ledger.steps[step.index];
        assert!(told.stands(), "an act whose start is not in the journal");
        assert!(step.until <= ledger.allowed, "an act that was not allowed");
        if !behind {
            assert_eq!(ledger.phase, Phase::Going, "an act of a run that does not go on");
            assert_eq!(told.mark, Mark::UnderWay, "an act out of turn");
            assert!(ledger.steps[..step.index].iter().all(|told| told.mark == Mark::Finished));
            assert!(ledger.steps[step.index + 1..].iter().all(|told| told.mark == Mark::Untouched));
            assert_eq!(Some(cx.started), told.started);
        }
        assert_eq!(inner.holder, Some(self.number), "an act while another holds the run");
        let facts = &mut inner.processes[self.number];
        assert!(std::mem::take(&mut facts.confirmed), "an act without making sure of the lease right before");
        assert_eq!(facts.answer.take(), Some(Answer::Act), "an act that no look has asked for");
        if let Some((index, at)) = facts.acted {
            assert!(index != step.index || awake - at >= GRACE, "a change just made is made again");
        }
    }

    pub(crate) fn acted(&self, index: usize) {
        let mut inner = self.site.inner();
        let awake = inner.awake;
        inner.processes[self.number].acted = Some((index, awake));
    }

    /// Undo in reverse order, and only of what started.
    pub(crate) fn undoes(&self, step: &ModelStep, cx: &Context<'_>) {
        self.attends(step.index, cx);
        let mut inner = self.site.inner();
        inner.tell(|| format!("process {} undoes {}", self.number, name(step.index)));
        let behind = inner.is_behind(self.number);
        let ledger = &inner.ledger;
        if !behind {
            let Phase::Back(scope) = ledger.phase else { panic!("an undo in {:?}", ledger.phase) };
            assert_eq!(ledger.steps[step.index].mark, Mark::BeingUndone, "an undo out of turn");
            let later = ledger.steps[step.index + 1..].iter().filter(|later| later.stands());
            assert!(
                later.into_iter().all(|later| later.step.reversibility != daybreak::run::step::Undo::Reversible),
                "an undo before what was done later is undone ({scope:?})"
            );
        }
        assert_eq!(step.reversibility, daybreak::run::step::Undo::Reversible, "an undo of what has none");
        assert_eq!(inner.holder, Some(self.number), "an undo while another holds the run");
        let facts = &mut inner.processes[self.number];
        assert!(std::mem::take(&mut facts.confirmed), "an undo without making sure of the lease right before");
    }

    fn full(&self, doing: &str) -> StoreError {
        self.site.tell(|| format!("process {}: {doing} fails", self.number));
        let source = io::Error::from(io::ErrorKind::StorageFull);
        StoreError::Io { doing: doing.to_owned(), place: "memory".to_owned(), source }
    }
}

#[async_trait]
impl Store for Process {
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn create(&self, run: &RunId, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        pause().await;
        if self.site.chosen(|choices| choices.rarely(8)) {
            self.site.count(Seen::WriteFailed);
            return Err(self.full("write"));
        }
        {
            let mut inner = self.site.inner();
            if (number as usize) < inner.records.len() {
                return Err(StoreError::Exists { run: run.clone(), number });
            }
            assert_eq!(number as usize, inner.records.len(), "records are written in order");
            assert_eq!(
                inner.processes[self.number].known,
                inner.records.len(),
                "a process writes what it has not read"
            );
            inner.store(self.number, bytes);
        }
        pause().await;
        if self.site.chosen(|choices| choices.rarely(8)) {
            self.site.count(Seen::WriteInDoubt);
            return Err(self.full("make durable what was written"));
        }
        self.site.inner().processes[self.number].known += 1;
        Ok(())
    }

    async fn keep(&self, document: &Document, _: &[u8]) -> Result<(), StoreError> {
        unimplemented!("no run keeps {document:?}")
    }

    async fn kept(&self, shelf: &str) -> Result<Vec<Document>, StoreError> {
        unimplemented!("no run asks for {shelf}")
    }

    async fn document(&self, document: &Document) -> Result<Option<Vec<u8>>, StoreError> {
        unimplemented!("no run reads {document:?}")
    }

    async fn read(&self, run: &RunId) -> Result<Vec<Vec<u8>>, StoreError> {
        pause().await;
        if self.site.chosen(|choices| choices.rarely(8)) {
            return Err(self.full("read"));
        }
        let mut inner = self.site.inner();
        if inner.records.is_empty() {
            return Err(StoreError::NoSuchRun { run: run.clone(), place: self.place() });
        }
        inner.processes[self.number].known = inner.records.len();
        Ok(inner.records.clone())
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(vec![crate::site::run()])
    }

    async fn lease(&self, run: &RunId, _: &Holder) -> Result<Box<dyn Lease>, StoreError> {
        pause().await;
        let mut inner = self.site.inner();
        if let Some(by) = inner.holder
            && !inner.expired
        {
            return Err(StoreError::Held { run: run.clone(), by: format!("process {by}"), heard: None });
        }
        inner.holder = Some(self.number);
        inner.tell(|| format!("process {} takes the lease", self.number));
        Ok(Box::new(ModelLease(self.clone())))
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}

struct ModelLease(Process);

#[async_trait]
impl Lease for ModelLease {
    async fn confirm(&self) -> Result<(), StoreError> {
        pause().await;
        if self.0.site.chosen(|choices| choices.rarely(8)) {
            return Err(self.0.full("confirm the lease"));
        }
        let mut inner = self.0.site.inner();
        if inner.holder != Some(self.0.number) {
            let by = inner.holder.map_or("nobody".to_owned(), |by| format!("process {by}"));
            return Err(StoreError::Lost { run: crate::site::run(), by });
        }
        inner.processes[self.0.number].confirmed = true;
        Ok(())
    }

    async fn release(self: Box<Self>) {}
}

impl Drop for ModelLease {
    fn drop(&mut self) {
        let mut inner = self.0.site.inner();
        if inner.holder == Some(self.0.number) {
            inner.holder = None;
        }
    }
}

#[async_trait]
impl Clock for Process {
    fn now(&self) -> Timestamp {
        self.site.inner().now
    }

    fn awake(&self) -> Duration {
        self.site.inner().awake
    }

    async fn sleep(&self, span: Duration) {
        for _ in 0..self.site.chosen(|choices| choices.below(3)) {
            pause().await;
        }
        let span = span.max(Duration::from_millis(1));
        let mut inner = self.site.inner();
        inner.awake += span;
        inner.now += SignedDuration::try_from(span).unwrap();
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

impl Listener<ModelStep> for Process {
    /// What is told has happened.
    fn on(&self, event: &Event<'_, ModelStep>) {
        if let Event::Recorded { record } = event {
            let inner = self.site.inner();
            assert!((record.number as usize) < inner.records.len(), "a record is told before it is durable");
        }
    }
}
