//! Lists who can write to the source, right before they are fenced off: what is journaled here is what the way back gives
//! back. It is a step of its own, so that the list is durable before anything is changed.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    promotion::guard,
    window::Family,
    world::World,
    writers::{self, Server},
};
use crate::{
    aws::rds::status::Phase,
    pg::fencing::{Position, Role},
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until},
};

/// The step's name in every plan that fences.
pub const ID: &str = "list-writers";

/// How long a source that does not answer is tried.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to do when the source cannot be reached to be fenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unreachable {
    /// Hold, and let a person decide.
    Stop,
    /// Say so, and move the application all the same.
    GoOn,
}

/// Lists the writers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListWriters {
    /// The source.
    pub server: Server,
    /// The application's roles by name; none means every role that is no administrator's.
    pub roles: Vec<String>,
    /// What to do when it cannot be reached.
    pub when_unreachable: Unreachable,
}

/// Who could write before the fence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// The roles that could log in.
    pub roles: Vec<Role>,
    /// How many sessions they had.
    pub sessions: u64,
    /// How far the source had got.
    pub position: Option<Position>,
    /// Why the source could not be reached, where it could not.
    pub unreachable: Option<String>,
}

impl ListWriters {
    /// Why the source can take no writes, where RDS says that nobody can connect to it.
    async fn takes_no_writes(&self, world: &World) -> Option<String> {
        let (name, family) = (&self.server.identifier, self.server.family);
        let rds = world.of_region(&self.server.region).rds;
        let words = format!("{} {name}", family.word());
        let (phase, empty) = match family {
            Family::Cluster => match rds.cluster(name).await.ok()? {
                Some(cluster) => (cluster.status.phase(), cluster.members.is_empty()),
                None => {
                    let listed = rds.clusters().await.ok()?.iter().any(|listed| listed.identifier == *name);
                    return (!listed).then(|| format!("{words} does not exist any more"));
                }
            },
            Family::Instance => match rds.instance(name).await.ok()? {
                Some(instance) => (instance.status.phase(), false),
                None => {
                    let listed = rds.instances().await.ok()?.iter().any(|listed| listed.identifier == *name);
                    return (!listed).then(|| format!("{words} does not exist any more"));
                }
            },
        };
        match phase {
            Phase::Stopped => Some(format!("{words} is stopped, and takes no writes until somebody starts it")),
            _ if empty => Some(format!("{words} has no instance, and takes no writes until somebody makes one")),
            _ => None,
        }
    }

    fn doing(&self) -> String {
        format!("list who can write to {}", self.server.identifier)
    }

    /// What follows from a source that does not answer.
    async fn unreachable(&self, world: &World, error: StepError, cx: &Context<'_>) -> Result<Observed, StepError> {
        if error.is_passing()
            && let Some(why) = self.takes_no_writes(world).await
        {
            return Ok(unfenced(why));
        }
        if error.is_passing() && cx.attended < PATIENCE {
            return Err(error);
        }
        if error.is_passing() && self.when_unreachable == Unreachable::GoOn {
            return Ok(unfenced(error.failure.to_string()));
        }
        let Server { identifier: name, family, region, .. } = &self.server;
        let stop = match family {
            Family::Cluster => "aws rds stop-db-cluster --db-cluster-identifier",
            Family::Instance => "aws rds stop-db-instance --db-instance-identifier",
        };
        // Before a promotion nothing was changed that a rollback could take back.
        let (back, otherwise) = if cx.outputs.has(guard::ID) {
            ("cancel", "; daybreak promote with --old-primary-keeps-writing goes without a fence")
        } else {
            ("rollback", "")
        };
        let hint = format!(
            "the application was not moved, and {name} is not fenced: let this machine log in to it, then daybreak resume {0}; or stop it ({stop} {name} --region {region}), then daybreak resume {0}; or leave the application where it is: daybreak {back} {0}{otherwise}. when_unreachable = \"go-on\" under [databases.….fence] decides for later plans",
            cx.run
        );
        Err(StepError::hold(error.failure.hint(hint)))
    }
}

/// The end of a list that could not be made.
fn unfenced(why: String) -> Observed {
    Observed::Done(json!(Listed { roles: Vec::new(), sessions: 0, position: None, unreachable: Some(why) }))
}

#[async_trait]
impl Body for ListWriters {
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
        let otherwise = match self.when_unreachable {
            Unreachable::Stop => "if it cannot be reached the run holds",
            Unreachable::GoOn => "if it cannot be reached the application is moved without a fence",
        };
        Description {
            title: format!("list who can log in to {}, and how far it has got; {otherwise}", self.server.identifier),
            calls: Vec::new(),
            undo: "nothing to undo: it only reads".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let login = self.server.login(world).await?;
        let found = match world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await {
            Ok(found) => found,
            Err(error) => return self.unreachable(world, writers::failed(&doing, &error), cx).await,
        };
        if let Some((role, kept)) = found.kept.first() {
            let failure = Failure::new(format!("{doing}: role {role} cannot be fenced, it {}", kept.words()));
            return Err(StepError::terminal(failure));
        }
        let mut roles: Vec<Role> = found.open.into_iter().chain(found.shut).chain(found.reopened).collect();
        roles.sort();
        roles.dedup();
        let position = Some(found.position);
        Ok(Observed::Done(json!(Listed { roles, sessions: found.sessions, position, unreachable: None })))
    }
}
