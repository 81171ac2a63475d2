//! The durable run: a plan executed step by step, every decision written down before the next one is taken.
//!
//! What it is: [`plan::Plan`] is an ordered list of steps as data. [`journal::Journal`] holds what happened to
//! it, as numbered create-only records. [`state::RunState`] is the one pure function from records to "what is true
//! now" and "what comes next"; [`executor::Executor`] does what comes next and records it.
//!
//! What it promises: at any instant the process may vanish, and another one, given the same store, goes on from the
//! records alone. Each advance starts by observing the world, so going on after a crash is not a special case.
//!
//! What it never does: name AWS, PostgreSQL or a terminal, read a clock of its own, or print.

pub mod clock;
pub mod drive;
pub mod event;
pub mod executor;
pub mod fleet;
pub mod grid;
pub mod id;
pub mod interrupt;
pub mod journal;
pub mod pace;
pub mod plan;
pub mod record;
pub mod removal;
pub mod state;
pub mod step;
pub mod store;
