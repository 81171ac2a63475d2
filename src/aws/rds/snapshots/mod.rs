//! Cluster snapshots and retained backups as what a cluster is restored from: looked at, copied, restored, deleted.

mod api;
mod client;
pub mod requests;
mod wire;

pub use api::Snapshots;
