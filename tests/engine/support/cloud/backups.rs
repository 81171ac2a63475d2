//! What the in-memory cloud lists to restore from, seen from one of its regions.

use std::sync::Arc;

use async_trait::async_trait;
use daybreak::{
    aws::{
        Error,
        kms::{Key, Keys},
        metrics::Metrics,
        rds::{
            backups::{
                Backups,
                model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
            },
            model::{Cluster, ClusterSnapshot, Instance},
            versions::{Offer, Versions},
        },
    },
    recovery::windows::catalogue::Regions,
};

use super::{Cloud, snapshots::region_of};

/// The region of the scene's clusters.
const HOME: &str = "eu-west-1";

/// The cloud as one region shows it: its clusters are at home, its snapshots where their ARNs say.
struct Seen {
    cloud: Cloud,
    region: String,
}

impl Seen {
    fn at_home<T>(&self, things: Vec<T>) -> Vec<T> {
        if self.region == HOME { things } else { Vec::new() }
    }
}

impl Regions for Cloud {
    fn backups(&self, region: &str) -> Arc<dyn Backups> {
        Arc::new(Seen { cloud: self.clone(), region: region.to_owned() })
    }

    fn metrics(&self, region: &str) -> Arc<dyn Metrics> {
        unimplemented!("nothing replicates into {region}")
    }

    fn keys(&self, region: &str) -> Arc<dyn Keys> {
        Arc::new(Seen { cloud: self.clone(), region: region.to_owned() })
    }

    fn versions(&self, region: &str) -> Arc<dyn Versions> {
        Arc::new(Seen { cloud: self.clone(), region: region.to_owned() })
    }
}

#[async_trait]
impl Keys for Seen {
    async fn key(&self, _: &str) -> Result<Key, Error> {
        Ok(Key { state: "Enabled".to_owned(), deletion: None })
    }
}

#[async_trait]
impl Versions for Seen {
    async fn offer(&self, _: &str, _: &str) -> Result<Offer, Error> {
        Ok(Offer::Listed("available".to_owned()))
    }
}

#[async_trait]
impl Backups for Seen {
    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        Ok(self.at_home(Cloud::clusters(&self.cloud)))
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        Ok(self.at_home(Cloud::instances(&self.cloud)))
    }

    async fn cluster_backups(&self) -> Result<Vec<ClusterBackup>, Error> {
        Ok(self.at_home(self.cloud.inner().backups.clone()))
    }

    async fn cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        let mut snapshots = self.cloud.snapshots();
        snapshots.retain(|snapshot| region_of(&snapshot.arn) == self.region);
        Ok(snapshots)
    }

    async fn instance_backups(&self) -> Result<Vec<InstanceBackup>, Error> {
        Ok(Vec::new())
    }

    async fn instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error> {
        Ok(Vec::new())
    }

    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error> {
        Ok(self.cloud.globals())
    }
}
