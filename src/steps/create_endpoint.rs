//! Makes a custom endpoint like one of the source's. Its name is another one: names are unique in an account and region, and
//! the source keeps its own.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    absence,
    body::{Body, Description},
    failure, made,
    surroundings::ENDPOINTS,
    target::TargetName,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::fittings::{
            model::ClusterEndpoint,
            requests::{CreateClusterEndpoint, DeleteClusterEndpoint},
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Makes one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateEndpoint {
    /// The source's endpoint that it is like.
    pub like: String,
    /// What is sent.
    pub request: CreateClusterEndpoint,
}

impl CreateEndpoint {
    fn name(&self) -> &str {
        &self.request.db_cluster_endpoint_identifier
    }

    fn target(&self) -> &str {
        &self.request.db_cluster_identifier
    }

    fn doing(&self) -> String {
        format!("create the custom endpoint {}", self.name())
    }
}

/// An endpoint is its cluster's, and the cluster is known to be this run's by its tags and resource id.
fn is_of(endpoint: &ClusterEndpoint, cluster: &str) -> bool {
    endpoint.cluster.eq_ignore_ascii_case(cluster)
}

#[async_trait]
impl Body for CreateEndpoint {
    fn id(&self) -> StepId {
        StepId(format!("create-endpoint-{}", self.like))
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
        vec![ENDPOINTS.to_owned()]
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("create the custom endpoint {} like the source's {}", self.name(), self.like),
            calls: vec![self.request.call()],
            undo: format!("delete the custom endpoint {}", self.name()),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let target = made::target(world, cx, &TargetName::cluster(self.target()), &doing).await?;
        let found = world.fittings.cluster_endpoint(self.name()).await;
        let Some(endpoint) = found.map_err(|error| failure::of_aws(&doing, &error))? else {
            return Ok(target.into_change());
        };
        if !is_of(&endpoint, self.target()) {
            let message = format!("{doing}: the name is taken by one of cluster {}", endpoint.cluster);
            return Err(StepError::terminal(Failure::new(message)));
        }
        match endpoint.status.as_deref() {
            Some("available") => Ok(Observed::Done(json!({ "endpoint": endpoint.identifier, "host": endpoint.host }))),
            Some(status @ "inactive") => {
                Err(StepError::terminal(Failure::new(format!("{doing}: it is {status}, and leads nowhere"))))
            }
            status => {
                let words = format!("custom endpoint {} is {}", self.name(), status.unwrap_or("creating"));
                Ok(Observed::Wait(Waiting::on(words)))
            }
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        match world.fittings.create_cluster_endpoint(&self.request).await {
            // The next look tells whose it is.
            Err(error) if error.kind != ErrorKind::AlreadyExists => Err(failure::of_aws(&self.doing(), &error)),
            _ => Ok(()),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete the custom endpoint {}", self.name());
        let target = made::called(cx, self.target());
        if made::target_to_undo(world, cx, &TargetName::cluster(&target), &doing).await?.is_none() {
            return Ok(Undone::Done(format!("cluster {target} is gone, and its endpoints with it")));
        }
        let what = format!("custom endpoint {}", self.name());
        let found = match world.fittings.cluster_endpoint(self.name()).await {
            Ok(found) => found,
            Err(error) => return made::not_undone(&self.id().0, &doing, &error, cx),
        };
        let Some(endpoint) = found else {
            let listed = world.fittings.cluster_endpoints(&target).await;
            let listed = listed.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = listed.iter().any(|endpoint| endpoint.identifier.eq_ignore_ascii_case(self.name()));
            return Ok(absence::judge(&what, &self.id().0, listed, cx));
        };
        if !is_of(&endpoint, &target) {
            return Ok(Undone::Done(format!("left alone: {what} is one of cluster {}", endpoint.cluster)));
        }
        if endpoint.status.as_deref() != Some("deleting") {
            let request = DeleteClusterEndpoint { db_cluster_endpoint_identifier: self.name().to_owned() };
            match world.fittings.delete_cluster_endpoint(&request).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("{what} is being deleted"))))
    }
}
