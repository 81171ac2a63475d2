//! Waits until the readers asked for earlier serve: an application moved onto a target without them would overload it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    world::World,
};
use crate::run::step::{Context, Observed, StepError, StepId, Undo, Until, Waiting};

/// Looks at the target's instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitReaders {
    /// The target cluster.
    pub cluster: String,
    /// The readers' names.
    pub readers: Vec<String>,
}

#[async_trait]
impl Body for AwaitReaders {
    fn id(&self) -> StepId {
        StepId::from("await-readers")
    }

    fn until(&self) -> Until {
        Until::Validated
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        Description {
            title: format!(
                "wait until {} serve{}",
                self.readers.join(", "),
                if self.readers.len() == 1 { "s" } else { "" }
            ),
            calls: Vec::new(),
            undo: "nothing to undo".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("wait for the readers of cluster {}", self.cluster);
        let instances = world.rds.instances_of(&self.cluster).await.map_err(|error| failure::of_aws(&doing, &error))?;
        let mut coming = Vec::new();
        for reader in &self.readers {
            match instances.iter().find(|instance| instance.identifier == *reader) {
                Some(instance) if instance.status.is_available() => {}
                Some(instance) => match failure::of_instance(world, instance, cx.run).await {
                    Some(lost) => return Err(lost),
                    None => coming.push(format!("instance {reader} is {}", instance.status)),
                },
                None => coming.push(format!("instance {reader} is not listed yet")),
            }
        }
        Ok(match coming.is_empty() {
            true => Observed::Done(json!({ "readers": self.readers })),
            false => Observed::Wait(Waiting::on(coming.join(", "))),
        })
    }
}
