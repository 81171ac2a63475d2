//! An in-memory world, a clock that a test owns, and a store that can be cut.

mod cloud;
mod scene;
mod servers;
mod store;
mod time;

pub use cloud::{Cloud, Fault};
pub use scene::{SOURCE, Scene, actor, holder, run};
pub use servers::Servers;
pub use store::MemoryStore;
pub use time::TestClock;
