//! What is under way in the in-memory cloud, and how looking at it brings it to its end.

use daybreak::aws::rds::model::ClusterMember;

use super::Inner;

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

    /// Counts one read of an instance, and completes what was under way.
    pub(in crate::support) fn progress_instance(&mut self, identifier: &str) {
        if self.read_completes(identifier) {
            let instance = self.instances.get_mut(identifier).unwrap();
            let Some(cluster) = instance.cluster.clone() else {
                instance.status = "available".into();
                return;
            };
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
