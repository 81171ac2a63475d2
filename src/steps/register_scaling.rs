//! Has the target's readers scaled in the source's range. The registration is no part of the cluster: it outlives it, and is
//! taken back by itself.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure, made,
    surroundings::AUTOSCALING,
    target::TargetName,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        scaling::{
            model::ScalableTarget,
            requests::{DeregisterScalableTarget, RegisterScalableTarget},
        },
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Registers the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterScaling {
    /// The target cluster.
    pub cluster: String,
    /// What is sent.
    pub request: RegisterScalableTarget,
}

impl RegisterScaling {
    fn doing(&self) -> String {
        format!("have the readers of {} scaled", self.cluster)
    }

    fn is(&self, found: &ScalableTarget) -> bool {
        let RegisterScalableTarget { min_capacity, max_capacity, suspended_state, .. } = &self.request;
        (found.min_capacity, found.max_capacity, found.suspended) == (*min_capacity, *max_capacity, *suspended_state)
    }
}

#[async_trait]
impl Body for RegisterScaling {
    fn id(&self) -> StepId {
        StepId::from("register-scaling")
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn is_optional(&self) -> bool {
        true
    }

    fn goes_with_the_target(&self) -> bool {
        true
    }

    fn settings(&self) -> Vec<String> {
        vec![AUTOSCALING.to_owned()]
    }

    fn describe(&self) -> Description {
        let RegisterScalableTarget { min_capacity, max_capacity, .. } = &self.request;
        Description {
            title: format!("scale the readers of {} from {min_capacity} to {max_capacity}", self.cluster),
            calls: vec![self.request.call()],
            undo: "end the scaling; readers that it has added stay until somebody removes them".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let target = made::target(world, cx, &TargetName::cluster(&self.cluster), &doing).await?;
        let found = world.scaling.scalable_target(&self.cluster).await;
        let found = found.map_err(|error| failure::of_aws(&doing, &error))?;
        if found.is_some_and(|found| self.is(&found)) {
            return Ok(Observed::Done(json!({ "resource": self.request.resource_id })));
        }
        Ok(target.into_change())
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let answer = world.scaling.register_scalable_target(&self.request).await;
        answer.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    /// The resource id holds the target's name, which is this run's alone; it is looked for also when the cluster is gone.
    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("end the scaling of {}", self.cluster);
        let found = match world.scaling.scalable_target(&self.cluster).await {
            Ok(found) => found,
            Err(error) => return made::not_undone(&self.id().0, &doing, &error, cx),
        };
        if found.is_none() {
            return Ok(Undone::Done(format!("the readers of {} are not scaled", self.cluster)));
        }
        let request = DeregisterScalableTarget {
            service_namespace: self.request.service_namespace.clone(),
            resource_id: self.request.resource_id.clone(),
            scalable_dimension: self.request.scalable_dimension.clone(),
        };
        match world.scaling.deregister_scalable_target(&request).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(failure::of_aws(&doing, &error)),
            _ => Ok(Undone::Wait(Waiting::on(format!("the scaling of {} to end", self.cluster)))),
        }
    }
}
