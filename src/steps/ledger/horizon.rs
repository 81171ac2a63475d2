//! Reads how far the restore has got, at the first login after it: from there on transaction ids are the target's own. And what the
//! source has counted, before the night goes on.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::mark_of_target;
use crate::{
    pg::ledger::Mark,
    run::step::{Context, Observed, StepError, StepId, Undo, Until},
    steps::{
        access::Access,
        body::{Body, Description},
        prove::Comparison,
        world::World,
    },
};

/// The step's name in every plan that keeps a ledger of its source.
pub const ID: &str = "read-horizon";

/// Reads the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadHorizon {
    /// The target.
    pub target: String,
    /// How to log in to it.
    pub access: Access,
    /// The source, or why it is not asked.
    pub source: Comparison,
}

/// What the step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Horizon {
    /// The target's time then.
    pub at: Timestamp,
    /// The target's next transaction id.
    pub next: i64,
    /// Where the source stood.
    pub source: Option<Mark>,
    /// Why the source was not counted, where it was not.
    pub uncounted: Option<String>,
}

impl ReadHorizon {
    async fn source(&self, world: &World) -> Result<Mark, String> {
        let (host, port, access) = match &self.source {
            Comparison::With { host, port, access } => (host, *port, access),
            Comparison::Without(why) => return Err(why.clone()),
        };
        let login = access.at(world, host, port).await.map_err(|error| error.failure.to_string())?;
        world.ledgers.mark(&login).await.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Body for ReadHorizon {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Restored
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("read how far the restore of {} has got, and what the source has counted", self.target),
            calls: Vec::new(),
            undo: "nothing to undo: it only reads".to_owned(),
        }
    }

    /// A ledger that begins late is no reason to recover late.
    fn is_optional(&self) -> bool {
        true
    }

    fn goes_with_the_target(&self) -> bool {
        false
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("read how far the restore of {} has got", self.target);
        let (target, source) =
            tokio::join!(mark_of_target(world, &self.access, cx.outputs, &doing), self.source(world));
        let (_, target) = target?;
        let (source, uncounted) = match source {
            Ok(source) => (Some(source), None),
            Err(why) => (None, Some(why)),
        };
        Ok(Observed::Done(json!(Horizon { at: target.at, next: target.snapshot.next, source, uncounted })))
    }
}
