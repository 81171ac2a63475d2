//! An in-memory world, a clock that a test owns, and a store that can be cut.

pub(crate) mod bucket;
mod cloud;
#[path = "../../support/contract.rs"]
pub(crate) mod contract;
mod listing;
mod scene;
mod servers;
mod store;
#[path = "../../support/sweep.rs"]
pub(crate) mod sweep;
mod time;

pub(crate) use cloud::{Cloud, Fault};
pub(crate) use scene::{ACCOUNT, CONFIG, ROLE, SOURCE, Scene, actor, holder, run};
pub(crate) use servers::Servers;
pub(crate) use store::MemoryStore;
pub(crate) use time::{PausedClock, TestClock};
