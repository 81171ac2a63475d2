//! What can be restored, from when to when: every source of restore points of a database, judged and ranked.
//!
//! [`catalogue`] reads what RDS has, region by region and concurrently; what it could not see it says. [`lineage`] tells
//! which of it is a database's, [`judge`] what each can give and why it cannot be used, [`rank`] what it would lose. [`lag`] and
//! [`upkeep`] then look closer: how far replicas are behind, and at the keys and engine versions that windows need. All but the
//! reading is pure.

pub(super) mod arn;
pub mod catalogue;
mod find;
mod global;
pub mod judge;
pub mod lag;
pub mod lineage;
pub mod rank;
#[cfg(test)]
pub(crate) mod testing;
pub mod upkeep;
pub mod view;
pub mod window;

pub(super) use find::{find, find_instance, source};
