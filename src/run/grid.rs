//! A common beat for the waits of one process, so that runs which wait together look together.
//!
//! Runs that each look when their own wait says so never ask at the same moment, and a hundred of them are a hundred
//! calls. On a grid they are one: every interval is rounded down to half a second times a power of two, and every
//! wait ends at a multiple of that. The multiples are nested: each tick of 8 s is also one of 4 s, 2 s, 1 s and
//! half a second, so whoever has waited long looks when those do who have not. A rounded interval is never longer than
//! the one it was made from, and the wait to its next multiple is never longer than the interval: what
//! [`pace`](super::pace) promises still holds. It is never less than half of it, so a look is made at most twice
//! as often as by a run alone.
//!
//! The grid begins anywhere within its longest interval, so that several processes do not ask in step.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use jiff::Timestamp;

use super::{clock::Clock, pace};

/// One sleep, for all who wait for the same tick: they wake in one instant, whatever the timer's precision.
type Tick<'a> = Shared<BoxFuture<'a, ()>>;

/// The clock of several runs that one process executes side by side.
///
/// Its [`Clock::sleep`] ends at the first tick after the span: a wait that a step has asked for by name is never
/// shorter, and at most half a second longer. Sleeping for no time at all is left as it is.
pub struct Grid<'a> {
    clock: &'a dyn Clock,
    /// How long after the clock's origin the grid begins.
    phase: Duration,
    ticks: Mutex<BTreeMap<Duration, WeakShared<BoxFuture<'a, ()>>>>,
}

impl<'a> Grid<'a> {
    /// A grid over `clock`.
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, phase: rounded(pace::LONGEST).mul_f64(clock.jitter()), ticks: Mutex::default() }
    }

    /// The first multiple of `step` after `at`, by [`Clock::awake`].
    fn next(&self, at: Duration, step: Duration) -> Duration {
        let period = rounded(pace::LONGEST);
        // Counted from one period before the phase, which no time lies before.
        let since = (at + period).saturating_sub(self.phase);
        let ticks = since.as_nanos() / step.as_nanos() + 1;
        let tick = step.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
        (tick + self.phase).saturating_sub(period)
    }

    fn tick(&self, tick: Duration, from: Duration) -> Tick<'a> {
        let mut ticks = self.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.retain(|_, sleep| sleep.upgrade().is_some());
        if let Some(sleep) = ticks.get(&tick).and_then(WeakShared::upgrade) {
            return sleep;
        }
        let sleep = self.clock.sleep(tick.saturating_sub(from)).shared();
        if let Some(weak) = sleep.downgrade() {
            ticks.insert(tick, weak);
        }
        sleep
    }
}

#[async_trait]
impl Clock for Grid<'_> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn awake(&self) -> Duration {
        self.clock.awake()
    }

    async fn sleep(&self, span: Duration) {
        if span.is_zero() {
            return self.clock.sleep(span).await;
        }
        let now = self.awake();
        let beneath = (now + span).saturating_sub(Duration::from_nanos(1));
        self.tick(self.next(beneath, pace::SHORTEST), now).await;
    }

    fn jitter(&self) -> f64 {
        self.clock.jitter()
    }

    /// Ends half a tick before the tick that is meant: [`Clock::sleep`] goes on to the tick itself, however long the
    /// way from here to there takes.
    fn until_look(&self, interval: Duration) -> Duration {
        let now = self.awake();
        let tick = self.next(now, rounded(interval));
        tick.saturating_sub(now + pace::SHORTEST / 2).max(Duration::from_millis(1))
    }
}

/// The longest interval of the grid that is not longer than `interval`; the shortest one for all that is shorter.
fn rounded(interval: Duration) -> Duration {
    let times = interval.as_nanos() / pace::SHORTEST.as_nanos();
    let doublings = times.max(1).ilog2().min(u32::BITS - 1);
    pace::SHORTEST.saturating_mul(1 << doublings)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At {
        awake: Duration,
        jitter: f64,
    }

    #[async_trait]
    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn awake(&self) -> Duration {
            self.awake
        }

        async fn sleep(&self, _: Duration) {}

        fn jitter(&self) -> f64 {
            self.jitter
        }
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// The tick that a look after `interval` is made at.
    fn look(clock: &At, interval: Duration) -> Duration {
        let grid = Grid::new(clock);
        let aimed = clock.awake + grid.until_look(interval);
        grid.next(aimed.saturating_sub(Duration::from_nanos(1)), pace::SHORTEST)
    }

    #[test]
    fn intervals_are_rounded_down_to_powers_of_two() {
        for (interval, expected) in [(0, 500), (450, 500), (500, 500), (999, 500), (1000, 1000), (1999, 1000)] {
            assert_eq!(rounded(ms(interval)), ms(expected), "{interval} ms");
        }
        assert_eq!(rounded(pace::LONGEST), ms(8000));
        assert_eq!(rounded(ms(7999)), ms(4000));
    }

    #[test]
    fn no_look_is_later_than_its_interval_and_all_are_on_the_grid() {
        for jitter in [0.0, 0.3, 0.999] {
            for awake in (0..40_000).step_by(37) {
                let clock = At { awake: ms(awake), jitter };
                for waited in [0, 20, 60, 130, 250, 500, 4000] {
                    let interval = pace::interval(Duration::from_secs(waited), 0.0);
                    let tick = look(&clock, interval);
                    let wait = tick - clock.awake;
                    assert!(wait <= interval, "{wait:?} of {interval:?} at {awake} ms");
                    let since = (tick + ms(8000) - ms(8000).mul_f64(jitter)).as_nanos();
                    assert_eq!(since % rounded(interval).as_nanos(), 0, "{tick:?} for {interval:?}");
                }
            }
        }
    }

    /// Whoever has waited long looks at a tick at which those look who have not.
    #[test]
    fn long_waits_end_with_short_ones() {
        let clock = At { awake: ms(123_456), jitter: 0.0 };
        let ticks: Vec<Duration> = [15, 7, 3, 1].map(|seconds| look(&clock, Duration::from_secs(seconds))).into();
        assert_eq!(ticks, [ms(128_000), ms(124_000), ms(124_000), ms(124_000)]);
    }

    #[test]
    fn who_waits_for_one_tick_shares_one_sleep() {
        let clock = At { awake: ms(100), jitter: 0.0 };
        let grid = Grid::new(&clock);
        let sleeps = [grid.tick(ms(500), ms(100)), grid.tick(ms(500), ms(101)), grid.tick(ms(1000), ms(100))];
        assert!(sleeps[0].ptr_eq(&sleeps[1]) && !sleeps[0].ptr_eq(&sleeps[2]));
        drop(sleeps);
        drop(grid.tick(ms(500), ms(100)));
        assert_eq!(grid.ticks.lock().unwrap().len(), 1, "ticks that nobody waits for are forgotten");
    }
}
