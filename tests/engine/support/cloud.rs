//! RDS and Secrets Manager that remember: asynchronous creation and deletion, AWS's refusals, and faults by call number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    rds::{
        Rds,
        backups::model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
        model::{Cluster, ClusterSnapshot, Event, EventSource, Instance, MasterUserSecret, SecurityGroup, Tag},
        requests::{
            AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags,
            RestoreClusterToPointInTime,
        },
    },
    secrets::model::SecretDescription,
};
use tokio::time::Instant;

mod backups;
mod fittings;
mod instances;
mod progress;
mod replication;
mod roles;
mod secrets;
mod snapshots;

/// What goes wrong at one call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// AWS refuses it for good; nothing happens.
    Denied,
    /// Nothing happens, and it may be tried again.
    LostBefore,
    /// It happens, and the answer is lost.
    LostAfter,
    /// Nothing happens, and there is no answer, ever.
    HeldBefore,
    /// It happens, and there is no answer, ever.
    HeldAfter,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) clusters: BTreeMap<String, Cluster>,
    pub(super) instances: BTreeMap<String, Instance>,
    pub(super) globals: BTreeMap<String, GlobalCluster>,
    pub(super) snapshots: BTreeMap<String, ClusterSnapshot>,
    /// The backups of deleted clusters.
    pub(super) backups: Vec<ClusterBackup>,
    instance_backups: Vec<InstanceBackup>,
    instance_snapshots: BTreeMap<String, InstanceSnapshot>,
    secret: SecretDescription,
    values: BTreeMap<String, String>,
    /// Reads that a change under way still needs, by name.
    pending: BTreeMap<String, u32>,
    /// The changing calls made, by operation.
    changes: Vec<String>,
    fault: Option<(usize, Fault)>,
    /// How many reads more than usual a creation takes.
    slow: u32,
    /// The status in which a restore ends.
    pub(super) restore_ends: Option<&'static str>,
    serial: u32,
    /// How many more looks by name find nothing, although it is there.
    blind_looks: u32,
    /// How many more values of the secret can be read.
    readable: Option<u32>,
    /// Whether reads are left without an answer.
    silent: bool,
    /// The servers whose roles were asked for, by host.
    sites: BTreeMap<String, roles::Site>,
    /// A role that may not be altered.
    untouchable: Option<&'static str>,
    /// What is fitted to clusters.
    pub(super) fitted: fittings::Fitted,
    /// The describe calls made: when, and of what.
    pub(super) looks: Vec<(Instant, &'static str)>,
}

/// One region of AWS.
#[derive(Clone, Default)]
pub(crate) struct Cloud(Arc<Mutex<Inner>>);

/// How the ARN of a secret begins in which RDS keeps a master password.
pub(super) const MANAGED: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!";

/// How many reads a creation or deletion takes.
const READS: u32 = 2;

impl Cloud {
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub(crate) fn add_cluster(&self, cluster: Cluster, instances: Vec<Instance>) {
        let mut inner = self.inner();
        inner.instances.extend(instances.into_iter().map(|instance| (instance.identifier.clone(), instance)));
        inner.clusters.insert(cluster.identifier.clone(), cluster);
    }

    pub(crate) fn set_secret(&self, description: SecretDescription, version: &str, value: &str) {
        let mut inner = self.inner();
        inner.secret = description;
        inner.values.insert(version.to_owned(), value.to_owned());
    }

    /// Lets the changing call number `nth`, from 0, go wrong.
    pub(crate) fn fail(&self, nth: usize, fault: Fault) {
        let mut inner = self.inner();
        let nth = inner.changes.len() + nth;
        inner.fault = Some((nth, fault));
    }

    /// A creation takes `reads` reads more than usual.
    pub(crate) fn takes(&self, reads: u32) {
        self.inner().slow = reads;
    }

    /// The describe calls made so far, by kind.
    pub(crate) fn looks(&self) -> Vec<(Instant, &'static str)> {
        self.inner().looks.clone()
    }

    /// The next `count` looks at clusters and instances by name find nothing.
    pub(crate) fn answers_stale(&self, count: u32) {
        self.inner().blind_looks = count;
    }

    /// Changes a cluster that is there.
    pub(crate) fn edit_cluster(&self, identifier: &str, edit: impl FnOnce(&mut Cluster)) {
        edit(self.inner().clusters.get_mut(identifier).unwrap());
    }

    /// A cluster or an instance is in this status, and stays in it until somebody changes it.
    pub(crate) fn stays(&self, identifier: &str, status: &str) {
        let mut inner = self.inner();
        inner.pending.remove(identifier);
        if let Some(cluster) = inner.clusters.get_mut(identifier) {
            cluster.status = status.into();
        }
        if let Some(instance) = inner.instances.get_mut(identifier) {
            instance.status = status.into();
        }
    }

    /// Changes what is known of the secret.
    pub(crate) fn edit_secret(&self, edit: impl FnOnce(&mut SecretDescription)) {
        edit(&mut self.inner().secret);
    }

