//! Faults that the target has and the source has not: indexes that cannot be used, constraints that
//! nobody has validated.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::outcome::{Asked, Listing, Outcome, count};
use super::parting::{Parting, Writer, Written};
use super::source::Source;
use crate::pg::Error;
use crate::pg::snapshot::Taken;

/// Indexes that were being built or dropped.
pub(super) const INVALID_INDEX: Fault = Fault {
    doing: "read the catalog of indexes",
    sql: include_str!("../sql/invalid_indexes.sql"),
    noun: "invalid index",
    remedy: "each was being built or dropped at the restored moment: REINDEX INDEX CONCURRENTLY it, or drop it",
};

/// Constraints that existing rows may break.
pub(super) const UNVALIDATED_CONSTRAINT: Fault = Fault {
    doing: "read the catalog of constraints",
    sql: include_str!("../sql/unvalidated_constraints.sql"),
    noun: "unvalidated constraint",
    remedy: "ALTER TABLE … VALIDATE CONSTRAINT tells whether the rows obey it",
};

/// A kind of fault that a catalog tells of.
pub(super) struct Fault {
    /// What is asked: a verb and its object.
    doing: &'static str,
    /// SQL that takes the objects to look at, or NULL for the faulty ones.
    sql: &'static str,
    /// What a fault is called, in the singular.
    noun: &'static str,
    /// What a person does about one in a target that is kept.
    remedy: &'static str,
}

/// One index or constraint.
struct Object {
    oid: u32,
    shown: String,
    faulty: bool,
    writer: Writer,
}

impl Fault {
    /// Passes when every fault of the target was the source's at the restored moment.
    pub(super) async fn check(&self, source: Source, lane: &Taken<'_>) -> Outcome {
        let here = match self.objects(lane, None).await {
            Ok(here) => here,
            Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
        };
        let found = count(here.len(), self.noun);
        if here.is_empty() {
            return Outcome::passed(found);
        }
        let apart = match source {
            Ok(visit) => self.apart(&here, lane, &visit.take().await).await.map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        };
        match apart {
            Ok(apart) => apart.outcome(found, self.remedy),
            Err(reason) => {
                let mut listing = Listing::default();
                let names: Vec<String> = here.into_iter().map(|object| object.shown).collect();
                let reason = format!("whether the source has them too is not known ({reason})");
                let reason = format!("{}; {}", listing.add(&reason, &names), self.remedy);
                Outcome::unchecked(reason).with_found(found).with_items(listing)
            }
        }
    }

    async fn apart(&self, here: &[Object], target: &Taken<'_>, source: &Taken<'_>) -> Result<Apart, Error> {
        let oids: Vec<u32> = here.iter().map(|object| object.oid).collect();
        let there = self.objects(source, Some(&oids)).await?;
        let writers: Vec<Writer> = there.iter().map(|object| object.writer).collect();
        let parting = Parting::learn(target, source, &writers).await?;
        let there: HashMap<u32, Object> = there.into_iter().map(|object| (object.oid, object)).collect();
        let mut apart = Apart::default();
        for object in here {
            let pile = match there.get(&object.oid) {
                Some(twin) if twin.faulty => &mut apart.shared,
                Some(twin) => match parting.of_source(twin.writer) {
                    Written::Before => &mut apart.own,
                    Written::Since => &mut apart.mended,
                    Written::Unknown => &mut apart.undecided,
                },
                None if parting.is_common(object.writer) => &mut apart.gone,
                None => &mut apart.undecided,
            };
            pile.push(object.shown.clone());
        }
        Ok(apart)
    }

    async fn objects(&self, lane: &Taken<'_>, oids: Option<&[u32]>) -> Result<Vec<Object>, Error> {
        let object = |row: &Row| -> Result<Object, tokio_postgres::Error> {
            Ok(Object {
                oid: row.try_get("oid")?,
                shown: row.try_get("shown")?,
                faulty: row.try_get("faulty")?,
                writer: row.try_get("writer")?,
            })
        };
        let rows = lane.rows(self.doing, self.sql, &[(&oids, Type::OID_ARRAY)]).await?;
        rows.iter().map(|row| object(row).map_err(|error| Error::statement(self.doing, error))).collect()
    }
}

/// The target's faults, told apart by what the source has.
#[derive(Default)]
struct Apart {
    /// Good in the source since before the restored moment.
    own: Vec<String>,
    /// Good in the source, perhaps only since.
    undecided: Vec<String>,
    /// Made good in the source since.
    mended: Vec<String>,
    /// Dropped in the source since.
    gone: Vec<String>,
    /// Faulty in the source as well.
    shared: Vec<String>,
}

impl Apart {
    fn outcome(self, found: String, remedy: &str) -> Outcome {
        let mut listing = Listing::default();
        let own = listing.named("good in the source since before the restored moment", &self.own);
        let undecided =
            listing.named("whether it was so in the source at the restored moment is not known", &self.undecided);
        let notes: Vec<String> = [
            ("changed in the source since the restored moment", &self.mended),
            ("no longer in the source", &self.gone),
            ("the source has them too", &self.shared),
        ]
        .into_iter()
        .filter_map(|(what, names)| listing.named(what, names))
        .collect();
        let outcome = match (own, undecided) {
            // The failure removes the target, so no remedy is named.
            (Some(own), None) => Outcome::failed(own),
            (Some(own), Some(undecided)) => Outcome::failed(format!("{own}; {undecided}")),
            (None, Some(undecided)) => Outcome::unchecked(format!("{undecided}; {remedy}")),
            (None, None) => Outcome::passed(found.as_str()),
        };
        outcome.with_found(found).with_notes(&notes).with_items(listing)
    }
}
