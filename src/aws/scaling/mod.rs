//! Application Auto Scaling: how many readers Aurora clusters get by themselves.

mod api;
mod client;
mod convert;
pub mod model;
pub mod requests;
#[cfg(test)]
mod tests;

pub use api::Scaling;
pub use client::ScalingClient;
