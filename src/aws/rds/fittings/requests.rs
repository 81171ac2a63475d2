//! The requests that fit something to a cluster or an instance; see [`rds::requests`](crate::aws::rds::requests).

use serde::{Deserialize, Serialize};

use crate::aws::call::shown_as;
use crate::aws::rds::model::Tag;

/// `AddRoleToDBCluster`: lets the database call other services as this role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AddRole {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The role.
    pub role_arn: String,
    /// What for, such as `s3Import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_name: Option<String>,
}

/// `RemoveRoleFromDBCluster`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveRole {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The role.
    pub role_arn: String,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_name: Option<String>,
}

/// `AddRoleToDBInstance`: the same for an instance outside clusters, of which AWS wants to know what the role is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AddInstanceRole {
    /// The instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// The role.
    pub role_arn: String,
    /// What for, such as `s3Import`.
    pub feature_name: String,
}

/// `RemoveRoleFromDBInstance`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveInstanceRole {
    /// The instance's name.
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    /// The role.
    pub role_arn: String,
    /// What for.
    pub feature_name: String,
}

/// `EnableHttpEndpoint`: switches the Data API on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EnableHttpEndpoint {
    /// The cluster's ARN.
    pub resource_arn: String,
}

/// `DisableHttpEndpoint`: switches the Data API off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DisableHttpEndpoint {
    /// The cluster's ARN.
    pub resource_arn: String,
}

/// `CreateDBClusterEndpoint`: makes a custom endpoint. Its name must be free in the account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateClusterEndpoint {
    /// The cluster's name.
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// The endpoint's name.
    #[serde(rename = "DBClusterEndpointIdentifier")]
    pub db_cluster_endpoint_identifier: String,
    /// `READER` or `ANY`.
    pub endpoint_type: String,
    /// The instances it leads to; with none it leads to all of its type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub static_members: Vec<String>,
    /// The instances it does not lead to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_members: Vec<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// `DeleteDBClusterEndpoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteClusterEndpoint {
    /// The endpoint's name.
    #[serde(rename = "DBClusterEndpointIdentifier")]
    pub db_cluster_endpoint_identifier: String,
}

shown_as! { "rds":
    AddRole => "AddRoleToDBCluster",
    RemoveRole => "RemoveRoleFromDBCluster",
    AddInstanceRole => "AddRoleToDBInstance",
    RemoveInstanceRole => "RemoveRoleFromDBInstance",
    EnableHttpEndpoint => "EnableHttpEndpoint",
    DisableHttpEndpoint => "DisableHttpEndpoint",
    CreateClusterEndpoint => "CreateDBClusterEndpoint",
    DeleteClusterEndpoint => "DeleteDBClusterEndpoint",
}
