//! What is left of a run's target: a cluster or an instance, looked at in the same way.

use jiff::Timestamp;

use super::pointer;
use crate::{
    aws::rds::model::{Cluster, Instance},
    run::id::RunId,
    steps::{
        restore_cluster, restore_instance,
        tags::{self, Whose},
        window::Family,
    },
};

/// A cluster, or an instance that is no part of one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Remains<'a> {
    /// A cluster.
    Cluster(&'a Cluster),
    /// An instance.
    Instance(&'a Instance),
}

/// The step that makes a target of this family.
pub(super) const fn made_by_step(family: Family) -> &'static str {
    match family {
        Family::Cluster => restore_cluster::ID,
        Family::Instance => restore_instance::ID,
    }
}

impl<'a> Remains<'a> {
    pub(super) const fn family(self) -> Family {
        match self {
            Self::Cluster(_) => Family::Cluster,
            Self::Instance(_) => Family::Instance,
        }
    }

    pub(super) fn identifier(self) -> &'a str {
        match self {
            Self::Cluster(it) => &it.identifier,
            Self::Instance(it) => &it.identifier,
        }
    }

    pub(super) fn resource_id(self) -> &'a str {
        match self {
            Self::Cluster(it) => &it.resource_id,
            Self::Instance(it) => &it.resource_id,
        }
    }

    pub(super) fn tag(self, key: &str) -> Option<&'a str> {
        match self {
            Self::Cluster(it) => it.tag(key),
            Self::Instance(it) => it.tag(key),
        }
    }

    pub(super) fn made_by(self) -> Option<&'a str> {
        self.tag(tags::RUN)
    }

    pub(super) fn whose(self, run: &RunId, seen: Option<&str>) -> Whose {
        match self {
            Self::Cluster(it) => tags::whose(it, run, seen),
            Self::Instance(it) => tags::whose(it, run, seen),
        }
    }

    pub(super) fn created(self) -> Option<Timestamp> {
        match self {
            Self::Cluster(it) => it.created,
            Self::Instance(it) => it.created,
        }
    }

    pub(super) fn status(self) -> &'a str {
        match self {
            Self::Cluster(it) => it.status.as_str(),
            Self::Instance(it) => it.status.as_str(),
        }
    }

    pub(super) fn is_deleting(self) -> bool {
        match self {
            Self::Cluster(it) => it.status.is_deleting(),
            Self::Instance(it) => it.status.is_deleting(),
        }
    }

    pub(super) fn is_protected(self) -> bool {
        match self {
            Self::Cluster(it) => it.deletion_protection == Some(true),
            Self::Instance(it) => it.deletion_protection == Some(true),
        }
    }

    /// Whether `host` is an endpoint of it, as far as it shows one.
    pub(super) fn serves_at(self, host: &str) -> bool {
        match self {
            Self::Cluster(it) => pointer::leads_to(host, it).is_some(),
            Self::Instance(it) => it.address.as_ref().is_some_and(|address| address.eq_ignore_ascii_case(host)),
        }
    }

    /// The global database that it is in.
    pub(super) fn global(self) -> Option<&'a str> {
        match self {
            Self::Cluster(it) => it.global_cluster_identifier.as_deref(),
            Self::Instance(_) => None,
        }
    }

    /// Something that replicates from it.
    pub(super) fn replica(self) -> Option<&'a str> {
        match self {
            Self::Cluster(it) => it.read_replicas.first().map(String::as_str),
            Self::Instance(it) => it.read_replicas.iter().chain(&it.read_replica_clusters).next().map(String::as_str),
        }
    }
}
