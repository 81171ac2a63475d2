//! What would run by itself, or reach out to production, once the target is let off its leash?
//!
//! A restored database starts whatever was scheduled inside it. None of that is a fault of the
//! data, so finding some does not fail the proof; it is listed for a person to look at before the
//! quarantine is lifted.

use super::outcome::{Asked, Outcome, count};
use crate::pg::Error;
use crate::pg::snapshot::Taken;

pub(super) async fn check(lane: &Taken<'_>) -> Outcome {
    let found = async {
        let doing = "look for scheduled work";
        let mut found = names(lane, doing, include_str!("../sql/scheduled.sql")).await?;
        found.extend(cron_jobs(lane).await?);
        Ok(found)
    };
    match found.await {
        Err(error) => Outcome::of_error(&error, Asked::ByDaybreak),
        Ok(found) if found.is_empty() => Outcome::passed("none"),
        Ok(found) => {
            // Every one counts here, so the list is not cut.
            let reason = format!("see to each before the quarantine is lifted: {}", found.join(", "));
            let number = count(found.len(), "item");
            Outcome { items: found, ..Outcome::unchecked(reason) }.with_found(number)
        }
    }
}

/// Returns the active jobs of pg_cron, which exist in one database of the cluster only.
async fn cron_jobs(lane: &Taken<'_>) -> Result<Vec<String>, Error> {
    let exists = names(lane, "look for pg_cron", "SELECT 'cron.job' WHERE to_regclass('cron.job') IS NOT NULL").await?;
    if exists.is_empty() {
        return Ok(Vec::new());
    }
    // Row security shows a role its own jobs only; with it off the server refuses rather than leave
    // some out.
    match names(lane, "read the jobs of pg_cron", include_str!("../sql/cron_jobs.sql")).await {
        Err(error) if error.sqlstate.is_some() => {
            Ok(vec![format!("jobs of pg_cron, which this role may not read ({})", error.message)])
        }
        jobs => jobs,
    }
}

async fn names(lane: &Taken<'_>, doing: &str, sql: &str) -> Result<Vec<String>, Error> {
    let rows = lane.rows(doing, sql, &[]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| Error::statement(doing, error))).collect()
}
