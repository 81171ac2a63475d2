//! Gives the scaling of the target's readers one of the source's policies. It goes with the registration.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    surroundings::AUTOSCALING,
    world::World,
};
use crate::{
    aws::scaling::requests,
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until},
};

/// Puts one policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutScalingPolicy {
    /// The target cluster.
    pub cluster: String,
    /// Its place among the policies, from 1.
    pub number: usize,
    /// What is sent.
    pub request: Box<requests::PutScalingPolicy>,
}

impl PutScalingPolicy {
    fn doing(&self) -> String {
        format!("put the scaling policy {} on {}", self.request.policy_name, self.cluster)
    }
}

#[async_trait]
impl Body for PutScalingPolicy {
    fn id(&self) -> StepId {
        StepId(format!("put-scaling-policy-{}", self.number))
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

    fn settings(&self) -> Vec<String> {
        vec![AUTOSCALING.to_owned()]
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("scale the readers of {} by the source's {}", self.cluster, self.request.policy_name),
            calls: vec![self.request.call()],
            undo: "none needed: it goes when the scaling ends".to_owned(),
        }
    }

    async fn observe(&self, world: &World, _: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        // Without the registration there is nothing to put it on: that step has said why.
        let target = world.scaling.scalable_target(&self.cluster).await;
        if target.map_err(|error| failure::of_aws(&doing, &error))?.is_none() {
            let message = format!("{doing}: its readers are not scaled");
            return Err(StepError::terminal(Failure::new(message)));
        }
        let found = world.scaling.scaling_policies(&self.cluster).await;
        let found = found.map_err(|error| failure::of_aws(&doing, &error))?;
        let wanted = &self.request.target_tracking_scaling_policy_configuration;
        let there = found
            .iter()
            .any(|policy| policy.name == self.request.policy_name && policy.target_tracking.as_ref() == Some(wanted));
        Ok(if there { Observed::Done(json!({ "policy": self.request.policy_name })) } else { Observed::Act })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        let answer = world.scaling.put_scaling_policy(&self.request).await;
        answer.map_err(|error| failure::of_aws(&self.doing(), &error))
    }
}
