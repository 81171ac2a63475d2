//! Who takes writes: promoting what replicates, failing over within a cluster and between the regions of a global database.

mod api;
mod client;
pub mod requests;
#[cfg(test)]
mod tests;

pub use api::Replication;
