//! Instances outside clusters in the in-memory cloud: restored, changed, deleted; their snapshots copied.

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    rds::{
        backups::model::{InstanceBackup, InstanceSnapshot},
        model::{Instance, MasterUserSecret, ParameterGroup},
        plain::{
            Instances,
            requests::{
                CopyInstanceSnapshot, CreateInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot,
                RestoreInstanceToPointInTime,
            },
        },
        requests::DeleteInstance,
    },
};

use super::{Cloud, Inner, MANAGED, READS, answered, rds::groups};

impl Cloud {
    pub(crate) fn add_instance(&self, instance: Instance) {
        self.inner().instances.insert(instance.identifier.clone(), instance);
    }

    pub(crate) fn add_instance_backup(&self, backup: InstanceBackup) {
        self.inner().instance_backups.push(backup);
    }

    pub(crate) fn add_instance_snapshot(&self, snapshot: InstanceSnapshot) {
        self.inner().instance_snapshots.insert(snapshot.identifier.clone(), snapshot);
    }

    pub(crate) fn edit_instance(&self, identifier: &str, edit: impl FnOnce(&mut Instance)) {
        edit(self.inner().instances.get_mut(identifier).unwrap());
    }

    /// The snapshots of instances.
    pub(crate) fn instance_snapshots(&self) -> Vec<InstanceSnapshot> {
        self.inner().instance_snapshots.values().cloned().collect()
    }
}

impl Inner {
    fn restore_instance(&mut self, action: &'static str, restored: Instance) -> Result<(), Error> {
        let identifier = restored.identifier.clone();
        if self.instances.contains_key(&identifier) {
            return answered(action, "DBInstanceAlreadyExists");
        }
        let instance = Instance {
            arn: format!("arn:aws:rds:eu-west-1:123456789012:db:{identifier}"),
            resource_id: self.next_id("db"),
            status: "creating".into(),
            engine: "postgres".to_owned(),
            preferred_maintenance_window: Some("sun:01:00-sun:01:30".to_owned()),
            ..restored
        };
        self.instances.insert(identifier.clone(), instance);
        let reads = READS + self.slow;
        self.pending.insert(identifier, reads);
        Ok(())
    }

    /// The deletion of an instance that is no part of a cluster, as far as it may be refused.
    pub(super) fn delete_alone(&mut self, request: &DeleteInstance) -> Result<(), Error> {
        const ACTION: &str = "DeleteDBInstance";
        let instance = self.instances.get(&request.db_instance_identifier).unwrap();
        if instance.deletion_protection == Some(true) {
            return answered(ACTION, "InvalidParameterCombination");
        }
        if instance.status.is_deleting() || instance.status.as_str() == "creating" {
            return answered(ACTION, "InvalidDBInstanceState");
        }
        if request.skip_final_snapshot == request.final_db_snapshot_identifier.is_some() {
            return answered(ACTION, "InvalidParameterCombination");
        }
        if let Some(name) = &request.final_db_snapshot_identifier {
            if self.instance_snapshots.contains_key(name) {
                return answered(ACTION, "DBSnapshotAlreadyExists");
            }
            let snapshot = InstanceSnapshot {
                identifier: name.clone(),
                instance: instance.identifier.clone(),
                instance_resource_id: Some(instance.resource_id.clone()),
                status: "available".to_owned(),
                ..InstanceSnapshot::default()
            };
            self.instance_snapshots.insert(name.clone(), snapshot);
        }
        Ok(())
    }
}

fn group(name: Option<&String>) -> Vec<ParameterGroup> {
    name.map(|name| ParameterGroup { name: name.clone(), status: None }).into_iter().collect()
}

#[async_trait]
impl Instances for Cloud {
    async fn instance_backup(&self, resource_id: &str) -> Result<Option<InstanceBackup>, Error> {
        let inner = self.inner();
        Ok(inner.instance_backups.iter().find(|backup| backup.instance_resource_id == resource_id).cloned())
    }

