//! The cluster or instance that a recovery starts from.

use tokio::try_join;

use crate::{
    aws::rds::{
        Rds,
        model::{Cluster, Instance},
    },
    config::Source,
    recovery::{
        configuration::{ClusterConfiguration, Configuration, InstanceConfiguration},
        refusal::Refusal,
    },
};

/// Looks up a cluster; when it is not there, says which are.
pub(in crate::recovery) async fn find(rds: &dyn Rds, region: &str, identifier: &str) -> Result<Cluster, Refusal> {
    match look_up(rds, identifier).await? {
        Some(cluster) => Ok(cluster),
        None => Err(no_such_cluster(rds, region, identifier).await),
    }
}

async fn look_up(rds: &dyn Rds, identifier: &str) -> Result<Option<Cluster>, Refusal> {
    rds.cluster(identifier).await.map_err(Refusal::aws(format!("look up cluster {identifier}")))
}

async fn no_such_cluster(rds: &dyn Rds, region: &str, identifier: &str) -> Refusal {
    // The answer is "no such cluster" either way: that the others cannot be listed must not hide it.
    let others = rds.clusters().await.map(|clusters| clusters.into_iter().map(|cluster| cluster.identifier).collect());
    Refusal::NoSuchCluster {
        cluster: identifier.to_owned(),
        region: region.to_owned(),
        others: others.unwrap_or_default(),
    }
}

/// Looks up an instance that is no part of a cluster; when it is not there, says which are.
pub(in crate::recovery) async fn find_instance(
    rds: &dyn Rds,
    region: &str,
    identifier: &str,
) -> Result<Instance, Refusal> {
    let found = rds.instance(identifier).await.map_err(Refusal::aws(format!("look up instance {identifier}")))?;
    if let Some(instance) = found {
        return alone(instance);
    }
    let others = rds.instances().await.unwrap_or_default();
    let others = others.into_iter().filter(|other| other.cluster.is_none()).map(|other| other.identifier).collect();
    Err(Refusal::NoSuchInstance { instance: identifier.to_owned(), region: region.to_owned(), others })
}

/// Refuses an instance that has its data in a cluster.
fn alone(instance: Instance) -> Result<Instance, Refusal> {
    match &instance.cluster {
        None => Ok(instance),
        Some(cluster) => Err(Refusal::InstanceUnfit {
            why: format!("it is a part of cluster {cluster}, which has the data"),
            hint: format!("recover the cluster: {cluster}, or cluster = \"{cluster}\" in the profile"),
            instance: instance.identifier,
        }),
    }
}

/// Looks up the source with all that a target must be given of it. What was named without a profile is a cluster or,
/// where there is none of the name, an instance.
pub(in crate::recovery) async fn source(
    rds: &dyn Rds,
    region: &str,
    source: &Source,
) -> Result<Configuration, Refusal> {
    let identifier = source.identifier();
    let of_instance = |instance| Configuration::Instance(Box::new(InstanceConfiguration { instance }));
    if matches!(source, Source::Instance(_)) {
        return find_instance(rds, region, identifier).await.map(of_instance);
    }
    let instances = async {
        rds.instances_of(identifier).await.map_err(Refusal::aws(format!("list the instances of cluster {identifier}")))
    };
    let (cluster, instances) = try_join!(look_up(rds, identifier), instances)?;
    if let Some(cluster) = cluster {
        return Ok(Configuration::Cluster(Box::new(ClusterConfiguration {
            cluster,
            instances,
            ..ClusterConfiguration::default()
        })));
    }
    if matches!(source, Source::Either(_))
        && let Ok(Some(instance)) = rds.instance(identifier).await
    {
        return alone(instance).map(of_instance);
    }
    Err(no_such_cluster(rds, region, identifier).await)
}
