//! All that names an AWS SDK type.
//!
//! Callers see plain data: [`rds::model`], [`secrets::model`] and [`s3::model`] for what AWS tells,
//! [`rds::requests`] and [`secrets::requests`] for what is asked of it, one [`Error`] for
//! everything that fails. The traits [`rds::Rds`], [`rds::backups::Backups`], [`rds::fittings::Fittings`],
//! [`rds::versions::Versions`], [`scaling::Scaling`], [`metrics::Metrics`], [`metrics::Alarms`], [`kms::Keys`],
//! [`dns::Dns`], [`secrets::Secrets`] and [`s3::Objects`] are the edge; [`Session`] makes the clients behind them.
//!
//! The layer decides nothing: whether "exists already" is good news or "not found" the end is the
//! caller's to say. It waits for nothing either, beyond the SDK's own retries. It never enables the
//! SDK's logging, and no value of a secret is in anything it prints.

mod auth_token;
mod call;
mod codes;
mod credentials;
pub mod dns;
pub mod error;
mod http;
pub mod kms;
#[cfg(test)]
mod logging;
pub mod metrics;
mod profile;
pub mod rds;
mod resend;
pub mod s3;
pub mod scaling;
mod sdk;
pub mod secrets;
mod session;
#[cfg(test)]
mod testing;

pub use auth_token::rds_auth_token;
pub use call::Call;
pub use error::{Error, ErrorKind};
pub use session::{Identity, Session, SessionOptions, region_named};
