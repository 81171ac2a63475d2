//! Amazon CloudWatch: what it has measured of databases, and what it watches.

mod alarms;
mod api;
mod client;
#[cfg(test)]
mod tests;

pub use api::{Alarm, Alarms, Gauge, Metrics, Sample};
pub use client::MetricsClient;
