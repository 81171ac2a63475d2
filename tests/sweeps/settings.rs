//! How much is swept, and from which seed: from the environment, and from the filters that `cargo test` hands on.

use std::{
    env,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use super::runner::Total;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `DAYBREAK_SWEEP`: this sweep alone.
    sweep: Option<String>,
    /// `DAYBREAK_CASE`: this case of a round alone, or these: `17`, `17-30`.
    pub(crate) cases: Option<RangeInclusive<usize>>,
    /// `DAYBREAK_SEED`: what chance chooses from; each further round adds one.
    pub(crate) seed: u64,
    /// `DAYBREAK_SOAK`: every combination instead of a covering choice.
    pub(crate) soak: bool,
    /// `DAYBREAK_SWEEP_MINUTES`: how long rounds are added for each sweep; without it, one round.
    length: Duration,
    /// `DAYBREAK_SWEEP_THREADS`: how many cases run side by side.
    pub(crate) threads: usize,
    filters: Vec<String>,
}

impl Settings {
    /// What the environment and the command line say.
    pub(crate) fn of_environment() -> Self {
        let filters = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
        Self {
            sweep: env::var("DAYBREAK_SWEEP").ok(),
            cases: env::var("DAYBREAK_CASE").ok().map(|text| range(&text)),
            seed: number("DAYBREAK_SEED").unwrap_or(1),
            soak: number("DAYBREAK_SOAK").is_some_and(|soak| soak > 0),
            length: Duration::from_secs(60 * number("DAYBREAK_SWEEP_MINUTES").unwrap_or(0)),
            threads: number("DAYBREAK_SWEEP_THREADS").map_or(6, |threads| usize::try_from(threads).expect("a few")),
            filters,
        }
    }

    /// Whether the sweep of this name is wanted.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.sweep.as_ref().is_none_or(|sweep| sweep == name)
            && (self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str())))
    }

    /// Runs rounds with one seed after another until the time is over; at least one.
    pub(crate) fn rounds(&self, round: impl Fn(Self) -> Total) -> Total {
        let (begun, mut total) = (Instant::now(), Total::default());
        for seed in self.seed.. {
            let one = round(Self { seed, ..self.clone() });
            total = Total { cases: total.cases + one.cases, failed: total.failed + one.failed };
            if begun.elapsed() >= self.length {
                break;
            }
        }
        total
    }

    /// Chance for one purpose: the same for the same seed, whatever else was drawn.
    pub(crate) fn chance(&self, purpose: usize) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(purpose as u64))
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

fn range(text: &str) -> RangeInclusive<usize> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let [first, last] =
        [first, last].map(|number| number.parse().unwrap_or_else(|error| panic!("DAYBREAK_CASE={text}: {error}")));
    first..=last
}
