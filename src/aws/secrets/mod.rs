//! AWS Secrets Manager: secrets, their versions, and the labels that say which version counts.

mod api;
mod client;
pub mod model;
pub mod requests;
#[cfg(test)]
mod tests;

pub use api::Secrets;
pub use client::SecretsClient;
