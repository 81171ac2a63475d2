//! The calls through the SDK.

use async_trait::async_trait;
use aws_sdk_rds::config::Builder;
use aws_sdk_rds::operation::copy_db_cluster_snapshot::CopyDBClusterSnapshotError;
use aws_sdk_rds::operation::create_db_cluster_snapshot::CreateDBClusterSnapshotError;
use aws_sdk_rds::operation::restore_db_cluster_from_snapshot::RestoreDBClusterFromSnapshotError;

use super::api::Snapshots;
use super::requests::{CopyClusterSnapshot, CreateClusterSnapshot, DeleteClusterSnapshot, RestoreClusterFromSnapshot};
use super::wire;
use crate::aws::error::Error;
use crate::aws::rds::backups::cluster_backup;
use crate::aws::rds::backups::model::ClusterBackup;
use crate::aws::rds::client::{PAGE, RdsClient, filter, is_named, unless_not_found};
use crate::aws::rds::convert::cluster_snapshot;
use crate::aws::rds::model::{Cluster, ClusterSnapshot};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

const DESCRIBE: Operation = Operation::rds("DescribeDBClusterSnapshots");
const DESCRIBE_BACKUPS: Operation = Operation::rds("DescribeDBClusterAutomatedBackups");

impl RdsClient {
    /// RDS finds an automated snapshot by its name only where its type is named as well, and a shared one only where
    /// shared ones are asked for.
    async fn described(&self, identifier: &str, automated: bool) -> Result<Option<ClusterSnapshot>, Error> {
        let request = self.client.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(identifier);
        let request = if automated { request.snapshot_type("automated") } else { request.include_shared(true) };
        let answer = request.send().await.map_err(|error| DESCRIBE.failed(error));
        for snapshot in unless_not_found(answer)?.and_then(|output| output.db_cluster_snapshots).unwrap_or_default() {
            let snapshot = cluster_snapshot(snapshot, DESCRIBE)?;
            if is_named(identifier, &snapshot.identifier, &snapshot.arn) {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Snapshots for RdsClient {
    async fn snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error> {
        // The names that RDS itself gives begin so; what it takes by itself need not be of the type `automated`.
        let own = identifier.starts_with("rds:") || identifier.contains(":cluster-snapshot:rds:");
        if own && let Some(found) = self.described(identifier, true).await? {
            return Ok(Some(found));
        }
        self.described(identifier, false).await
    }

    async fn automated_of(&self, cluster: &str) -> Result<Vec<ClusterSnapshot>, Error> {
        let request = self.client.describe_db_cluster_snapshots().db_cluster_identifier(cluster);
        let mut pages = request.snapshot_type("automated").into_paginator().page_size(PAGE).items().send();
        let mut snapshots = Vec::new();
        while let Some(snapshot) = pages.next().await {
            let found = unless_not_found(snapshot.map_err(|error| DESCRIBE.failed(error)))?;
            let Some(found) = found else { return Ok(Vec::new()) };
            snapshots.push(cluster_snapshot(found, DESCRIBE)?);
        }
        Ok(snapshots)
    }

    async fn backup_of(&self, resource_id: &str) -> Result<Option<ClusterBackup>, Error> {
        let wanted = filter("db-cluster-resource-id", &[resource_id.to_owned()]);
        let request = self.client.describe_db_cluster_automated_backups().filters(wanted);
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        while let Some(backup) = pages.next().await {
            let found = unless_not_found(backup.map_err(|error| DESCRIBE_BACKUPS.failed(error)))?;
            let Some(found) = found else { return Ok(None) };
            let backup = cluster_backup(found, DESCRIBE_BACKUPS)?;
            if backup.cluster_resource_id == resource_id {
                return Ok(Some(backup));
            }
        }
        Ok(None)
    }

    async fn clone_group(&self, id: &str) -> Result<Vec<Cluster>, Error> {
        let mut listed = self.list_clusters(Some(filter("clone-group-id", &[id.to_owned()]))).await?;
        listed.retain(|cluster| cluster.clone_group_id.as_deref() == Some(id));
        Ok(listed)
    }

    async fn restore_cluster_from_snapshot(&self, request: &RestoreClusterFromSnapshot) -> Result<(), Error> {
        let classifier = OnlyIfThrottled::<RestoreDBClusterFromSnapshotError>::new();
        wire::restore_cluster_from_snapshot(&self.client, request)?
            .customize()
            .config_override(Builder::new().retry_classifier(classifier))
            .send()
            .await
            .map(drop)
            .map_err(|error| Operation::rds(RestoreClusterFromSnapshot::ACTION).failed(error))
    }

    async fn copy_cluster_snapshot(&self, request: &CopyClusterSnapshot) -> Result<(), Error> {
        let classifier = OnlyIfThrottled::<CopyDBClusterSnapshotError>::new();
        wire::copy_cluster_snapshot(&self.client, request)
            .customize()
            .config_override(Builder::new().retry_classifier(classifier))
            .send()
            .await
            .map(drop)
            .map_err(|error| Operation::rds(CopyClusterSnapshot::ACTION).failed(error))
    }

    async fn create_cluster_snapshot(&self, request: &CreateClusterSnapshot) -> Result<(), Error> {
        let classifier = OnlyIfThrottled::<CreateDBClusterSnapshotError>::new();
        wire::create_cluster_snapshot(&self.client, request)
            .customize()
            .config_override(Builder::new().retry_classifier(classifier))
            .send()
            .await
            .map(drop)
            .map_err(|error| Operation::rds(CreateClusterSnapshot::ACTION).failed(error))
    }

    async fn delete_cluster_snapshot(&self, request: &DeleteClusterSnapshot) -> Result<(), Error> {
        wire::delete_cluster_snapshot(&self.client, request)
            .send()
            .await
            .map(drop)
            .map_err(|error| Operation::rds(DeleteClusterSnapshot::ACTION).failed(error))
    }
}
