//! Opens the target's side of the ledger: where it stands before the application is led to it. Taken back, which comes after the
//! application is back on its source, it tells what the target was written in between.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Standing, mark_of_target, standing, words};
use crate::{
    pg::ledger::{Account, Mark, Rows, Since},
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        access::Access,
        body::{Body, Description},
        failure,
        world::World,
    },
};

/// The step's name in every plan that moves an application.
pub const ID: &str = "open-ledger";

/// How long the way back asks a target that does not answer: nobody waits for what it says, but the run's end does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenLedger {
    /// The target.
    pub target: String,
    /// How to log in to it.
    pub access: Access,
    /// Whether the way back shuts the application out of it.
    pub shut: bool,
    /// How long its rows may be counted, in seconds.
    pub rows_seconds: u64,
}

impl OpenLedger {
    /// What the target was written since `before`, once it stands still.
    async fn account(&self, world: &World, cx: &Context<'_>, before: &Mark) -> Result<Undone, StepError> {
        let doing = format!("count what {} was written", self.target);
        let (login, now) = mark_of_target(world, &self.access, cx.outputs, &doing).await?;
        let open = match standing(&now, cx, &self.target) {
            Standing::Again(note, wait) if self.shut => return Ok(Undone::Note(note, wait)),
            Standing::Still if self.shut => None,
            Standing::Never => Some(format!("{} was still written to while it was counted", self.target)),
            Standing::Still | Standing::Again(..) => {
                Some(format!("{} was not shut: who holds a connection to it can go on writing to it", self.target))
            }
        };
        // A table that has counted nothing has no row to look for.
        let changed: Option<BTreeSet<String>> = now.counts.since(&before.counts).ok().map(|_| {
            let counted = Account::of(Ok(before), &now, &Rows::default());
            counted.tables.into_iter().map(|entry| entry.table).collect()
        });
        let rows = match &changed {
            Some(none) if none.is_empty() => Rows::default(),
            only => {
                let since = Since::Snapshot(before.snapshot.clone());
                let within = Duration::from_secs(self.rows_seconds);
                let rows = world.ledgers.rows(&login, &since, only.as_ref(), within).await;
                rows.map_err(|error| failure::of_postgres(&doing, &error))?
            }
        };
        let account = Account { open, ..Account::of(Ok(before), &now, &rows) };
        Ok(Undone::Note(json!(account), Waiting::on("the ledger to be closed").again_in(Duration::ZERO)))
    }
}

#[async_trait]
impl Body for OpenLedger {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("read what {} has counted before the application is moved to it", self.target),
            calls: Vec::new(),
            undo: format!("count what {} was written meanwhile; it is kept there", self.target),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("read what {} has counted", self.target);
        let (_, mark) = mark_of_target(world, &self.access, cx.outputs, &doing).await?;
        Ok(Observed::Done(json!(mark)))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        if !cx.outputs.has(ID) {
            return Ok(Undone::Done(format!("the application was not led to {} yet", self.target)));
        }
        let account = cx.notes.last().and_then(|(_, note)| serde_json::from_value::<Account>(note.clone()).ok());
        if let Some(account) = account {
            return Ok(Undone::Done(format!("{} was written since the switch: {}", self.target, words(&account))));
        }
        let before: Mark = cx.outputs.of(ID)?;
        match self.account(world, cx, &before).await {
            Err(error) if error.is_passing() && cx.attended < PATIENCE => Err(error),
            Err(error) => Ok(Undone::Done(format!(
                "what {} was written since the switch is NOT KNOWN, and kept there: {}; once it answers, daybreak report {} --ledger json-lines --side target reads it",
                self.target, error.failure, cx.run
            ))),
            told => told,
        }
    }
}
