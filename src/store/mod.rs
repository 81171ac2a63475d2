//! Where journals live.
//!
//! [`directory`] keeps them under a directory of this machine. Every store passes the same tests, in `tests/engine`.

pub mod directory;
