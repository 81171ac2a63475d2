//! Gives the target the source's own tags, held back until the cutover: before that, backup plans and selectors must not
//! take the target for production.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    restore_cluster::{ID as RESTORE, RestoredCluster},
    serving,
    tags::{self, Whose},
    world::World,
};
use crate::{
    aws::{
        Call,
        rds::{
            model::Tag,
            requests::{self, RemoveTags},
        },
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// What gets the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tagged {
    /// The target cluster.
    Cluster,
    /// Its writer.
    Writer,
    /// The target instance.
    Instance,
}

/// Adds tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddTags {
    /// What gets them.
    pub to: Tagged,
    /// The name of what gets them.
    pub name: String,
    /// The tags.
    pub tags: Vec<Tag>,
}

impl AddTags {
    fn doing(&self) -> String {
        format!("tag {} like the source's", self.name)
    }

    /// The ARN, as it was when this run made it.
    fn arn(&self, cx: &Context<'_>) -> Result<String, StepError> {
        Ok(match self.to {
            Tagged::Cluster => cx.outputs.of::<RestoredCluster>(RESTORE)?.arn,
            Tagged::Writer | Tagged::Instance => serving::writer(cx.outputs)?.arn,
        })
    }

    /// The tags found, where what carries them is this run's.
    async fn found(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<Option<Vec<Tag>>, StepError> {
        Ok(match self.to {
            Tagged::Cluster => {
                let seen: RestoredCluster = cx.outputs.of(RESTORE)?;
                let found = world.rds.cluster(&self.name).await.map_err(|error| failure::of_aws(doing, &error))?;
                found
                    .filter(|cluster| tags::whose(cluster, cx.run, Some(&seen.resource_id)) == Whose::Ours)
                    .map(|cluster| cluster.tags)
            }
            Tagged::Writer | Tagged::Instance => {
                let seen = serving::writer(cx.outputs)?;
                let found = world.rds.instance(&self.name).await.map_err(|error| failure::of_aws(doing, &error))?;
                found
                    .filter(|instance| tags::whose(instance, cx.run, Some(&seen.resource_id)) == Whose::Ours)
                    .map(|instance| instance.tags)
            }
        })
    }
}

#[async_trait]
impl Body for AddTags {
    fn id(&self) -> StepId {
        StepId::from(match self.to {
            Tagged::Cluster => "tag-cluster",
            Tagged::Writer => "tag-writer",
            Tagged::Instance => "tag-instance",
        })
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        let parameters = json!({ "ResourceName": format!("(ARN of {})", self.name), "Tags": self.tags });
        Description {
            title: format!("give {} the source's own tags", self.name),
            calls: vec![Call { service: "rds", action: requests::AddTags::ACTION, parameters }],
            undo: format!("remove these tags from {}", self.name),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        Ok(match self.found(world, cx, &self.doing()).await? {
            None => Observed::Wait(Waiting::on(format!("{}, which is not listed as this run's", self.name))),
            Some(found) if self.tags.iter().all(|tag| found.contains(tag)) => Observed::Done(json!({})),
            Some(_) => Observed::Act,
        })
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let request = requests::AddTags { resource_name: self.arn(cx)?, tags: self.tags.clone() };
        world.rds.add_tags(&request).await.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("remove the source's tags from {}", self.name);
        let found = self.found(world, cx, &doing).await?.unwrap_or_default();
        if !self.tags.iter().any(|tag| found.contains(tag)) {
            return Ok(Undone::Done(format!("{} carries none of these tags", self.name)));
        }
        let tag_keys = self.tags.iter().map(|tag| tag.key.clone()).collect();
        let request = RemoveTags { resource_name: self.arn(cx)?, tag_keys };
        match world.rds.remove_tags(&request).await {
            Ok(()) => Ok(Undone::Done(format!("removed from {}", self.name))),
            Err(error) if error.is_retryable() => Err(failure::of_aws(&doing, &error)),
            // A tag is no reason to keep the rest of the way back waiting.
            Err(error) => Ok(Undone::Done(format!("{} keeps them: {error}", self.name))),
        }
    }
}
