//! Does what comes next, and records it: one small advance at a time, never blocking on the world.
//!
//! Order within a step: `Started` is durable before `act` is called; `act` is called only after `observe` asked for it;
//! `Finished` is written only from an observation, or where the run goes on without a step. A process that dies anywhere
//! leaves a journal from which the next one observes and goes on.

use std::time::Duration;

use serde_json::json;

use super::{
    clock::{Clock, elapsed},
    event::{Checked, Event, Listener},
    interrupt::Interrupt,
    journal::{Journal, JournalError},
    pace,
    plan::Actor,
    record::{Consequence, Entry, Loss, Scope},
    state::{Next, StepStatus},
    step::{Context, Failure, Forgone, Observed, Remedy, Step, StepError, StepId, Undone, Until, Waiting},
};

/// What one advance came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// Something was recorded or done; there is more to do at once.
    Moved,
    /// The world needs time.
    Wait(Duration),
    /// Nothing more happens without a person.
    Resting,
    /// The interrupt was raised while looking; nothing was changed.
    Interrupted,
}

/// Executes one run.
pub struct Executor<'a, S: Step> {
    journal: Journal<S>,
    world: &'a S::World,
    clock: &'a dyn Clock,
    listener: &'a dyn Listener<S>,
    /// The step this process has acted for. Providers may not show a change at once: until a grace has passed, what
    /// is not seen yet is waited for and not made again.
    acted: Option<(StepId, Duration)>,
    /// Since when this process has been at the present step, or its undo, by [`Clock::awake`]; none before its first look.
    at: Option<Duration>,
    /// Since when this process executes the run.
    since: Duration,
    /// How often this process has looked at what it is at.
    looks: u32,
}

/// How long a call under way may go on after the run was asked to stop: ECS and Lambda give 30 s before they kill.
const LEAVE: Duration = Duration::from_secs(20);

/// How long a change just made may stay invisible before it is made again.
const GRACE: Duration = Duration::from_secs(30);

impl<'a, S: Step> Executor<'a, S> {
    /// An executor that goes on with `journal`.
    pub fn new(journal: Journal<S>, world: &'a S::World, clock: &'a dyn Clock, listener: &'a dyn Listener<S>) -> Self {
        Self { journal, world, clock, listener, acted: None, at: None, since: clock.awake(), looks: 0 }
    }

    /// The journal so far.
    pub fn journal(&self) -> &Journal<S> {
        &self.journal
    }

    /// Gives the journal back, for whoever goes on.
    pub fn into_journal(self) -> Journal<S> {
        self.journal
    }

    /// Allows the run to go further. Refused when the run is not at a point from which it can.
    pub async fn allow(&mut self, until: Until, by: Actor) -> Result<(), JournalError> {
        self.record(Entry::Allowed { until, by }).await
    }

    /// Turns the run back; of what is removed nothing is kept.
    pub async fn turn_back(&mut self, scope: Scope, by: Actor) -> Result<(), JournalError> {
        self.turn_back_keeping(scope, None, by).await
    }

    /// Turns the run back; the data of a target that is removed is kept under the name `final_snapshot`.
    pub async fn turn_back_keeping(
        &mut self,
        scope: Scope,
        final_snapshot: Option<String>,
        by: Actor,
    ) -> Result<(), JournalError> {
        self.record(Entry::TurnedBack { scope, final_snapshot, loss: None, by }).await
    }

    /// Turns the run back over what is given up by it.
    pub async fn turn_back_losing(&mut self, scope: Scope, loss: Loss, by: Actor) -> Result<(), JournalError> {
        self.record(Entry::TurnedBack { scope, final_snapshot: None, loss: Some(loss), by }).await
    }

    /// Has the ended run's target removed, or goes on with its removal; its data is kept under the name `final_snapshot`.
    pub async fn remove_target(&mut self, final_snapshot: Option<String>, by: Actor) -> Result<(), JournalError> {
        self.record(Entry::Removing { final_snapshot, by }).await
    }

