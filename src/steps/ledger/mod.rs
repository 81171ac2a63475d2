//! The ledger of a cutover: what each side was written that the other lacks. What it begins with is read before the application is
//! moved; what it came to, once the side stands still and nobody waits for it.

pub mod close;
pub mod horizon;
pub mod open;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{access::Access, failure, serving, world::World};
use crate::{
    pg::{
        Login,
        ledger::{Account, ELSEWHERE, Mark, Rows, Since, TableRows},
    },
    run::step::{Context, Outputs, StepError, Waiting},
};

/// Between two looks that must count the same: a session that has ended is counted by then.
const QUIET: Duration = Duration::from_millis(600);

/// How many looks a side gets to stand still.
const LOOKS: usize = 5;

/// How long the rows of a target that goes on may be counted, for whoever waits to roll back.
const LIVE: Duration = Duration::from_secs(10);

/// How many changes of rows the target has counted since the application was moved to it, committed or not; an error says why that is
/// not known. Sessions tell what they did with a delay of seconds: where they have told nothing yet, rows are counted.
pub async fn taken(world: &World, access: &Access, outputs: &Outputs) -> Result<u64, String> {
    let doing = "count what the target was written";
    let told = async {
        let before: Mark = outputs.of(open::ID)?;
        let (login, now) = mark_of_target(world, access, outputs, doing).await?;
        let counted = match now.counts.since(&before.counts) {
            Ok(0) if now.snapshot != before.snapshot => {
                let since = Since::Snapshot(before.snapshot);
                let rows = world.ledgers.rows(&login, &since, None, LIVE).await;
                in_all(&rows.map_err(|error| failure::of_postgres(doing, &error))?)
            }
            counted => counted,
        };
        Ok::<_, StepError>(counted)
    };
    told.await.map_err(|error| error.failure.to_string())?
}

/// All rows, where each table that can be written tells them.
fn in_all(rows: &Rows) -> Result<u64, String> {
    let counted = rows.tables.values().map(|told| told.written + told.doubtful).sum();
    let untold = |(table, told): (&String, &TableRows)| {
        told.why.as_ref().filter(|why| *why != ELSEWHERE).map(|why| format!("{table}: {why}"))
    };
    match rows.tables.iter().find_map(untold) {
        Some(why) if counted == 0 => Err(why),
        _ => Ok(counted),
    }
}

/// Where the target stands.
async fn mark_of_target(
    world: &World,
    access: &Access,
    outputs: &Outputs,
    doing: &str,
) -> Result<(Login, Mark), StepError> {
    let writer = serving::writer(outputs)?;
    let login = access.to(world, &writer).await?;
    let mark = world.ledgers.mark(&login).await.map_err(|error| failure::of_postgres(doing, &error))?;
    Ok((login, mark))
}

/// What a look remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    counted: u64,
}

/// Whether a side stands still.
enum Standing {
    /// It does.
    Still,
    /// It was never seen to.
    Never,
    /// It is looked at once more.
    Again(Value, Waiting),
}

/// Judges by the looks before whether the counts of `mark` are the last ones.
fn standing(mark: &Mark, cx: &Context<'_>, side: &str) -> Standing {
    let counted = mark.counts.tables.values().map(|changes| changes.total()).sum();
    let looks: Vec<Looked> =
        cx.notes.iter().filter_map(|(_, note)| serde_json::from_value(note.clone()).ok()).collect();
    if looks.last() == Some(&Looked { counted }) {
        return Standing::Still;
    }
    if looks.len() >= LOOKS {
        return Standing::Never;
    }
    let wait = Waiting::on(format!("a second look at {side} that counts the same")).again_in(QUIET);
    Standing::Again(json!(Looked { counted }), wait)
}

/// What was written, in words: `12 inserted, 3 updated, 1 deleted; 13 rows of them are there`.
#[must_use]
pub fn words(account: &Account) -> String {
    let counted = match (account.counted(), &account.uncounted) {
        (Some(changes), _) => changes.words(),
        (None, Some(why)) => format!("not counted: {why}"),
        (None, None) => "not counted as a whole".to_owned(),
    };
    let doubtful = match account.doubtful() {
        0 => String::new(),
        more => format!(", and {more} more may be"),
    };
    format!("{counted}; rows of it that are there: {}{doubtful}", account.rows())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::ledger::{Changes, Entry};

    #[test]
    fn what_was_written_is_said_as_far_as_it_is_known() {
        let entry = |counted, rows, doubtful| Entry {
            table: "public.loans".to_owned(),
            counted,
            rows: Some(rows),
            doubtful,
            why: None,
        };
        let account = |tables, uncounted: Option<&str>| Account {
            counted_from: uncounted.is_none().then_some(jiff::Timestamp::UNIX_EPOCH),
            until: jiff::Timestamp::UNIX_EPOCH,
            tables,
            uncounted: uncounted.map(str::to_owned),
            unasked: None,
            open: None,
        };
        let three = Changes { inserted: 3, updated: 1, deleted: 2 };
        for (account, said) in [
            (
                account(vec![entry(Some(three), 4, 0)], None),
                "3 inserted, 1 updated, 2 deleted; rows of it that are there: 4",
            ),
            (
                account(vec![entry(None, 4, 2)], None),
                "not counted as a whole; rows of it that are there: 4, and 2 more may be",
            ),
            (account(vec![entry(None, 4, 0)], Some("no")), "not counted: no; rows of it that are there: 4"),
            (account(Vec::new(), None), "0 inserted, 0 updated, 0 deleted; rows of it that are there: 0"),
        ] {
            assert_eq!(words(&account), said);
        }
    }
}
