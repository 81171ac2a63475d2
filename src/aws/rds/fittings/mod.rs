//! What is fitted to a cluster beside its own settings: roles, the Data API, custom endpoints; and what names it from outside:
//! event subscriptions and proxies.

mod api;
mod client;
mod convert;
pub mod model;
pub mod requests;

pub use api::Fittings;
