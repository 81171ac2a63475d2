//! What a database was written since a moment: how many changes its statistics counted, and which rows it has from then on.
//!
//! A restored database is a physical copy, so transaction ids mean the same on both sides up to the restore point. A row
//! shows in `xmin` which transaction wrote it, and so whether it was written before that point or after.

mod account;
mod client;
mod compared;
mod relation;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Login};
pub use account::{Account, Entry};

/// What daybreak asks of PostgreSQL to tell what was written. [`super::Client`] asks real servers.
#[async_trait]
pub trait Ledgers: Send + Sync {
    /// Where the database stands now.
    ///
    /// # Errors
    /// When the login or a statement fails.
    async fn mark(&self, login: &Login) -> Result<Mark, Error>;

    /// How many rows each table has that were written since. `only` are the tables to look at; none means all. All are read of
    /// one snapshot, in at most `within`: what is not read by then says so.
    ///
    /// # Errors
    /// When the login fails, or the list of tables cannot be read. What one table does not tell is said in its place.
    async fn rows(
        &self,
        login: &Login,
        since: &Since,
        only: Option<&BTreeSet<String>>,
        within: Duration,
    ) -> Result<Rows, Error>;

    /// The same rows themselves, one after the other, tables in the order of their names. `within` bounds a statement.
    ///
    /// # Errors
    /// When the login or a statement fails, or `on` does. What one table does not tell is said in its place.
    async fn export(
        &self,
        login: &Login,
        since: &Since,
        form: Form,
        within: Duration,
        on: &mut OnRow<'_>,
    ) -> Result<Rows, Error>;
}

/// What takes the rows of an export; an error of it ends the export.
pub type OnRow<'a> = dyn FnMut(&Row<'_>) -> std::io::Result<()> + Send + 'a;

/// One row of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its table, as SQL names it.
    pub table: &'a str,
    /// The transaction that wrote it, in 64 bits.
    pub transaction: i64,
    /// Whether it may have been written before, too.
    pub doubtful: bool,
    /// The row, in the form asked for.
    pub text: &'a str,
}

/// The form of exported rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JSON object of columns.
    Json,
    /// An INSERT statement.
    Sql,
}

/// Where a database stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The database's own time.
    pub at: Timestamp,
    /// Which transactions have ended.
    pub snapshot: Snapshot,
    /// What the statistics have counted.
    pub counts: Counts,
}

/// Which transactions have ended, by ids in 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// All before this one.
    pub oldest_running: i64,
    /// None from this one on.
    pub next: i64,
    /// Of those between, these are under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub running: Vec<i64>,
}

/// What the statistics have counted, whether it was committed or rolled back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// When they were last reset, if ever.
    pub reset: Option<Timestamp>,
    /// By table, as SQL names it; one that is not here has counted nothing.
    pub tables: BTreeMap<String, Changes>,
}

/// Changes of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 3]", into = "[u64; 3]")]
pub struct Changes {
    /// Rows inserted.
    pub inserted: u64,
    /// Rows updated.
    pub updated: u64,
    /// Rows deleted.
    pub deleted: u64,
}

impl From<[u64; 3]> for Changes {
    fn from([inserted, updated, deleted]: [u64; 3]) -> Self {
        Self { inserted, updated, deleted }
    }
}

impl From<Changes> for [u64; 3] {
    fn from(Changes { inserted, updated, deleted }: Changes) -> Self {
        [inserted, updated, deleted]
    }
}

impl Changes {
    /// All of them.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.inserted.saturating_add(self.updated).saturating_add(self.deleted)
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            inserted: self.inserted.saturating_add(other.inserted),
            updated: self.updated.saturating_add(other.updated),
            deleted: self.deleted.saturating_add(other.deleted),
        }
    }

    /// What came after `before`; none where something counts less than it did.
    #[must_use]
    pub fn since(self, before: Self) -> Option<Self> {
        Some(Self {
            inserted: self.inserted.checked_sub(before.inserted)?,
            updated: self.updated.checked_sub(before.updated)?,
            deleted: self.deleted.checked_sub(before.deleted)?,
        })
    }

    /// `3 inserted, 1 updated, 0 deleted`.
    #[must_use]
    pub fn words(self) -> String {
        format!("{} inserted, {} updated, {} deleted", self.inserted, self.updated, self.deleted)
    }
}

impl Counts {
    /// How many changes came after `before`; an error says why that cannot be told.
    ///
    /// # Errors
    /// When the statistics were reset, or start anew, since.
    pub fn since(&self, before: &Self) -> Result<u64, String> {
        if self.reset != before.reset {
            return Err(RESET.to_owned());
        }
        let of = |(table, now): (&String, &Changes)| {
            now.since(before.tables.get(table).copied().unwrap_or_default()).map(Changes::total)
        };
        self.tables.iter().map(of).sum::<Option<u64>>().ok_or_else(|| RESET.to_owned())
    }
}

/// Why a foreign table tells no rows: nothing that is written through it is given up with this database.
pub const ELSEWHERE: &str = "a foreign table: its rows are kept elsewhere";

/// Why counts cannot be told.
const RESET: &str = "the statistics were reset since";

/// The moment after which rows count.
#[derive(Debug, Clone)]
pub enum Since {
    /// After this snapshot of the same server.
    Snapshot(Snapshot),
    /// After the point to which `copy` was restored, from this very server.
    Restore {
        /// The first transaction id that was the copy's own, or a later one.
        horizon: i64,
        /// The copy: it tells what was under way at that point.
        copy: Box<Login>,
    },
}

/// How many rows were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// The tables that have any, or do not tell; by name.
    pub tables: BTreeMap<String, TableRows>,
    /// Why transactions that were under way at the restore point are not told, where they are not.
    pub unasked: Option<String>,
}

/// How many rows of one table were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRows {
    /// So many.
    pub written: u64,
    /// Of so many more it is not known.
    pub doubtful: u64,
    /// Why the table does not tell, or does not tell everything.
    pub why: Option<String>,
}
