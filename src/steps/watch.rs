//! Watches the application on the target; failing probes bring the rollback.
//!
//! The whole time is watched by one process: one that takes the run over begins the watch anew, since nobody can say what
//! happened in between.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::Access,
    body::{Body, Description},
    page::Page,
    serving::{self, Writer},
    world::World,
};
use crate::run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting};

/// Probes until the time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// For how long, in seconds.
    pub for_seconds: u64,
    /// How long between two rounds of probes, in milliseconds.
    pub interval_ms: u64,
    /// How many rounds in a row may not all fail: the last of this many brings the rollback.
    pub failures: u32,
    /// Questions that must hold, put to the target.
    pub sql: Vec<String>,
    /// Pages that must answer.
    pub http: Vec<Page>,
    /// How to log in.
    pub access: Access,
}

/// What the watch remembers of a round: notes are made when probes fail and when they recover, not in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Round {
    /// What failed, or nothing when the probes passed again.
    failing: Option<String>,
}

/// How many rounds in a row have failed, by the notes.
fn failing_in_a_row(cx: &Context<'_>) -> u32 {
    let rounds = cx.notes.iter().rev().map_while(|(_, note)| match serde_json::from_value::<Round>(note.clone()) {
        Ok(Round { failing: Some(_) }) => Some(()),
        _ => None,
    });
    u32::try_from(rounds.count()).unwrap_or(u32::MAX)
}

/// How long beyond its time a watch goes on trying to ask its probes.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What a round of probes came to.
enum Verdict {
    /// All hold.
    Passing,
    /// The application's database, or a page, does not answer as it should.
    Failing(String),
    /// The probes could not be asked, for a reason on this side: that says nothing of the application.
    Blind(String),
}

impl Watch {
    /// One round of all probes.
    async fn round(&self, world: &World, writer: &Writer) -> Verdict {
        let pages = self.http.iter();
        let http = first(pages.map(async |page| page.ask(world).await.err().map(|error| error.to_string())));
        let (sql, http) = tokio::join!(self.ask_database(world, writer), http);
        match (sql, http) {
            (Verdict::Failing(why), _) | (_, Some(why)) => Verdict::Failing(why),
            (sql, None) => sql,
        }
    }

    async fn ask_database(&self, world: &World, writer: &Writer) -> Verdict {
        if self.sql.is_empty() {
            return Verdict::Passing;
        }
        let login = match self.access.to(world, writer).await {
            Ok(login) => login,
            Err(error) => return Verdict::Blind(error.failure.to_string()),
        };
        let probes = self
            .sql
            .iter()
            .map(async |sql| world.postgres.probe(&login, sql).await.err().map(|error| error.to_string()));
        first(probes).await.map_or(Verdict::Passing, Verdict::Failing)
    }
}

/// Awaits all, and returns the first that is something.
async fn first(probes: impl Iterator<Item = impl Future<Output = Option<String>>>) -> Option<String> {
    join_all(probes).await.into_iter().flatten().next()
}

#[async_trait]
impl Body for Watch {
    fn id(&self) -> StepId {
        StepId::from("watch")
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        let probes: Vec<String> = self.sql.iter().cloned().chain(self.http.iter().map(Page::words)).collect();
        let every = Duration::from_millis(self.interval_ms);
        Description {
            title: format!(
                "watch for {}, every {}: {}; {} failing rounds in a row roll back",
                crate::moment::in_words(Duration::from_secs(self.for_seconds)),
                crate::moment::in_words(every),
                probes.join("; "),
                self.failures
            ),
            calls: Vec::new(),
            undo: "nothing to undo: it only looks".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let writer = serving::writer(cx.outputs)?;
        let length = Duration::from_secs(self.for_seconds);
        let before = failing_in_a_row(cx);
        let interval = Duration::from_millis(self.interval_ms);
        let left = length.saturating_sub(cx.attended);
        match self.round(world, &writer).await {
            Verdict::Failing(why) if before + 1 >= self.failures => {
                let rounds = self.failures;
                let message = format!("watch the application: {rounds} probe rounds in a row failed; the last: {why}");
                Err(StepError::terminal(Failure::new(message)))
            }
            Verdict::Failing(why) => {
                let words = format!("probes failing, {} of {} rounds: {why}", before + 1, self.failures);
                Ok(Observed::Note(note(Some(why)), Waiting::on(words).again_in(interval)))
            }
            Verdict::Blind(why) if cx.attended > length + PATIENCE => {
                let failure =
                    Failure::new(format!("watch the application: its probes cannot be asked from here: {why}"));
                Err(StepError::hold(failure.hint(format!(
                    "the application was moved and is left there; look at it, then daybreak resume {0} or daybreak rollback {0}",
                    cx.run
                ))))
            }
            Verdict::Blind(why) => {
                Ok(Observed::Wait(Waiting::on(format!("a way to ask the probes: {why}")).again_in(interval)))
            }
            Verdict::Passing if before > 0 => {
                Ok(Observed::Note(note(None), Waiting::on("probes pass again").again_in(interval)))
            }
            Verdict::Passing if left.is_zero() => Ok(Observed::Done(json!({ "seconds": self.for_seconds }))),
            Verdict::Passing => {
                let left_words = crate::moment::in_words(Duration::from_secs(left.as_secs().max(1)));
                let wait = Waiting::on("probes pass; watching").progress(Some(format!("{left_words} left")));
                Ok(Observed::Wait(wait.again_in(interval.min(left))))
            }
        }
    }
}

fn note(failing: Option<String>) -> Value {
    json!(Round { failing })
}
