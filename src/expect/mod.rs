//! What a check expects of the data: `= 0`, `>= 1000`, `within 1% of source`, `= "paid"`.
//!
//! [`Expect`] is the parsed expectation and judges a [`Value`] found in the target, with the
//! source's value beside it where the expectation asks for one. Numbers are compared as exact
//! decimals ([`Number`]), never as floating point, so that sums of money come out right.

mod judge;
mod number;
mod rule;
mod value;

pub use number::Number;
pub use rule::{Expect, ExpectError, Wants};
pub use value::{Judged, Value};
