//! Lets the application's roles in on the target, where an earlier way back of this run, or a fence that replication brought
//! along, keeps them out. Taken back, it shuts them out there: the target must take no more writes before the source takes
//! them again.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    serving,
    world::World,
    writers::{self, names},
};
use crate::{
    pg::{
        Login,
        fencing::{Position, Role, Writers},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that fences.
pub const ID: &str = "admit-writers";

/// How long the way back tries to shut the application out of a target that does not answer: nobody can use it then, and the
/// application waits for the source.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks.
const AGAIN: Duration = Duration::from_millis(100);

/// Lets the application's roles in on the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdmitWriters {
    /// The target.
    pub target: String,
    /// How to log in with the right to alter roles.
    pub access: Access,
    /// The application's roles by name; none means every role that is no administrator's.
    pub roles: Vec<String>,
}

/// What the step left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admitted {
    /// The roles that can log in to the target.
    pub roles: Vec<Role>,
    /// How far the target had got: nothing of the application comes before it.
    pub position: Position,
}

impl AdmitWriters {
    async fn look(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<(Login, Writers), StepError> {
        let writer = serving::writer(cx.outputs)?;
        let login = self.access.at(world, &writer.endpoint, writer.port).await?;
        let found = world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await;
        Ok((login, found.map_err(|error| writers::failed(doing, &error))?))
    }

    async fn shut_out(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<Undone, StepError> {
        let (login, found) = self.look(world, cx, doing).await?;
        let quiet = found.open.is_empty() && found.reopened.is_empty() && found.sessions == 0;
        if quiet {
            let who = names(found.shut.iter().map(|role| role.name.as_str()));
            return Ok(Undone::Done(format!(
                "{who} cannot log in to {} any more; daybreak cutover {} lets them in",
                self.target, cx.run
            )));
        }
        let mut roles: Vec<Role> = found.open.into_iter().chain(found.reopened).chain(found.shut).collect();
        roles.sort();
        roles.dedup();
        let shut = world.fencing.shut_out(&login, &writers::marker(cx), &roles).await;
        shut.map_err(|error| writers::failed(doing, &error))?;
        Ok(Undone::Wait(Waiting::on(format!("the application's sessions on {} to end", self.target)).again_in(AGAIN)))
    }
}

#[async_trait]
impl Body for AdmitWriters {
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
            title: format!("let the application's roles log in to {}, where this run keeps them out", self.target),
            calls: Vec::new(),
            undo: format!("shut them out of {}, before the source takes writes again", self.target),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("let the application's roles log in to {}", self.target);
        let (_, found) = self.look(world, cx, &doing).await?;
        if found.marker {
            return Ok(Observed::Act);
        }
        Ok(Observed::Done(json!(Admitted { roles: found.open, position: found.position })))
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = format!("let the application's roles log in to {}", self.target);
        let (login, _) = self.look(world, cx, &doing).await?;
        let let_in = world.fencing.let_in(&login, &writers::marker(cx)).await;
        let_in.map(|_| ()).map_err(|error| writers::failed(&doing, &error))
    }

    /// A target that cannot be asked does not keep the application waiting for its source.
    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        // The pointer moves after this step is done: before that nothing leads the application here.
        if !cx.outputs.has(ID) {
            return Ok(Undone::Done(format!("the application was not led to {} yet", self.target)));
        }
        let doing = format!("shut the application out of {}", self.target);
        match self.shut_out(world, cx, &doing).await {
            Err(error) if error.is_passing() && cx.attended < PATIENCE => Err(error),
            Err(error) => Ok(Undone::Done(format!(
                "NOT shut out of {}, which what still holds a connection to it can go on writing to: {}",
                self.target, error.failure
            ))),
            shut => shut,
        }
    }
}
