//! How new is the newest data? Nothing may be newer than the time asked for, nor much older.
//!
//! The profile's own question is asked if there is one. Else the commit timestamps are read,
//! walking back from the snapshot's newest transaction id; these know no database, only the cluster.
//! What the target committed after the restore was requested is not the source's data.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::outcome::{Asked, Outcome};
use super::prove::World;
use crate::expect::Value;
use crate::moment;
use crate::pg::snapshot::Taken;
use crate::pg::{Error, answer};

/// The check's name.
pub(in crate::pg) const NAME: &str = "newest data";

/// How many transaction ids the walk goes back. Each costs eight bytes of a page that is read once.
const DEPTH: i64 = 200_000;

/// How far after the requested time the newest data may seem to be: times come from the clocks of
/// applications, and how RDS rounds `RestoreToTime` is not documented.
const CLOCKS: Duration = Duration::from_secs(1);

/// A gap longer than this is not called good unless the profile says so.
const SUSPICIOUS: Duration = Duration::from_secs(60 * 60);

const HOW_TO: &str = "set track_commit_timestamp in the cluster's parameter group, or give the profile a query for the \
                      newest data";

/// What is known of the newest data.
enum Newest {
    /// Its time, and what that is the time of.
    At(Timestamp, &'static str),
    Judged(Outcome),
}

pub(super) async fn check(world: &World<'_>, lane: &Taken<'_>) -> Outcome {
    let request = world.request;
    let (newest, reference) = match &request.newest {
        Some(query) => (asked(lane, query).await, now(lane).await),
        None => match walk(lane, request.restore_started).await {
            Ok((newest, now)) => (newest, Ok(now)),
            Err(error) => return Outcome::of_error(&error, Asked::ByDaybreak),
        },
    };
    let (at, what) = match newest {
        Newest::At(at, what) => (at, what),
        Newest::Judged(outcome) => return outcome,
    };
    // Kept even if it is too new: the report says what is there.
    let _ = world.newest.set(at);
    let limit = match (request.requested_time, reference) {
        (Some(requested), _) => Limit { at: requested, called: "the requested time" },
        (None, Ok(now)) => Limit { at: now, called: "the server's present time" },
        (None, Err(error)) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    judge(at, what, &limit, request.newest_within)
}

/// The time that nothing may be newer than.
struct Limit {
    at: Timestamp,
    called: &'static str,
}

fn judge(newest: Timestamp, what: &str, limit: &Limit, within: Option<Duration>) -> Outcome {
    let Limit { at, called } = limit;
    let found = newest.to_string();
    let gap = at.duration_since(newest);
    let words = gap_in_words(gap.unsigned_abs());
    if gap.is_negative() {
        let reason = format!("{what} is from {words} after {called}, {}", moment::show(*at));
        return if gap.unsigned_abs() <= CLOCKS {
            Outcome::passed(found).with_notes(&[format!("{reason}: as far as clocks may differ")])
        } else {
            Outcome::failed(reason).with_found(found)
        };
    }
    let reason = format!("{what} is from {words} before {called}");
    match within {
        Some(within) if gap.unsigned_abs() > within => {
            let reason = format!("{reason}; at most {} are allowed", moment::in_words(within));
            Outcome::failed(reason).with_found(found)
        }
        None if gap.unsigned_abs() > SUSPICIOUS => {
            let reason = format!("{reason}; whether that is right the profile tells with `newest_within`");
            Outcome::unchecked(reason).with_found(found)
        }
        Some(_) | None => Outcome::passed(found).with_notes(&[reason]),
    }
}

/// Says how long a gap is; below a second it is what decides, so it is shown in full.
fn gap_in_words(gap: Duration) -> String {
    if gap < Duration::from_secs(1) { format!("{} ms", gap.as_micros() as f64 / 1e3) } else { moment::ago(gap) }
}

/// Asks the profile's question.
async fn asked(lane: &Taken<'_>, query: &str) -> Newest {
    let doing = "ask for the newest data";
    let answer = match lane.ask(doing, query, None).await {
        Ok(answer) => answer,
        Err(error) => return Newest::Judged(Outcome::of_error(&error, Asked::ByProfile)),
    };
    if let Some(fault) = answer::no_time(&answer.of) {
        return Newest::Judged(Outcome::unchecked(fault));
    }
    match answer.only() {
        Err(fault) => Newest::Judged(Outcome::failed(format!("{doing}: {fault}"))),
        Ok(Value::Null) => Newest::Judged(Outcome::failed("the query finds NULL: the data it looks at is not there")),
        Ok(value) => {
            let text = value.to_string();
            match text.parse() {
                Ok(at) => Newest::At(at, "the newest data"),
                Err(_) => {
                    Newest::Judged(Outcome::unchecked("the query finds no time on the calendar").with_found(text))
                }
            }
        }
    }
}

async fn now(lane: &Taken<'_>) -> Result<Timestamp, Error> {
    let doing = "ask for the server's time";
    let rows = lane.rows(doing, "SELECT pg_catalog.clock_timestamp()", &[]).await?;
    rows[0].try_get(0).map_err(|error| Error::statement(doing, error))
}

/// Learns the newest commit from the server's own books; also returns the server's time.
async fn walk(lane: &Taken<'_>, restore_started: Option<Timestamp>) -> Result<(Newest, Timestamp), Error> {
    let doing = "read the times of the last commits";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&restore_started, Type::TIMESTAMPTZ), (&DEPTH, Type::INT8)];
    let rows = lane.rows(doing, include_str!("../sql/newest_commit.sql"), &parameters).await?;
    let books = Books::read(&rows[0]).map_err(|error| Error::statement(doing, error))?;
    Ok((books.newest(), books.now))
}

