//! From a journal to evidence: what happened, what was proven, what exists now, and what a person can do next.
//!
//! Every claim is read from the journal; nothing here looks at the world. Only fields known by name are shown, never a
//! step's output as a whole.

pub mod evidence;
pub mod expected;
pub mod facts;
pub mod next;
pub mod proof;
pub mod result;
pub mod standing;
pub mod status;
pub mod text;
