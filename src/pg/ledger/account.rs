//! Counts and rows put together: what one side was written.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Changes, Mark, RESET, Rows, TableRows};

/// What one side was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// From when on the counts are; none where there are none.
    pub counted_from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// The tables that were written, or that do not tell, by name.
    pub tables: Vec<Entry>,
    /// Why there are no counts, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncounted: Option<String>,
    /// What the rows do not tell, where they do not tell everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unasked: Option<String>,
    /// Why it may not be all: the side could still be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// What one table was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The table, as SQL names it.
    pub table: String,
    /// What was counted; none where that cannot be told.
    pub counted: Option<Changes>,
    /// How many rows it has that were written since; none where that cannot be told.
    pub rows: Option<u64>,
    /// Of how many more that is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub doubtful: u64,
    /// Why something cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Account {
    /// What was written between `before` and `now`: without the former there are no counts, and it says why.
    #[must_use]
    pub fn of(before: Result<&Mark, String>, now: &Mark, rows: &Rows) -> Self {
        let before = before.and_then(|before| match before.counts.reset == now.counts.reset {
            true => Ok(before),
            false => Err(RESET.to_owned()),
        });
        let counted: BTreeSet<&String> = match &before {
            Ok(before) => now.counts.tables.keys().chain(before.counts.tables.keys()).collect(),
            Err(_) => BTreeSet::new(),
        };
        let names: BTreeSet<&String> = counted.into_iter().chain(rows.tables.keys()).collect();
        let entries = names.into_iter().filter_map(|table| {
            let changes = before.as_ref().ok().map(|before| {
                let then = before.counts.tables.get(table).copied().unwrap_or_default();
                now.counts.tables.get(table).copied().unwrap_or_default().since(then)
            });
            entry(table, changes, rows.tables.get(table))
        });
        let tables = entries.collect();
        let (counted_from, uncounted) = match before {
            Ok(before) => (Some(before.at), None),
            Err(why) => (None, Some(why)),
        };
        Self { counted_from, until: now.at, tables, uncounted, unasked: rows.unasked.clone(), open: None }
    }

    /// What was counted in all; none where a table's count cannot be told.
    #[must_use]
    pub fn counted(&self) -> Option<Changes> {
        self.counted_from?;
        self.tables.iter().try_fold(Changes::default(), |sum, entry| Some(sum.plus(entry.counted?)))
    }

    /// How many rows there are in all, as far as tables tell.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().filter_map(|entry| entry.rows).sum()
    }

    /// Of how many more it is not known.
    #[must_use]
    pub fn doubtful(&self) -> u64 {
        self.tables.iter().map(|entry| entry.doubtful).sum()
    }
}

/// One table's entry; none where nothing was written. `changes` is none without counts at all, and holds none where the table counts
/// less than before.
#[expect(clippy::option_option, reason = "no counts at all, counts that start anew and counts are three answers")]
fn entry(table: &str, changes: Option<Option<Changes>>, rows: Option<&TableRows>) -> Option<Entry> {
    let anew = matches!(changes, Some(None));
    let counted = changes.flatten();
    let why: Vec<&str> =
        [rows.and_then(|rows| rows.why.as_deref()), anew.then_some("it was dropped, or counts anew, since")]
            .into_iter()
            .flatten()
            .collect();
    let nothing = rows.is_none_or(|rows| rows.written == 0 && rows.doubtful == 0);
    if why.is_empty() && nothing && counted.is_none_or(|counted| counted.total() == 0) {
        return None;
    }
    Some(Entry {
        table: table.to_owned(),
        counted,
        rows: match rows {
            Some(TableRows { why: Some(_), written: 0, .. }) => None,
            Some(rows) => Some(rows.written),
            None => Some(0),
        },
        doubtful: rows.map_or(0, |rows| rows.doubtful),
        why: (!why.is_empty()).then(|| why.join("; ")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pg::ledger::{Counts, Snapshot};

    fn mark(reset: Option<&str>, tables: &[(&str, [u64; 3])]) -> Mark {
        let tables = tables.iter().map(|(table, changes)| ((*table).to_owned(), Changes::from(*changes)));
        Mark {
            at: Timestamp::UNIX_EPOCH,
            snapshot: Snapshot { oldest_running: 9, next: 9, running: Vec::new() },
            counts: Counts { reset: reset.map(|at| at.parse().expect("a time")), tables: tables.collect() },
        }
    }

    fn rows(tables: &[(&str, u64, u64, Option<&str>)]) -> Rows {
        let of = |(table, written, doubtful, why): &(&str, u64, u64, Option<&str>)| {
            ((*table).to_owned(), TableRows { written: *written, doubtful: *doubtful, why: why.map(str::to_owned) })
        };
        Rows { tables: tables.iter().map(of).collect::<BTreeMap<_, _>>(), unasked: None }
    }

    fn told(account: &Account) -> Vec<String> {
        let of = |entry: &Entry| {
            format!(
                "{} {:?} {:?}+{} {:?}",
                entry.table,
                entry.counted.map(<[u64; 3]>::from),
                entry.rows,
                entry.doubtful,
                entry.why
            )
        };
        account.tables.iter().map(of).collect()
    }

    #[test]
    fn each_table_has_what_was_counted_and_what_is_there() {
        let (before, now) = (
            mark(None, &[("a", [5, 1, 0]), ("b", [9, 0, 0]), ("gone", [4, 0, 0])]),
            mark(None, &[("a", [7, 1, 3]), ("b", [9, 0, 0]), ("new", [1, 0, 0])]),
        );
        let account = Account::of(
            Ok(&before),
            &now,
            &rows(&[("a", 2, 0, None), ("new", 1, 2, None), ("far", 0, 0, Some("a foreign table"))]),
        );
        assert_eq!(
            told(&account),
            [
                "a Some([2, 0, 3]) Some(2)+0 None",
                "far Some([0, 0, 0]) None+0 Some(\"a foreign table\")",
                "gone None Some(0)+0 Some(\"it was dropped, or counts anew, since\")",
                "new Some([1, 0, 0]) Some(1)+2 None",
            ]
        );
        assert_eq!(
            (account.counted(), account.rows(), account.doubtful()),
            (None, 3, 2),
            "what is gone is not counted as nothing"
        );
    }

    #[test]
    fn counts_that_were_reset_are_no_counts() {
        let (before, now) = (mark(None, &[("a", [5, 0, 0])]), mark(Some("2026-11-20T15:00:00Z"), &[("a", [6, 0, 0])]));
        let account = Account::of(Ok(&before), &now, &rows(&[("a", 1, 0, None)]));
        assert_eq!((account.counted(), account.uncounted.as_deref()), (None, Some("the statistics were reset since")));
        assert_eq!(told(&account), ["a None Some(1)+0 None"]);
        assert_eq!(now.counts.since(&before.counts), Err("the statistics were reset since".to_owned()));
        assert_eq!(
            mark(None, &[("a", [4, 0, 0])]).counts.since(&before.counts),
            Err("the statistics were reset since".to_owned())
        );
        assert_eq!(mark(None, &[("a", [6, 2, 0]), ("b", [0, 0, 1])]).counts.since(&before.counts), Ok(4));
    }

    #[test]
    fn nothing_written_is_an_empty_account() {
        let before = mark(None, &[("a", [5, 0, 0])]);
        let account = Account::of(Ok(&before), &before, &Rows::default());
        assert_eq!((account.tables.len(), account.counted().map(Changes::total)), (0, Some(0)));
    }
}
