//! Looks at the cloud: each is counted, takes what is under way a read further, and can be at many things at once.

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    rds::{
        Listing,
        model::{Cluster, Instance},
    },
};
use tokio::time::Instant;

use super::cloud::{Cloud, Inner};

impl Inner {
    /// Notes one describe call.
    pub(super) fn looked(&mut self, at: &'static str) {
        self.looks.push((Instant::now(), at));
    }

    /// One read of a cluster, and what it shows.
    pub(super) fn read_cluster(&mut self, identifier: &str) -> Option<Cluster> {
        if self.read_completes(identifier) {
            let ends = self.restore_ends;
            let cluster = self.clusters.get_mut(identifier).unwrap();
            if cluster.status.is_deleting() {
                self.clusters.remove(identifier);
                self.forget_fitted(identifier);
            } else {
                cluster.status = ends.unwrap_or("available").into();
                self.finish_rename(identifier);
            }
        }
        self.progress_roles(identifier);
        self.clusters.get(identifier).cloned()
    }

    /// One read of an instance, and what it shows.
    pub(super) fn read_instance(&mut self, identifier: &str) -> Option<Instance> {
        self.progress_instance(identifier);
        self.progress_roles(identifier);
        self.instances.get(identifier).cloned()
    }

    /// One read of each instance of a cluster, and what they show.
    pub(super) fn read_members(&mut self, cluster: &str) -> Vec<Instance> {
        let members = self.instances.values().filter(|instance| instance.cluster.as_deref() == Some(cluster));
        let names: Vec<String> = members.map(|instance| instance.identifier.clone()).collect();
        names.iter().filter_map(|name| self.read_instance(name)).collect()
    }
}

#[async_trait]
impl Listing for Cloud {
    async fn clusters_named(&self, identifiers: &[String]) -> Result<Vec<Cluster>, Error> {
        assert!(identifiers.len() <= 100, "RDS takes no more");
        let mut inner = self.inner();
        inner.looked("clusters");
        Ok(identifiers.iter().filter_map(|name| inner.read_cluster(name)).collect())
    }

    async fn instances_named(&self, identifiers: &[String]) -> Result<Vec<Instance>, Error> {
        assert!(identifiers.len() <= 100, "RDS takes no more");
        let mut inner = self.inner();
        inner.looked("instances");
        Ok(identifiers.iter().filter_map(|name| inner.read_instance(name)).collect())
    }

    async fn instances_of_any(&self, clusters: &[String]) -> Result<Vec<Instance>, Error> {
        assert!(clusters.len() <= 100, "RDS takes no more");
        let mut inner = self.inner();
        inner.looked("members");
        Ok(clusters.iter().flat_map(|name| inner.read_members(name)).collect())
    }
}
