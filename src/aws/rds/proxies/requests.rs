//! The requests that give a proxy another database; see [`rds::requests`](crate::aws::rds::requests).

use serde::{Deserialize, Serialize};

use crate::aws::call::shown_as;

/// `RegisterDBProxyTargets`, with the proxy's only target group. Exactly one cluster or instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RegisterTargets {
    /// The proxy's name.
    #[serde(rename = "DBProxyName")]
    pub db_proxy_name: String,
    /// The cluster.
    #[serde(rename = "DBClusterIdentifiers", default, skip_serializing_if = "Vec::is_empty")]
    pub db_cluster_identifiers: Vec<String>,
    /// The instance.
    #[serde(rename = "DBInstanceIdentifiers", default, skip_serializing_if = "Vec::is_empty")]
    pub db_instance_identifiers: Vec<String>,
}

/// `DeregisterDBProxyTargets`, with the proxy's only target group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeregisterTargets {
    /// The proxy's name.
    #[serde(rename = "DBProxyName")]
    pub db_proxy_name: String,
    /// The cluster.
    #[serde(rename = "DBClusterIdentifiers", default, skip_serializing_if = "Vec::is_empty")]
    pub db_cluster_identifiers: Vec<String>,
    /// The instance.
    #[serde(rename = "DBInstanceIdentifiers", default, skip_serializing_if = "Vec::is_empty")]
    pub db_instance_identifiers: Vec<String>,
}

shown_as! { "rds":
    RegisterTargets => "RegisterDBProxyTargets",
    DeregisterTargets => "DeregisterDBProxyTargets",
}
