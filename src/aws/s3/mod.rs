//! Amazon S3: one bucket's objects, written only on conditions.

mod api;
mod bucket;
mod client;
mod conflict;
mod date;
pub mod model;
#[cfg(test)]
mod tests;

pub use api::Objects;
pub use client::S3Client;
pub(super) use client::find;
