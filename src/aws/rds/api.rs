//! The part of RDS that daybreak uses.

use async_trait::async_trait;

use super::model::{Cluster, ClusterSnapshot, Event, EventSource, Instance};
use super::requests::{
    AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags, RestoreClusterToPointInTime,
};
use crate::aws::error::Error;

/// One region's RDS.
///
/// Reading a thing that is not there is `None`, not an error. The calls that change something
/// return once RDS has accepted them: the effect comes later and is observed by reading. None of
/// them carries an idempotency token, so callers use names fixed beforehand, and after an error of
/// unknown effect read before they call again; the client for its part repeats a creating call only
/// where AWS says that it did nothing.
#[async_trait]
pub trait Rds: Send + Sync {
    /// Returns the cluster of this name or ARN (`DescribeDBClusters`).
    async fn cluster(&self, identifier: &str) -> Result<Option<Cluster>, Error>;

    /// Returns all clusters of the region that the identity may see, over all pages
    /// (`DescribeDBClusters`).
    async fn clusters(&self) -> Result<Vec<Cluster>, Error>;

    /// Returns the instance of this name (`DescribeDBInstances`).
    async fn instance(&self, identifier: &str) -> Result<Option<Instance>, Error>;

    /// Returns the instances of a cluster, over all pages (`DescribeDBInstances`); none if there is
    /// no such cluster.
    async fn instances_of(&self, cluster: &str) -> Result<Vec<Instance>, Error>;

    /// Returns all instances of the region that the identity may see, over all pages
    /// (`DescribeDBInstances`).
    async fn instances(&self) -> Result<Vec<Instance>, Error>;

    /// Returns the manual cluster snapshot of this name (`DescribeDBClusterSnapshots`). Final snapshots
    /// are manual ones.
    async fn cluster_snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error>;

    /// Returns all manual cluster snapshots of the region, over all pages
    /// (`DescribeDBClusterSnapshots`).
    async fn manual_cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error>;

    /// Returns what RDS reports of the last `minutes` minutes, oldest first, over all pages
    /// (`DescribeEvents`). RDS keeps events for 14 days.
    async fn events(&self, source: &EventSource, minutes: u32) -> Result<Vec<Event>, Error>;

    /// Has a new cluster restored (`RestoreDBClusterToPointInTime`).
    async fn restore_cluster_to_point_in_time(&self, request: &RestoreClusterToPointInTime) -> Result<(), Error>;

    /// Has an instance created (`CreateDBInstance`).
    async fn create_instance(&self, request: &CreateInstance) -> Result<(), Error>;

    /// Changes a cluster's settings (`ModifyDBCluster`). Just afterwards the status can still read
    /// `available`.
    async fn modify_cluster(&self, request: &ModifyCluster) -> Result<(), Error>;

    /// Has an instance removed (`DeleteDBInstance`), where wanted with a final snapshot, of which holds what
    /// [`Rds::delete_cluster`] says;
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it is gone.
    async fn delete_instance(&self, request: &DeleteInstance) -> Result<(), Error>;

    /// Has a cluster removed (`DeleteDBCluster`), where wanted with a final snapshot: a snapshot of that
    /// name that is there already, also of this very cluster, refuses the deletion with
    /// [`ErrorKind::AlreadyExists`](crate::aws::error::ErrorKind::AlreadyExists).
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it is gone.
    async fn delete_cluster(&self, request: &DeleteCluster) -> Result<(), Error>;

    /// Sets tags (`AddTagsToResource`).
    async fn add_tags(&self, request: &AddTags) -> Result<(), Error>;

    /// Removes tags (`RemoveTagsFromResource`).
    async fn remove_tags(&self, request: &RemoveTags) -> Result<(), Error>;
}

/// Looks at many things in one call, for [`Gather`](super::Gather). What is not there is not in the answer.
///
/// These are listings to IAM: they need `rds:DescribeDBClusters` and `rds:DescribeDBInstances` on the wildcard form of
/// the resource (`…:cluster:*`, `…:db:*`), where a look by name needs only the resource itself. RDS takes at most 100
/// values in a filter and gives at most 100 records a page; all pages are read.
#[async_trait]
pub trait Listing: Rds {
    /// Returns those clusters that there are (`DescribeDBClusters`, filter `db-cluster-id`).
    async fn clusters_named(&self, identifiers: &[String]) -> Result<Vec<Cluster>, Error>;

    /// Returns those instances that there are (`DescribeDBInstances`, filter `db-instance-id`).
    async fn instances_named(&self, identifiers: &[String]) -> Result<Vec<Instance>, Error>;

    /// Returns the instances of all these clusters (`DescribeDBInstances`, filter `db-cluster-id`).
    async fn instances_of_any(&self, clusters: &[String]) -> Result<Vec<Instance>, Error>;
}
