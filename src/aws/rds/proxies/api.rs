//! The calls on one proxy, and on what it leads to.

use async_trait::async_trait;

use super::model::{Proxy, ProxyTarget};
use super::requests::{DeregisterTargets, RegisterTargets};
use crate::aws::error::Error;

/// The proxies of one region. The contract is that of [`Rds`](crate::aws::rds::Rds); lists are complete, over all pages, or an
/// error.
#[async_trait]
pub trait Proxies: Send + Sync {
    /// Returns the proxy of this name (`DescribeDBProxies`).
    async fn proxy(&self, name: &str) -> Result<Option<Proxy>, Error>;

    /// Returns for how many seconds a proxy lets its clients wait for a database (`DescribeDBProxyTargetGroups`); none where it
    /// does not say.
    async fn borrow_timeout_seconds(&self, name: &str) -> Result<Option<u32>, Error>;

    /// Returns what a proxy leads to (`DescribeDBProxyTargets`): a cluster with its instances, an instance, or nothing.
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when there is no such proxy.
    async fn targets(&self, name: &str) -> Result<Vec<ProxyTarget>, Error>;

    /// Gives a proxy a database (`RegisterDBProxyTargets`);
    /// [`ErrorKind::AlreadyExists`](crate::aws::error::ErrorKind::AlreadyExists) when it leads there already.
    async fn register(&self, request: &RegisterTargets) -> Result<(), Error>;

    /// Takes a database from a proxy (`DeregisterDBProxyTargets`);
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it does not lead there.
    async fn deregister(&self, request: &DeregisterTargets) -> Result<(), Error>;

    /// Returns the VPC of a subnet group (`DescribeDBSubnetGroups`); none where there is no such group.
    async fn vpc_of(&self, subnet_group: &str) -> Result<Option<String>, Error>;
}
