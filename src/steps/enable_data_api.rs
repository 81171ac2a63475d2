//! Switches the target's Data API on, as the source has it. Not before the cutover: it lets SQL in past the security groups.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    made::{self, Made},
    target::TargetName,
    world::World,
};
use crate::{
    aws::{
        Call, ErrorKind,
        rds::fittings::requests::{DisableHttpEndpoint, EnableHttpEndpoint},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Switches it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnableDataApi {
    /// The target cluster.
    pub cluster: String,
}

impl EnableDataApi {
    fn doing(&self) -> String {
        format!("enable the Data API of cluster {}", self.cluster)
    }
}

#[async_trait]
impl Body for EnableDataApi {
    fn id(&self) -> StepId {
        StepId::from("enable-data-api")
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

    fn settings(&self) -> Vec<String> {
        vec!["Data API".to_owned()]
    }

    fn describe(&self) -> Description {
        let parameters = json!({ "ResourceArn": format!("(ARN of {})", self.cluster) });
        Description {
            title: format!("switch the Data API of {} on, as on the source", self.cluster),
            calls: vec![Call { service: "rds", action: EnableHttpEndpoint::ACTION, parameters }],
            undo: "switch it off again".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let target = made::target(world, cx, &TargetName::cluster(&self.cluster), &self.doing()).await?;
        if target.cluster().is_some_and(|cluster| cluster.http_endpoint == Some(true)) {
            return Ok(Observed::Done(json!({})));
        }
        Ok(target.into_change())
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let request = EnableHttpEndpoint { resource_arn: made::arn(cx)? };
        let answer = world.fittings.enable_http_endpoint(&request).await;
        answer.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("switch the Data API of cluster {} off", self.cluster);
        let off = || Ok(Undone::Done(format!("the Data API of {} is off", self.cluster)));
        let name = TargetName::cluster(made::called(cx, &self.cluster));
        let Some(Made::Cluster(cluster)) = made::target_to_undo(world, cx, &name, &doing).await? else {
            return Ok(Undone::Done(format!("cluster {} is gone", self.cluster)));
        };
        if cluster.http_endpoint != Some(true) {
            return off();
        }
        let request = DisableHttpEndpoint { resource_arn: cluster.arn };
        match world.fittings.disable_http_endpoint(&request).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(failure::of_aws(&doing, &error)),
            _ => Ok(Undone::Wait(Waiting::on(format!("the Data API of {} to go off", self.cluster)))),
        }
    }
}
