//! Amazon CloudWatch: what it has measured of databases.

mod api;
mod client;
#[cfg(test)]
mod tests;

pub use api::{Gauge, Metrics, Sample};
pub use client::MetricsClient;
