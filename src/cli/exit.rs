//! The exit codes; a contract with scripts.

/// Done.
pub(super) const DONE: u8 = 0;
/// Failed, and everything undone: the application is where it was.
pub(super) const FAILED: u8 = 1;
/// Wrong usage or configuration; nothing was asked of AWS, or nothing could be.
pub(super) const USAGE: u8 = 2;
/// Refused by a precondition; nothing was changed.
pub(super) const REFUSED: u8 = 3;
/// Stuck: neither forward nor back without a person.
pub(super) const STUCK: u8 = 4;
/// Interrupted; the run can be resumed.
pub(super) const INTERRUPTED: u8 = 5;
