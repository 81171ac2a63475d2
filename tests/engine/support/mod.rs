//! An in-memory world, a clock that a test owns, and a store that can be cut.

pub(crate) mod bucket;
mod cloud;
#[path = "../../support/contract.rs"]
pub(crate) mod contract;
mod listing;
mod process;
mod scene;
mod servers;
pub(crate) mod source;
mod store;
#[path = "../../support/sweep.rs"]
pub(crate) mod sweep;
mod time;

pub(crate) use cloud::{Cloud, Fault, dns, proxies};
pub(crate) use scene::{ACCOUNT, BY_PROXY, CONFIG, DNS, FENCE, ROLE, SOURCE, Scene, Way, actor, holder, run};
pub(crate) use servers::Servers;
pub(crate) use source::{Source, of_every_source};
pub(crate) use store::MemoryStore;
pub(crate) use time::{PausedClock, TestClock};
