//! What the in-memory servers were written: one table, in which every change is a row inserted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use daybreak::pg::{
    Error, ErrorKind, Login,
    ledger::{Changes, Counts, Form, Ledgers, Mark, OnRow, Row, Rows, Since, Snapshot, TableRows},
};

use super::{Cloud, roles::Site};

const TABLE: &str = "public.loans";

/// The first transaction id of every server.
const FIRST: i64 = 1_000;

impl Cloud {
    /// The application writes so many rows to the server at `host`.
    pub(crate) fn is_written(&self, host: &str, rows: i64) {
        self.edit_site(host, |site| site.writes += rows);
    }

    /// The statistics of the server at `host` begin anew.
    pub(crate) fn forgets_counts(&self, host: &str) {
        self.edit_site(host, |site| site.forgotten = site.writes);
    }

    /// The server, without making it known by asking for it.
    fn book(&self, login: &Login) -> Result<Site, Error> {
        if !self.inner().sites.contains_key(&login.host) {
            return Ok(Site::default());
        }
        self.site(login)
    }

    fn written(&self, login: &Login, since: &Since) -> Result<i64, Error> {
        let from = match since {
            Since::Snapshot(snapshot) => snapshot.next,
            Since::Restore { horizon, .. } => *horizon,
        };
        Ok(FIRST + self.book(login)?.writes - from)
    }
}

fn rows(written: i64) -> Rows {
    let told = TableRows { written: written.try_into().unwrap_or(0), ..TableRows::default() };
    let tables = (told.written > 0).then(|| (TABLE.to_owned(), told)).into_iter().collect();
    Rows { tables, unasked: None }
}

#[async_trait]
impl Ledgers for Cloud {
    async fn mark(&self, login: &Login) -> Result<Mark, Error> {
        let site = self.book(login)?;
        let next = FIRST + site.writes;
        let inserted = (site.writes - site.forgotten).try_into().unwrap_or(0);
        let counted = Changes { inserted, updated: 0, deleted: 0 };
        let reset = (site.forgotten > 0).then(|| "2026-11-20T15:00:00Z".parse().unwrap());
        Ok(Mark {
            at: "2026-11-20T15:00:00Z".parse().unwrap(),
            snapshot: Snapshot { oldest_running: next, next, running: Vec::new() },
            counts: Counts { reset, tables: BTreeMap::from([(TABLE.to_owned(), counted)]) },
        })
    }

    async fn rows(
        &self,
        login: &Login,
        since: &Since,
        _: Option<&BTreeSet<String>>,
        _: Duration,
    ) -> Result<Rows, Error> {
        Ok(rows(self.written(login, since)?))
    }

    async fn export(
        &self,
        login: &Login,
        since: &Since,
        _: Form,
        _: Duration,
        on: &mut OnRow<'_>,
    ) -> Result<Rows, Error> {
        let written = self.written(login, since)?;
        for transaction in 0..written {
            on(&Row { table: TABLE, transaction, doubtful: false, text: "{}" })
                .map_err(|error| Error::new(ErrorKind::Other, "write", error.to_string()))?;
        }
        Ok(rows(written))
    }
}
