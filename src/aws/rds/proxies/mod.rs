//! RDS Proxy: what a proxy is, what it leads to, and how it is given another database.

mod api;
mod client;
mod convert;
pub mod model;
pub mod requests;

pub use api::Proxies;
