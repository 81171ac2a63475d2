//! The processes that execute a scene's run, one after the other: each lives to its end, or for so many advances.

use std::sync::Arc;

use daybreak::{
    run::{
        clock::Clock,
        drive::{Drive, drive},
        event::Silent,
        executor::{Advance, Executor},
        interrupt::Interrupt,
        journal::{Journal, JournalError},
        plan::Plan,
        record::Scope,
        state::Stage,
        step::Until,
    },
    steps::step::Step,
};

use super::{Scene, actor, holder, run};

impl Scene {
    /// Begins a run of that plan, up to its first record.
    pub(crate) async fn begin(&self, until: Until) -> Journal<Step> {
        self.begin_with(self.plan().await, until).await
    }

    /// Begins a run of `plan`.
    pub(crate) async fn begin_with(&self, plan: Plan<Step>, until: Until) -> Journal<Step> {
        Journal::begin(Arc::new(self.store.clone()), plan, until, actor(), &holder(), self.clock.now()).await.unwrap()
    }

    /// Opens the journal again, as another process would.
    pub(crate) async fn open(&self) -> Journal<Step> {
        self.cloud.forget_changes();
        Journal::open(Arc::new(self.store.clone()), &run(), &holder()).await.unwrap()
    }

    pub(crate) fn executor(&self, journal: Journal<Step>) -> Executor<'_, Step> {
        Executor::new(journal, &self.world, &self.clock, &Silent)
    }

    /// Executes until the run rests.
    pub(crate) async fn drive(&self, executor: &mut Executor<'_, Step>) -> Result<Drive, JournalError> {
        let (_raise, interrupt) = Interrupt::new();
        drive(executor, &self.clock, &interrupt).await
    }

    /// Begins and executes until the run rests; its stage then.
    pub(crate) async fn recover(&self, until: Until) -> Stage {
        let mut executor = self.executor(self.begin(until).await);
        self.drive(&mut executor).await.unwrap();
        executor.journal().state().stage
    }

    /// Goes on, as `daybreak resume` does.
    pub(crate) async fn resume(&self) -> Stage {
        let mut executor = self.executor(self.open().await);
        if matches!(executor.journal().state().stage, Stage::Stuck(_)) {
            executor.retry(actor()).await.unwrap();
        }
        self.drive(&mut executor).await.unwrap();
        executor.journal().state().stage
    }

    /// Goes on to the cutover, as `daybreak cutover` does.
    pub(crate) async fn cut_over(&self) -> Stage {
        let mut executor = self.executor(self.open().await);
        executor.allow(Until::Cutover, actor()).await.unwrap();
        self.drive(&mut executor).await.unwrap();
        executor.journal().state().stage
    }

    /// Turns back, as `daybreak rollback` and `daybreak cancel` do.
    pub(crate) async fn turn_back(&self, scope: Scope) -> Stage {
        let mut executor = self.executor(self.open().await);
        executor.turn_back(scope, actor()).await.unwrap();
        self.drive(&mut executor).await.unwrap();
        executor.journal().state().stage
    }

    /// Advances once, and lets the time pass that was asked for; false once the run rests.
    pub(crate) async fn advance(&self, executor: &mut Executor<'_, Step>) -> bool {
        let (_raise, interrupt) = Interrupt::new();
        let advanced = executor.advance(&interrupt).await.unwrap();
        if let Advance::Wait(span) = advanced {
            self.clock.sleep(span).await;
        }
        advanced != Advance::Resting
    }

    /// Advances so often, or until the run rests; whether it does.
    pub(crate) async fn advance_often(&self, executor: &mut Executor<'_, Step>, advances: usize) -> bool {
        for _ in 0..advances {
            if !self.advance(executor).await {
                return true;
            }
        }
        false
    }

    /// Executes so many advances and vanishes; whether the run rests.
    pub(crate) async fn die_after(&self, journal: Journal<Step>, advances: usize) -> bool {
        self.advance_often(&mut self.executor(journal), advances).await
    }
}
