//! Would the next value of any sequence collide with what its column already holds?

use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::Row;

use super::outcome::{Asked, Listing, Outcome, count};
use super::prove::World;
use super::source::Source;
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

pub(super) async fn check(world: &World<'_>, source: Source, lane: &Taken<'_>) -> Outcome {
    let feeds = match feeds(lane).await {
        Ok(feeds) => feeds,
        Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    // Columns without an index are read whole: all together get one statement's time.
    let time = world.request.statement_timeout;
    let deadline = Instant::now() + time;
    let (mut behind, mut unread, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
    for feed in &feeds {
        match feed.compare(lane, deadline).await {
            Ok(Compared::Ahead) => {}
            Ok(Compared::Behind(words)) => behind.push((feed, words)),
            Err(error) if error.is_corruption() => damaged.push(format!("{}: {}", feed.shown, error.message)),
            Err(error) => unread.push(format!("{} ({})", feed.shown, error.message)),
        }
    }
    let apart = Apart::of(behind, source, time).await;
    let mut listing = Listing::default();
    let faults = [listing.named("behind", &apart.own), listing.named("damaged", &damaged)];
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    let unknown = listing
        .named("behind, and whether the source has it too is not known", &apart.unknown)
        .map(|words| format!("{words}; setval moves a sequence on"));
    let doubts: Vec<String> = unknown.into_iter().chain(listing.named("not compared", &unread)).collect();
    let mut notes: Vec<String> = listing.named("behind in the source too", &apart.shared).into_iter().collect();
    let outcome = match (faults.is_empty(), doubts.is_empty()) {
        (false, _) => {
            notes.extend(doubts);
            Outcome::failed(faults.join("; "))
        }
        (true, false) => Outcome::unchecked(doubts.join("; ")),
        (true, true) => Outcome::passed(""),
    };
    outcome.with_found(count(feeds.len(), "column")).with_notes(&notes).with_items(listing)
}

/// The sequences that are behind in the target.
#[derive(Default)]
struct Apart {
    /// Ahead in the source.
    own: Vec<String>,
    /// Behind in the source as well: there someone fills the column by hand, and the restore is
    /// faithful to it.
    shared: Vec<String>,
    /// The source could not be asked.
    unknown: Vec<String>,
}

impl Apart {
    async fn of(behind: Vec<(&Feed, String)>, source: Source, time: Duration) -> Self {
        let mut apart = Self::default();
        if behind.is_empty() {
            return apart;
        }
        let visit = match source {
            Ok(visit) => visit,
            Err(reason) => {
                apart.unknown.extend(behind.into_iter().map(|(_, words)| format!("{words} ({reason})")));
                return apart;
            }
        };
        let lane = visit.take().await;
        let deadline = Instant::now() + time;
        for (feed, words) in behind {
            match feed.compare(&lane, deadline).await {
                Ok(Compared::Ahead) => apart.own.push(words),
                Ok(Compared::Behind(_)) => apart.shared.push(words),
                Err(error) => apart.unknown.push(format!("{words} ({})", error.message)),
            }
        }
        apart
    }
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
