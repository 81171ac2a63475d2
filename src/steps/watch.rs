//! Watches the application on the target; failing probes bring the rollback.

use std::{future::Future, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::{
    access::Access,
    body::{Body, Description},
    create_instance::{WRITER, Writer},
    world::World,
};
use crate::run::{
    clock::elapsed,
    step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
};

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
    pub http: Vec<Url>,
    /// How long a page may take, in milliseconds.
    pub http_timeout_ms: u64,
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

impl Watch {
    /// One round of all probes; the first failure, if any.
    async fn round(&self, world: &World, writer: &Writer) -> Option<String> {
        let sql = async {
            if self.sql.is_empty() {
                return None;
            }
            let login = match self.access.at(world, &writer.endpoint, writer.port).await {
                Ok(login) => login,
                Err(error) => return Some(error.failure.to_string()),
            };
            first(
                self.sql
                    .iter()
                    .map(async |sql| world.postgres.probe(&login, sql).await.err().map(|error| error.to_string())),
            )
            .await
        };
        let timeout = Duration::from_millis(self.http_timeout_ms);
        let http = first(
            self.http
                .iter()
                .map(async |url| world.http.healthy(url, timeout).await.err().map(|error| error.to_string())),
        );
        let (sql, http) = tokio::join!(sql, http);
        sql.or(http)
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
        let probes: Vec<String> =
            self.sql.iter().cloned().chain(self.http.iter().map(|url| format!("GET {url}"))).collect();
        let every = Duration::from_millis(self.interval_ms);
        Description {
            title: format!(
                "watch for {}, every {}: {}; {} failing rounds in a row roll back",
                crate::moment::show_span(Duration::from_secs(self.for_seconds)),
                crate::moment::show_span(every),
                probes.join("; "),
                self.failures
            ),
            calls: Vec::new(),
            undo: "nothing to undo: it only looks".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let writer: Writer = cx.outputs.of(WRITER)?;
        let length = Duration::from_secs(self.for_seconds);
        let before = failing_in_a_row(cx);
        let failing = self.round(world, &writer).await;
        let left = length.saturating_sub(elapsed(cx.started, cx.now));
        let interval = Duration::from_millis(self.interval_ms);
        match failing {
            Some(why) if before + 1 >= self.failures => {
                let message = format!(
                    "watch the application: {} of {} probe rounds in a row failed; the last: {why}",
                    before + 1,
                    self.failures
                );
                Err(StepError::terminal(Failure::new(message)))
            }
            Some(why) => {
                let words = format!("probes failing, {} of {} rounds: {why}", before + 1, self.failures);
                Ok(Observed::Note(note(Some(why)), Waiting::on(words).again_in(interval)))
            }
            None if before > 0 => Ok(Observed::Note(note(None), Waiting::on("probes pass again").again_in(interval))),
            None if left.is_zero() => Ok(Observed::Done(json!({ "seconds": self.for_seconds }))),
            None => {
                let words = format!(
                    "probes pass; watching for {} more",
                    crate::moment::show_span(Duration::from_secs(left.as_secs().max(1)))
                );
                Ok(Observed::Wait(Waiting::on(words).again_in(interval.min(left))))
            }
        }
    }
}

fn note(failing: Option<String>) -> Value {
    json!(Round { failing })
}
