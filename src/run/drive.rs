//! The laptop's way of executing a run: advance, sleep through the waits, stop when asked.

use super::{
    clock::Clock,
    executor::{Advance, Executor},
    interrupt::Interrupt,
    journal::JournalError,
    step::Step,
};

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
