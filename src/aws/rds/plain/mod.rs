//! RDS instances that are no part of a cluster: restored, changed, and their snapshots copied.

mod api;
mod client;
pub mod requests;
mod wire;

pub use api::Instances;
