//! The lists through the SDK.

use async_trait::async_trait;

use super::api::Backups;
use super::convert;
use super::model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot};
use crate::aws::error::Error;
use crate::aws::rds::client::PAGE;
use crate::aws::rds::convert::cluster_snapshot;
use crate::aws::rds::model::{Cluster, ClusterSnapshot, Instance};
use crate::aws::rds::{Rds, RdsClient};
use crate::aws::sdk::Operation;

/// Reads every page of a list. The SDK's builders have no common type for it.
macro_rules! every_page {
    ($call:expr, $operation:literal, $convert:path) => {{
        const OPERATION: Operation = Operation::rds($operation);
        let mut pages = $call.into_paginator().page_size(PAGE).items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.push($convert(item.map_err(|error| OPERATION.failed(error))?, OPERATION)?);
        }
        Ok(found)
    }};
}

#[async_trait]
impl Backups for RdsClient {
    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        Rds::clusters(self).await
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        Rds::instances(self).await
    }

    async fn cluster_backups(&self) -> Result<Vec<ClusterBackup>, Error> {
        every_page!(
            self.client.describe_db_cluster_automated_backups(),
            "DescribeDBClusterAutomatedBackups",
            convert::cluster_backup
        )
    }

    async fn cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        every_page!(
            self.client.describe_db_cluster_snapshots().include_shared(true),
            "DescribeDBClusterSnapshots",
            cluster_snapshot
        )
    }

    async fn instance_backups(&self) -> Result<Vec<InstanceBackup>, Error> {
        every_page!(
            self.client.describe_db_instance_automated_backups(),
            "DescribeDBInstanceAutomatedBackups",
            convert::instance_backup
        )
    }

    async fn instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error> {
        every_page!(
            self.client.describe_db_snapshots().include_shared(true),
            "DescribeDBSnapshots",
            convert::instance_snapshot
        )
    }

    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error> {
        every_page!(self.client.describe_global_clusters(), "DescribeGlobalClusters", convert::global_cluster)
    }
}
