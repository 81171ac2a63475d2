//! Under which of two names a cluster is, told by its resource id.

use std::time::Duration;

use super::{Swap, waiting};
use crate::{
    aws::rds::{model::Cluster, status::Phase},
    run::step::{Context, Failure, Observed, StepError, Waiting},
    steps::{failure, world::World},
};

/// How long something that is done to a cluster, a backup for one, may keep it from being renamed.
const INTERRUPTION: Duration = Duration::from_secs(60);

/// One cluster on its way from one name to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    /// What it is called in a sentence: `the source`.
    pub(super) who: &'static str,
    /// Its resource id.
    pub(super) id: &'a str,
    /// The name that it leaves.
    pub(super) from: &'a str,
    /// The name that it takes.
    pub(super) to: &'a str,
    /// The resource id of the one that is leaving `to`, and may still be shown under it.
    pub(super) leaving: Option<&'a str>,
}

/// Where it is.
#[derive(Debug)]
pub(super) enum Found {
    /// It bears the name that it takes, and is available.
    There(Box<Cluster>),
    /// It bears the name that it leaves, and can be renamed.
    Here,
    /// It is on its way, or the name is not free yet.
    Busy(Waiting),
    /// It bears the name that it leaves, and something else is done to it.
    Occupied(Waiting),
    /// It bears a name that somebody else gave it.
    Elsewhere(String),
    /// It is under neither name, and not in the list of all clusters.
    Missing,
}

impl Way<'_> {
    /// Looks for the cluster. An error where the name that it takes is a stranger's, or where it will never take it.
    pub(super) async fn find(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<Found, StepError> {
        let look = async |name| world.rds.cluster(name).await.map_err(|error| failure::of_aws(doing, &error));
        let (to, from) = (look(self.to).await?, look(self.from).await?);
        if let Some(there) = to {
            if there.resource_id == self.id {
                return self.arrived(world, cx, there).await;
            }
            if self.leaving != Some(there.resource_id.as_str()) {
                return Err(self.taken(&there, doing));
            }
            if from.as_ref().is_none_or(|from| from.resource_id == self.id) {
                return Ok(Found::Busy(waiting(format!("the name {} to be free", self.to))));
            }
        }
        match from {
            Some(here) if here.resource_id == self.id => self.here(world, cx, &here).await,
            _ => self.listed(world, doing).await,
        }
    }

    async fn arrived(&self, world: &World, cx: &Context<'_>, there: Cluster) -> Result<Found, StepError> {
        if let Some(lost) = failure::of_cluster(world, &there, cx.run).await {
            return Err(lost);
        }
        Ok(match there.status.is_available() {
            true => Found::There(Box::new(there)),
            false => Found::Busy(waiting(format!("cluster {} is {}", self.to, there.status))),
        })
    }

    async fn here(&self, world: &World, cx: &Context<'_>, here: &Cluster) -> Result<Found, StepError> {
        // What is being deleted gives its name back by itself.
        if here.status.phase() == Phase::Deleting {
            return Ok(Found::Busy(waiting(format!("cluster {} is being deleted", self.from))));
        }
        if let Some(lost) = failure::of_cluster(world, here, cx.run).await {
            return Err(lost);
        }
        let busy = || waiting(format!("cluster {} is {}", self.from, here.status));
        Ok(match here.status.as_str() {
            _ if here.status.is_available() => Found::Here,
            "renaming" => Found::Busy(busy()),
            _ => Found::Occupied(busy()),
        })
    }

    /// What follows from something else being done to it: the application waits without a database, so that is not waited for
    /// for long.
    pub(super) fn occupied(&self, by: Waiting, cx: &Context<'_>, doing: &str) -> Result<Observed, StepError> {
        if cx.attended < INTERRUPTION {
            return Ok(Observed::Wait(by));
        }
        let message = format!("{doing}: {}, and takes no other name meanwhile", by.on);
        let hint = format!("once it is available: daybreak cutover {}", cx.run);
        Err(StepError::terminal(Failure::new(message).hint(hint)))
    }

    /// Neither name is its own: it was renamed by somebody else, is shown late, or is gone.
    async fn listed(&self, world: &World, doing: &str) -> Result<Found, StepError> {
        let clusters = world.rds.clusters().await.map_err(|error| failure::of_aws(doing, &error))?;
        let Some(found) = clusters.into_iter().find(|cluster| cluster.resource_id == self.id) else {
            return Ok(Found::Missing);
        };
        let name = found.identifier;
        if name == self.from || name == self.to {
            return Ok(Found::Busy(waiting(format!("cluster {name}, which is listed but not found by its name"))));
        }
        Ok(Found::Elsewhere(name))
    }

    fn taken(&self, by: &Cluster, doing: &str) -> StepError {
        let message = format!(
            "{doing}: the name {} is borne by cluster {}, which this run knows nothing of",
            self.to, by.resource_id
        );
        StepError::terminal(Failure::new(message))
    }

    /// What follows from a name that somebody else gave it.
    pub(super) fn elsewhere(&self, name: &str, swap: &Swap, cx: &Context<'_>, doing: &str) -> StepError {
        let message = format!("{doing}: somebody renamed {} to {name} meanwhile", self.who);
        let hint = format!(
            "find out why; to go on as planned give it its name back: {}; then daybreak resume {}",
            swap.by_hand(name, self.from),
            cx.run
        );
        StepError::terminal(Failure::new(message).hint(hint))
    }

    pub(super) fn missing(&self) -> Waiting {
        waiting(format!("{} ({}) to be shown under {} or {}", self.who, self.id, self.from, self.to))
    }
}
