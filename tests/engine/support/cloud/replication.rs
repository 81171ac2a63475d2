//! Who takes writes in the in-memory cloud. Its two regions are one: names differ, and so nothing is mixed up.

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    metrics::{Gauge, Metrics, Sample},
    rds::{
        backups::model::GlobalCluster,
        replication::{
            Replication,
            requests::{
                FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster,
                RemoveFromGlobalCluster, SwitchoverGlobalCluster,
            },
        },
    },
};
use jiff::Timestamp;

use super::{Cloud, Inner, READS};

fn refused<T>(operation: &'static str, code: &'static str) -> Result<T, Error> {
    Err(Error::answered("rds", operation, code, "the cloud says no"))
}

impl Cloud {
    pub(crate) fn add_global(&self, global: GlobalCluster) {
        self.inner().globals.insert(global.identifier.clone(), global);
    }

    /// The next `count` looks at a global database by name tell what it is now.
    pub(crate) fn globals_stay_told(&self, count: u32) {
        let mut inner = self.inner();
        inner.globals_before = (count, inner.globals.clone());
    }

    pub(crate) fn globals(&self) -> Vec<GlobalCluster> {
        self.inner().globals.values().cloned().collect()
    }
}

impl Inner {
    /// A cluster is in this status for a while.
    fn turns(&mut self, cluster: &str, status: &str) {
        self.clusters.get_mut(cluster).unwrap().status = status.into();
        self.pending.insert(cluster.to_owned(), READS + self.slow);
    }

    fn leads(&mut self, global: &str, arn: &str, operation: &'static str, status: &str) -> Result<(), Error> {
        let Some(found) = self.globals.get_mut(global) else { return refused(operation, "GlobalClusterNotFoundFault") };
        if found.members.iter().any(|member| member.arn == arn && member.is_writer) {
            return refused(operation, "InvalidDBClusterStateFault");
        }
        found.members.iter_mut().for_each(|member| member.is_writer = member.arn == arn);
        let name = arn.rsplit(':').next().unwrap().to_owned();
        let cluster = self.clusters.get_mut(&name).unwrap();
        cluster.endpoint = Some(format!("{name}.cluster.example"));
        self.turns(&name, status);
        Ok(())
    }
}

#[async_trait]
impl Replication for Cloud {
    async fn global_cluster(&self, identifier: &str) -> Result<Option<GlobalCluster>, Error> {
        let mut inner = self.inner();
        if inner.globals_before.0 > 0 {
            inner.globals_before.0 -= 1;
            return Ok(inner.globals_before.1.get(identifier).cloned());
        }
        Ok(inner.globals.get(identifier).cloned())
    }

    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error> {
        Ok(self.globals())
    }

    async fn promote_read_replica(&self, request: &PromoteReadReplica) -> Result<(), Error> {
        self.change("PromoteReadReplica", |inner| {
            let name = &request.db_instance_identifier;
            let instance = inner.instances.get_mut(name).unwrap();
            if instance.read_replica_source_instance.take().is_none() {
                return refused("PromoteReadReplica", "InvalidDBInstanceState");
            }
            instance.status = "modifying".into();
            instance.status_infos.clear();
            inner.stands_alone();
            inner.pending.insert(name.clone(), READS);
            Ok(())
        })
        .await
    }

    async fn promote_read_replica_cluster(&self, request: &PromoteReadReplicaCluster) -> Result<(), Error> {
        self.change("PromoteReadReplicaDBCluster", |inner| {
            let name = &request.db_cluster_identifier;
            if inner.clusters.get_mut(name).unwrap().replication_source.take().is_none() {
                return refused("PromoteReadReplicaDBCluster", "InvalidDBClusterStateFault");
            }
            inner.stands_alone();
            inner.turns(name, "promoting");
            Ok(())
        })
        .await
    }

    async fn failover_cluster(&self, request: &FailoverCluster) -> Result<(), Error> {
        self.change("FailoverDBCluster", |inner| {
            let (name, to) = (&request.db_cluster_identifier, &request.target_db_instance_identifier);
            let cluster = inner.clusters.get_mut(name).unwrap();
            if cluster.writer() == Some(to) {
                return refused("FailoverDBCluster", "InvalidParameterValue");
            }
            cluster.members.iter_mut().for_each(|member| member.is_writer = member.instance == *to);
            inner.turns(name, "failing-over");
            Ok(())
        })
        .await
    }

    async fn switchover_global_cluster(&self, request: &SwitchoverGlobalCluster) -> Result<(), Error> {
        self.change("SwitchoverGlobalCluster", |inner| {
            let (global, arn) = (&request.global_cluster_identifier, &request.target_db_cluster_identifier);
            inner.leads(global, arn, "SwitchoverGlobalCluster", "switching-over")
        })
        .await
    }

    async fn failover_global_cluster(&self, request: &FailoverGlobalCluster) -> Result<(), Error> {
        assert!(request.allow_data_loss, "without it the call is a switchover");
        self.change("FailoverGlobalCluster", |inner| {
            let (global, arn) = (&request.global_cluster_identifier, &request.target_db_cluster_identifier);
            inner.leads(global, arn, "FailoverGlobalCluster", "failing-over")
        })
        .await
    }

    async fn remove_from_global_cluster(&self, request: &RemoveFromGlobalCluster) -> Result<(), Error> {
        self.change("RemoveFromGlobalCluster", |inner| {
            let (global, arn) = (&request.global_cluster_identifier, &request.db_cluster_identifier);
            let global = inner.globals.get_mut(global).unwrap();
            let before = global.members.len();
            global.members.retain(|member| member.arn != *arn);
            if global.members.len() == before {
                return refused("RemoveFromGlobalCluster", "InvalidParameterValue");
            }
            let name = arn.rsplit(':').next().unwrap().to_owned();
            let cluster = inner.clusters.get_mut(&name).unwrap();
            cluster.global_cluster_identifier = None;
            cluster.endpoint = Some(format!("{name}.cluster.example"));
            inner.stands_alone();
            inner.turns(&name, "promoting");
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Metrics for Cloud {
    async fn newest(&self, _: &Gauge, _: Timestamp) -> Result<Option<Sample>, Error> {
        Ok(None)
    }
}
