//! Times and spans as people write and read them.
//!
//! [`parse`] reads the restore time of a command line and refuses whatever could mean two
//! things; [`show`], [`ago`] and [`in_words`] print times and spans for people; [`parse_span`]
//! and [`show_span`] are the durations of the configuration. Nothing here reads a clock: the caller says what "now" is.

mod instant;
mod span;
mod wall;

pub use instant::{Moment, MomentError, ceil, parse, second_before, show};
pub use span::{SpanError, ago, in_words, parse_span, show_span};
