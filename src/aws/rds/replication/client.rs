//! Roles through the SDK.

use async_trait::async_trait;
use aws_sdk_rds::config::Builder;
use aws_sdk_rds::operation::failover_db_cluster::FailoverDBClusterError;
use aws_sdk_rds::operation::failover_global_cluster::FailoverGlobalClusterError;
use aws_sdk_rds::operation::promote_read_replica::PromoteReadReplicaError;
use aws_sdk_rds::operation::promote_read_replica_db_cluster::PromoteReadReplicaDBClusterError;
use aws_sdk_rds::operation::remove_from_global_cluster::RemoveFromGlobalClusterError;
use aws_sdk_rds::operation::switchover_global_cluster::SwitchoverGlobalClusterError;

use super::api::Replication;
use super::requests::{
    FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster, RemoveFromGlobalCluster,
    SwitchoverGlobalCluster,
};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::rds::RdsClient;
use crate::aws::rds::backups::{Backups, convert, model::GlobalCluster};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

const DESCRIBE_GLOBAL_CLUSTERS: Operation = Operation::rds("DescribeGlobalClusters");

/// Sends once, and again only what AWS refused for its rate. The SDK's builders have no common type for it.
macro_rules! once {
    ($call:expr, $error:ty, $request:ty) => {{
        let configuration = Builder::new().retry_classifier(OnlyIfThrottled::<$error>::new());
        let answer = $call.customize().config_override(configuration).send().await;
        answer.map(drop).map_err(|error| Operation::rds(<$request>::ACTION).failed(error))
    }};
}

#[async_trait]
impl Replication for RdsClient {
    async fn global_cluster(&self, identifier: &str) -> Result<Option<GlobalCluster>, Error> {
        let answer = self.client.describe_global_clusters().global_cluster_identifier(identifier).send().await;
        let output = match answer.map_err(|error| DESCRIBE_GLOBAL_CLUSTERS.failed(error)) {
            Ok(output) => output,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = output.global_clusters.unwrap_or_default().into_iter();
        let mut found = found.map(|global| convert::global_cluster(global, DESCRIBE_GLOBAL_CLUSTERS));
        found.find(|global| global.as_ref().map_or(true, |global| global.identifier == identifier)).transpose()
    }

    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error> {
        Backups::global_clusters(self).await
    }

    async fn promote_read_replica(&self, request: &PromoteReadReplica) -> Result<(), Error> {
        let r = request.clone();
        let call = self
            .client
            .promote_read_replica()
            .db_instance_identifier(r.db_instance_identifier)
            .set_backup_retention_period(r.backup_retention_period)
            .set_preferred_backup_window(r.preferred_backup_window);
        once!(call, PromoteReadReplicaError, PromoteReadReplica)
    }

    async fn promote_read_replica_cluster(&self, request: &PromoteReadReplicaCluster) -> Result<(), Error> {
        let call = self.client.promote_read_replica_db_cluster().db_cluster_identifier(&request.db_cluster_identifier);
        once!(call, PromoteReadReplicaDBClusterError, PromoteReadReplicaCluster)
    }

    async fn failover_cluster(&self, request: &FailoverCluster) -> Result<(), Error> {
        let call = self
            .client
            .failover_db_cluster()
            .db_cluster_identifier(&request.db_cluster_identifier)
            .target_db_instance_identifier(&request.target_db_instance_identifier);
        once!(call, FailoverDBClusterError, FailoverCluster)
    }

    async fn switchover_global_cluster(&self, request: &SwitchoverGlobalCluster) -> Result<(), Error> {
        let call = self
            .client
            .switchover_global_cluster()
            .global_cluster_identifier(&request.global_cluster_identifier)
            .target_db_cluster_identifier(&request.target_db_cluster_identifier);
        once!(call, SwitchoverGlobalClusterError, SwitchoverGlobalCluster)
    }

    async fn failover_global_cluster(&self, request: &FailoverGlobalCluster) -> Result<(), Error> {
        let call = self
            .client
            .failover_global_cluster()
            .global_cluster_identifier(&request.global_cluster_identifier)
            .target_db_cluster_identifier(&request.target_db_cluster_identifier)
            .allow_data_loss(request.allow_data_loss);
        once!(call, FailoverGlobalClusterError, FailoverGlobalCluster)
    }

    async fn remove_from_global_cluster(&self, request: &RemoveFromGlobalCluster) -> Result<(), Error> {
        let call = self
            .client
            .remove_from_global_cluster()
            .global_cluster_identifier(&request.global_cluster_identifier)
            .db_cluster_identifier(&request.db_cluster_identifier);
        once!(call, RemoveFromGlobalClusterError, RemoveFromGlobalCluster)
    }
}
