//! The checks, one file each.
//!
//! A check asks through the [`prove::World`] and yields an [`outcome::Outcome`]; it never fails the
//! proof as a whole.

mod newest;
mod outcome;
mod profile;
mod prove;
mod scheduled;
mod sequences;
mod table_name;
mod tables;
mod unlike;
mod writer;

pub(super) use newest::NAME as NEWEST_DATA;
pub(super) use prove::prove;
