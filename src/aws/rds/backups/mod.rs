//! What there is to restore from: backups, snapshots and what replicates.

mod api;
mod client;
pub(super) mod convert;
pub mod model;

pub use api::Backups;
pub(super) use convert::cluster_backup;
