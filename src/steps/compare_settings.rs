//! Reads the target back, setting by setting, once everything is done: a report says what was found, not what was meant.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    configured::Configured,
    configured_instance, failure,
    made::{self, Made},
    surroundings::{Surroundings, Unseen},
    target::TargetName,
    world::World,
};
use crate::{
    aws::rds::model::Instance,
    run::step::{Context, Observed, StepError, StepId, Undo, Until, Waiting},
};

/// The step's name.
pub const ID: &str = "compare-settings";

/// Describes the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompareSettings {
    /// The target.
    pub target: TargetName,
    /// The instances of a cluster, the writer first, then the readers in the order in which the plan numbers them.
    pub members: Vec<String>,
}

/// What the step leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadBack {
    /// The settings as found.
    pub found: Vec<Found>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// One setting of the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What it is, by its name in the plan's table.
    pub name: String,
    /// Its value.
    pub value: String,
}

#[async_trait]
impl Body for CompareSettings {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn is_optional(&self) -> bool {
        true
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("read the settings of {} back, for the report", self.target.identifier),
            calls: Vec::new(),
            undo: "nothing to undo: it only reads".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("read the settings of {} back", self.target);
        let cluster = match made::target(world, cx, &self.target, &doing).await?.made {
            Some(Made::Cluster(cluster)) => cluster,
            Some(Made::Instance(instance)) => {
                let rows = configured_instance::rows(&instance).into_iter();
                let found = rows.map(|(name, value)| Found { name: name.to_owned(), value }).collect();
                return Ok(Observed::Done(json!(ReadBack { found, unseen: Vec::new() })));
            }
            None => return Ok(Observed::Wait(Waiting::on(format!("{} is not listed", self.target)))),
        };
        let members = world.rds.instances_of(&cluster.identifier).await;
        let members = members.map_err(|error| failure::of_aws(&doing, &error))?;
        let named = |name: &String| -> Option<&Instance> { members.iter().find(|one| one.identifier == *name) };
        let mut names = self.members.iter();
        let writer = names.next().and_then(named);
        let readers: Vec<&Instance> = names.filter_map(named).collect();
        let surroundings = Surroundings::of(world, &cluster, &members).await;
        let configured = Configured { cluster: &cluster, writer, readers: &readers, surroundings: &surroundings };
        let found = configured.rows().into_iter().map(|(name, value)| Found { name, value }).collect();
        Ok(Observed::Done(json!(ReadBack { found, unseen: surroundings.unseen })))
    }
}
