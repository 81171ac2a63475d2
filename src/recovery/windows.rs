//! What can be restored, and from when to when.

use jiff::Timestamp;
use serde::Serialize;

use super::refusal::Refusal;
use crate::{
    aws::rds::{Rds, model::Cluster},
    config::Database,
    run::clock::elapsed,
};

/// One source of restore points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The database, as the person named it.
    pub database: String,
    /// What kind of source it is: `continuous`, the backup of a live cluster.
    pub kind: &'static str,
    /// The cluster.
    pub source: String,
    /// Its region.
    pub region: String,
    /// The first restorable time; none until the cluster's first backup is complete.
    pub earliest: Option<Timestamp>,
    /// The last restorable time.
    pub latest: Option<Timestamp>,
    /// `BackupRetentionPeriod`.
    pub retention_days: Option<i32>,
    /// How old the latest restorable time is: what a recovery to `latest` would lose.
    pub latest_age_seconds: Option<u64>,
}

/// Looks up the window of a database's cluster.
pub async fn of(rds: &dyn Rds, region: &str, database: &Database, now: Timestamp) -> Result<Window, Refusal> {
    let cluster = find(rds, region, &database.cluster).await?;
    Ok(Window {
        database: database.name.clone(),
        kind: "continuous",
        source: cluster.identifier,
        region: region.to_owned(),
        earliest: cluster.earliest_restorable_time,
        latest: cluster.latest_restorable_time,
        retention_days: cluster.backup_retention_period,
        latest_age_seconds: cluster.latest_restorable_time.map(|latest| elapsed(latest, now).as_secs()),
    })
}

/// Looks up a cluster; when it is not there, says which are.
pub(super) async fn find(rds: &dyn Rds, region: &str, identifier: &str) -> Result<Cluster, Refusal> {
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
