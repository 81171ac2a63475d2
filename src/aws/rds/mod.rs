//! Amazon RDS: clusters, instances, their events and tags; backups and snapshots; who takes writes.

mod api;
pub mod backups;
mod client;
mod convert;
mod gather;
pub mod model;
pub mod replication;
pub mod requests;
pub mod status;
#[cfg(test)]
mod tests;
mod wire;

pub use api::{Listing, Rds};
pub use client::RdsClient;
pub use gather::Gather;