/// What the server has written down of its last transactions.
struct Books {
    tracked: bool,
    newest: Option<Timestamp>,
    own: i64,
    now: Timestamp,
}

impl Books {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            tracked: row.try_get("tracked")?,
            newest: row.try_get("newest")?,
            own: row.try_get("own")?,
            now: row.try_get("now")?,
        })
    }

    fn newest(&self) -> Newest {
        if let Some(at) = self.newest {
            return Newest::At(at, "the newest commit in any database of the cluster");
        }
        Newest::Judged(Outcome::unchecked(if self.tracked {
            format!(
                "no commit of the source has a timestamp within the last {DEPTH} transactions ({} are the target's \
                 own): {HOW_TO}",
                self.own
            )
        } else {
            format!("the server does not keep commit timestamps: {HOW_TO}")
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::Verdict;

    const LIMIT: Limit = Limit { at: Timestamp::constant(1_000, 0), called: "the requested time" };

    fn judged(newest: Timestamp, within: Option<u64>) -> Outcome {
        judge(newest, "the newest commit", &LIMIT, within.map(Duration::from_secs))
    }

    #[test]
    fn the_requested_time_itself_is_not_too_new() {
        assert_eq!(judged(LIMIT.at, None).verdict, Verdict::Passed);
    }

    #[test]
    fn clocks_may_differ_by_a_second_and_no_more() {
        let outcome = judged(Timestamp::constant(1_000, 1_000), None);
        assert_eq!(outcome.verdict, Verdict::Passed);
        assert!(outcome.reason.is_some_and(|reason| reason.contains("0.001 ms after the requested time")));
        assert_eq!(judged(Timestamp::constant(1_001, 0), None).verdict, Verdict::Passed);
        assert_eq!(judged(Timestamp::constant(1_001, 1), None).verdict, Verdict::Failed);
    }

    #[test]
    fn the_allowed_gap_is_inclusive() {
        assert_eq!(judged(Timestamp::constant(940, 0), Some(60)).verdict, Verdict::Passed);
        assert_eq!(judged(Timestamp::constant(939, 0), Some(60)).verdict, Verdict::Failed);
    }

    #[test]
    fn an_hour_that_nobody_allowed_is_not_passed() {
        assert_eq!(judged(Timestamp::constant(1_000 - 3_600, 0), None).verdict, Verdict::Passed);
        let outcome = judged(Timestamp::constant(1_000 - 7_200, 0), None);
        assert_eq!(outcome.verdict, Verdict::Unchecked);
        assert!(outcome.reason.is_some_and(
            |reason| reason.contains(&moment::ago(Duration::from_secs(7_200))) && reason.contains("newest_within")
        ));
        assert_eq!(judged(Timestamp::constant(1_000 - 7_200, 0), Some(7_200)).verdict, Verdict::Passed);
    }
}
