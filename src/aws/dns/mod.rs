//! Amazon Route 53: hosted zones, their record sets, and when a change has reached all name servers.

mod api;
mod client;
mod convert;
pub mod model;
mod pace;
pub mod requests;
#[cfg(test)]
mod tests;

pub use api::Dns;
pub use client::DnsClient;
pub(in crate::aws) use client::Shared;
