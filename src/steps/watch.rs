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
    ledger,
    page::Page,
    proxy::Through,
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
    /// The proxy that the questions are put through, where the application follows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
    /// What failing probes bring where the target has taken writes since the switch.
    #[serde(default, skip_serializing_if = "NewWrites::roll_back")]
    pub on_new_writes: NewWrites,
}

/// What failing probes bring where a rollback would give up what the target was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewWrites {
    /// The rollback: the target is kept with them.
    #[default]
    RollBack,
    /// A person.
    Hold,
}

impl NewWrites {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    fn roll_back(&self) -> bool {
        *self == Self::RollBack
    }
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
pub(super) enum Verdict {
    /// All hold.
    Passing,
    /// The application's database, or a page, does not answer as it should.
    Failing(String),
    /// The probes could not be asked, for a reason on this side: that says nothing of the application.
    Blind(String),
}

impl Watch {
    /// The probes in a line.
    pub(super) fn words(&self) -> String {
        let http = self.http.iter().map(Page::words);
        self.sql.iter().cloned().chain(http).collect::<Vec<_>>().join("; ")
    }

    /// One round of all probes.
    pub(super) async fn round(&self, world: &World, writer: &Writer) -> Verdict {
        let pages = self.http.iter();
        let http = first(pages.map(async |page| page.ask(world).await.err().map(|error| error.to_string())));
        let (sql, http) = tokio::join!(self.ask_database(world, writer), http);
        match (sql, http) {
            (Verdict::Failing(why), _) | (_, Some(why)) => Verdict::Failing(why),
            (sql, None) => sql,
        }
    }

    /// The end of a watch whose probes fail.
    async fn over(&self, world: &World, cx: &Context<'_>, why: &str) -> StepError {
        let message = format!("watch the application: {} probe rounds in a row failed; the last: {why}", self.failures);
        let failure = Failure::new(message);
        if self.on_new_writes == NewWrites::RollBack {
            return StepError::terminal(failure);
        }
        let (lost, figure) = match ledger::taken(world, &self.access, cx.outputs).await {
            Ok(0) => return StepError::terminal(failure),
            Ok(taken) => {
                (format!("{taken} changes of rows were written to the target since the switch"), taken.to_string())
            }
            Err(why) => (
                format!("how much was written to the target since the switch is not known ({why})"),
                "unknown".to_owned(),
            ),
        };
        StepError::hold(failure.hint(format!(
            "{lost}, and on_new_writes = \"hold\" leaves it to you: daybreak resume {0} watches anew, daybreak rollback {0} --accept-loss {figure} moves the application back without them",
            cx.run
        )))
    }

    async fn ask_database(&self, world: &World, writer: &Writer) -> Verdict {
        if self.sql.is_empty() {
            return Verdict::Passing;
        }
        let login = match &self.through {
            None => self.access.to(world, writer).await,
            Some(through) => through.login(world).await,
        };
        let login = match login {
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
        let every = Duration::from_millis(self.interval_ms);
        Description {
            title: format!(
                "watch for {}, every {}: {}; {} failing rounds in a row roll back{}",
                crate::moment::in_words(Duration::from_secs(self.for_seconds)),
                crate::moment::in_words(every),
                self.words(),
                self.failures,
                match self.on_new_writes {
                    NewWrites::RollBack => "",
                    NewWrites::Hold => ", or hold once the target has taken writes",
                }
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
            Verdict::Failing(why) if before + 1 >= self.failures => Err(self.over(world, cx, &why).await),
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
