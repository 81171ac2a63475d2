//! The checks, one file each.
//!
//! A check asks the target through the lane it is lent, the source through its own
//! [`source::Visit`], and yields an [`outcome::Outcome`]; it never fails the proof as a whole.

mod newest;
mod outcome;
mod parting;
mod profile;
mod prove;
mod scheduled;
mod sequences;
mod source;
mod table_name;
mod tables;
mod unlike;
mod writer;

pub(super) use newest::NAME as NEWEST_DATA;
pub(super) use prove::prove;
