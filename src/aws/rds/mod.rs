//! Amazon RDS: clusters, instances, their events and tags.

mod api;
mod client;
mod convert;
mod gather;
pub mod model;
pub mod requests;
pub mod status;
#[cfg(test)]
mod tests;
mod wire;

pub use api::{Listing, Rds};
pub use client::RdsClient;
pub use gather::Gather;
