//! Waits until the target has all that the application wrote to its fenced primary, and turns back where that takes too long:
//! nothing is promoted yet, and nobody can write meanwhile.
//!
//! Figures of a lag are of the past and, of an idle primary, of nothing. So the fence is sealed: what replicates shows a commit only
//! after all that was committed before it.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Promotion,
    guard::refused,
    judge::judge,
    look::{look, same},
    roles::{self, Part},
};
use crate::{
    pg::fencing::{Position, Writers},
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
    steps::{
        access::Access,
        body::{Body, Description},
        fence::{self, Fenced},
        world::World,
        writers::{self, Server},
    },
};

/// The step's name in every plan that fences before it promotes.
pub const ID: &str = "catch-up";

/// Between two looks: the application waits.
const AGAIN: Duration = Duration::from_millis(500);

/// Seals the fence, and waits for the seal at the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatchUp {
    /// The old primary.
    pub server: Server,
    /// How the target is logged in to, as one that the fence does not hold.
    pub access: Access,
    /// The application's roles by name; none means every role that is no administrator's.
    pub roles: Vec<String>,
    /// What is promoted then.
    pub promotion: Box<Promotion>,
}

/// What the step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaughtUp {
    /// How far the old primary had got when it was sealed; none where there is no fence.
    pub sealed: Option<Position>,
    /// In words.
    pub how: String,
}

/// Whether the target was seen to have everything.
pub(super) fn came(cx: &Context<'_>) -> Result<bool, StepError> {
    Ok(cx.outputs.has(ID) && cx.outputs.of::<CaughtUp>(ID)?.sealed.is_some())
}

fn done(sealed: Option<Position>, how: String) -> Observed {
    Observed::Done(json!(CaughtUp { sealed, how }))
}

impl CatchUp {
    fn doing(&self) -> String {
        format!("wait until {} has all that was written to {}", self.target(), self.server.identifier)
    }

    fn target(&self) -> String {
        self.promotion.target.words()
    }

    async fn at_primary(&self, world: &World, cx: &Context<'_>) -> Result<Writers, StepError> {
        let doing = self.doing();
        let login = self.server.login(world).await?;
        let found = world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await;
        let found = found.map_err(|error| writers::failed(&doing, &error))?;
        if !found.open.is_empty() || !found.reopened.is_empty() || found.sessions > 0 {
            let failure = Failure::new(format!("{doing}: somebody has let the application in to it again"));
            return Err(StepError::terminal(failure));
        }
        Ok(found)
    }

    async fn at_target(&self, world: &World, cx: &Context<'_>) -> Result<bool, StepError> {
        let doing = self.doing();
        let (Some(host), Some(port)) = (&self.promotion.target.host, self.promotion.target.port) else {
            return Err(StepError::terminal(Failure::new(format!("{doing}: it has no endpoint"))));
        };
        let login = self.access.at(world, host, port).await?;
        let found = world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await;
        Ok(found.map_err(|error| writers::failed(&doing, &error))?.sealed)
    }
}

#[async_trait]
impl Body for CatchUp {
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
            title: format!(
                "seal the fence of {}, and wait until {} shows the seal, hence all before it",
                self.server.identifier,
                self.target()
            ),
            calls: Vec::new(),
            undo: "nothing to undo: the seal goes with the fence".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let fenced: Fenced = cx.outputs.of(fence::ID)?;
        if let Some(why) = fenced.unfenced {
            return Ok(done(None, format!("there is no fence to wait behind: {why}")));
        }
        let primary = self.at_primary(world, cx).await?;
        if !primary.sealed {
            return Ok(Observed::Act);
        }
        let arrived = self.at_target(world, cx).await?;
        match roles::target(world, &self.promotion, cx).await? {
            Part::Follows => {}
            Part::Turning(what) | Part::Missing(what) => return Ok(Observed::Wait(Waiting::on(what))),
            // After a way back that left it a primary.
            Part::Leads(_) => return Ok(done(None, format!("{} is a primary already", self.target()))),
        }
        if !arrived {
            let on = format!("{} to get all that was written to {}", self.target(), self.server.identifier);
            return Ok(Observed::Wait(Waiting::on(on).again_in(AGAIN)));
        }
        // What stands against the promotion is found here, where it can be turned back, and not behind its point of no return.
        let seen = look(world, &self.promotion, cx.now).await?.given(true);
        same(&self.promotion, &seen.target)?;
        let verdict = judge(&self.promotion, &seen, cx.now);
        if let Some(failure) = refused(&self.promotion, &verdict) {
            let hint = format!("nothing was promoted; daybreak cutover {} tries again", cx.run);
            return Err(StepError::terminal(failure.hint(hint)));
        }
        if let Some(wait) = verdict.waits.first() {
            return Ok(Observed::Wait(Waiting::on(wait.clone())));
        }
        let how = format!("{} has all that was written to {}", self.target(), self.server.identifier);
        Ok(done(Some(primary.position), how))
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let login = self.server.login(world).await?;
        let sealed = world.fencing.seal(&login, &writers::marker(cx)).await;
        sealed.map_err(|error| writers::failed(&self.doing(), &error))
    }
}
