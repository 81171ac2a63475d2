//! Was something of the source written before the target parted from it, or since?
//!
//! A restored cluster is a physical copy: object ids and transaction ids are the source's up to the
//! restored moment, and each side counts on by itself from there. So the id of a row's writer tells,
//! with no clock and no setting, on which side of the parting the row belongs:
//!
//! - at or above the target's next id, the target has never heard of the transaction: since;
//! - where the target did not see the transaction commit, it was open at the restored moment: since;
//! - up to the newest id under which both sides hold the very same row, it is common history: before;
//! - in between, the target's own transactions (it has some: heartbeats, a password being set) bear
//!   the same numbers, and nothing can be told.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::pg::Error;
use crate::pg::snapshot::Taken;

/// When a row was written, as seen from the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// Before the restored moment.
    Before,
    /// After it, or by a transaction that was open then.
    Since,
    /// One or the other.
    Unknown,
}

/// A row's writer as `xmin` has it, in 32 bits; `None` where it does not tell.
pub(super) type Writer = Option<i64>;

/// Ids below are no transactions: such rows are as old as the cluster or long frozen.
const FIRST: i64 = 3;

/// The point where source and target parted.
#[derive(Debug)]
pub(super) struct Parting {
    /// The source's next transaction id.
    source_next: i64,
    /// The target's next transaction id.
    target_next: i64,
    /// The newest id known to be common history.
    common: i64,
    /// Of the source's ids asked about, those that the target did not see commit.
    uncommitted: Vec<i64>,
}

impl Parting {
    /// Asks both sides; `writers` are those of the source that will be judged.
    pub(super) async fn learn(target: &Taken<'_>, source: &Taken<'_>, writers: &[Writer]) -> Result<Self, Error> {
        let (here, there) = tokio::try_join!(relations(target), relations(source))?;
        let mut parting =
            Self { source_next: there.next, target_next: here.next, common: here.common(&there), uncommitted: vec![] };
        let ids: Vec<i64> = writers
            .iter()
            .flatten()
            .map(|&writer| widened(writer, parting.source_next))
            .filter(|id| (FIRST..parting.target_next).contains(id))
            .collect();
        parting.uncommitted = uncommitted(target, &ids).await?;
        Ok(parting)
    }

    /// Judges a row of the source.
    pub(super) fn of_source(&self, writer: Writer) -> Written {
        let Some(writer) = writer else { return Written::Unknown };
        let id = widened(writer, self.source_next);
        if id >= self.target_next || self.uncommitted.contains(&id) {
            Written::Since
        } else if id <= self.common {
            Written::Before
        } else {
            Written::Unknown
        }
    }

    /// Says whether a row of the target is certainly from before the restored moment.
    pub(super) fn is_common(&self, writer: Writer) -> bool {
        writer.is_some_and(|writer| widened(writer, self.target_next) <= self.common)
    }
}

/// Returns the 64 bits of an id of which a row keeps 32: the last such before `next`. `age()` would
/// not do, since it counts from the present and not from the snapshot.
///
/// A frozen row may be older by whole rounds of 2^32 and then looks younger than it is, which errs on
/// the side of "since".
fn widened(writer: i64, next: i64) -> i64 {
    if writer < FIRST { 0 } else { next - 1 - ((next - 1 - writer) & 0xFFFF_FFFF) }
}

/// One side's relations.
struct Relations {
    next: i64,
    /// The writers' ids by object id and name: the counter of object ids parts with that of
    /// transactions, so both sides may give the same one.
    writers: HashMap<(u32, String), i64>,
}

impl Relations {
    /// Returns the newest id under which both sides hold the same relation.
    fn common(&self, other: &Self) -> i64 {
        let same = self.writers.iter().filter(|(relation, id)| other.writers.get(relation) == Some(*id));
        same.map(|(_, &id)| id).max().unwrap_or(0)
    }
}

async fn relations(lane: &Taken<'_>) -> Result<Relations, Error> {
    let doing = "read when the relations were made";
    let rows = lane.rows(doing, include_str!("../sql/relations.sql"), &[]).await?;
    let read = |row: &Row| -> Result<((u32, String), i64, i64), tokio_postgres::Error> {
        Ok(((row.try_get("oid")?, row.try_get("name")?), row.try_get("writer")?, row.try_get("next")?))
    };
    let mut relations = Relations { next: 0, writers: HashMap::with_capacity(rows.len()) };
    for row in &rows {
        let (relation, writer, next) = read(row).map_err(|error| Error::statement(doing, error))?;
        relations.next = next;
        relations.writers.insert(relation, widened(writer, next));
    }
    Ok(relations)
}

/// Returns those of the ids that the target did not see commit.
async fn uncommitted(target: &Taken<'_>, ids: &[i64]) -> Result<Vec<i64>, Error> {
    let doing = "ask how the source's transactions ended";
    let rows = target.rows(doing, include_str!("../sql/transactions.sql"), &[(&ids, Type::INT8_ARRAY)]).await?;
    let mut uncommitted = Vec::new();
    for row in &rows {
        let read = || -> Result<(i64, Option<&str>), tokio_postgres::Error> { Ok((row.try_get(0)?, row.try_get(1)?)) };
        let (id, status) = read().map_err(|error| Error::statement(doing, error))?;
        if matches!(status, Some("aborted" | "in progress")) {
            uncommitted.push(id);
        }
    }
    Ok(uncommitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: i64 = 1 << 32;

    fn parting() -> Parting {
        Parting { source_next: 200, target_next: 110, common: 90, uncommitted: vec![80, 95] }
    }

    #[test]
    fn an_id_is_judged_by_what_the_target_knows_of_it() {
        for (writer, written) in [
            (Some(2), Written::Before),
            (Some(3), Written::Before),
            (Some(80), Written::Since),
            (Some(90), Written::Before),
            (Some(91), Written::Unknown),
            (Some(95), Written::Since),
            (Some(109), Written::Unknown),
            (Some(110), Written::Since),
            (Some(199), Written::Since),
            (None, Written::Unknown),
        ] {
            assert_eq!(parting().of_source(writer), written, "{writer:?}");
        }
        assert!(parting().is_common(Some(90)) && !parting().is_common(Some(91)) && !parting().is_common(None));
    }

    #[test]
    fn ids_are_widened_across_rounds() {
        assert_eq!(widened(7, 8), 7);
        assert_eq!(widened(7, ROUND + 8), ROUND + 7);
        assert_eq!(widened(9, ROUND + 8), 9);
        assert_eq!(widened(4_294_967_290, ROUND + 8), 4_294_967_290);
        // A row that is its own next can only be a round older.
        assert_eq!(widened(8, ROUND + 8), 8);
        assert_eq!(widened(2, ROUND + 8), 0);
        // A frozen row from before the counter was reset.
        assert!(widened(4_000_000_000, 1_000) < FIRST);
    }

    #[test]
    fn only_the_very_same_row_is_common_history() {
        let side = |writers: &[(u32, &str, i64)]| Relations {
            next: 100,
            writers: writers.iter().map(|&(oid, name, id)| ((oid, name.to_owned()), id)).collect(),
        };
        let here = side(&[(1, "a", 10), (2, "b", 20), (3, "c", 30), (4, "d", 40)]);
        assert_eq!(here.common(&side(&[(1, "a", 10), (2, "b", 21), (5, "c", 30), (4, "e", 40)])), 10);
        assert_eq!(here.common(&side(&[(1, "a", 11)])), 0);
    }
}
