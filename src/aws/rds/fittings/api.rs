//! The calls that fit something to a cluster or an instance, and those that list what is.

use async_trait::async_trait;

use super::model::{ClusterEndpoint, EventSubscription, Proxy};
use super::requests::{
    AddInstanceRole, AddRole, CreateClusterEndpoint, DeleteClusterEndpoint, DisableHttpEndpoint, EnableHttpEndpoint,
    RemoveInstanceRole, RemoveRole,
};
use crate::aws::error::Error;

/// What is fitted to the clusters and instances of one region. The contract is that of [`Rds`](crate::aws::rds::Rds); lists are complete,
/// over all pages, or an error.
#[async_trait]
pub trait Fittings: Send + Sync {
    /// Gives a cluster a role (`AddRoleToDBCluster`). The role is `PENDING` until RDS has tried it.
    async fn add_role(&self, request: &AddRole) -> Result<(), Error>;

    /// Takes a role from a cluster (`RemoveRoleFromDBCluster`);
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it has none such.
    async fn remove_role(&self, request: &RemoveRole) -> Result<(), Error>;

    /// Gives an instance a role (`AddRoleToDBInstance`). The role is `PENDING` until RDS has tried it.
    async fn add_instance_role(&self, request: &AddInstanceRole) -> Result<(), Error>;

    /// Takes a role from an instance (`RemoveRoleFromDBInstance`);
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it has none such.
    async fn remove_instance_role(&self, request: &RemoveInstanceRole) -> Result<(), Error>;

    /// Switches the Data API on (`EnableHttpEndpoint`).
    async fn enable_http_endpoint(&self, request: &EnableHttpEndpoint) -> Result<(), Error>;

    /// Switches the Data API off (`DisableHttpEndpoint`).
    async fn disable_http_endpoint(&self, request: &DisableHttpEndpoint) -> Result<(), Error>;

    /// Has a custom endpoint made (`CreateDBClusterEndpoint`).
    async fn create_cluster_endpoint(&self, request: &CreateClusterEndpoint) -> Result<(), Error>;

    /// Has a custom endpoint removed (`DeleteDBClusterEndpoint`);
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it is gone.
    async fn delete_cluster_endpoint(&self, request: &DeleteClusterEndpoint) -> Result<(), Error>;

    /// Returns the custom endpoint of this name, of whatever cluster (`DescribeDBClusterEndpoints`).
    async fn cluster_endpoint(&self, identifier: &str) -> Result<Option<ClusterEndpoint>, Error>;

    /// Returns the custom endpoints of a cluster (`DescribeDBClusterEndpoints`); none if there is no such cluster.
    async fn cluster_endpoints(&self, cluster: &str) -> Result<Vec<ClusterEndpoint>, Error>;

    /// Returns all subscriptions to events (`DescribeEventSubscriptions`).
    async fn event_subscriptions(&self) -> Result<Vec<EventSubscription>, Error>;

    /// Returns all proxies with their targets (`DescribeDBProxies`, and `DescribeDBProxyTargets` for each).
    async fn proxies(&self) -> Result<Vec<Proxy>, Error>;
}
