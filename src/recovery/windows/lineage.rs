//! Which of all that RDS has is one database's: what bears its name, what bears the immutable id of its data, and what was
//! copied or replicates from either.

use std::collections::BTreeSet;

use super::{arn::Arn, catalogue::Catalogue, window::Family};
use crate::aws::rds::{
    backups::model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
    model::{Cluster, ClusterSnapshot, Instance},
};

/// A database that windows are looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// As the person named it.
    pub database: String,
    /// The identifier of its cluster or instance, in lower case; it need not exist any more.
    pub identifier: String,
    /// Where that is or was.
    pub region: String,
}

/// Where clusters and instances are found by name: names are unique in a region and family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    family: Family,
    region: String,
    identifier: String,
}

/// What belongs to a database.
///
/// Names alone can mislead: after a rename a snapshot bears the old one, and a name may be given again. So everything
/// that bears the immutable id of something found by name belongs, too. Where the name is a live database's, only that
/// one's id counts: what an earlier bearer of the name left is listed, but whatever has become of it is another database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    names: BTreeSet<Name>,
    resource_ids: BTreeSet<String>,
    snapshots: BTreeSet<String>,
    elsewhere: BTreeSet<String>,
    /// The families in which the subject's name is a live database's.
    live: BTreeSet<Family>,
}

impl Lineage {
    /// Follows names, ids, copies and replication from the subject until nothing more is found.
    pub fn of(subject: &Subject, catalogue: &Catalogue) -> Self {
        let mut lineage = Self::default();
        for family in [Family::Cluster, Family::Instance] {
            lineage.name(family, &subject.region, &subject.identifier);
        }
        if catalogue.each(|holdings| &holdings.clusters).any(|(region, cluster)| lineage.has_cluster(region, cluster)) {
            lineage.live.insert(Family::Cluster);
        }
        let mut instances = catalogue.each(|holdings| &holdings.instances);
        if instances.any(|(region, instance)| lineage.has_instance(region, instance)) {
            lineage.live.insert(Family::Instance);
        }
        loop {
            let before = (lineage.names.len(), lineage.resource_ids.len(), lineage.snapshots.len());
            lineage.follow(catalogue);
            if before == (lineage.names.len(), lineage.resource_ids.len(), lineage.snapshots.len()) {
                return lineage;
            }
        }
    }

    /// The regions that it leads to.
    pub fn regions(&self) -> BTreeSet<&str> {
        self.names.iter().map(|name| &name.region).chain(&self.elsewhere).map(String::as_str).collect()
    }

    fn follow(&mut self, catalogue: &Catalogue) {
        for (region, cluster) in catalogue.each(|holdings| &holdings.clusters) {
            if self.has_cluster(region, cluster) || self.is_replica_cluster(cluster) {
                self.name(Family::Cluster, region, &cluster.identifier);
                self.resource_ids.insert(cluster.resource_id.clone());
            }
        }
        for (_, global) in catalogue.each(|holdings| &holdings.global_clusters) {
            if self.has_global(global) {
                global.members.iter().for_each(|member| self.arn(&member.arn));
            }
        }
        for (region, instance) in catalogue.each(|holdings| &holdings.instances) {
            if self.has_instance(region, instance) || self.is_replica_instance(region, instance) {
                self.name(Family::Instance, region, &instance.identifier);
                self.resource_ids.insert(instance.resource_id.clone());
                for replica in instance.read_replicas.iter().chain(&instance.read_replica_clusters) {
                    self.arn(replica);
                }
                let replicated = instance.backup_replications.iter().filter_map(|arn| Arn::parse(arn));
                self.elsewhere.extend(replicated.map(|arn| arn.region.to_owned()));
            }
        }
        for (region, backup) in catalogue.each(|holdings| &holdings.cluster_backups) {
            if self.has_cluster_backup(region, backup) {
                self.left_behind(Family::Cluster, Some(&backup.cluster_resource_id));
            }
        }
        for (region, backup) in catalogue.each(|holdings| &holdings.instance_backups) {
            if self.has_instance_backup(region, backup) {
                self.left_behind(Family::Instance, Some(&backup.instance_resource_id));
            }
        }
        for (region, snapshot) in catalogue.each(|holdings| &holdings.cluster_snapshots) {
            if self.has_cluster_snapshot(region, snapshot) {
                self.left_behind(Family::Cluster, snapshot.cluster_resource_id.as_ref());
                self.snapshots.insert(snapshot.arn.clone());
            }
        }
        for (region, snapshot) in catalogue.each(|holdings| &holdings.instance_snapshots) {
            if self.has_instance_snapshot(region, snapshot) {
                self.left_behind(Family::Instance, snapshot.instance_resource_id.as_ref());
                self.snapshots.insert(snapshot.arn.clone());
            }
        }
    }

