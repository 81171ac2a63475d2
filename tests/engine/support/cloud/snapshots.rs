//! Snapshots and retained backups of the in-memory cloud. Names of snapshots are unique here over all regions.

use async_trait::async_trait;
use daybreak::aws::{
    Error, ErrorKind,
    rds::{
        backups::model::ClusterBackup,
        model::{Cluster, ClusterSnapshot},
        snapshots::{
            Snapshots,
            requests::{CopyClusterSnapshot, CreateClusterSnapshot, DeleteClusterSnapshot, RestoreClusterFromSnapshot},
        },
    },
};

use super::{Cloud, READS, answered, rds::groups};

/// The region that an ARN names.
pub(super) fn region_of(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

impl Cloud {
    /// A snapshot that is there.
    pub(crate) fn add_snapshot(&self, snapshot: ClusterSnapshot) {
        self.inner().snapshots.insert(snapshot.identifier.clone(), snapshot);
    }

    /// Whether the region of the snapshots is away.
    pub(crate) fn snapshots_are_away(&self, away: bool) {
        self.inner().snapshots_away = away;
    }

    /// Changes a snapshot that is there.
    pub(crate) fn edit_snapshot(&self, identifier: &str, edit: impl FnOnce(&mut ClusterSnapshot)) {
        edit(self.inner().snapshots.get_mut(identifier).unwrap());
    }

    /// Somebody removes a snapshot.
    pub(crate) fn somebody_removes_snapshot(&self, identifier: &str) {
        self.inner().snapshots.remove(identifier).unwrap();
    }

    /// Somebody deletes a cluster with its instances; its backup is retained.
    pub(crate) fn somebody_deletes(&self, identifier: &str) {
        let mut inner = self.inner();
        let cluster = inner.clusters.remove(identifier).unwrap();
        inner.forget_fitted(identifier);
        inner.instances.retain(|_, instance| instance.cluster.as_deref() != Some(identifier));
        inner.backups.push(ClusterBackup {
            cluster_resource_id: cluster.resource_id,
            cluster: cluster.identifier,
            status: Some("retained".to_owned()),
            earliest: cluster.earliest_restorable_time,
            latest: cluster.latest_restorable_time,
            engine: Some(cluster.engine),
            engine_version: cluster.engine_version,
            port: cluster.port,
            ..ClusterBackup::default()
        });
    }

    /// The retained backups expire.
    pub(crate) fn backups_expire(&self) {
        self.inner().backups.clear();
    }
}

#[async_trait]
impl Snapshots for Cloud {
    async fn automated_of(&self, cluster: &str) -> Result<Vec<ClusterSnapshot>, Error> {
        if self.inner().snapshots_away {
            return Err(Error::new(ErrorKind::Unreachable, "rds", "DescribeDBClusterSnapshots", "no route"));
        }
        let mut inner = self.inner();
        let is_its =
            |snapshot: &&ClusterSnapshot| snapshot.cluster == cluster && snapshot.kind.as_deref() == Some("automated");
        let names: Vec<String> = inner.snapshots.values().filter(is_its).map(|one| one.identifier.clone()).collect();
        Ok(names.iter().filter_map(|name| inner.read_snapshot(name)).collect())
    }

    async fn snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error> {
        self.answers().await;
        Ok(self.inner().read_snapshot(identifier))
    }

    async fn backup_of(&self, resource_id: &str) -> Result<Option<ClusterBackup>, Error> {
        Ok(self.inner().backups.iter().find(|backup| backup.cluster_resource_id == resource_id).cloned())
    }

    async fn clone_group(&self, id: &str) -> Result<Vec<Cluster>, Error> {
        let mut clusters = Self::clusters(self);
        clusters.retain(|cluster| cluster.clone_group_id.as_deref() == Some(id));
        Ok(clusters)
    }

    async fn restore_cluster_from_snapshot(&self, request: &RestoreClusterFromSnapshot) -> Result<(), Error> {
        self.change("RestoreDBClusterFromSnapshot", |inner| {
            let wanted = &request.snapshot_identifier;
            match inner.snapshots.values().find(|one| one.identifier == *wanted || one.arn == *wanted) {
                None => return answered("RestoreDBClusterFromSnapshot", "DBClusterSnapshotNotFoundFault"),
                Some(snapshot) if snapshot.status != "available" => {
                    return answered("RestoreDBClusterFromSnapshot", "InvalidDBClusterSnapshotStateFault");
                }
                Some(_) => {}
            }
            inner.make_cluster(
                "RestoreDBClusterFromSnapshot",
                Cluster {
                    identifier: request.db_cluster_identifier.clone(),
                    engine: request.engine.clone(),
                    engine_version: request.engine_version.clone(),
                    port: request.port,
                    vpc_security_groups: groups(&request.vpc_security_group_ids),
                    deletion_protection: request.deletion_protection,
                    kms_key_id: request.kms_key_id.clone(),
                    tags: request.tags.clone(),
                    ..Cluster::default()
                },
            )
        })
        .await
    }

    async fn copy_cluster_snapshot(&self, request: &CopyClusterSnapshot) -> Result<(), Error> {
        self.change("CopyDBClusterSnapshot", |inner| {
            let identifier = request.target_db_cluster_snapshot_identifier.clone();
            if inner.snapshots.contains_key(&identifier) {
                return answered("CopyDBClusterSnapshot", "DBClusterSnapshotAlreadyExistsFault");
            }
            let wanted = &request.source_db_cluster_snapshot_identifier;
            let is_it = |one: &&ClusterSnapshot| [&one.arn, &one.identifier].contains(&wanted);
            let Some(source) = inner.snapshots.values().find(is_it).cloned() else {
                return answered("CopyDBClusterSnapshot", "DBClusterSnapshotNotFoundFault");
            };
            if source.storage_encrypted == Some(true) && request.kms_key_id.is_none() {
                return answered("CopyDBClusterSnapshot", "InvalidParameterCombination");
            }
            let copy = ClusterSnapshot {
                arn: format!("arn:aws:rds:eu-central-1:123456789012:cluster-snapshot:{identifier}"),
                kind: Some("manual".to_owned()),
                status: "copying".to_owned(),
                percent_progress: Some(10),
                copied_from: Some(source.arn.clone()),
                kms_key_id: request.kms_key_id.clone(),
                tags: request.tags.clone(),
                identifier: identifier.clone(),
                ..source
            };
            inner.snapshots.insert(identifier.clone(), copy);
            let reads = READS + inner.slow;
            inner.pending.insert(identifier, reads);
            Ok(())
        })
        .await
    }

    async fn create_cluster_snapshot(&self, request: &CreateClusterSnapshot) -> Result<(), Error> {
        self.change("CreateDBClusterSnapshot", |inner| {
            let identifier = request.db_cluster_snapshot_identifier.clone();
            if inner.snapshots.contains_key(&identifier) {
                return answered("CreateDBClusterSnapshot", "DBClusterSnapshotAlreadyExistsFault");
            }
            let Some(cluster) = inner.clusters.get(&request.db_cluster_identifier) else {
                return answered("CreateDBClusterSnapshot", "DBClusterNotFoundFault");
            };
            let snapshot = ClusterSnapshot {
                arn: format!("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{identifier}"),
                kind: Some("manual".to_owned()),
                cluster: cluster.identifier.clone(),
                cluster_resource_id: Some(cluster.resource_id.clone()),
                status: "creating".to_owned(),
                tags: request.tags.clone(),
                identifier: identifier.clone(),
                ..ClusterSnapshot::default()
            };
            inner.snapshots.insert(identifier.clone(), snapshot);
            inner.pending.insert(identifier, READS);
            Ok(())
        })
        .await
    }

    async fn delete_cluster_snapshot(&self, request: &DeleteClusterSnapshot) -> Result<(), Error> {
        self.change("DeleteDBClusterSnapshot", |inner| {
            let identifier = &request.db_cluster_snapshot_identifier;
            let Some(snapshot) = inner.snapshots.get_mut(identifier) else {
                return answered("DeleteDBClusterSnapshot", "DBClusterSnapshotNotFoundFault");
            };
            snapshot.status = "deleting".to_owned();
            inner.pending.insert(identifier.clone(), READS);
            Ok(())
        })
        .await
    }
}
