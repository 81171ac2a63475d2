//! Amazon RDS: clusters, instances, their events and tags; backups, snapshots and engine versions; what is fitted to a
//! cluster; who takes writes; proxies.

mod api;
pub mod backups;
mod client;
mod convert;
pub mod fittings;
mod gather;
pub mod model;
pub mod plain;
pub mod proxies;
pub mod replication;
pub mod requests;
pub mod snapshots;
pub mod status;
#[cfg(test)]
mod tests;
pub mod versions;
mod wire;

pub use api::{Listing, Rds};
pub use client::RdsClient;
pub use gather::Gather;
