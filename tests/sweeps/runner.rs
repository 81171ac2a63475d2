//! Runs cases side by side, and tells of those that failed so that each can be repeated alone.

use std::{
    backtrace::Backtrace,
    cell::RefCell,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::settings::Settings;

/// What a round came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Total {
    pub(crate) cases: usize,
    pub(crate) failed: usize,
}

/// What a case does with the ground that the case before it in the chain left; none at the start, and after a failure.
type Run<G> = Box<dyn FnOnce(&mut Option<G>) + Send>;

/// One disturbance and what must hold after it. It panics where that does not hold.
pub(crate) struct Case<G> {
    /// Its number within the round.
    pub(crate) number: usize,
    /// The disturbance in words.
    pub(crate) what: String,
    /// What it does.
    pub(crate) run: Run<G>,
}

/// What a case stands on, and can show when it failed.
pub(crate) trait Evidence {
    /// The journal and whatever else tells what happened.
    fn evidence(&self) -> String;
}

/// Cases that stand on one ground, one after another.
pub(crate) type Chain<G> = Vec<Case<G>>;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the chains, as many at a time as the settings say. Of the cases selected, if any are.
pub(crate) fn run<G: Evidence>(name: &str, settings: &Settings, mut chains: Vec<Chain<G>>) -> Total {
    if let Some(wanted) = &settings.cases {
        chains.iter_mut().for_each(|chain| chain.retain(|case| wanted.contains(&case.number)));
        chains.retain(|chain| !chain.is_empty());
    }
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|info| {
        let backtrace = Backtrace::capture();
        PANIC.with_borrow_mut(|words| *words = format!("{info}\n{backtrace}"));
    }));
    let total = Total { cases: chains.iter().map(Vec::len).sum(), failed: 0 };
    let (failed, queue) = (AtomicUsize::new(0), Mutex::new(chains.into_iter()));
    thread::scope(|scope| {
        for _ in 0..settings.threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no case panics with the queue in hand").next();
                    let Some(chain) = next else { break };
                    failed.fetch_add(run_chain(name, settings, chain), Ordering::Relaxed);
                }
            });
        }
    });
    panic::set_hook(hook);
    Total { failed: failed.into_inner(), ..total }
}

fn run_chain<G: Evidence>(name: &str, settings: &Settings, chain: Chain<G>) -> usize {
    let (mut ground, mut failed) = (None, 0);
    for Case { number, what, run } in chain {
        if panic::catch_unwind(AssertUnwindSafe(|| run(&mut ground))).is_ok() {
            continue;
        }
        failed += 1;
        let why = PANIC.with_borrow_mut(std::mem::take);
        let evidence = ground.take().map_or_else(String::new, |ground: G| {
            panic::catch_unwind(AssertUnwindSafe(|| ground.evidence())).unwrap_or_default()
        });
        let soak = if settings.soak { "DAYBREAK_SOAK=1 " } else { "" };
        say(&format!(
            "--- sweep {name}, case {number}: {what}\n{why}\n{evidence}\n--- to repeat it: \
             {soak}DAYBREAK_SWEEP={name} DAYBREAK_CASE={number} DAYBREAK_SEED={} cargo test --test sweeps",
            settings.seed
        ));
    }
    failed
}

/// Prints whole lines.
pub(crate) fn say(text: &str) {
    writeln!(io::stdout().lock(), "{text}").expect("write to stdout");
}
