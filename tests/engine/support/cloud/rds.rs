//! RDS's calls about clusters, their instances and tags.

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    rds::{
        Rds,
        model::{Cluster, ClusterSnapshot, Event, EventSource, Instance, MasterUserSecret, SecurityGroup, Tag},
        requests::{
            AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags,
            RestoreClusterToPointInTime,
        },
    },
};

use super::{Cloud, MANAGED, READS, answered};

pub(super) fn groups(ids: &[String]) -> Vec<SecurityGroup> {
    ids.iter().map(|id| SecurityGroup { id: id.clone(), status: Some("active".to_owned()) }).collect()
}

pub(super) fn apply_tags(tags: &mut Vec<Tag>, added: &[Tag]) {
    tags.retain(|tag| added.iter().all(|new| new.key != tag.key));
    tags.extend(added.iter().cloned());
}

#[async_trait]
impl Rds for Cloud {
    async fn cluster(&self, identifier: &str) -> Result<Option<Cluster>, Error> {
        self.answers().await;
        let mut inner = self.inner();
        inner.looked("clusters");
        if inner.blind_looks > 0 {
            inner.blind_looks -= 1;
            return Ok(None);
        }
        Ok(inner.read_cluster(identifier))
    }

    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        self.inner().looked("all clusters");
        Ok(Self::clusters(self))
    }

    async fn instance(&self, identifier: &str) -> Result<Option<Instance>, Error> {
        self.answers().await;
        let mut inner = self.inner();
        inner.looked("instances");
        if inner.blind_looks > 0 {
            inner.blind_looks -= 1;
            return Ok(None);
        }
        Ok(inner.read_instance(identifier))
    }

    async fn instances_of(&self, cluster: &str) -> Result<Vec<Instance>, Error> {
        let mut inner = self.inner();
        inner.looked("members");
        Ok(inner.read_members(cluster))
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        Ok(Self::instances(self))
    }

    async fn cluster_snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error> {
        Ok(self.inner().read_snapshot(identifier))
    }

    async fn manual_cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        Ok(self.snapshots())
    }

    async fn events(&self, source: &EventSource, _: u32) -> Result<Vec<Event>, Error> {
        let (EventSource::Cluster(source) | EventSource::Instance(source)) = source.clone();
        let message = "the storage volume could not be read".to_owned();
        let date = "2026-11-20T15:00:00Z".parse().unwrap();
        Ok(vec![Event { date, source, message, categories: vec!["failure".to_owned()] }])
    }

    async fn restore_cluster_to_point_in_time(&self, request: &RestoreClusterToPointInTime) -> Result<(), Error> {
        self.change("RestoreDBClusterToPointInTime", |inner| {
            inner.make_cluster(
                "RestoreDBClusterToPointInTime",
                Cluster {
                    identifier: request.db_cluster_identifier.clone(),
                    engine: "aurora-postgresql".to_owned(),
                    port: request.port,
                    vpc_security_groups: groups(&request.vpc_security_group_ids),
                    deletion_protection: request.deletion_protection,
                    tags: request.tags.clone(),
                    ..Cluster::default()
                },
            )
        })
        .await
    }

    async fn create_instance(&self, request: &CreateInstance) -> Result<(), Error> {
        self.change("CreateDBInstance", |inner| {
            let identifier = request.db_instance_identifier.clone();
            if inner.instances.contains_key(&identifier) {
                return answered("CreateDBInstance", "DBInstanceAlreadyExists");
            }
            let Some(cluster) = inner.clusters.get(&request.db_cluster_identifier) else {
                return answered("CreateDBInstance", "DBClusterNotFoundFault");
            };
            if !cluster.status.is_available() {
                return answered("CreateDBInstance", "InvalidDBClusterStateFault");
            }
            let instance = Instance {
                arn: format!("arn:aws:rds:eu-west-1:123456789012:db:{identifier}"),
                resource_id: inner.next_id("db"),
                status: "creating".into(),
                cluster: Some(request.db_cluster_identifier.clone()),
                class: request.db_instance_class.clone(),
                availability_zone: request.availability_zone.clone(),
                promotion_tier: request.promotion_tier,
                tags: request.tags.clone(),
                identifier: identifier.clone(),
                ..Instance::default()
            };
            inner.instances.insert(identifier.clone(), instance);
            let reads = READS + inner.slow;
            inner.pending.insert(identifier, reads);
            Ok(())
        })
        .await
    }

    async fn modify_cluster(&self, request: &ModifyCluster) -> Result<(), Error> {
        self.change("ModifyDBCluster", |inner| {
            let Some(cluster) = inner.clusters.get_mut(&request.db_cluster_identifier) else {
                return answered("ModifyDBCluster", "DBClusterNotFoundFault");
            };
            if let Some(name) = &request.new_db_cluster_identifier {
                return inner.begin_rename(&request.db_cluster_identifier, name);
            }
            if !request.vpc_security_group_ids.is_empty() {
                cluster.vpc_security_groups = groups(&request.vpc_security_group_ids);
            }
            cluster.deletion_protection = request.deletion_protection.or(cluster.deletion_protection);
            let window = request.preferred_maintenance_window.clone();
            cluster.preferred_maintenance_window = window.or(cluster.preferred_maintenance_window.take());
            let mode = request.database_insights_mode.clone();
            cluster.database_insights_mode = mode.or(cluster.database_insights_mode.take());
            cluster.performance_insights = request.enable_performance_insights.or(cluster.performance_insights);
            let days = request.performance_insights_retention_period;
            cluster.performance_insights_retention_period = days.or(cluster.performance_insights_retention_period);
            if request.manage_master_user_password == Some(true) {
                cluster.master_user_secret = Some(MasterUserSecret {
                    arn: Some(format!("{MANAGED}{}", cluster.identifier)),
                    status: Some("active".to_owned()),
                    kms_key_id: request.master_user_secret_kms_key_id.clone(),
                });
            }
            Ok(())
        })
        .await
    }

    async fn delete_instance(&self, request: &DeleteInstance) -> Result<(), Error> {
        self.change("DeleteDBInstance", |inner| {
            let Some(instance) = inner.instances.get(&request.db_instance_identifier) else {
                return answered("DeleteDBInstance", "DBInstanceNotFound");
            };
            if instance.cluster.is_none() {
                inner.delete_alone(request)?;
            }
            let instance = inner.instances.get_mut(&request.db_instance_identifier).unwrap();
            instance.status = "deleting".into();
            inner.pending.insert(request.db_instance_identifier.clone(), READS);
            Ok(())
        })
        .await
    }

    async fn delete_cluster(&self, request: &DeleteCluster) -> Result<(), Error> {
        self.change("DeleteDBCluster", |inner| {
            let Some(cluster) = inner.clusters.get_mut(&request.db_cluster_identifier) else {
                return answered("DeleteDBCluster", "DBClusterNotFoundFault");
            };
            if cluster.deletion_protection == Some(true) {
                return answered("DeleteDBCluster", "InvalidParameterCombination");
            }
            if inner
                .instances
                .values()
                .any(|i| i.cluster.as_ref() == Some(&cluster.identifier) && !i.status.is_deleting())
            {
                return answered("DeleteDBCluster", "InvalidDBClusterStateFault");
            }
            if cluster.status.is_deleting() {
                return answered("DeleteDBCluster", "InvalidDBClusterStateFault");
            }
            if request.skip_final_snapshot == request.final_db_snapshot_identifier.is_some() {
                return answered("DeleteDBCluster", "InvalidParameterCombination");
            }
            if let Some(name) = &request.final_db_snapshot_identifier {
                if inner.snapshots.contains_key(name) {
                    return answered("DeleteDBCluster", "DBClusterSnapshotAlreadyExistsFault");
                }
                let snapshot = ClusterSnapshot {
                    identifier: name.clone(),
                    cluster: cluster.identifier.clone(),
                    cluster_resource_id: Some(cluster.resource_id.clone()),
                    status: "available".to_owned(),
                    ..ClusterSnapshot::default()
                };
                inner.snapshots.insert(name.clone(), snapshot);
            }
            cluster.status = "deleting".into();
            inner.pending.insert(request.db_cluster_identifier.clone(), READS);
            Ok(())
        })
        .await
    }

    async fn add_tags(&self, request: &AddTags) -> Result<(), Error> {
        self.change("AddTagsToResource", |inner| {
            for cluster in inner.clusters.values_mut().filter(|cluster| cluster.arn == request.resource_name) {
                apply_tags(&mut cluster.tags, &request.tags);
            }
            for instance in inner.instances.values_mut().filter(|instance| instance.arn == request.resource_name) {
                apply_tags(&mut instance.tags, &request.tags);
            }
            Ok(())
        })
        .await
    }

    async fn remove_tags(&self, request: &RemoveTags) -> Result<(), Error> {
        self.change("RemoveTagsFromResource", |inner| {
            for cluster in inner.clusters.values_mut().filter(|cluster| cluster.arn == request.resource_name) {
                cluster.tags.retain(|tag| !request.tag_keys.contains(&tag.key));
            }
            for instance in inner.instances.values_mut().filter(|instance| instance.arn == request.resource_name) {
                instance.tags.retain(|tag| !request.tag_keys.contains(&tag.key));
            }
            Ok(())
        })
        .await
    }
}
