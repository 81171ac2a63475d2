//! Renames the source aside, so that the target can take its name. From here until it does nothing bears the name.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    SETTLING, Swap,
    client::PATIENCE,
    rename, rename_target, waiting,
    whereabouts::{Found, Way},
};
use crate::{
    aws::rds::model::Cluster,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until},
    steps::{
        body::{Body, Description},
        world::World,
    },
};

/// The step's name in every plan that swaps names.
pub const ID: &str = "rename-source";

/// Renames the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameSource {
    /// Who is renamed to what.
    pub swap: Swap,
}

/// What the step leaves: the source under its other name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aside {
    /// Its name.
    pub identifier: String,
    /// Its resource id.
    pub resource_id: String,
    /// Where it takes writes now.
    pub endpoint: Option<String>,
}

impl RenameSource {
    fn doing(&self) -> String {
        format!("rename the source {} aside to {}", self.swap.name, self.swap.aside)
    }

    fn doing_back(&self) -> String {
        format!("give the source its name {} back", self.swap.name)
    }

    fn aside(&self) -> Way<'_> {
        let Swap { name, source, aside, .. } = &self.swap;
        Way { who: "the source", id: source, from: name, to: aside, leaving: None }
    }

    fn back<'a>(&'a self, target: Option<&'a str>) -> Way<'a> {
        let Swap { name, source, aside, .. } = &self.swap;
        Way { who: "the source", id: source, from: aside, to: name, leaving: target }
    }

    /// Waits until clients of the endpoint land on the source: before that its fence must not be opened, which is done there.
    async fn home(&self, world: &World, cx: &Context<'_>, source: &Cluster) -> Result<Undone, StepError> {
        let Swap { name, host, .. } = &self.swap;
        match self.swap.client(world, cx, source).await {
            Ok(client) if client.arrived => Ok(Undone::Done(format!(
                "the source bears its name {name} again, and clients of {host} land on {}",
                client.landed.name()
            ))),
            Ok(client) => Ok(Undone::Wait(waiting(format!(
                "clients of {host} to land on the source; they land on {}",
                client.landed.name()
            )))),
            Err(error) if cx.attended < PATIENCE => Err(error),
            // That it cannot be asked from here does not take its name away from it.
            Err(error) => Ok(Undone::Done(format!(
                "the source bears its name {name} again; whether clients of {host} land on it could NOT be seen: {}",
                error.failure
            ))),
        }
    }

    /// A name that somebody has taken in the gap cannot be given back by this run.
    fn taken(&self, error: StepError, cx: &Context<'_>) -> StepError {
        let Swap { name, aside, region, .. } = &self.swap;
        if error.is_passing() || error.failure.hint.is_some() {
            return error;
        }
        let hint = format!(
            "nobody's application finds its database under {name}: see whose cluster it is (aws rds describe-db-clusters --db-cluster-identifier {name} --region {region}), have it renamed or removed, then daybreak resume {}; until then the source serves as {aside}",
            cx.run
        );
        StepError { failure: error.failure.hint(hint), ..error }
    }
}

#[async_trait]
impl Body for RenameSource {
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
        let Swap { name, aside, .. } = &self.swap;
        Description {
            title: format!("rename the source {name} aside to {aside}: until the next step nothing bears its name"),
            calls: vec![self.swap.source_aside()],
            undo: format!("give the source its name {name} back, once the target has left it"),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        Ok(match self.aside().find(world, cx, &doing).await? {
            Found::There(source) => Observed::Done(json!(Aside {
                identifier: source.identifier,
                resource_id: source.resource_id,
                endpoint: source.endpoint,
            })),
            Found::Here => Observed::Act,
            Found::Busy(on) => Observed::Wait(on),
            Found::Occupied(by) => return self.aside().occupied(by, cx, &doing),
            Found::Missing => Observed::Wait(self.aside().missing()),
            Found::Elsewhere(name) => {
                let failure = Failure::new(format!("{doing}: somebody renamed it to {name} meanwhile"));
                let hint = "find out why; a new plan begins at the name that it has now";
                return Err(StepError::terminal(failure.hint(hint)));
            }
        })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        rename(world, &self.swap.name, &self.swap.aside, &self.doing()).await
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = self.doing_back();
        let target = rename_target::id_of_target(cx);
        // A request of a dead process may have come late, after the target was seen under its own name.
        if let Some(wait) = rename_target::leave(world, cx, &self.swap, &doing).await? {
            return Ok(Undone::Wait(wait));
        }
        let way = self.back(target.as_deref());
        match way.find(world, cx, &doing).await.map_err(|error| self.taken(error, cx))? {
            Found::There(_) if !cx.outputs.has(ID) && cx.attended < SETTLING => {
                let on = format!("the source to keep its name {}, in case a rename was asked for just before", way.to);
                Ok(Undone::Wait(waiting(on)))
            }
            Found::There(source) => self.home(world, cx, &source).await,
            Found::Here => {
                rename(world, way.from, way.to, &doing).await?;
                Ok(Undone::Wait(waiting(format!("the source to be called {}", way.to))))
            }
            Found::Busy(on) | Found::Occupied(on) => Ok(Undone::Wait(on)),
            Found::Missing => Ok(Undone::Wait(way.missing())),
            // Before this run had renamed it: what somebody else did is not this run's to take back.
            Found::Elsewhere(name) if !cx.outputs.has(ID) => {
                Ok(Undone::Done(format!("somebody renamed the source to {name}: left alone")))
            }
            Found::Elsewhere(name) => Err(way.elsewhere(&name, &self.swap, cx, &doing)),
        }
    }
}
