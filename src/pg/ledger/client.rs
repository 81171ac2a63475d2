//! The real [`Ledgers`]: servers over TLS.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio_postgres::types::Type;

use super::{
    Changes, Counts, Form, Ledgers, Mark, OnRow, Row, Rows, Since, Snapshot, TableRows,
    compared::{self, Judged, MAY_BE_ITS_OWN, Sample},
    relation::{self, Lens, Relation},
};
use crate::pg::{
    Client, Error, ErrorKind, Login,
    session::{Limits, Session, milliseconds},
};

/// How long a table that somebody has locked is waited for.
const LOCK: Duration = Duration::from_secs(5);

/// How many rows an export holds at a time.
const AT_ONCE: usize = 100;

/// One snapshot of all tables. Values are written as every version reads them.
const BEGIN: &str = "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET IntervalStyle = 'postgres'; \
                     BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SAVEPOINT: &str = "SAVEPOINT daybreak";
const BACK: &str = "ROLLBACK TO SAVEPOINT daybreak";
const TIMEOUT: &str = "SELECT pg_catalog.set_config('statement_timeout', $1, true)";

#[async_trait]
impl Ledgers for Client {
    async fn mark(&self, login: &Login) -> Result<Mark, Error> {
        let session = self.brief(login).await?;
        let mark = mark(&session).await;
        session.close().await;
        mark
    }

    async fn rows(
        &self,
        login: &Login,
        since: &Since,
        only: Option<&BTreeSet<String>>,
        within: Duration,
    ) -> Result<Rows, Error> {
        let session = self.session(login, limits(within)).await?;
        let found = find(self, &session, since, only, within).await;
        session.close().await;
        found.map(|found| found.rows)
    }

    async fn export(
        &self,
        login: &Login,
        since: &Since,
        form: Form,
        within: Duration,
        on: &mut OnRow<'_>,
    ) -> Result<Rows, Error> {
        let session = self.session(login, limits(within)).await?;
        let exported = async {
            // However long all of them take: a person waits for it, and can stop it.
            let Found { lens, relations, mut rows } = find(self, &session, since, None, Duration::MAX).await?;
            for relation in relations {
                let Some(told) = rows.tables.get_mut(&relation.name) else { continue };
                if told.written + told.doubtful == 0 {
                    continue;
                }
                if let Err(error) = write(&session, &lens, &relation, form, on).await {
                    told.why = Some(refused(&session, error).await?);
                }
            }
            Ok(rows)
        }
        .await;
        session.close().await;
        exported
    }
}

/// The list of tables is read in any case.
fn limits(within: Duration) -> Limits {
    Limits { statement: within.max(LOCK), lock: LOCK }
}

/// What was found, and how the rows of it are found again.
struct Found {
    lens: Lens,
    relations: Vec<Relation>,
    rows: Rows,
}

async fn mark(session: &Session) -> Result<Mark, Error> {
    let doing = "read what the statistics have counted";
    let mut tables = BTreeMap::new();
    for row in session.rows(doing, include_str!("../sql/ledger_counts.sql"), &[]).await? {
        let read = || -> Result<(String, [i64; 3]), tokio_postgres::Error> {
            Ok((row.try_get("name")?, [row.try_get("inserted")?, row.try_get("updated")?, row.try_get("deleted")?]))
        };
        let (name, counted) = read().map_err(|error| Error::statement(doing, error))?;
        tables.insert(name, Changes::from(counted.map(|count| u64::try_from(count).unwrap_or(0))));
    }
    let doing = "read how far the database has got";
    let row = session.one(doing, include_str!("../sql/ledger_mark.sql"), &[]).await?;
    let read = || -> Result<Mark, tokio_postgres::Error> {
        let snapshot = Snapshot {
            oldest_running: row.try_get("oldest_running")?,
            next: row.try_get("next")?,
            running: row.try_get("running")?,
        };
        Ok(Mark { at: row.try_get("at")?, snapshot, counts: Counts { reset: row.try_get("reset")?, tables } })
    };
    read().map_err(|error| Error::statement(doing, error))
}

/// Opens the snapshot, and counts in it.
async fn find(
    client: &Client,
    session: &Session,
    since: &Since,
    only: Option<&BTreeSet<String>>,
    within: Duration,
) -> Result<Found, Error> {
    let began = Instant::now();
    begin(session).await?;
    let mut relations = relation::list(session).await?;
    relations.retain(|relation| only.is_none_or(|only| only.contains(&relation.name)));
    let mut lens = Lens { next: next(session).await?, ..Lens::default() };
    let mut rows = Rows::default();
    let copy = match since {
        Since::Snapshot(Snapshot { oldest_running, next, running }) => {
            lens.from = *next;
            lens.besides.clone_from(running);
            // What is under way may write under more ids than its own.
            lens.apart = if running.is_empty() { *next } else { *oldest_running };
            None
        }
        Since::Restore { horizon, copy } => {
            (lens.from, lens.apart) = (*horizon, *horizon);
            match open_copy(client, copy, *horizon, session.limits()).await {
                Ok((copy, lost)) => {
                    lens.besides = lost;
                    lens.apart = horizon - MAY_BE_ITS_OWN;
                    Some(copy)
                }
                Err(error) => {
                    rows.unasked = Some(error.to_string());
                    None
                }
            }
        }
    };
    let mut apart = Vec::new();
    for relation in &relations {
        let told = match &relation.untold {
            Some(why) => Ok(TableRows { why: Some(why.clone()), ..TableRows::default() }),
            None => match within.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
                Some(left) => count(session, &lens, relation, left, &mut apart).await,
                None => Ok(TableRows {
                    why: Some("it was not read: the time for it was over".to_owned()),
                    ..TableRows::default()
                }),
            },
        };
        let mut told = match told {
            Ok(told) => told,
            Err(error) => TableRows { why: Some(refused(session, error).await?), ..TableRows::default() },
        };
        if relation.unlogged && copy.is_some() && told.why.is_none() {
            told.why = Some("it is unlogged: the target has none of its rows, these or older ones".to_owned());
        }
        rows.tables.insert(relation.name.clone(), told);
    }
    doubt(session, &mut lens, copy, apart, &mut rows).await?;
    rows.tables.retain(|_, told| told.written + told.doubtful > 0 || told.why.is_some());
    Ok(Found { lens, relations, rows })
}

