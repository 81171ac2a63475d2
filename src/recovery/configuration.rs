//! The source's configuration: all that a target must be given so that it is the source in all but the data's time.

use serde::{Deserialize, Serialize};

use crate::{
    aws::rds::model::{Cluster, Instance},
    steps::{surroundings::Surroundings, window::Family},
};

/// The configuration of a cluster or an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Configuration {
    /// Of an Aurora cluster.
    Cluster(Box<ClusterConfiguration>),
    /// Of an RDS instance that is no part of a cluster.
    Instance(Box<InstanceConfiguration>),
}

/// The configuration of an Aurora cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfiguration {
    /// The cluster.
    pub cluster: Cluster,
    /// Its instances.
    pub instances: Vec<Instance>,
    /// What belongs to it, and what names it, beside its own description.
    #[serde(default)]
    pub surroundings: Surroundings,
}

/// The configuration of an RDS instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceConfiguration {
    /// The instance.
    pub instance: Instance,
}

impl Configuration {
    /// Whether it is a cluster's or an instance's.
    pub const fn family(&self) -> Family {
        match self {
            Self::Cluster(_) => Family::Cluster,
            Self::Instance(_) => Family::Instance,
        }
    }

    /// The name of the cluster or instance.
    pub fn identifier(&self) -> &str {
        match self {
            Self::Cluster(it) => &it.cluster.identifier,
            Self::Instance(it) => &it.instance.identifier,
        }
    }

    /// Its immutable id.
    pub fn resource_id(&self) -> &str {
        match self {
            Self::Cluster(it) => &it.cluster.resource_id,
            Self::Instance(it) => &it.instance.resource_id,
        }
    }

    /// Its engine.
    pub fn engine(&self) -> &str {
        match self {
            Self::Cluster(it) => &it.cluster.engine,
            Self::Instance(it) => &it.instance.engine,
        }
    }

    /// Its engine's version.
    pub fn engine_version(&self) -> Option<&str> {
        match self {
            Self::Cluster(it) => it.cluster.engine_version.as_deref(),
            Self::Instance(it) => it.instance.engine_version.as_deref(),
        }
    }

    /// Host and port that take writes, as far as there are any.
    pub fn serves_at(&self) -> (Option<&str>, Option<u16>) {
        match self {
            Self::Cluster(it) => (it.cluster.endpoint.as_deref(), it.cluster.port),
            Self::Instance(it) => (it.instance.address.as_deref(), it.instance.port),
        }
    }

    /// The database made with it.
    pub fn database_name(&self) -> Option<&str> {
        match self {
            Self::Cluster(it) => it.cluster.database_name.as_deref(),
            Self::Instance(it) => it.instance.database_name.as_deref(),
        }
    }

    /// Whether there is a server that takes writes.
    pub fn has_writer(&self) -> bool {
        match self {
            Self::Cluster(it) => it.cluster.writer().is_some(),
            Self::Instance(it) => it.instance.address.is_some(),
        }
    }

    /// Whether its storage is encrypted.
    pub fn encrypted(&self) -> bool {
        match self {
            Self::Cluster(it) => it.cluster.storage_encrypted == Some(true),
            Self::Instance(it) => it.instance.storage_encrypted == Some(true),
        }
    }

    /// The KMS key of its storage.
    pub fn kms_key_id(&self) -> Option<&str> {
        match self {
            Self::Cluster(it) => it.cluster.kms_key_id.as_deref(),
            Self::Instance(it) => it.instance.kms_key_id.as_deref(),
        }
    }

    /// The instances: of a cluster its members, of an instance itself.
    pub fn instances(&self) -> &[Instance] {
        match self {
            Self::Cluster(it) => &it.instances,
            Self::Instance(it) => std::slice::from_ref(&it.instance),
        }
    }
}

impl ClusterConfiguration {
    /// The writer among the instances; of a secondary of a global database, which has none, the instance that a failover
    /// would make it.
    pub fn writer(&self) -> Option<&Instance> {
        match self.cluster.writer() {
            Some(name) => self.instances.iter().find(|instance| instance.identifier == name),
            None => self.instances.iter().min_by_key(|instance| instance.promotion_tier),
        }
    }

    /// The others, in the order in which they are listed.
    pub fn readers(&self) -> Vec<&Instance> {
        let writer = self.writer().map(|writer| &writer.identifier);
        self.instances.iter().filter(|instance| Some(&instance.identifier) != writer).collect()
    }
}
