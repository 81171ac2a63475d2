//! A source compared with the copy that was restored from it: which transactions the copy lacks though their ids are older than
//! its own.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::Type;

use super::relation::Lens;
use crate::pg::{Error, session::Session};

/// How many ids before its own a copy is asked what it knows of: what was under way at the restore point began there.
const LOOK_BACK: i64 = 1_000_000;

/// How many ids before the first one read the copy may have used itself: it ran before anybody could log in.
pub(super) const MAY_BE_ITS_OWN: i64 = 1_024;

/// One row that a transaction wrote: its table, the transaction, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) table: String,
    pub(super) id: i64,
    pub(super) place: String,
}

/// The transactions before `horizon` that did not end on the copy.
pub(super) async fn lost(copy: &Session, horizon: i64) -> Result<Vec<i64>, Error> {
    let doing = "ask the target what was under way at the restore point";
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&horizon, Type::INT8), (&LOOK_BACK, Type::INT8)];
    let rows = copy.rows(doing, include_str!("../sql/ledger_lost.sql"), &parameters).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| Error::statement(doing, error))).collect()
}

/// Of the transactions in `samples`, those of which the copy has no row as the source has it: the id may have been the copy's
/// own, and the source's transaction is not there.
pub(super) async fn unmatched(
    source: (&Session, &Lens),
    copy: (&Session, &Lens),
    samples: &[Sample],
) -> Result<Vec<i64>, Error> {
    let mut by_table: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sample in samples {
        by_table.entry(&sample.table).or_default().push(&sample.place);
    }
    let mut matched = BTreeSet::new();
    for (table, places) in by_table {
        let here = at(source, table, &places).await?;
        // A table that the copy does not have, or does not show, matches nothing.
        let there = at(copy, table, &places).await.unwrap_or_default();
        matched.extend(here.intersection(&there).map(|(id, ..)| *id));
    }
    let unmatched: BTreeSet<i64> = samples.iter().map(|sample| sample.id).filter(|id| !matched.contains(id)).collect();
    Ok(unmatched.into_iter().collect())
}

/// What stands at these places: who wrote it, where, and a digest of it.
async fn at(
    (session, lens): (&Session, &Lens),
    table: &str,
    places: &[&str],
) -> Result<BTreeSet<(i64, String, String)>, Error> {
    let doing = format!("compare rows of {table}");
    let rows = session.rows(&doing, &lens.at(table, places), &[]).await?;
    let read = |row: &tokio_postgres::Row| Ok((row.try_get("id")?, row.try_get("place")?, row.try_get("digest")?));
    rows.iter().map(|row| read(row).map_err(|error| Error::statement(&doing, error))).collect()
}
