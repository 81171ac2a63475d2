//! The calls that list what there is to restore from.

use async_trait::async_trait;

use super::model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot};
use crate::aws::error::Error;
use crate::aws::rds::model::{Cluster, ClusterSnapshot, Instance};

/// What one region's RDS has to restore from, as far as the identity may see it.
///
/// Every list is complete, over all pages, or an error. Nothing is changed by any of these calls.
#[async_trait]
pub trait Backups: Send + Sync {
    /// All clusters (`DescribeDBClusters`).
    async fn clusters(&self) -> Result<Vec<Cluster>, Error>;

    /// All instances, those of clusters included (`DescribeDBInstances`).
    async fn instances(&self) -> Result<Vec<Instance>, Error>;

    /// The automated backups of clusters: those of deleted ones, and of live ones where RDS lists them
    /// (`DescribeDBClusterAutomatedBackups`).
    async fn cluster_backups(&self) -> Result<Vec<ClusterBackup>, Error>;

    /// All cluster snapshots, those that other accounts share with this one included, public ones not
    /// (`DescribeDBClusterSnapshots`).
    async fn cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error>;

    /// The automated backups of instances: live, retained, and replicated from other regions
    /// (`DescribeDBInstanceAutomatedBackups`).
    async fn instance_backups(&self) -> Result<Vec<InstanceBackup>, Error>;

    /// All instance snapshots, those that other accounts share with this one included, public ones not
    /// (`DescribeDBSnapshots`).
    async fn instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error>;

    /// All global databases with a cluster in the region (`DescribeGlobalClusters`).
    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error>;
}