    pub(super) fn has_cluster(&self, region: &str, cluster: &Cluster) -> bool {
        self.bears(Family::Cluster, region, &cluster.identifier) || self.has_data(Some(&cluster.resource_id))
    }

    /// Instances of clusters are their cluster's.
    pub(super) fn has_instance(&self, region: &str, instance: &Instance) -> bool {
        instance.cluster.is_none()
            && (self.bears(Family::Instance, region, &instance.identifier)
                || self.has_data(Some(&instance.resource_id)))
    }

    pub(super) fn has_global(&self, global: &GlobalCluster) -> bool {
        global.members.iter().any(|member| self.bears_arn(&member.arn))
    }

    pub(super) fn has_cluster_backup(&self, region: &str, backup: &ClusterBackup) -> bool {
        self.bears(Family::Cluster, region, &backup.cluster) || self.has_data(Some(&backup.cluster_resource_id))
    }

    /// A replicated backup bears the name that the instance has in its own region.
    pub(super) fn has_instance_backup(&self, region: &str, backup: &InstanceBackup) -> bool {
        let home = backup.region.as_deref().unwrap_or(region);
        self.bears(Family::Instance, home, &backup.instance) || self.has_data(Some(&backup.instance_resource_id))
    }

    pub(super) fn has_cluster_snapshot(&self, region: &str, snapshot: &ClusterSnapshot) -> bool {
        self.has_snapshot(
            Name::of(Family::Cluster, taken_in(region, snapshot.copied_from.as_deref()), &snapshot.cluster),
            snapshot.cluster_resource_id.as_deref(),
            snapshot.copied_from.as_deref(),
        )
    }

    pub(super) fn has_instance_snapshot(&self, region: &str, snapshot: &InstanceSnapshot) -> bool {
        self.has_snapshot(
            Name::of(Family::Instance, taken_in(region, snapshot.copied_from.as_deref()), &snapshot.instance),
            snapshot.instance_resource_id.as_deref(),
            snapshot.copied_from.as_deref(),
        )
    }

    /// Whether it replicates, outside a global database, from what belongs here.
    pub(super) fn is_replica_cluster(&self, cluster: &Cluster) -> bool {
        cluster.replication_source.as_deref().is_some_and(|source| self.bears_arn(source))
    }

    /// Whether it replicates from what belongs here: RDS names a source in the same region by name, others by ARN.
    pub(super) fn is_replica_instance(&self, region: &str, instance: &Instance) -> bool {
        let of = |family, source: Option<&str>| {
            source.is_some_and(|source| self.bears_arn(source) || self.bears(family, region, source))
        };
        of(Family::Instance, instance.read_replica_source_instance.as_deref())
            || of(Family::Cluster, instance.read_replica_source_cluster.as_deref())
    }

    fn has_snapshot(&self, origin: Name, resource_id: Option<&str>, copied_from: Option<&str>) -> bool {
        self.names.contains(&origin)
            || self.has_data(resource_id)
            || copied_from.is_some_and(|source| self.snapshots.contains(source))
    }

    fn has_data(&self, resource_id: Option<&str>) -> bool {
        resource_id.is_some_and(|id| self.resource_ids.contains(id))
    }

    fn bears(&self, family: Family, region: &str, identifier: &str) -> bool {
        self.names.contains(&Name::of(family, region, identifier))
    }

    fn bears_arn(&self, arn: &str) -> bool {
        Arn::parse(arn).and_then(|arn| Name::of_arn(&arn)).is_some_and(|name| self.names.contains(&name))
    }

    /// Learns the id that a backup or snapshot bears.
    fn left_behind(&mut self, family: Family, resource_id: Option<&String>) {
        if !self.live.contains(&family) {
            self.resource_ids.extend(resource_id.cloned());
        }
    }

    fn name(&mut self, family: Family, region: &str, identifier: &str) {
        self.names.insert(Name::of(family, region, identifier));
    }

    fn arn(&mut self, arn: &str) {
        self.names.extend(Arn::parse(arn).and_then(|arn| Name::of_arn(&arn)));
    }
}

impl Name {
    /// RDS stores names in lower case.
    fn of(family: Family, region: &str, identifier: &str) -> Self {
        Self { family, region: region.to_owned(), identifier: identifier.to_ascii_lowercase() }
    }

    fn of_arn(arn: &Arn<'_>) -> Option<Self> {
        let family = match arn.kind {
            "cluster" => Family::Cluster,
            "db" => Family::Instance,
            _ => return None,
        };
        Some(Self::of(family, arn.region, arn.name))
    }
}

/// Where the database of a snapshot is, which a copy's region says nothing about.
fn taken_in<'a>(region: &'a str, copied_from: Option<&'a str>) -> &'a str {
    copied_from.and_then(Arn::parse).map_or(region, |arn| arn.region)
}

#[cfg(test)]
mod tests;
