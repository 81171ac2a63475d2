//! Clocks that a test owns: one that moves when something sleeps, and one for many who sleep at once.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use daybreak::run::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Starts at a fixed time; sleeping takes none of the test's.
pub(crate) struct TestClock(Mutex<(Timestamp, Duration)>);

impl TestClock {
    pub(crate) fn starting(at: &str) -> Self {
        Self(Mutex::new((at.parse().unwrap(), Duration::ZERO)))
    }

    /// Nobody executes anything for a while: the wall clock goes on, no process is awake.
    pub(crate) fn absent_for(&self, by: Duration) {
        self.0.lock().unwrap().0 += SignedDuration::try_from(by).unwrap();
    }

    pub(crate) fn set_back(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        now.0 -= SignedDuration::try_from(by).unwrap();
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn awake(&self) -> Duration {
        self.0.lock().unwrap().1
    }

    async fn sleep(&self, span: Duration) {
        // A zero sleep must let time pass, too, or a wait could go on for ever.
        let span = span.max(Duration::from_millis(1));
        let mut now = self.0.lock().unwrap();
        now.0 += SignedDuration::try_from(span).unwrap();
        now.1 += span;
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

/// The runtime's clock: paused, it goes on when everybody sleeps.
pub(crate) struct PausedClock {
    origin: Instant,
    jitter: f64,
}

impl PausedClock {
    pub(crate) fn start(jitter: f64) -> Self {
        Self { origin: Instant::now(), jitter }
    }
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        start + SignedDuration::try_from(self.awake()).unwrap()
    }

    fn awake(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn jitter(&self) -> f64 {
        self.jitter
    }
}
