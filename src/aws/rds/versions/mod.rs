//! Engine versions: which of them RDS still makes databases of.

mod api;
mod client;

pub use api::{Offer, Versions};
