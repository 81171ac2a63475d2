//! The edge between PostgreSQL and the rest of daybreak.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Capacity, CheckResult, Error, Landed, Login, Proof, Role};
use crate::expect::Expect;

/// What is called with each result of a proof as it comes.
pub type OnResult<'a> = dyn Fn(&CheckResult) + Send + Sync + 'a;

/// What daybreak asks of PostgreSQL. [`super::Client`] asks real servers; tests of other layers put
/// their own behind it.
#[async_trait]
pub trait Postgres: Send + Sync {
    /// Asks all checks, concurrently and of one snapshot, and calls `on` with each result as it
    /// comes.
    ///
    /// # Errors
    /// Only when the target cannot be logged in to, or the CA file cannot be read. Whatever fails
    /// later is a result.
    async fn prove(&self, request: &ProofRequest, on: &OnResult<'_>) -> Result<Proof, Error>;

    /// Logs in, asks the server who it is, and leaves.
    ///
    /// # Errors
    /// When the login fails or the server does not answer within the login's connect timeout.
    async fn connect_check(&self, login: &Login) -> Result<Landed, Error>;

    /// Logs in, asks the server for its part in a replication and who else is connected to it, and leaves.
    ///
    /// # Errors
    /// When the login fails or the server does not answer within the login's connect timeout. What a server does not tell
    /// because it is of another kind is none.
    async fn role(&self, login: &Login) -> Result<Role, Error>;

    /// Logs in, asks the server for its limits, and leaves.
    ///
    /// # Errors
    /// When the login fails or the server does not answer within the login's connect timeout.
    async fn capacity(&self, login: &Login) -> Result<Capacity, Error>;

    /// Asks one question of a watch: it holds when the first value of the first row is neither NULL
    /// nor false.
    ///
    /// # Errors
    /// When the login fails, the statement fails or takes longer than the login's connect timeout,
    /// there is no row, or the value is NULL or false.
    async fn probe(&self, login: &Login, sql: &str) -> Result<(), Error>;

    /// Has the server parse and analyse each check's query, and the query for the newest data, and
    /// returns the faulty ones by name: those that the server refuses, with its SQLSTATE, and without
    /// one those whose answer could not be judged, such as a text where a number is expected or a
    /// time without a zone. Nothing is executed and no row is read.
    ///
    /// # Errors
    /// When the login fails or the connection is lost: then nothing is known about the queries.
    async fn rehearse(
        &self,
        login: &Login,
        checks: &[ProfileCheck],
        newest: Option<&str>,
    ) -> Result<Vec<(String, Error)>, Error>;
}

/// All that a proof needs to know.
#[derive(Clone, Debug)]
pub struct ProofRequest {
    /// The cluster to be proven.
    pub target: Login,
    /// The cluster to compare with, or why there is none: that reason appears on every check that
    /// needs it.
    pub source: Result<Login, String>,
    /// The time that was asked for; `None` when a live database is validated.
    pub requested_time: Option<Timestamp>,
    /// When the restore was requested. Whatever the target committed from then on is its own doing
    /// and not the source's data. `None` when nothing was restored.
    pub restore_started: Option<Timestamp>,
    /// The profile's checks.
    pub checks: Vec<ProfileCheck>,
    /// Tables that must be there: `table`, or `schema.table`, quoted as in SQL where needed.
    pub tables: Vec<String>,
    /// SQL whose only value is the time of the newest data.
    pub newest: Option<String>,
    /// How far before the requested time the newest data may be. Without it a gap of more than an
    /// hour leaves the check unchecked.
    pub newest_within: Option<Duration>,
    /// How long one statement may take; the whole of the sequences check also gets this long
    /// on each side.
    pub statement_timeout: Duration,
    /// How long a statement may wait for one lock.
    pub lock_timeout: Duration,
}

/// One question of the profile.
#[derive(Clone, Debug)]
pub struct ProfileCheck {
    /// The check's name.
    pub name: String,
    /// A statement that returns one row with one column.
    pub query: String,
    /// What the answer must be.
    pub expect: Expect,
    /// How long this one may take; `None` for the request's statement timeout.
    pub timeout: Option<Duration>,
}
