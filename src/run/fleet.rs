//! Several runs in one process, side by side on one thread.

use futures_util::future::join_all;

use super::{
    drive::{Drive, drive},
    executor::Executor,
    grid::Grid,
    interrupt::Interrupt,
    journal::JournalError,
    step::Step,
};

/// Executes all of them until each rests or `interrupt` is raised, which stops all. The executors are made with `grid`
/// as their clock. A run whose journal fails stops alone; how each ended is returned in their order.
pub async fn drive_all<S: Step>(
    executors: &mut [Executor<'_, S>],
    grid: &Grid<'_>,
    interrupt: &Interrupt,
) -> Vec<Result<Drive, JournalError>> {
    join_all(executors.iter_mut().map(|executor| drive(executor, grid, interrupt))).await
}
