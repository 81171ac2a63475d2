//! Closes the source's side of the ledger: what the source was written after the point recovered to, which the application gives
//! up. The source is fenced and stands still, so it is read when nobody waits for it any more.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Standing,
    horizon::{self, Horizon},
    open, standing,
};
use crate::{
    pg::{
        Login,
        ledger::{Account, Mark, Since},
    },
    run::step::{Context, Observed, Outputs, StepError, StepId, Undo, Until},
    steps::{
        access::Access,
        body::{Body, Description},
        failure,
        fence::{self, Fenced},
        renaming::rename_source::{self, Aside},
        serving,
        world::World,
    },
};

/// The step's name in every plan that keeps a ledger of its source.
pub const ID: &str = "close-ledger";

/// Closes the source's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseLedger {
    /// The source.
    pub source: String,
    /// The host that takes, or took, its writes.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to log in to it.
    pub access: Access,
    /// How to log in to the target, which tells what was under way at the restore point.
    pub target: Access,
    /// How long the source's rows may be counted, in seconds.
    pub rows_seconds: u64,
}

impl CloseLedger {
    /// A login to the source, which serves elsewhere once the target bears its name.
    pub async fn login(&self, world: &World, outputs: &Outputs) -> Result<Login, StepError> {
        match outputs.of::<Aside>(rename_source::ID).ok().and_then(|aside| aside.endpoint) {
            Some(endpoint) => self.access.certified_as(world, &self.host, &endpoint, self.port).await,
            None => self.access.at(world, &self.host, self.port).await,
        }
    }
}

/// The point after which a row of the source is not on the target.
pub async fn since(world: &World, target: &Access, outputs: &Outputs) -> Result<Since, StepError> {
    let writer = serving::writer(outputs)?;
    let copy = Box::new(target.to(world, &writer).await?);
    let horizon = match outputs.of::<Horizon>(horizon::ID) {
        Ok(horizon) => horizon.next,
        // Not read when it could have been: the next best is from before the switch.
        Err(_) => outputs.of::<Mark>(open::ID)?.snapshot.next,
    };
    Ok(Since::Restore { horizon, copy })
}

/// Why the source may still be written to, where it may.
fn open_words(outputs: &Outputs, source: &str) -> Option<String> {
    match outputs.of::<Fenced>(fence::ID) {
        Ok(Fenced { unfenced: None, .. }) => None,
        Ok(Fenced { unfenced: Some(why), .. }) => Some(format!("{source} is not fenced: {why}")),
        Err(_) => Some(format!("{source} is not fenced: this is as of now, and it may go on taking writes")),
    }
}

#[async_trait]
impl Body for CloseLedger {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("count what {} was written after the point recovered to", self.source),
            calls: Vec::new(),
            undo: "nothing to undo: it only reads".to_owned(),
        }
    }

    fn is_optional(&self) -> bool {
        true
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("count what {} was written", self.source);
        let login = self.login(world, cx.outputs).await?;
        let now = world.ledgers.mark(&login).await.map_err(|error| failure::of_postgres(&doing, &error))?;
        let mut open = open_words(cx.outputs, &self.source);
        match standing(&now, cx, &self.source) {
            Standing::Again(note, wait) if open.is_none() => return Ok(Observed::Note(note, wait)),
            Standing::Never => {
                open.get_or_insert_with(|| format!("{} was still written to while it was counted", self.source));
            }
            Standing::Still | Standing::Again(..) => {}
        }
        let since = since(world, &self.target, cx.outputs).await?;
        let within = Duration::from_secs(self.rows_seconds);
        let rows = world.ledgers.rows(&login, &since, None, within).await;
        let rows = rows.map_err(|error| failure::of_postgres(&doing, &error))?;
        let horizon = cx.outputs.of::<Horizon>(horizon::ID);
        let before = match &horizon {
            Ok(Horizon { source: Some(before), .. }) => Ok(before),
            Ok(Horizon { uncounted: Some(why), .. }) => Err(why.clone()),
            Ok(_) | Err(_) => Err("what it had counted was not read before".to_owned()),
        };
        let mut account = Account { open, ..Account::of(before, &now, &rows) };
        if horizon.is_err() {
            let late = "how far the restore had got was read only right before the switch";
            account.unasked = Some(account.unasked.map_or_else(|| late.to_owned(), |why| format!("{why}; {late}")));
        }
        Ok(Observed::Done(json!(account)))
    }
}
