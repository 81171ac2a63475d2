//! A source compared with the copy that was restored from it: which transactions the copy lacks though their ids are older than
//! its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio_postgres::types::Type;

use super::relation::Lens;
use crate::pg::{Error, session::Session};

/// How many ids before its own a copy is asked what it knows of: what was under way at the restore point began there.
const LOOK_BACK: i64 = 1_000_000;

/// How many ids before the first one read the copy may have used itself: it ran before anybody could log in.
pub(super) const MAY_BE_ITS_OWN: i64 = 1_024;

/// Rows that one transaction wrote to one table: how many, and the places of a few of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) table: String,
    pub(super) id: i64,
    pub(super) rows: u64,
    pub(super) places: Vec<String>,
}

/// The transactions before `horizon` that did not end on the copy.
pub(super) async fn lost(copy: &Session, horizon: i64) -> Result<Vec<i64>, Error> {
    let doing = "ask the target what was under way at the restore point";
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&horizon, Type::INT8), (&LOOK_BACK, Type::INT8)];
    let rows = copy.rows(doing, include_str!("../sql/ledger_lost.sql"), &parameters).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| Error::statement(doing, error))).collect()
}

/// What became of transactions whose ids the copy may have used itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// The copy lacks these.
    pub(super) lacking: Vec<i64>,
    /// And these it may lack.
    pub(super) doubtful: Vec<i64>,
}

/// Judges the transactions in `samples`. The time of a commit is the same on both sides, where both keep it. Otherwise what a
/// transaction wrote stands on the copy as the source has it, unless the copy was changed there since: `changed` are the tables in
/// which it was.
pub(super) async fn judge(
    source: (&Session, &Lens),
    copy: (&Session, &Lens),
    samples: &[Sample],
    changed: &BTreeSet<String>,
) -> Result<Judged, Error> {
    let ids: BTreeSet<i64> = samples.iter().map(|sample| sample.id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let (here, there) = (commits(source.0, &ids).await?, commits(copy.0, &ids).await?);
    let (mut judged, mut untimed) = (Judged::default(), Vec::new());
    for sample in samples {
        match (here.get(&sample.id), there.get(&sample.id)) {
            (Some(here), Some(there)) if here == there => {}
            (Some(_), Some(_)) => judged.lacking.push(sample.id),
            _ => untimed.push(sample),
        }
    }
    let matched = matched(source, copy, &untimed).await?;
    for sample in untimed.into_iter().filter(|sample| !matched.contains(&sample.id)) {
        let list = if changed.contains(&sample.table) { &mut judged.doubtful } else { &mut judged.lacking };
        list.push(sample.id);
    }
    // What stands unchanged anywhere and is not there never was.
    let lacking: BTreeSet<i64> = judged.lacking.into_iter().collect();
    let doubtful: BTreeSet<i64> = judged.doubtful.into_iter().filter(|id| !lacking.contains(id)).collect();
    Ok(Judged { lacking: lacking.into_iter().collect(), doubtful: doubtful.into_iter().collect() })
}

/// When transactions were committed, as far as the server keeps it.
async fn commits(session: &Session, ids: &[i64]) -> Result<BTreeMap<i64, Timestamp>, Error> {
    let doing = "ask when transactions were committed";
    let rows = session.rows(doing, include_str!("../sql/ledger_commits.sql"), &[(&ids, Type::INT8_ARRAY)]).await?;
    let mut commits = BTreeMap::new();
    for row in rows {
        let read = || Ok((row.try_get("id")?, row.try_get("at")?));
        let (id, at): (i64, Option<Timestamp>) = read().map_err(|error| Error::statement(doing, error))?;
        commits.extend(at.map(|at| (id, at)));
    }
    Ok(commits)
}

/// The transactions in `samples` of which the copy has a row as the source has it.
async fn matched(
    source: (&Session, &Lens),
    copy: (&Session, &Lens),
    samples: &[&Sample],
) -> Result<BTreeSet<i64>, Error> {
    let mut by_table: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for sample in samples {
        by_table.entry(&sample.table).or_default().extend(sample.places.iter().map(String::as_str));
    }
    let mut matched = BTreeSet::new();
    for (table, places) in by_table {
        let here = at(source, table, &places).await?;
        // A table that the copy does not have, or does not show, matches nothing.
        let there = at(copy, table, &places).await.unwrap_or_default();
        matched.extend(here.intersection(&there).map(|(id, ..)| *id));
    }
    Ok(matched)
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
