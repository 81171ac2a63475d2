//! All that replicates from a database, wherever it is.

use futures_util::future::join_all;

use super::refusal::NotPromoted;
use crate::{
    aws::{
        self,
        rds::{
            backups::model::GlobalCluster,
            model::{Cluster, Instance},
        },
    },
    config::Source,
    recovery::windows::arn::Arn,
    steps::{
        promotion::{
            Member,
            look::{Described, within},
        },
        window::Family,
        world::World,
    },
};

/// What replicates, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An instance of the primary's own cluster.
    Reader,
    /// A read replica of RDS.
    Replica,
    /// An Aurora cluster that replicates from an RDS instance.
    ReplicaCluster,
    /// A secondary cluster of a global database.
    Secondary,
}

/// Something that may be promoted.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is.
    pub kind: Kind,
    /// Who it is.
    pub member: Member,
    /// As RDS describes it, or why it could not be seen.
    pub described: Result<Described, String>,
}

impl Candidate {
    /// The name it is asked for by.
    pub fn name(&self) -> &str {
        self.member.instance.as_deref().unwrap_or(&self.member.identifier)
    }

    /// Its engine.
    pub fn engine(&self) -> Option<&str> {
        match self.described.as_ref().ok()? {
            Described::Cluster(cluster, _) => Some(&cluster.engine),
            Described::Instance(instance) => Some(&instance.engine),
            Described::Gone => None,
        }
    }

    /// The call that promotes it.
    pub fn call(&self) -> &'static str {
        match self.kind {
            Kind::Reader => "FailoverDBCluster",
            Kind::Replica => "PromoteReadReplica",
            Kind::ReplicaCluster => "PromoteReadReplicaDBCluster",
            Kind::Secondary => "SwitchoverGlobalCluster",
        }
    }
}

/// A primary, and what replicates from it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who takes writes.
    pub primary: Member,
    /// As RDS describes it, or why it could not be seen.
    pub described: Result<Described, String>,
    /// The global database that it is part of.
    pub global: Option<GlobalCluster>,
    /// What replicates from it.
    pub candidates: Vec<Candidate>,
}

/// Looks for the database in `world`'s region; where that does not answer, from `region`.
pub async fn find(world: &World, database: &str, source: &Source, region: Option<&str>) -> Result<Found, NotPromoted> {
    let identifier = source.identifier();
    let (cluster, instance) = tokio::join!(
        within("DescribeDBClusters", world.rds.cluster(identifier)),
        within("DescribeDBInstances", world.rds.instance(identifier)),
    );
    let misnamed = |what: &str, key: &str| {
        let what = format!("{identifier} is {what}, not the {key} that the profile names");
        let key = if key == "cluster" { "instance" } else { "cluster" };
        Err(NotPromoted::Misnamed {
            what,
            instead: vec![format!("{key} = {identifier:?} under [databases.{database}]")],
        })
    };
    match (cluster, instance) {
        (Ok(Some(cluster)), _) if !matches!(source, Source::Instance(_)) => of_cluster(world, database, cluster).await,
        (Ok(_), Ok(Some(instance))) if !matches!(source, Source::Cluster(_)) => of_instance(world, instance).await,
        (Ok(Some(_)), Ok(None)) => misnamed("a cluster", "instance"),
        (Ok(None), Ok(Some(_))) => misnamed("an instance", "cluster"),
        (Ok(_), Ok(_)) => {
            Err(NotPromoted::NoSuchDatabase { identifier: identifier.to_owned(), region: world.region.clone() })
        }
        (Err(error), _) | (_, Err(error)) => from_afar(world, database, identifier, region, error).await,
    }
}

