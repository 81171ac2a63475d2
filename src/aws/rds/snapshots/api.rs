//! The calls that deal with cluster snapshots and with the backups of deleted clusters.

use async_trait::async_trait;

use super::requests::{CopyClusterSnapshot, CreateClusterSnapshot, DeleteClusterSnapshot, RestoreClusterFromSnapshot};
use crate::aws::error::Error;
use crate::aws::rds::backups::model::ClusterBackup;
use crate::aws::rds::model::{Cluster, ClusterSnapshot};

/// One region's cluster snapshots and retained backups.
///
/// As with [`Rds`](crate::aws::rds::Rds), what is not there is `None`, a change returns once RDS has accepted it, none
/// carries an idempotency token, and the client repeats a creating call only where AWS says that it did nothing.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// Returns the snapshot of this name or ARN, of any type, also one that another account shares
    /// (`DescribeDBClusterSnapshots`). It must be in this region.
    async fn snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error>;

    /// Returns the snapshots that RDS took by itself of the cluster of this name, over all pages
    /// (`DescribeDBClusterSnapshots`).
    async fn automated_of(&self, cluster: &str) -> Result<Vec<ClusterSnapshot>, Error>;

    /// Returns the automated backup of the cluster with this resource id, which need not exist any more
    /// (`DescribeDBClusterAutomatedBackups`).
    async fn backup_of(&self, resource_id: &str) -> Result<Option<ClusterBackup>, Error>;

    /// Returns all clusters that belong to this clone group (`DescribeDBClusters`, filter `clone-group-id`): a cluster, its
    /// copy-on-write clones, and what was restored from their continuous backups.
    async fn clone_group(&self, id: &str) -> Result<Vec<Cluster>, Error>;

    /// Has a new cluster restored from a snapshot of this region (`RestoreDBClusterFromSnapshot`).
    async fn restore_cluster_from_snapshot(&self, request: &RestoreClusterFromSnapshot) -> Result<(), Error>;

    /// Has a snapshot copied into this region (`CopyDBClusterSnapshot`).
    async fn copy_cluster_snapshot(&self, request: &CopyClusterSnapshot) -> Result<(), Error>;

    /// Has a manual snapshot taken (`CreateDBClusterSnapshot`).
    async fn create_cluster_snapshot(&self, request: &CreateClusterSnapshot) -> Result<(), Error>;

    /// Has a manual snapshot removed; one that is still being copied is cancelled (`DeleteDBClusterSnapshot`).
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it is gone.
    async fn delete_cluster_snapshot(&self, request: &DeleteClusterSnapshot) -> Result<(), Error>;
}