    async fn instance_snapshot(&self, identifier: &str) -> Result<Option<InstanceSnapshot>, Error> {
        self.answers().await;
        let mut inner = self.inner();
        inner.looked("instance snapshots");
        if inner.read_completes(identifier) {
            let gone = inner.instance_snapshots[identifier].status == "deleting";
            if gone {
                inner.instance_snapshots.remove(identifier);
            } else {
                inner.instance_snapshots.get_mut(identifier).unwrap().status = "available".to_owned();
            }
        }
        let mut snapshots = inner.instance_snapshots.values();
        Ok(snapshots.find(|snapshot| snapshot.identifier == identifier || snapshot.arn == identifier).cloned())
    }

    async fn manual_instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error> {
        Ok(self.instance_snapshots())
    }

    async fn restore_instance_to_point_in_time(&self, request: &RestoreInstanceToPointInTime) -> Result<(), Error> {
        self.change(RestoreInstanceToPointInTime::ACTION, |inner| {
            let restored = Instance {
                identifier: request.target_db_instance_identifier.clone(),
                class: request.db_instance_class.clone().unwrap_or_default(),
                port: request.port,
                vpc_security_groups: groups(&request.vpc_security_group_ids),
                parameter_groups: group(request.db_parameter_group_name.as_ref()),
                deletion_protection: request.deletion_protection,
                max_allocated_storage: request.max_allocated_storage,
                tags: request.tags.clone(),
                ..Instance::default()
            };
            inner.restore_instance(RestoreInstanceToPointInTime::ACTION, restored)
        })
        .await
    }

    async fn restore_instance_from_snapshot(&self, request: &RestoreInstanceFromSnapshot) -> Result<(), Error> {
        self.change(RestoreInstanceFromSnapshot::ACTION, |inner| {
            let found = inner.instance_snapshots.values().find(|snapshot| {
                snapshot.identifier == request.db_snapshot_identifier || snapshot.arn == request.db_snapshot_identifier
            });
            match found.map(|snapshot| snapshot.status.as_str()) {
                None => return answered(RestoreInstanceFromSnapshot::ACTION, "DBSnapshotNotFound"),
                Some("available") => {}
                Some(_) => return answered(RestoreInstanceFromSnapshot::ACTION, "InvalidDBSnapshotState"),
            }
            let restored = Instance {
                identifier: request.db_instance_identifier.clone(),
                class: request.db_instance_class.clone().unwrap_or_default(),
                port: request.port,
                vpc_security_groups: groups(&request.vpc_security_group_ids),
                parameter_groups: group(request.db_parameter_group_name.as_ref()),
                deletion_protection: request.deletion_protection,
                tags: request.tags.clone(),
                ..Instance::default()
            };
            inner.restore_instance(RestoreInstanceFromSnapshot::ACTION, restored)
        })
        .await
    }