    pub(crate) fn restores_end_as(&self, status: &'static str) {
        self.inner().restore_ends = Some(status);
    }

    /// Somebody else writes the secret, with a connection to `host`.
    pub(crate) fn secret_is_written_by_somebody(&self, host: &str) {
        let mut inner = self.inner();
        let value = format!(r#"{{"engine":"postgres","host":"{host}","port":5433,"username":"app","password":"new"}}"#);
        inner.values.insert("theirs".to_owned(), value);
        inner.secret.versions = BTreeMap::from([("theirs".to_owned(), vec!["AWSCURRENT".to_owned()])]);
    }

    /// Somebody else makes a cluster of this name.
    pub(crate) fn somebody_makes(&self, identifier: &str) {
        let cluster = Cluster {
            identifier: identifier.to_owned(),
            resource_id: "cluster-THEIRS".to_owned(),
            status: "available".into(),
            ..Cluster::default()
        };
        self.add_cluster(cluster, Vec::new());
    }

    /// The changing calls so far.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.inner().changes.clone()
    }

    pub(crate) fn clusters(&self) -> Vec<Cluster> {
        self.inner().clusters.values().cloned().collect()
    }

    pub(crate) fn instances(&self) -> Vec<Instance> {
        self.inner().instances.values().cloned().collect()
    }

    pub(crate) fn snapshots(&self) -> Vec<ClusterSnapshot> {
        self.inner().snapshots.values().cloned().collect()
    }

    /// Somebody takes a snapshot of this name, of another cluster.
    pub(crate) fn somebody_takes_snapshot(&self, identifier: &str) {
        let snapshot = ClusterSnapshot {
            identifier: identifier.to_owned(),
            cluster: "another".to_owned(),
            cluster_resource_id: Some("cluster-THEIRS".to_owned()),
            status: "available".to_owned(),
            ..ClusterSnapshot::default()
        };
        self.inner().snapshots.insert(identifier.to_owned(), snapshot);
    }

    /// Version ids and labels of the secret, labelled or not.
    pub(crate) fn secret_versions(&self) -> BTreeMap<String, Vec<String>> {
        let inner = self.inner();
        inner.values.keys().map(|id| (id.clone(), inner.secret.versions.get(id).cloned().unwrap_or_default())).collect()
    }

    /// The secret's labels, by version.
    pub(crate) fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let mut versions = self.inner().secret.versions.clone();
        versions.values_mut().for_each(|labels| labels.sort_unstable());
        versions
    }

    /// The secret's values can be read `count` times more, and then no longer.
    pub(crate) fn secrets_are_unreadable_after(&self, count: u32) {
        self.inner().readable = Some(count);
    }

    /// The host that clients of the secret get.
    pub(crate) fn secret_points_at(&self) -> String {
        let inner = self.inner();
        let current = inner.secret.current().unwrap().to_owned();
        let value: serde_json::Value = serde_json::from_str(&inner.values[&current]).unwrap();
        value["host"].as_str().unwrap().to_owned()
    }

    /// From now on this role may not be altered.
    pub(crate) fn role_is_untouchable(&self, role: &'static str) {
        self.inner().untouchable = Some(role);
    }

    /// Whether reads are left without an answer.
    pub(crate) fn is_silent(&self, silent: bool) {
        self.inner().silent = silent;
    }

    /// Never returns while reads are left without an answer.
    async fn answers(&self) {
        if self.inner().silent {
            std::future::pending::<()>().await;
        }
    }

    /// Makes one change, with whatever fault is due.
    async fn change<T>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&mut Inner) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self.answer(operation, change) {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// The answer to a change; none when there is none, ever.
    fn answer<T>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&mut Inner) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        let mut inner = self.inner();
        let number = inner.changes.len();
        inner.changes.push(operation.to_owned());
        let fault = inner.fault.filter(|(nth, _)| *nth == number).map(|(_, fault)| fault);
        Some(match fault {
            None => change(&mut inner),
            Some(Fault::HeldBefore) => return None,
            Some(Fault::HeldAfter) => {
                let _ = change(&mut inner);
                return None;
            }
            Some(Fault::Denied) => Err(Error::answered("rds", operation, "AccessDenied", "not authorized")),
            Some(Fault::LostBefore) => Err(Error::answered("rds", operation, "InternalFailure", "lost before")),
            Some(Fault::LostAfter) => {
                change(&mut inner).and_then(|_| Err(Error::answered("rds", operation, "InternalFailure", "lost after")))
            }
        })
    }
}

fn groups(ids: &[String]) -> Vec<SecurityGroup> {
    ids.iter().map(|id| SecurityGroup { id: id.clone(), status: Some("active".to_owned()) }).collect()
}

fn answered<T>(operation: &'static str, code: &str) -> Result<T, Error> {
    Err(Error::answered("rds", operation, code, "the world says no"))
}

fn apply_tags(tags: &mut Vec<Tag>, added: &[Tag]) {
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
