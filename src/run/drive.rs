//! The laptop's way of executing a run: advance, sleep through the waits, stop when asked.

use tokio::sync::watch;

use super::{
    clock::Clock,
    executor::{Advance, Executor},
    journal::JournalError,
    step::Step,
};

/// A request to stop, raised once, by a signal.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Option<&'static str>>);

impl Interrupt {
    /// A request that can be raised through the sender, with the name of what raised it.
    pub fn new() -> (watch::Sender<Option<&'static str>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// What raised it, if anything has.
    pub fn by(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Returns once it is raised; never, when nobody can raise it any more.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// How a drive ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// The run rests: at its end, at a stop, or stuck.
    Rested,
    /// It was asked to stop. The current call was finished and journaled; the run can be resumed.
    Interrupted,
}

/// Executes until the run rests or `interrupt` is raised.
pub async fn drive<S: Step>(
    executor: &mut Executor<'_, S>,
    clock: &dyn Clock,
    interrupt: &Interrupt,
) -> Result<Drive, JournalError> {
    loop {
        if let Some(by) = interrupt.by() {
            if executor.is_resting() {
                return Ok(Drive::Rested);
            }
            executor.interrupted(by).await?;
            return Ok(Drive::Interrupted);
        }
        match executor.advance(interrupt).await? {
            Advance::Moved | Advance::Interrupted => {}
            Advance::Resting => return Ok(Drive::Rested),
            Advance::Wait(span) => tokio::select! {
                () = clock.sleep(span) => {}
                () = interrupt.raised() => {}
            },
        }
    }
}