    async fn modify_instance(&self, request: &ModifyInstance) -> Result<(), Error> {
        self.change(ModifyInstance::ACTION, |inner| {
            let Some(instance) = inner.instances.get_mut(&request.db_instance_identifier) else {
                return answered(ModifyInstance::ACTION, "DBInstanceNotFound");
            };
            if !instance.status.is_available() {
                return answered(ModifyInstance::ACTION, "InvalidDBInstanceState");
            }
            if !request.vpc_security_group_ids.is_empty() {
                instance.vpc_security_groups = groups(&request.vpc_security_group_ids);
            }
            instance.deletion_protection = request.deletion_protection.or(instance.deletion_protection);
            let window = request.preferred_maintenance_window.clone();
            instance.preferred_maintenance_window = window.or(instance.preferred_maintenance_window.take());
            instance.max_allocated_storage = request.max_allocated_storage.or(instance.max_allocated_storage);
            instance.monitoring_interval = request.monitoring_interval.or(instance.monitoring_interval);
            let role = request.monitoring_role_arn.clone();
            instance.monitoring_role_arn = role.or(instance.monitoring_role_arn.take());
            instance.performance_insights = request.enable_performance_insights.or(instance.performance_insights);
            let key = request.performance_insights_kms_key_id.clone();
            instance.performance_insights_kms_key_id = key.or(instance.performance_insights_kms_key_id.take());
            let kept = request.performance_insights_retention_period;
            instance.performance_insights_retention_period = kept.or(instance.performance_insights_retention_period);
            if let Some(change) = &request.cloudwatch_logs_export_configuration {
                instance.log_exports.extend(change.enable_log_types.iter().cloned());
            }
            let mode = request.database_insights_mode.clone();
            instance.database_insights_mode = mode.or(instance.database_insights_mode.take());
            if request.manage_master_user_password == Some(true) {
                let (arn, status) = (Some(format!("{MANAGED}{}", instance.identifier)), Some("active".to_owned()));
                instance.master_user_secret =
                    Some(MasterUserSecret { arn, status, kms_key_id: request.master_user_secret_kms_key_id.clone() });
            }
            Ok(())
        })
        .await
    }

    async fn copy_instance_snapshot(&self, request: &CopyInstanceSnapshot) -> Result<(), Error> {
        self.change(CopyInstanceSnapshot::ACTION, |inner| {
            let name = request.target_db_snapshot_identifier.clone();
            if inner.instance_snapshots.contains_key(&name) {
                return answered(CopyInstanceSnapshot::ACTION, "DBSnapshotAlreadyExists");
            }
            let source = inner
                .instance_snapshots
                .values()
                .find(|snapshot| snapshot.arn == request.source_db_snapshot_identifier)
                .cloned();
            let Some(source) = source else {
                return answered(CopyInstanceSnapshot::ACTION, "DBSnapshotNotFound");
            };
            let copy = InstanceSnapshot {
                arn: format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}"),
                identifier: name.clone(),
                status: "copying".to_owned(),
                kms_key_id: request.kms_key_id.clone(),
                copied_from: Some(source.arn.clone()),
                tags: request.tags.clone(),
                ..source
            };
            inner.instance_snapshots.insert(name.clone(), copy);
            inner.pending.insert(name, READS);
            Ok(())
        })
        .await
    }

    async fn create_instance_snapshot(&self, request: &CreateInstanceSnapshot) -> Result<(), Error> {
        self.change(CreateInstanceSnapshot::ACTION, |inner| {
            let name = request.db_snapshot_identifier.clone();
            if inner.instance_snapshots.contains_key(&name) {
                return answered(CreateInstanceSnapshot::ACTION, "DBSnapshotAlreadyExists");
            }
            let Some(instance) = inner.instances.get(&request.db_instance_identifier) else {
                return answered(CreateInstanceSnapshot::ACTION, "DBInstanceNotFound");
            };
            let snapshot = InstanceSnapshot {
                arn: format!("arn:aws:rds:eu-west-1:123456789012:snapshot:{name}"),
                identifier: name.clone(),
                instance: instance.identifier.clone(),
                status: "creating".to_owned(),
                tags: request.tags.clone(),
                ..InstanceSnapshot::default()
            };
            inner.instance_snapshots.insert(name.clone(), snapshot);
            inner.pending.insert(name, READS);
            Ok(())
        })
        .await
    }

    async fn delete_instance_snapshot(&self, identifier: &str) -> Result<(), Error> {
        self.change("DeleteDBSnapshot", |inner| {
            let Some(snapshot) = inner.instance_snapshots.get_mut(identifier) else {
                return answered("DeleteDBSnapshot", "DBSnapshotNotFound");
            };
            snapshot.status = "deleting".to_owned();
            inner.pending.insert(identifier.to_owned(), READS);
            Ok(())
        })
        .await
    }
}
