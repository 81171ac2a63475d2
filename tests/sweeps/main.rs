//! The sweeps: the real binary against the lab, disturbed at every point in turn, and compared with what an undisturbed
//! one leaves. Each prints one line. docs/sweeps.md tells how to run more of them, and one case alone.
//!
//! The lab is needed, as for the lab's tests.

mod disk;
mod fault;
mod ground;
mod journal;
mod kill;
mod model;
mod operation;
mod point;
mod race;
mod runner;
mod settings;
mod stale;
#[expect(dead_code, reason = "what only the lab's tests use")]
#[path = "../lab/support/mod.rs"]
mod support;
mod world;

use std::process::ExitCode;

use self::{runner::Total, settings::Settings};

/// A sweep: its name, and what runs one round of it.
type Sweep = (&'static str, fn(&Settings) -> Total);

const SWEEPS: [Sweep; 5] = [
    ("kill", kill::round),
    ("fault", fault::round),
    ("race", race::round),
    ("disk", disk::round),
    ("journal", journal::round),
];

fn main() -> ExitCode {
    let settings = Settings::of_environment();
    let mut failed = false;
    for (name, round) in SWEEPS.into_iter().filter(|(name, _)| settings.selects(name)) {
        let total = settings.rounds(|settings| round(&settings));
        runner::say(&format!("sweep {name}: {} cases, {} failed", total.cases, total.failed));
        // A case that is not there is a mistyped number, not a success.
        failed |= total.failed > 0 || (total.cases == 0 && settings.cases.is_some());
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
