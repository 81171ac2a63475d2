//! Time as the run sees it: handed in, so that tests can own it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Tells the time and lets it pass.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall-clock time now, for the journal. It may jump; no decision of a run relies on it.
    fn now(&self) -> Timestamp;

    /// The time this process has been awake, from any origin; never goes backwards. Deadlines and watches count in it.
    fn awake(&self) -> Duration;

    /// Returns after `span` has passed.
    async fn sleep(&self, span: Duration);

    /// A number in `0.0..1.0`, used to spread polls of many processes.
    fn jitter(&self) -> f64;

    /// How long to sleep until a look that may be made up to `interval` from now. A clock that several runs share
    /// may say less, so that they look together.
    fn until_look(&self, interval: Duration) -> Duration {
        interval
    }
}

/// The whole time from `from` to `to`, zero when the clock went backwards in between.
pub fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
