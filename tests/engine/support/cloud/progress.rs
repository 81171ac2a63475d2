//! What is under way in the in-memory cloud, and how looking at it brings it to its end.

use daybreak::aws::{
    Error,
    rds::model::{Cluster, ClusterMember, ClusterSnapshot},
};

use super::{Inner, READS, answered};

impl Inner {
    pub(super) fn next_id(&mut self, prefix: &str) -> String {
        self.serial += 1;
        format!("{prefix}-{:04}", self.serial)
    }

    /// Counts one read of `name`; true when what was under way is complete.
    pub(in crate::support) fn read_completes(&mut self, name: &str) -> bool {
        let Some(left) = self.pending.get_mut(name) else { return false };
        *left -= 1;
        let complete = *left == 0;
        if complete {
            self.pending.remove(name);
        }
        complete
    }

    /// Has a cluster made, unless its name is taken.
    pub(super) fn make_cluster(&mut self, operation: &'static str, cluster: Cluster) -> Result<(), Error> {
        let identifier = cluster.identifier.clone();
        if self.clusters.contains_key(&identifier) {
            return answered(operation, "DBClusterAlreadyExistsFault");
        }
        let cluster = Cluster {
            arn: format!("arn:aws:rds:eu-west-1:123456789012:cluster:{identifier}"),
            resource_id: self.next_id("cluster"),
            status: "creating".into(),
            preferred_maintenance_window: Some("sun:01:00-sun:01:30".to_owned()),
            ..cluster
        };
        self.clusters.insert(identifier.clone(), cluster);
        let reads = READS + self.slow;
        self.pending.insert(identifier, reads);
        Ok(())
    }

    /// One read of a snapshot by name or ARN, and what it shows.
    pub(super) fn read_snapshot(&mut self, identifier: &str) -> Option<ClusterSnapshot> {
        let name = self.snapshots.values().find(|one| one.identifier == identifier || one.arn == identifier);
        let name = name.map(|one| one.identifier.clone())?;
        if self.read_completes(&name) {
            let snapshot = self.snapshots.get_mut(&name)?;
            if snapshot.status == "deleting" {
                self.snapshots.remove(&name);
            } else {
                snapshot.status = "available".to_owned();
            }
        }
        self.snapshots.get(&name).cloned()
    }

    /// What was under way with an instance outside clusters is complete.
    fn progress_alone(&mut self, identifier: &str) {
        let ends = self.restore_ends;
        let instance = self.instances.get_mut(identifier).unwrap();
        if instance.status.is_deleting() {
            self.instances.remove(identifier);
        } else {
            instance.status = ends.unwrap_or("available").into();
            // What is promoted keeps its address.
            instance.address.get_or_insert_with(|| format!("{identifier}.instance.example"));
        }
    }

    /// Counts one read of an instance, and completes what was under way.
    pub(in crate::support) fn progress_instance(&mut self, identifier: &str) {
        if self.read_completes(identifier) {
            let instance = self.instances.get_mut(identifier).unwrap();
            let Some(cluster) = instance.cluster.clone() else { return self.progress_alone(identifier) };
            if instance.status.is_deleting() {
                self.instances.remove(identifier);
                self.clusters.get_mut(&cluster).unwrap().members.retain(|member| member.instance != identifier);
            } else {
                instance.status = "available".into();
                let cluster = self.clusters.get_mut(&cluster).unwrap();
                let is_writer = cluster.members.is_empty();
                cluster.members.push(ClusterMember {
                    instance: identifier.to_owned(),
                    is_writer,
                    ..ClusterMember::default()
                });
                cluster.endpoint = Some(format!("{}.cluster.example", cluster.identifier));
            }
        }
    }
}
