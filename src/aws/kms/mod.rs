//! AWS KMS: whether the keys that encrypt databases can be used.

mod api;
mod client;
#[cfg(test)]
mod tests;

pub use api::{Key, Keys};
pub use client::KeysClient;
