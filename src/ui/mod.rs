//! What people see: words, colours, and the displays that turn a run's events into lines, a live view or JSON.
//!
//! stdout carries the result and nothing else; stderr the narration. [`printer::Printer`] is the only thing here that
//! writes; everything else makes text. Every text reads the same without colour.
//!
//! Nothing here decides anything about a run: displays listen, and one that cannot write says nothing.

pub mod checked;
pub mod dry_run;
pub mod history;
pub mod json;
pub mod leftovers;
pub mod line;
pub mod live;
pub mod page;
pub mod plan;
pub mod printer;
mod screen;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
pub mod windows;
pub mod words;