async fn of_cluster(world: &World, database: &str, cluster: Cluster) -> Result<Found, NotPromoted> {
    if let Some(source) = &cluster.replication_source {
        let name = Arn::parse(source).map_or(source.as_str(), |arn| arn.name);
        return Err(NotPromoted::Misnamed {
            what: format!("{} is a replica of instance {name}, not a primary", cluster.identifier),
            instead: vec![format!("daybreak promote {name} --to-replica {}", cluster.identifier)],
        });
    }
    let unanswered = |error| NotPromoted::NoAnswer {
        region: world.region.clone(),
        identifier: cluster.identifier.clone(),
        database: database.to_owned(),
        source: Box::new(error),
    };
    let global = match &cluster.global_cluster_identifier {
        Some(global) => {
            within("DescribeGlobalClusters", world.replication.global_cluster(global)).await.map_err(unanswered)?
        }
        None => None,
    };
    let leader = global.as_ref().and_then(|global| global.members.iter().find(|member| member.is_writer));
    let (primary, described) = match leader {
        Some(leader) if leader.arn != cluster.arn => lookup(world, &leader.arn, Family::Cluster).await,
        _ => {
            let instances = within("DescribeDBInstances", world.rds.instances_of(&cluster.identifier)).await;
            let instances = instances.map_err(unanswered)?;
            (of_described(&world.region, &cluster), Ok(Described::Cluster(Box::new(cluster), instances)))
        }
    };
    let mut candidates = Vec::new();
    if let Ok(Described::Cluster(cluster, instances)) = &described {
        candidates.extend(readers(&primary, cluster, instances));
    }
    candidates.extend(secondaries(world, global.as_ref()).await);
    Ok(Found { primary, described, global, candidates })
}

/// The readers of the primary's own cluster.
fn readers(primary: &Member, cluster: &Cluster, instances: &[Instance]) -> Vec<Candidate> {
    let followers = cluster.members.iter().filter(|member| !member.is_writer && cluster.writer().is_some());
    let reader = |name: &str| Candidate {
        kind: Kind::Reader,
        member: Member { instance: Some(name.to_owned()), ..primary.clone() },
        described: Ok(Described::Cluster(Box::new(cluster.clone()), instances.to_vec())),
    };
    followers.map(|member| reader(&member.instance)).collect()
}

async fn secondaries(world: &World, global: Option<&GlobalCluster>) -> Vec<Candidate> {
    let followers = global.into_iter().flat_map(|global| &global.members).filter(|member| !member.is_writer);
    join_all(followers.map(async |member| {
        let (member, described) = lookup(world, &member.arn, Family::Cluster).await;
        Candidate { kind: Kind::Secondary, member, described }
    }))
    .await
}

async fn of_instance(world: &World, instance: Instance) -> Result<Found, NotPromoted> {
    let name = &instance.identifier;
    if let Some(cluster) = &instance.cluster {
        return Err(NotPromoted::Misnamed {
            what: format!("{name} is an instance of cluster {cluster}"),
            instead: vec![format!("daybreak promote {cluster} --to-replica {name}")],
        });
    }
    if let Some(source) = &instance.read_replica_source_instance {
        let source = Arn::parse(source).map_or(source.as_str(), |arn| arn.name);
        return Err(NotPromoted::Misnamed {
            what: format!("{name} is a read replica of {source}, not a primary"),
            instead: vec![format!("daybreak promote {source} --to-replica {name}")],
        });
    }
    let primary = instance_member(&world.region, &instance);
    let replicas = instance.read_replicas.iter().map(|named| (Kind::Replica, named));
    let clusters = instance.read_replica_clusters.iter().map(|named| (Kind::ReplicaCluster, named));
    let candidates = join_all(replicas.chain(clusters).map(async |(kind, named)| {
        let family = if kind == Kind::Replica { Family::Instance } else { Family::Cluster };
        let (member, described) = lookup(world, named, family).await;
        Candidate { kind, member, described }
    }))
    .await;
    Ok(Found { primary, described: Ok(Described::Instance(Box::new(instance))), global: None, candidates })
}

