//! The engine under random recipes, failures and crashes: every promise of `run`, held against each record as it becomes
//! durable, each act and undo as it begins, and the world as it is left.
//!
//! A history is decided by its seed alone. A failure prints the shortest history found that fails alike, and
//! `DAYBREAK_MODEL_SEED=… cargo test --test model` repeats it; `DAYBREAK_MODEL_HISTORIES=…` lives more of them.

mod choices;
mod ending;
mod fate;
mod history;
mod ledger;
mod process;
mod recipe;
mod site;
mod step;
#[path = "../support/sweep.rs"]
mod sweep;
mod tally;

use std::{
    env,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use choices::{Choices, shrink};
use site::Site;
use tally::Tally;

/// Histories lived by `make test`.
const HISTORIES: u64 = 100_000;

/// How often each kind of event must have been met in them.
const OFTEN_ENOUGH: u64 = 500;

/// Attempts at a shorter history that fails, too.
const ATTEMPTS: usize = 3_000;

/// A history in which a promise was broken.
struct Broken {
    seed: u64,
    choices: Vec<u8>,
}

/// What became of one history.
struct Lived {
    choices: Vec<u8>,
    tally: Tally,
    told: Vec<String>,
    broken: Option<String>,
}

fn live(choices: Choices, telling: bool) -> Lived {
    let site = Arc::new(Site::new(choices, telling));
    let lived = panic::catch_unwind(AssertUnwindSafe(|| history::live(&site)));
    let broken = lived.err().map(|broken| match broken.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().map_or("a panic without words", |text| text).to_owned(),
    });
    let Some(site) = Arc::into_inner(site) else { panic!("a process outlived its history") };
    let (choices, tally, told) = site.into_parts();
    Lived { choices, tally, told, broken }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Lives the histories of `seeds`, on all cores.
fn sweep(seeds: std::ops::Range<u64>) -> (Tally, Vec<Broken>) {
    let (next, all) = (AtomicU64::new(seeds.start), Mutex::new((Tally::default(), Vec::new())));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let (mut tally, mut broken) = (Tally::default(), Vec::new());
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let lived = live(Choices::seeded(seed), false);
                    tally.add(&lived.tally);
                    if lived.broken.is_some() {
                        broken.push(Broken { seed, choices: lived.choices });
                    }
                }
                let mut all = all.lock().unwrap();
                all.0.add(&tally);
                all.1.append(&mut broken);
            });
        }
    });
    all.into_inner().unwrap()
}

/// The history of `broken`, as short as it could be made, told from its beginning to the broken promise.
fn account(broken: &Broken) -> String {
    let fails = |choices: &[u8]| live(Choices::recorded(choices.to_vec()), false).broken.is_some();
    let shrunk = shrink(broken.choices.clone(), ATTEMPTS, fails);
    let lived = live(Choices::recorded(shrunk), true);
    let (told, why) = (lived.told.join("\n"), lived.broken.unwrap_or_default());
    format!("{told}\n\nbroken: {why}\nrepeat it: DAYBREAK_MODEL_SEED={} cargo test --test model", broken.seed)
}

#[test]
fn whatever_happens_every_promise_is_kept() {
    // What a history says when it fails is told below, once, in its shortest form.
    let loud = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let seeds = match number("DAYBREAK_MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DAYBREAK_MODEL_HISTORIES").unwrap_or(HISTORIES),
    };
    let (tally, mut broken) = sweep(seeds.clone());
    broken.sort_unstable_by_key(|broken| broken.seed);
    let account = broken.first().map(account);
    panic::set_hook(loud);
    let lived = seeds.end - seeds.start;
    sweep::report("model", lived, "histories", broken.len());
    assert!(account.is_none(), "{}", account.unwrap_or_default());
    if lived >= HISTORIES {
        assert_eq!(tally.rarer_than(OFTEN_ENOUGH), [], "a sweep that does not meet these shows nothing of them");
    }
}
