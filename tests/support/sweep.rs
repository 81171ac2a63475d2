//! What a sweep says of itself.

use std::io::{self, Write};

/// Tells how many cases a sweep has tried, even where the test runner keeps what tests print to itself.
pub(crate) fn report(name: &str, cases: impl std::fmt::Display, failed: impl std::fmt::Display) {
    let what = if name == "model" { "histories" } else { "cases" };
    // Nobody to tell it to is no failure of the sweep.
    let _ = writeln!(io::stderr(), "sweep {name}: {cases} {what}, {failed} failed");
}
