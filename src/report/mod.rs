//! From a journal to evidence: what happened, what was proven, what exists now, and what a person can do next.
//!
//! Every claim is read from the journal, or from what a look at AWS showed, and says which; nothing here looks at the world.
//! Only fields known by name are shown, never a step's output as a whole.

pub mod application;
#[cfg(test)]
mod by_name;
pub mod evidence;
pub mod expected;
pub mod facts;
pub mod fenced;
pub mod ledger;
mod moved;
pub mod next;
mod person;
pub mod promoted;
pub mod proof;
pub mod result;
mod settings;
pub mod several;
mod shell;
pub mod standing;
pub mod status;
pub mod stuck;
pub mod terraform;
pub mod text;
pub mod tried;
pub mod ways;
