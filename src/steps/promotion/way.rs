//! The ways to a new primary, each with the call that goes it.

use serde::{Deserialize, Serialize};

use crate::{
    aws::{
        self, Call,
        rds::replication::{
            Replication,
            requests::{
                FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster,
                RemoveFromGlobalCluster, SwitchoverGlobalCluster,
            },
        },
    },
    run::step::Undo,
};

/// How the target becomes the primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Way {
    /// A read replica of RDS becomes an instance of its own.
    ReadReplica(PromoteReadReplica),
    /// An Aurora replica of an RDS instance becomes a cluster of its own.
    ReplicaCluster(PromoteReadReplicaCluster),
    /// A reader of a cluster becomes its writer.
    Reader(FailoverCluster),
    /// A secondary of a global database and its primary swap roles.
    Switchover(SwitchoverGlobalCluster),
    /// A secondary of a global database becomes its primary, whatever it lacks.
    Failover(FailoverGlobalCluster),
    /// A secondary leaves its global database and becomes a cluster of its own.
    Detach(RemoveFromGlobalCluster),
}

impl Way {
    /// What it is called.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ReadReplica(_) => "promotion of a read replica",
            Self::ReplicaCluster(_) => "promotion of an Aurora replica cluster",
            Self::Reader(_) => "failover within the cluster",
            Self::Switchover(_) => "switchover of the global database",
            Self::Failover(_) => "failover of the global database",
            Self::Detach(_) => "detachment from the global database",
        }
    }

    /// The call.
    pub fn call(&self) -> Call {
        match self {
            Self::ReadReplica(request) => request.call(),
            Self::ReplicaCluster(request) => request.call(),
            Self::Reader(request) => request.call(),
            Self::Switchover(request) => request.call(),
            Self::Failover(request) => request.call(),
            Self::Detach(request) => request.call(),
        }
    }

    /// Makes the call.
    pub async fn go(&self, to: &dyn Replication) -> Result<(), aws::Error> {
        match self {
            Self::ReadReplica(request) => to.promote_read_replica(request).await,
            Self::ReplicaCluster(request) => to.promote_read_replica_cluster(request).await,
            Self::Reader(request) => to.failover_cluster(request).await,
            Self::Switchover(request) => to.switchover_global_cluster(request).await,
            Self::Failover(request) => to.failover_global_cluster(request).await,
            Self::Detach(request) => to.remove_from_global_cluster(request).await,
        }
    }

    /// Whether the same call in the other direction takes it back.
    pub fn is_reversible(&self) -> bool {
        matches!(self, Self::Reader(_) | Self::Switchover(_))
    }

    /// Whether it can be taken back.
    pub fn reversibility(&self) -> Undo {
        if self.is_reversible() { Undo::Reversible } else { Undo::PointOfNoReturn }
    }

    /// Whether what the target lacks is lost by it, and the old primary can go on taking writes that nobody else gets. The
    /// others lose nothing: a switchover waits for the secondary, and the instances of a cluster share their storage.
    pub fn parts(&self) -> bool {
        !self.is_reversible()
    }

    /// Whether the old primary stays a primary of its own, which nothing but a fence keeps from writes. After a failover of a
    /// global database RDS rebuilds it.
    pub fn leaves_a_primary(&self) -> bool {
        matches!(self, Self::ReadReplica(_) | Self::ReplicaCluster(_) | Self::Detach(_))
    }
}
