//! PostgreSQL as daybreak sees it: logging in, and asking restored data whether it is what was
//! wanted.
//!
//! This is the only place that names `tokio-postgres`. Every connection is TLS with the certificate
//! checked against the real host name, every session is read-only and bounded by timeouts, and
//! nothing here prints or sleeps. Only [`fencing`] writes: attributes of roles, in transactions that
//! say so.
//!
//! [`Postgres`] is the edge that other layers use and [`Client`] the real thing behind it:
//!
//! - [`Postgres::prove`] asks all checks of one snapshot and yields a [`Proof`];
//! - [`Postgres::connect_check`] logs in and says where it landed;
//! - [`Postgres::probe`] asks one question of the watch;
//! - [`Postgres::role`] asks a server for its part in a replication, [`Postgres::capacity`] for its limits;
//! - [`Postgres::rehearse`] has the server parse the profile's questions without asking them.
//!
//! A check ends [`Verdict::Passed`], [`Verdict::Failed`] or [`Verdict::Unchecked`]. What could not
//! be asked, or was not answered in time, is unchecked and carries the reason; it is never counted
//! as passed.

mod answer;
mod capacity;
mod checks;
mod client;
mod connect;
mod error;
pub mod fencing;
mod identity;
mod login;
mod postgres;
mod proof;
mod replication;
mod session;
mod snapshot;
mod stage;
mod tls;

pub use capacity::{Capacity, Less, Limit};
pub use client::Client;
pub use error::{Error, ErrorKind};
pub use identity::Landed;
pub use login::Login;
pub use postgres::{OnResult, Postgres, ProfileCheck, ProofRequest};
pub use proof::{CheckKind, CheckResult, Proof, Verdict};
pub use replication::{Other, Role};
