//! Would the next value of any sequence collide with what its column already holds?

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Row;

use super::outcome::{Asked, Outcome, count, list};
use super::prove::World;
use crate::pg::snapshot::Taken;
use crate::pg::{Error, ErrorKind};

/// A sequence and a column that takes its values.
struct Feed {
    /// "lending.loans_id_seq for lending.loans.id".
    shown: String,
    /// SQL for the sequence's next value, the column's furthest, and whether the first is behind.
    compare: String,
}

/// What comparing one feed told.
enum Compared {
    Ahead,
    /// The words for it.
    Behind(String),
}

pub(super) async fn check(world: &World<'_>, lane: &Taken<'_>) -> Outcome {
    let feeds = match feeds(lane).await {
        Ok(feeds) => feeds,
        Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    // Columns without an index are read whole: the check as a whole gets one statement's time.
    let deadline = Instant::now() + world.request.statement_timeout;
    let (mut behind, mut unread, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
    for feed in &feeds {
        match feed.compare(lane, deadline).await {
            Ok(Compared::Ahead) => {}
            Ok(Compared::Behind(words)) => behind.push((feed, words)),
            Err(error) if error.is_corruption() => damaged.push(format!("{}: {}", feed.shown, error.message)),
            Err(error) => unread.push(format!("{} ({})", feed.shown, error.message)),
        }
    }
    let (own, shared) = apart(world, behind, deadline).await;
    let mut notes = Vec::new();
    if !shared.is_empty() {
        notes.push(format!("behind in the source too: {}", list(&shared)));
    }
    let mut faults = Vec::new();
    if !own.is_empty() {
        faults.push(format!("behind: {}; move each on with setval", list(&own)));
    }
    if !damaged.is_empty() {
        faults.push(format!("damaged: {}", list(&damaged)));
    }
    let unread = (!unread.is_empty()).then(|| format!("not compared: {}", list(&unread)));
    let found = count(feeds.len(), "column");
    let outcome = match (faults.is_empty(), unread) {
        (true, None) => Outcome::passed(found.as_str()),
        (true, Some(unread)) => Outcome::unchecked(unread),
        (false, unread) => {
            notes.extend(unread);
            Outcome::failed(faults.join("; "))
        }
    };
    outcome.with_found(found).with_notes(&notes)
}

/// Parts the sequences that are behind in the target only from those that the source has behind as
/// well: there someone fills the column by hand, and the restore is faithful to it.
async fn apart(world: &World<'_>, behind: Vec<(&Feed, String)>, deadline: Instant) -> (Vec<String>, Vec<String>) {
    let (mut own, mut shared) = (Vec::new(), Vec::new());
    let source = match &world.source {
        Ok(source) if !behind.is_empty() => Some(source.take().await),
        Ok(_) | Err(_) => None,
    };
    for (feed, words) in behind {
        let there = match &source {
            Some(lane) => feed.compare(lane, deadline).await.ok(),
            None => None,
        };
        match there {
            Some(Compared::Behind(_)) => shared.push(words),
            Some(Compared::Ahead) | None => own.push(words),
        }
    }
    (own, shared)
}

impl Feed {
    async fn compare(&self, lane: &Taken<'_>, deadline: Instant) -> Result<Compared, Error> {
        let doing = format!("compare {}", self.shown);
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(Error::new(ErrorKind::Timeout, doing, "no time was left"));
        }
        let rows = lane.rows_within(left, &doing, &self.compare).await?;
        self.read(&rows[0]).map_err(|error| Error::statement(doing, error))
    }

    fn read(&self, row: &Row) -> Result<Compared, tokio_postgres::Error> {
        if !row.try_get::<_, bool>("behind")? {
            return Ok(Compared::Ahead);
        }
        let (next, edge): (String, String) = (row.try_get("next")?, row.try_get("edge")?);
        Ok(Compared::Behind(format!("{}, whose next value is {next} while the column is at {edge}", self.shown)))
    }
}

async fn feeds(lane: &Taken<'_>) -> Result<Vec<Feed>, Error> {
    let doing = "read the catalog of sequences";
    let rows = lane.rows(doing, include_str!("../sql/sequences.sql"), &[]).await?;
    let feed = |row: &Row| -> Result<Feed, tokio_postgres::Error> {
        Ok(Feed { shown: row.try_get("shown")?, compare: row.try_get("compare")? })
    };
    rows.iter().map(|row| feed(row).map_err(|error| Error::statement(doing, error))).collect()
}
