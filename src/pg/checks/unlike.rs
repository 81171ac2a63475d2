//! Faults that the target has and the source has not: indexes that cannot be used, constraints that
//! nobody has validated.

use super::outcome::{Asked, Outcome, count, list};
use super::prove::World;
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
    /// SQL whose rows name the faults, one text column.
    sql: &'static str,
    /// What a fault is called, in the singular.
    noun: &'static str,
    /// What a person does about one.
    remedy: &'static str,
}

impl Fault {
    /// Passes when every fault of the target is also one of the source.
    pub(super) async fn check(&self, world: &World<'_>, lane: &Taken<'_>) -> Outcome {
        let here = match self.names(lane).await {
            Ok(here) => here,
            Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
        };
        let found = count(here.len(), self.noun);
        if here.is_empty() {
            return Outcome::passed(found);
        }
        let there = match &world.source {
            Ok(source) => self.names(&source.take().await).await.map_err(|error| error.to_string()),
            Err(reason) => Err(reason.clone()),
        };
        match there {
            Err(reason) => {
                let reason = format!("whether the source has them too is not known ({reason}): {}", list(&here));
                Outcome::unchecked(reason).with_found(found)
            }
            Ok(there) => {
                let own: Vec<&String> = here.iter().filter(|name| !there.contains(name)).collect();
                if own.is_empty() {
                    Outcome::passed(found).with_notes(&[format!("the source has them too: {}", list(&here))])
                } else {
                    Outcome::failed(format!("not so in the source: {}; {}", list(&own), self.remedy)).with_found(found)
                }
            }
        }
    }

    async fn names(&self, lane: &Taken<'_>) -> Result<Vec<String>, Error> {
        let rows = lane.rows(self.doing, self.sql, &[]).await?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| Error::statement(self.doing, error))).collect()
    }
}