/// Of the transactions told apart, finds those that may count.
async fn doubt(
    session: &Session,
    lens: &mut Lens,
    copy: Option<Session>,
    apart: Vec<Sample>,
    rows: &mut Rows,
) -> Result<(), Error> {
    let judged = match &copy {
        Some(copy) => {
            // What a restored database has counted, it has counted since.
            let Mark { snapshot, counts, .. } = mark(copy).await?;
            let changed = counts.tables.into_iter().filter(|(_, changes)| changes.updated + changes.deleted > 0);
            let changed = changed.map(|(table, _)| table).collect();
            let there = Lens { next: snapshot.next, ..Lens::default() };
            compared::judge((session, lens), (copy, &there), &apart, &changed).await?
        }
        None => {
            let doubtful: BTreeSet<i64> = apart.iter().map(|sample| sample.id).collect();
            Judged { lacking: Vec::new(), doubtful: doubtful.into_iter().collect() }
        }
    };
    for sample in apart {
        let told = rows.tables.entry(sample.table).or_default();
        if judged.lacking.binary_search(&sample.id).is_ok() {
            told.written += sample.rows;
        } else if judged.doubtful.binary_search(&sample.id).is_ok() {
            told.doubtful += sample.rows;
        }
    }
    lens.besides.extend(judged.lacking);
    lens.doubtful = judged.doubtful;
    if let Some(copy) = copy {
        copy.close().await;
    }
    Ok(())
}

async fn begin(session: &Session) -> Result<(), Error> {
    session.run("begin the snapshot", BEGIN).await?;
    session.run("set a savepoint", SAVEPOINT).await
}

async fn open_copy(client: &Client, login: &Login, horizon: i64, limits: Limits) -> Result<(Session, Vec<i64>), Error> {
    let session = client.session(login, limits).await?;
    let lost = compared::lost(&session, horizon).await?;
    Ok((session, lost))
}

async fn next(session: &Session) -> Result<i64, Error> {
    let doing = "read the next transaction id";
    let sql = "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())";
    session.one(doing, sql, &[]).await?.try_get(0).map_err(|error| Error::statement(doing, error))
}

/// How many rows of a table count; those of transactions that are told apart go to `apart`.
async fn count(
    session: &Session,
    lens: &Lens,
    relation: &Relation,
    left: Duration,
    apart: &mut Vec<Sample>,
) -> Result<TableRows, Error> {
    let doing = format!("count what was written to {}", relation.name);
    let left = milliseconds(left.min(session.limits().statement));
    session.one(&doing, TIMEOUT, &[(&left, Type::TEXT)]).await?;
    let mut told = TableRows::default();
    for row in session.rows(&doing, &lens.count(&relation.name), &[]).await? {
        let read = || -> Result<(i64, i64, Vec<String>), tokio_postgres::Error> {
            Ok((row.try_get("id")?, row.try_get("rows")?, row.try_get("places")?))
        };
        let (id, rows, places) = read().map_err(|error| Error::statement(&doing, error))?;
        let rows = u64::try_from(rows).unwrap_or(0);
        match id {
            0 => told.written = rows,
            id => apart.push(Sample { table: relation.name.clone(), id, rows, places }),
        }
    }
    Ok(told)
}

/// Writes the rows of a table to `on`, a few at a time.
async fn write(
    session: &Session,
    lens: &Lens,
    relation: &Relation,
    form: Form,
    on: &mut OnRow<'_>,
) -> Result<(), Error> {
    let doing = format!("read what was written to {}", relation.name);
    let text = relation::text(session, relation, form).await?;
    let rows = lens.rows(&relation.name, &text);
    session.run(&doing, &format!("DECLARE daybreak_ledger NO SCROLL CURSOR FOR {rows}")).await?;
    loop {
        let fetched = session.rows(&doing, &format!("FETCH {AT_ONCE} FROM daybreak_ledger"), &[]).await?;
        for row in &fetched {
            let read = || Ok((row.try_get("id")?, row.try_get("doubtful")?, row.try_get("line")?));
            let (transaction, doubtful, text) = read().map_err(|error| Error::statement(&doing, error))?;
            let row = Row { table: &relation.name, transaction, doubtful, text };
            on(&row).map_err(|error| Error::new(ErrorKind::Other, "write the ledger", error.to_string()))?;
        }
        if fetched.len() < AT_ONCE {
            return session.run(&doing, "CLOSE daybreak_ledger").await;
        }
    }
}

/// What a table that refuses says; a session that is lost, or an export that cannot be written, is an error.
async fn refused(session: &Session, error: Error) -> Result<String, Error> {
    if session.is_lost() || !matches!(error.kind, ErrorKind::Query | ErrorKind::Timeout) {
        return Err(error);
    }
    session.run("go on after a refusal", BACK).await?;
    Ok(error.to_string())
}