    /// Lets a stuck run try again where it stopped.
    pub async fn retry(&mut self, by: Actor) -> Result<(), JournalError> {
        self.record(Entry::Retried { by }).await
    }

    /// Records that the executor was asked to stop.
    pub async fn interrupted(&mut self, by: &str) -> Result<(), JournalError> {
        self.record(Entry::Interrupted { by: by.to_owned() }).await
    }

    /// Whether nothing more happens without a person.
    pub fn is_resting(&self) -> bool {
        self.journal.state().next() == Next::Rest
    }

    /// Does what comes next.
    pub async fn advance(&mut self, interrupt: &Interrupt) -> Result<Advance, JournalError> {
        // A step that only looks writes nothing for minutes, and would not find out.
        self.journal.held()?;
        match self.journal.state().next() {
            Next::Start(index) => {
                let step = self.id(index);
                self.moved(Entry::Started { step }).await
            }
            Next::Work(index) => {
                self.attend();
                self.work(index, interrupt).await
            }
            Next::Stop(after) => self.moved(Entry::Stopped { after }).await,
            Next::StartUndo(index) => {
                let step = self.id(index);
                self.moved(Entry::UndoStarted { step }).await
            }
            Next::Undo(index) => {
                self.attend();
                self.undo(index, interrupt).await
            }
            Next::End(outcome) => self.moved(Entry::Ended { outcome }).await,
            Next::EndRemoval => self.moved(Entry::Removed).await,
            Next::Rest => Ok(Advance::Resting),
        }
    }

    async fn work(&mut self, index: usize, interrupt: &Interrupt) -> Result<Advance, JournalError> {
        let step = self.id(index);
        if let Some(late) = self.too_late(index) {
            return self.moved(Entry::Failed { step, failure: late, then: Consequence::Hold }).await;
        }
        let observed = {
            let (planned, tell) = (&self.journal.state().plan.steps[index].step, self.teller(&step));
            let cx = self.context(index, &tell);
            tokio::select! {
                biased;
                observed = planned.observe(self.world, &cx) => observed,
                () = interrupt.raised() => return Ok(Advance::Interrupted),
            }
        };
        match observed {
            Ok(Observed::Done(output)) => {
                let moved = self.moved(Entry::Finished { step, output }).await?;
                self.acted = None;
                Ok(moved)
            }
            Ok(Observed::Act) => self.act(index, interrupt).await,
            Ok(Observed::Wait(wait)) => self.wait_or_fail(index, &wait).await,
            Ok(Observed::Note(note, wait)) => {
                self.record(Entry::Noted { step, note }).await?;
                Ok(self.tell_wait(index, &wait))
            }
            Err(error) => self.failed(index, error).await,
        }
    }

    async fn act(&mut self, index: usize, interrupt: &Interrupt) -> Result<Advance, JournalError> {
        let step = self.id(index);
        if let Some((acted, at)) = &self.acted
            && *acted == step
            && self.clock.awake().saturating_sub(*at) < GRACE
        {
            let wait = Waiting::on("the provider to show the change just made");
            return self.wait_or_fail(index, &wait).await;
        }
        self.journal.confirm().await?;
        self.listener.on(&Event::Acting { step: &step });
        let acted = {
            let (planned, tell) = (&self.journal.state().plan.steps[index].step, self.teller(&step));
            let cx = self.context(index, &tell);
            tokio::select! {
                biased;
                acted = planned.act(self.world, &cx) => acted,
                () = self.must_leave(interrupt) => return Ok(Advance::Interrupted),
            }
        };
        match acted {
            Ok(()) => {
                self.acted = Some((step, self.clock.awake()));
                Ok(Advance::Moved)
            }
            Err(error) => self.failed(index, error).await,
        }
    }

