//! Endpoints, subscriptions and proxies as RDS tells of them; named as in [`rds::model`](crate::aws::rds::model).

use serde::{Deserialize, Serialize};

/// A custom endpoint of a cluster (`DescribeDBClusterEndpoints`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterEndpoint {
    /// `DBClusterEndpointIdentifier`: unique in its account and region, whatever the cluster.
    pub identifier: String,
    /// `DBClusterEndpointResourceIdentifier`.
    pub resource_id: Option<String>,
    /// `DBClusterIdentifier`.
    pub cluster: String,
    /// `Endpoint`: the host name.
    pub host: Option<String>,
    /// `Status`: `creating`, `available`, `modifying`, `deleting` or `inactive`.
    pub status: Option<String>,
    /// `CustomEndpointType`: `READER` or `ANY`.
    pub kind: Option<String>,
    /// `StaticMembers`: the instances it leads to; with none it leads to all of its type.
    pub static_members: Vec<String>,
    /// `ExcludedMembers`: the instances it does not lead to.
    pub excluded_members: Vec<String>,
}

/// A subscription to RDS's events (`DescribeEventSubscriptions`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSubscription {
    /// `CustSubscriptionId`: its name.
    pub name: String,
    /// `SourceType`, such as `db-cluster` or `db-instance`.
    pub source_type: Option<String>,
    /// `SourceIdsList`: whose events; none means everybody's of that type.
    pub sources: Vec<String>,
    /// `SnsTopicArn`.
    pub topic: Option<String>,
    /// `EventCategoriesList`; none means all.
    pub categories: Vec<String>,
    /// `Enabled`.
    pub enabled: Option<bool>,
}

/// An RDS Proxy with its targets (`DescribeDBProxies`, `DescribeDBProxyTargets`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// `DBProxyName`.
    pub name: String,
    /// `Endpoint`: the host name that its clients use.
    pub endpoint: Option<String>,
    /// `TrackedClusterId` and `RdsResourceId` of its targets: names of clusters and instances.
    pub targets: Vec<String>,
}