/// The primary's region is away: what is left of it is known in the region that survives.
async fn from_afar(
    world: &World,
    database: &str,
    identifier: &str,
    region: Option<&str>,
    error: aws::Error,
) -> Result<Found, NotPromoted> {
    let unanswered = |error: aws::Error| NotPromoted::NoAnswer {
        region: world.region.clone(),
        identifier: identifier.to_owned(),
        database: database.to_owned(),
        source: Box::new(error),
    };
    let away = matches!(
        error.kind,
        aws::ErrorKind::Timeout | aws::ErrorKind::Unreachable | aws::ErrorKind::Service | aws::ErrorKind::Throttled
    );
    let Some(region) = region.filter(|region| away && *region != world.region) else { return Err(unanswered(error)) };
    let there = world.of_region(region);
    let (globals, instances) = tokio::join!(
        within("DescribeGlobalClusters", there.replication.global_clusters()),
        within("DescribeDBInstances", there.rds.instances()),
    );
    let is_it = |arn: &str, kind: &str| {
        Arn::parse(arn).is_some_and(|arn| arn.region == world.region && arn.name == identifier && arn.kind == kind)
    };
    let global = globals
        .map_err(unanswered)?
        .into_iter()
        .find(|global| global.members.iter().any(|member| member.is_writer && is_it(&member.arn, "cluster")));
    let why = Err(error.to_string());
    if let Some(global) = global {
        let arn = global.members.iter().find(|member| member.is_writer).map(|member| member.arn.clone());
        let primary = unseen(&arn.unwrap_or_default(), Family::Cluster, &world.region);
        let candidates = secondaries(&there, Some(&global)).await;
        return Ok(Found { primary, described: why, global: Some(global), candidates });
    }
    let replicas: Vec<Instance> = instances
        .map_err(unanswered)?
        .into_iter()
        .filter(|instance| instance.read_replica_source_instance.as_deref().is_some_and(|arn| is_it(arn, "db")))
        .collect();
    let Some(arn) = replicas.first().and_then(|replica| replica.read_replica_source_instance.clone()) else {
        return Err(unanswered(error));
    };
    let candidates = replicas
        .into_iter()
        .map(|instance| Candidate {
            kind: Kind::Replica,
            member: instance_member(region, &instance),
            described: Ok(Described::Instance(Box::new(instance))),
        })
        .collect();
    Ok(Found { primary: unseen(&arn, Family::Instance, &world.region), described: why, global: None, candidates })
}

/// Looks at something by its name, or by its ARN in its own region.
async fn lookup(world: &World, named: &str, family: Family) -> (Member, Result<Described, String>) {
    let arn = Arn::parse(named);
    let (name, region) = arn.map_or((named, world.region.as_str()), |arn| (arn.name, arn.region));
    let there = world.of_region(region);
    let found = async {
        Ok(match family {
            Family::Cluster => match there.rds.cluster(name).await? {
                Some(cluster) => {
                    let instances = there.rds.instances_of(name).await?;
                    (of_described(region, &cluster), Described::Cluster(Box::new(cluster), instances))
                }
                None => (unseen(named, family, region), Described::Gone),
            },
            Family::Instance => match there.rds.instance(name).await? {
                Some(instance) => (instance_member(region, &instance), Described::Instance(Box::new(instance))),
                None => (unseen(named, family, region), Described::Gone),
            },
        })
    };
    match within("DescribeDBClusters", found).await {
        Ok((member, described)) => (member, Ok(described)),
        Err(error) => (unseen(named, family, region), Err(error.to_string())),
    }
}

fn of_described(region: &str, cluster: &Cluster) -> Member {
    Member {
        family: Family::Cluster,
        identifier: cluster.identifier.clone(),
        arn: cluster.arn.clone(),
        resource_id: Some(cluster.resource_id.clone()),
        instance: None,
        region: region.to_owned(),
        // A secondary has no writer endpoint.
        host: cluster.endpoint.clone().or_else(|| cluster.reader_endpoint.clone()),
        port: cluster.port,
    }
}

fn instance_member(region: &str, instance: &Instance) -> Member {
    Member {
        family: Family::Instance,
        identifier: instance.identifier.clone(),
        arn: instance.arn.clone(),
        resource_id: Some(instance.resource_id.clone()),
        instance: None,
        region: region.to_owned(),
        host: instance.address.clone(),
        port: instance.port,
    }
}

fn unseen(named: &str, family: Family, region: &str) -> Member {
    Member {
        family,
        identifier: Arn::parse(named).map_or(named, |arn| arn.name).to_owned(),
        arn: named.to_owned(),
        resource_id: None,
        instance: None,
        region: region.to_owned(),
        host: None,
        port: None,
    }
}