    async fn undo(&mut self, index: usize, interrupt: &Interrupt) -> Result<Advance, JournalError> {
        let step = self.id(index);
        self.acted = None;
        self.journal.confirm().await?;
        let undone = {
            let (planned, tell) = (&self.journal.state().plan.steps[index].step, self.teller(&step));
            let cx = self.context(index, &tell);
            tokio::select! {
                biased;
                undone = planned.undo(self.world, &cx) => undone,
                () = self.must_leave(interrupt) => return Ok(Advance::Interrupted),
            }
        };
        match undone {
            Ok(Undone::Done(how)) => self.moved(Entry::UndoFinished { step, how }).await,
            Ok(Undone::Note(note, wait)) => {
                self.record(Entry::Noted { step, note }).await?;
                Ok(self.tell_wait(index, &wait))
            }
            Ok(Undone::Wait(wait)) => match self.overdue(index, &wait.on) {
                Some(failure) => self.moved(Entry::UndoFailed { step, failure }).await,
                None => self.wait(index, &wait).await,
            },
            Err(StepError { failure, remedy: Remedy::Retry | Remedy::Await }) => {
                match self.overdue(index, &failure.to_string()) {
                    Some(late) => self.moved(Entry::UndoFailed { step, failure: late }).await,
                    None => Ok(self.try_again(index, &failure)),
                }
            }
            Err(StepError { failure, .. }) => self.moved(Entry::UndoFailed { step, failure }).await,
        }
    }

    async fn wait_or_fail(&mut self, index: usize, wait: &Waiting) -> Result<Advance, JournalError> {
        match self.overdue(index, &wait.on) {
            Some(failure) => self.failed(index, StepError::terminal(failure)).await,
            None => self.wait(index, wait).await,
        }
    }

    /// Returns once a call under way has to be left behind: it may have its effect, which the next look will find.
    async fn must_leave(&self, interrupt: &Interrupt) {
        interrupt.raised().await;
        self.clock.sleep(LEAVE).await;
    }

    async fn failed(&mut self, index: usize, error: StepError) -> Result<Advance, JournalError> {
        let step = self.id(index);
        let StepError { failure, remedy } = error;
        if self.journal.state().plan.steps[index].step.is_optional() && !matches!(remedy, Remedy::Hold | Remedy::Lost) {
            let passing = matches!(remedy, Remedy::Retry | Remedy::Await);
            let late = self.overdue(index, &failure.to_string());
            let forgone = match (passing, late) {
                (false, _) => failure,
                (true, Some(late)) => late,
                (true, None) => return Ok(self.try_again(index, &failure)),
            };
            let moved = self.moved(Entry::Finished { step, output: json!(Forgone { forgone }) }).await?;
            self.acted = None;
            return Ok(moved);
        }
        let (failure, then) = match remedy {
            Remedy::Retry | Remedy::Await => match self.overdue(index, &failure.to_string()) {
                Some(late) if remedy == Remedy::Await => (late, Consequence::Hold),
                Some(late) => (late, self.journal.state().consequence_of_failure(index)),
                None => return Ok(self.try_again(index, &failure)),
            },
            Remedy::TurnBack | Remedy::Lost => (failure, self.journal.state().consequence_of_failure(index)),
            Remedy::Hold => (failure, Consequence::Hold),
        };
        let moved = self.moved(Entry::Failed { step, failure, then }).await?;
        self.acted = None;
        Ok(moved)
    }

    /// Counts a look at the present step, and from the first one its time.
    fn attend(&mut self) {
        if self.at.is_none() {
            self.at = Some(self.clock.awake());
            self.looks = 0;
        }
        self.looks += 1;
    }

    /// How long this process has been at the present step.
    fn attended(&self) -> Duration {
        self.at.map_or(Duration::ZERO, |since| self.clock.awake().saturating_sub(since))
    }

    /// The failure of a step, or its undo, that this process has been at for longer than planned.
    fn overdue(&self, index: usize, on: &str) -> Option<Failure> {
        let deadline = Duration::from_secs(self.journal.state().plan.steps[index].deadline_seconds);
        (self.attended() > deadline).then(|| {
            let (seconds, looks, step) = (deadline.as_secs(), self.looks, self.id(index));
            Failure::new(format!(
                "gave up after {seconds} s and {looks} looks, the deadline of step {step}; last seen: {on}"
            ))
        })
    }

