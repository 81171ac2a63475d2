//! Who is the primary: asked of RDS, and of the server itself.

use std::time::Duration;

use super::{Promotion, look::Described, look::same, way::Way};
use crate::{
    aws::rds::{
        backups::model::GlobalCluster,
        model::{Cluster, Instance},
    },
    pg,
    run::step::{Context, StepError},
    steps::{failure, serving::Writer, world::World},
};

/// How long a call whose sender died may still be on its way.
pub(in crate::steps) const SETTLING: Duration = Duration::from_secs(5);

/// The target's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::steps) enum Part {
    /// It follows, and nothing is under way.
    Follows,
    /// It is not found by its name.
    Missing(String),
    /// Something is under way.
    Turning(String),
    /// It takes writes there.
    Leads(Writer),
}

/// The target's part now. A target that is another one of the name, or that RDS has given up, is an error.
pub(in crate::steps) async fn target(
    world: &World,
    promotion: &Promotion,
    cx: &Context<'_>,
) -> Result<Part, StepError> {
    let doing = format!("look at {}", promotion.target.words());
    let aws = |error| failure::of_aws(&doing, &error);
    let name = &promotion.target.identifier;
    if let Way::ReadReplica(_) = promotion.way {
        let instance = world.rds.instance(name).await.map_err(aws)?;
        let Some(instance) = instance else {
            return Ok(Part::Missing(format!("instance {name}, which is not found by its name")));
        };
        same(promotion, &Described::Instance(Box::new(instance.clone())))?;
        return replica(world, &instance, cx).await;
    }
    let global = match &promotion.global {
        Some(identifier) => world.replication.global_cluster(identifier).await.map_err(aws)?,
        None => None,
    };
    let Some(cluster) = world.rds.cluster(name).await.map_err(aws)? else {
        return Ok(Part::Missing(format!("cluster {name}, which is not found by its name")));
    };
    same(promotion, &Described::Cluster(Box::new(cluster.clone()), Vec::new()))?;
    if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
        return Err(lost);
    }
    if let Some(global) = &global
        && let Some(state) = &global.failover
    {
        let status = state.status.as_deref().unwrap_or("changing its primary");
        return Ok(Part::Turning(format!("global database {} is {status}", global.identifier)));
    }
    if !cluster.status.is_available() {
        return Ok(Part::Turning(format!("cluster {name} is {}", cluster.status)));
    }
    if !leads(promotion, &cluster, global.as_ref()) {
        return Ok(Part::Follows);
    }
    writer(world, promotion, &cluster).await
}

async fn replica(world: &World, instance: &Instance, cx: &Context<'_>) -> Result<Part, StepError> {
    let name = &instance.identifier;
    if let Some(lost) = failure::of_instance(world, instance, cx.run).await {
        return Err(lost);
    }
    if !instance.status.is_available() {
        return Ok(Part::Turning(format!("instance {name} is {}", instance.status)));
    }
    if instance.read_replica_source_instance.is_some() || instance.read_replica_source_cluster.is_some() {
        return Ok(Part::Follows);
    }
    match (&instance.address, instance.port) {
        (Some(address), Some(port)) => Ok(Part::Leads(Writer {
            identifier: name.clone(),
            arn: instance.arn.clone(),
            resource_id: instance.resource_id.clone(),
            endpoint: address.clone(),
            port,
            certified_as: None,
        })),
        _ => Ok(Part::Turning(format!("instance {name} has no endpoint yet"))),
    }
}

fn leads(promotion: &Promotion, cluster: &Cluster, global: Option<&GlobalCluster>) -> bool {
    let member = || global.and_then(|global| global.members.iter().find(|member| member.arn == promotion.target.arn));
    match &promotion.way {
        Way::ReadReplica(_) => false,
        Way::ReplicaCluster(_) => cluster.replication_source.is_none(),
        Way::Reader(request) => cluster.writer() == Some(&request.target_db_instance_identifier),
        Way::Switchover(_) | Way::Failover(_) => member().is_some_and(|member| member.is_writer),
        Way::Detach(_) => cluster.global_cluster_identifier.is_none() && member().is_none(),
    }
}

async fn writer(world: &World, promotion: &Promotion, cluster: &Cluster) -> Result<Part, StepError> {
    let turning = |what: &str| Ok(Part::Turning(format!("cluster {} has no {what} yet", cluster.identifier)));
    let Some(name) = cluster.writer() else { return turning("writer") };
    let (Some(endpoint), Some(port)) = (&cluster.endpoint, cluster.port) else { return turning("writer endpoint") };
    let doing = format!("look at instance {name}");
    let instance = world.rds.instance(name).await.map_err(|error| failure::of_aws(&doing, &error))?;
    let Some(instance) = instance.filter(|instance| instance.status.is_available()) else {
        return Ok(Part::Turning(format!("instance {name} of {} is not available", promotion.target.words())));
    };
    Ok(Part::Leads(Writer {
        identifier: instance.identifier,
        arn: instance.arn,
        resource_id: instance.resource_id,
        endpoint: endpoint.clone(),
        port,
        certified_as: None,
    }))
}

/// What keeps the new primary from taking writes, if its server says so. A login that is refused for good says nothing of
/// that: the proof will tell.
pub(super) async fn not_yet_writable(
    world: &World,
    promotion: &Promotion,
    writer: &Writer,
) -> Result<Option<String>, StepError> {
    let Some(access) = &promotion.access else { return Ok(None) };
    let login = access.at(world, &writer.endpoint, writer.port).await?;
    Ok(match world.postgres.connect_check(&login).await {
        Ok(landed) if landed.in_recovery => {
            Some(format!("{} to take writes: it still says that it follows", writer.identifier))
        }
        Ok(_) => None,
        Err(error) if error.kind == pg::ErrorKind::Authentication || !error.may_pass() => None,
        Err(_) => Some(format!("{} to take connections", writer.identifier)),
    })
}
