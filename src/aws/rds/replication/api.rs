//! The calls that change who takes writes.

use async_trait::async_trait;

use super::requests::{
    FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster, RemoveFromGlobalCluster,
    SwitchoverGlobalCluster,
};
use crate::aws::error::Error;
use crate::aws::rds::backups::model::GlobalCluster;

/// Roles in one region's RDS.
///
/// The changing calls return once RDS has accepted them; what comes of them is observed by reading. None of them is sent
/// again by the client unless AWS says that it did nothing: after an error of unknown effect the caller looks first.
#[async_trait]
pub trait Replication: Send + Sync {
    /// Returns the global database of this name (`DescribeGlobalClusters`); none if there is no such one, or none with a
    /// cluster in the region.
    async fn global_cluster(&self, identifier: &str) -> Result<Option<GlobalCluster>, Error>;

    /// Returns all global databases that the region knows, over all pages (`DescribeGlobalClusters`).
    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error>;

    /// Makes a read replica of RDS an instance of its own (`PromoteReadReplica`), for good. Not for Aurora.
    async fn promote_read_replica(&self, request: &PromoteReadReplica) -> Result<(), Error>;

    /// Makes an Aurora cluster that replicates from an RDS instance a cluster of its own
    /// (`PromoteReadReplicaDBCluster`), for good. Not for secondaries of global databases.
    async fn promote_read_replica_cluster(&self, request: &PromoteReadReplicaCluster) -> Result<(), Error>;

    /// Makes a reader of a cluster its writer (`FailoverDBCluster`).
    async fn failover_cluster(&self, request: &FailoverCluster) -> Result<(), Error>;

    /// Swaps the roles of a global database's primary and a secondary, without loss (`SwitchoverGlobalCluster`).
    async fn switchover_global_cluster(&self, request: &SwitchoverGlobalCluster) -> Result<(), Error>;

    /// Makes a secondary the primary, with the loss of what it has not got (`FailoverGlobalCluster`). Called in the region
    /// that survives.
    async fn failover_global_cluster(&self, request: &FailoverGlobalCluster) -> Result<(), Error>;

    /// Takes a cluster out of its global database (`RemoveFromGlobalCluster`); a secondary becomes a cluster of its own,
    /// for good. [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) or
    /// [`ErrorKind::InvalidParameter`](crate::aws::error::ErrorKind::InvalidParameter) when it is out already.
    async fn remove_from_global_cluster(&self, request: &RemoveFromGlobalCluster) -> Result<(), Error>;
}
