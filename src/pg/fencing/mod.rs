//! The fence inside a database: roles that may not log in any more, and exactly those let in again.
//!
//! A role that is shut out bears a **marker**: it is a member of a role without privileges that is named after the run. Attribute
//! and mark change in one transaction, so the server itself tells which roles a run has shut out, whatever became of the
//! answer; a role that somebody made anew does not bear it.

mod client;
mod probation;
mod statements;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Login};
pub use statements::{let_in_by_hand, release_by_hand};

/// What daybreak asks of PostgreSQL to keep an application's roles out. [`super::Client`] asks real servers.
#[async_trait]
pub trait Fencing: Send + Sync {
    /// Who can log in, who is shut out under `marker`, and how far the database has got. `named` are the roles of the
    /// application; none means every role that is no administrator's and not daybreak's own.
    ///
    /// # Errors
    /// When the login or a statement fails.
    async fn writers(&self, login: &Login, named: &[String], marker: &str) -> Result<Writers, Error>;

    /// Tries what [`Self::shut_out`] will do, in a transaction that is rolled back; the roles that may not be altered, each
    /// with why.
    ///
    /// # Errors
    /// When the login fails, or roles cannot be made at all.
    async fn rehearse(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<Vec<(String, Error)>, Error>;

    /// Takes from these roles the right to log in and puts the marker on them, in one transaction, then ends their sessions.
    /// What is so already stays so; a role that is no longer the one of its id is an error, and nothing is changed. Where a role is
    /// shut out, a seal is broken.
    ///
    /// # Errors
    /// When the login or a statement fails. The roles may be shut out all the same, if the answer was lost.
    async fn shut_out(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error>;

    /// Lets every role in again that bears the marker, and removes the marker, in one transaction; what was found of each.
    ///
    /// # Errors
    /// When the login or a statement fails. The roles may be let in all the same, if the answer was lost.
    async fn let_in(&self, login: &Login, marker: &str) -> Result<Vec<LetIn>, Error>;

    /// Seals the fence: commits a mark on the marker. Whatever replicates from this server and shows the seal has all that was
    /// committed here before it. It goes with the marker.
    ///
    /// # Errors
    /// When the login or the statement fails. It may be sealed all the same, if the answer was lost.
    async fn seal(&self, login: &Login, marker: &str) -> Result<(), Error>;

    /// Logs in and asks for a transaction id, as a client that writes would, and rolls back.
    ///
    /// # Errors
    /// When the login is refused, which is what a fence is for, or the server takes no writes.
    async fn write(&self, login: &Login) -> Result<(), Error>;
}

/// What daybreak asks of PostgreSQL to have an application's roles read only for a while. [`super::Client`] asks real servers.
#[async_trait]
pub trait Probation: Send + Sync {
    /// Who is held under `marker`.
    ///
    /// # Errors
    /// When the login or a statement fails.
    async fn held(&self, login: &Login, marker: &str) -> Result<Held, Error>;

    /// Has new transactions of these roles in the login's database read only, and remembers what was set for them before, in one
    /// transaction. What is held under the marker already stays as it is.
    ///
    /// # Errors
    /// When the login or a statement fails. The roles may be held all the same, if the answer was lost.
    async fn hold(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error>;

    /// Gives the roles that bear the marker exactly the setting that they had, ends their sessions, which would go on reading only, and
    /// removes the marker.
    ///
    /// # Errors
    /// When the login or a statement fails. What is not done yet is done by the next call: the marker goes last.
    async fn release(&self, login: &Login, marker: &str) -> Result<(), Error>;
}

/// Who is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The roles that bear the marker.
    pub roles: Vec<Role>,
    /// How many sessions they have.
    pub sessions: u64,
    /// Whether the marker is there.
    pub marker: bool,
}

/// A role, and which one of that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// `rolname`.
    pub name: String,
    /// Its id, which a role made anew does not have.
    pub oid: u32,
}

/// How far a database has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The database's own time.
    pub at: Timestamp,
    /// `pg_current_wal_lsn()`, where the server tells it.
    pub lsn: Option<String>,
    /// The next transaction id, in 64 bits.
    pub next_transaction: i64,
    /// Rows inserted, as `pg_stat_database` counts them in the database logged in to. The count comes from the sessions and
    /// may be a second late.
    pub inserted: i64,
    /// Rows updated.
    pub updated: i64,
    /// Rows deleted.
    pub deleted: i64,
}

/// Why a role is not an application's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// daybreak itself logs in with it.
    Own,
    /// A superuser.
    Superuser,
    /// A replication user.
    Replication,
    /// One of RDS or of PostgreSQL.
    System,
    /// A member of `rds_superuser`. It can be shut out, but only by its name.
    Administrator,
}

impl Kept {
    /// The reason, after "it".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "is the role that daybreak logs in with",
            Self::Superuser => "is a superuser",
            Self::Replication => "is a replication user",
            Self::System => "is a system role",
            Self::Administrator => "is a member of rds_superuser",
        }
    }
}

/// Who can write to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writers {
    /// The application's roles that can log in.
    pub open: Vec<Role>,
    /// The roles that bear the marker and cannot log in.
    pub shut: Vec<Role>,
    /// The roles that bear the marker and can log in: somebody has let them in again.
    pub reopened: Vec<Role>,
    /// How many sessions `open` and `shut` have.
    pub sessions: u64,
    /// Roles that were named and cannot be shut out, with why.
    pub kept: Vec<(String, Kept)>,
    /// Roles that were named and are not there.
    pub missing: Vec<String>,
    /// Whether the marker is there, on a role or not.
    pub marker: bool,
    /// Whether the seal is on it.
    pub sealed: bool,
    /// How far the database has got.
    pub position: Position,
}

/// What became of a role that bore the marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// Which.
    pub role: Role,
    /// Whether it was shut out until now; otherwise somebody had let it in before.
    pub was_shut: bool,
}

/// SQLSTATE of a login with a role that may not log in: invalid_authorization_specification.
pub const MAY_NOT_LOG_IN: &str = "28000";

/// The marker of a run's probation.
#[must_use]
pub fn probation_marker(run: &str) -> String {
    format!("daybreak-probation-{run}")
}

/// The marker of a run's fence.
#[must_use]
pub fn marker(run: &str) -> String {
    format!("daybreak-fence-{run}")
}
