//! Route 53 takes five requests a second of an account, whoever sends them. One is left to others.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

const REQUESTS: usize = 4;
const WITHIN: Duration = Duration::from_secs(1);

/// The times of the latest requests. Those that wait are let through in their order.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<VecDeque<Instant>>);

impl Pace {
    /// Returns once a request may be sent.
    pub(super) async fn turn(&self) {
        let mut sent = self.0.lock().await;
        if let Some(oldest) = sent.front().filter(|_| sent.len() == REQUESTS) {
            sleep_until(*oldest + WITHIN).await;
            sent.pop_front();
        }
        sent.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_four_requests() {
        let pace = Pace::default();
        let began = Instant::now();
        let turns = join_all((0..9).map(async |_| {
            pace.turn().await;
            began.elapsed().as_secs()
        }))
        .await;
        assert_eq!(turns, [0, 0, 0, 0, 1, 1, 1, 1, 2]);
        tokio::time::advance(WITHIN * 10).await;
        pace.turn().await;
        assert_eq!(began.elapsed().as_secs(), 12, "after a rest nobody waits");
    }
}