    /// Why the run may not go on with step `index`: it has taken longer than planned. A cutover that has begun is finished,
    /// since half a move is worse than a late one.
    fn too_late(&self, index: usize) -> Option<Failure> {
        let state = self.journal.state();
        let deadline = Duration::from_secs(state.plan.deadline_seconds?);
        let moving = state.steps[..index].iter().any(|step| step.until == Until::Cutover);
        (!moving && self.clock.awake().saturating_sub(self.since) > deadline).then(|| {
            let seconds = deadline.as_secs();
            Failure::new(format!("the run has taken longer than {seconds} s, its deadline")).hint(format!(
                "what was made is kept: daybreak resume {0} gives the run the same time again, daybreak cancel {0} removes it",
                state.plan.run
            ))
        })
    }

    /// Waits; what for, and since when, is journaled as often as it changes.
    async fn wait(&mut self, index: usize, wait: &Waiting) -> Result<Advance, JournalError> {
        let known = self.journal.state().steps[index].awaiting.as_ref().is_some_and(|(_, on)| *on == wait.on);
        if !known {
            self.record(Entry::Awaiting { step: self.id(index), on: wait.on.clone() }).await?;
        }
        Ok(self.tell_wait(index, wait))
    }

    fn tell_wait(&self, index: usize, wait: &Waiting) -> Advance {
        let StepStatus { started, awaiting, .. } = &self.journal.state().steps[index];
        let since = awaiting.as_ref().map(|(since, _)| *since).or(*started);
        let waited = since.map_or(Duration::ZERO, |since| elapsed(since, self.clock.now()));
        self.listener.on(&Event::Waiting { step: &self.id(index), wait, waited_seconds: waited.as_secs_f64() });
        Advance::Wait(wait.again_in.unwrap_or_else(|| self.pace()))
    }

    fn try_again(&self, index: usize, failure: &Failure) -> Advance {
        self.listener.on(&Event::Retrying { step: &self.id(index), error: &failure.to_string() });
        Advance::Wait(self.pace())
    }

    fn pace(&self) -> Duration {
        self.clock.until_look(pace::interval(self.attended(), self.clock.jitter()))
    }

    fn id(&self, index: usize) -> StepId {
        self.journal.state().steps[index].id.clone()
    }

    fn teller(&self, step: &StepId) -> impl Fn(&Checked) + Send + Sync + use<'a, S> {
        let (listener, step) = (self.listener, step.clone());
        move |check: &Checked| listener.on(&Event::Checked { step: &step, check })
    }

    fn context<'c>(&'c self, index: usize, tell: &'c (dyn Fn(&Checked) + Send + Sync)) -> Context<'c> {
        let state = self.journal.state();
        let now = self.clock.now();
        let StepStatus { started, notes, .. } = &state.steps[index];
        Context {
            run: &state.plan.run,
            now,
            started: started.unwrap_or(now),
            attended: self.attended(),
            outputs: &state.outputs,
            notes,
            final_snapshot: state.final_snapshot.as_deref(),
            tell,
        }
    }

    async fn moved(&mut self, entry: Entry<S>) -> Result<Advance, JournalError> {
        self.record(entry).await?;
        Ok(Advance::Moved)
    }

    async fn record(&mut self, entry: Entry<S>) -> Result<(), JournalError> {
        // Whatever else is recorded begins or ends a stretch of work, and the time of the next one is counted anew.
        let goes_on = matches!(entry, Entry::Noted { .. } | Entry::Awaiting { .. });
        let record = self.journal.append(entry, self.clock.now()).await?;
        if !goes_on {
            self.at = None;
        }
        self.listener.on(&Event::Recorded { record });
        Ok(())
    }
}
