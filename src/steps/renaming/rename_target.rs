//! Moves the application: the target takes the source's name, and with it the endpoint that clients know. It is read back as a
//! client would.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    SETTLING, Swap, rename, waiting,
    whereabouts::{Found, Way},
};
use crate::{
    aws::rds::{model::Cluster, status::Phase},
    pg::Landed,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        body::{Body, Description},
        failure, made,
        restore_cluster::{self, RestoredCluster},
        tags,
        world::World,
    },
};

/// The step's name in every plan that swaps names.
pub const ID: &str = "rename-target";

/// Gives the target the source's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameTarget {
    /// Who is renamed to what.
    pub swap: Swap,
}

/// What the step leaves: the target under the source's name, where clients find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// Its name.
    pub identifier: String,
    /// Its ARN, which has the name in it.
    pub arn: String,
    /// Its resource id.
    pub resource_id: String,
    /// The endpoint that clients know.
    pub endpoint: String,
    /// The name that its certificate carries, where that is not the endpoint's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified_as: Option<String>,
    /// Where a client landed.
    pub landed: Landed,
}

/// The target's resource id, once it was seen.
pub(super) fn id_of_target(cx: &Context<'_>) -> Option<String> {
    cx.outputs.of::<RestoredCluster>(restore_cluster::ID).ok().map(|restored| restored.resource_id)
}

/// Takes the source's name from the target, where it bears it: what to wait for, and nothing once it does not.
pub(super) async fn leave(
    world: &World,
    cx: &Context<'_>,
    swap: &Swap,
    doing: &str,
) -> Result<Option<Waiting>, StepError> {
    let Some(id) = id_of_target(cx) else { return Ok(None) };
    let way = Way { who: "the target", id: &id, from: &swap.name, to: &swap.target, leaving: None };
    Ok(match way.find(world, cx, doing).await.map_err(|error| kept_by(error, swap, cx))? {
        Found::There(_) | Found::Elsewhere(_) | Found::Missing => None,
        Found::Busy(on) | Found::Occupied(on) => Some(on),
        Found::Here => {
            if let Some(wait) = source_is_ready(world, cx, swap, doing).await? {
                return Ok(Some(wait));
            }
            rename(world, way.from, way.to, doing).await?;
            Some(waiting(format!("the target to be called {}", way.to)))
        }
    })
}

/// A target that takes no changes any more keeps the name until it is removed, which no run does by itself.
fn kept_by(error: StepError, swap: &Swap, cx: &Context<'_>) -> StepError {
    if error.is_passing() || error.failure.hint.is_some() {
        return error;
    }
    let Swap { name, aside, .. } = swap;
    let hint = format!(
        "the target keeps the name {name} as long as it is so; the source serves as {aside}. Make {name} available, or free the name, then daybreak resume {}",
        cx.run
    );
    StepError { failure: error.failure.hint(hint), ..error }
}

/// Whether the source can take its name back: what the application uses is not taken from it for nothing.
async fn source_is_ready(
    world: &World,
    cx: &Context<'_>,
    swap: &Swap,
    doing: &str,
) -> Result<Option<Waiting>, StepError> {
    let clusters = world.rds.clusters().await.map_err(|error| failure::of_aws(doing, &error))?;
    let Some(source) = clusters.into_iter().find(|cluster| cluster.resource_id == swap.source) else {
        if cx.attended < SETTLING {
            return Ok(Some(waiting(format!("the source ({}) to be listed", swap.source))));
        }
        let message = format!("{doing}: the source ({}) does not exist any more", swap.source);
        let hint = format!(
            "the application stays on the target, which is called {}: there is nothing to go back to",
            swap.name
        );
        return Err(StepError::terminal(Failure::new(message).hint(hint)));
    };
    if let Some(lost) = failure::of_cluster(world, &source, cx.run).await {
        return Err(lost);
    }
    let name = &source.identifier;
    if *name != swap.aside {
        let way = Way { who: "the source", id: &swap.source, from: &swap.aside, to: &swap.name, leaving: None };
        return Err(way.elsewhere(name, swap, cx, doing));
    }
    Ok((source.status.phase() != Phase::Available).then(|| waiting(format!("cluster {name} is {}", source.status))))
}

impl RenameTarget {
    fn doing(&self) -> String {
        format!("give the target {} the name {}", self.swap.target, self.swap.name)
    }

    fn way<'a>(&'a self, id: &'a str) -> Way<'a> {
        let Swap { name, source, target, .. } = &self.swap;
        Way { who: "the target", id, from: target, to: name, leaving: Some(source) }
    }

    /// Follows the name as a client would.
    async fn follow(&self, world: &World, cx: &Context<'_>, target: Cluster) -> Result<Observed, StepError> {
        let Swap { name, host, .. } = &self.swap;
        if target.endpoint.as_deref() != Some(host.as_str()) {
            let shown = target.endpoint.as_deref().unwrap_or("none");
            return Ok(Observed::Wait(waiting(format!(
                "cluster {name} to show the endpoint {host}; it shows {shown}"
            ))));
        }
        let client = self.swap.client(world, cx, &target).await?;
        if !client.arrived {
            let landed = client.landed.name();
            return Ok(Observed::Wait(waiting(format!(
                "clients of {host} to land on the target; they land on {landed}"
            ))));
        }
        Ok(Observed::Done(json!(Renamed {
            identifier: target.identifier,
            arn: target.arn,
            resource_id: target.resource_id,
            endpoint: host.clone(),
            certified_as: client.certified_as,
            landed: client.landed,
        })))
    }
}

#[async_trait]
impl Body for RenameTarget {
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
        let Swap { name, target, host, .. } = &self.swap;
        Description {
            title: format!("move the application: the target takes the name {name}, and {host} leads to it"),
            calls: vec![self.swap.target_in()],
            undo: format!("give the target its own name {target} back: until the source has its name nothing bears it"),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let seen = made::seen(cx)?;
        let way = self.way(&seen.resource_id);
        match way.find(world, cx, &doing).await? {
            Found::There(target) => {
                tags::ours(&*target, cx.run, Some(&seen.resource_id))?;
                self.follow(world, cx, *target).await
            }
            Found::Here => Ok(Observed::Act),
            Found::Busy(on) => Ok(Observed::Wait(on)),
            Found::Occupied(by) => way.occupied(by, cx, &doing),
            Found::Missing => Ok(Observed::Wait(way.missing())),
            Found::Elsewhere(name) => {
                let failure = Failure::new(format!("{doing}: somebody renamed it to {name} meanwhile"));
                Err(StepError::terminal(failure.hint("find out why; the application stays on the source")))
            }
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        rename(world, &self.swap.target, &self.swap.name, &self.doing()).await
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Swap { name, target, .. } = &self.swap;
        let doing = format!("take the name {name} from the target");
        if let Some(wait) = leave(world, cx, &self.swap, &doing).await? {
            return Ok(Undone::Wait(wait));
        }
        if !cx.outputs.has(ID) && cx.attended < SETTLING {
            let on = format!("the target to keep its name {target}, in case a rename was asked for just before");
            return Ok(Undone::Wait(waiting(on)));
        }
        Ok(Undone::Done(format!("the target does not bear the name {name}")))
    }
}
