//! What a sweep says of itself.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Tells how many cases a sweep has tried, even where the test runner keeps what tests print to itself.
pub(crate) fn report(name: &str, tried: impl Display, cases: &str, failed: impl Display) {
    // Nobody to tell it to is no failure of the sweep.
    let _ = writeln!(io::stderr(), "sweep {name}: {tried} {cases}, {failed} failed");
}
