//! The cluster that a recovery starts from.

use crate::{
    aws::rds::{Rds, model::Cluster},
    recovery::refusal::Refusal,
};

/// Looks up a cluster; when it is not there, says which are.
pub(in crate::recovery) async fn find(rds: &dyn Rds, region: &str, identifier: &str) -> Result<Cluster, Refusal> {
    let found = rds.cluster(identifier).await.map_err(Refusal::aws(format!("look up cluster {identifier}")))?;
    if let Some(cluster) = found {
        return Ok(cluster);
    }
    // The answer is "no such cluster" either way: that the others cannot be listed must not hide it.
    let others = rds.clusters().await.map(|clusters| clusters.into_iter().map(|cluster| cluster.identifier).collect());
    Err(Refusal::NoSuchCluster {
        cluster: identifier.to_owned(),
        region: region.to_owned(),
        others: others.unwrap_or_default(),
    })
}
