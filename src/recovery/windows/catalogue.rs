//! What RDS has, region by region, and what of it could not be seen.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{join, time::timeout};

use crate::aws::{
    self, ErrorKind,
    kms::Keys,
    metrics::Metrics,
    rds::{
        backups::{
            Backups,
            model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
        },
        model::{Cluster, ClusterSnapshot, Instance},
        versions::Versions,
    },
};

/// How long one question may take: calls to a region that is down can hang, and must not keep the others' answer.
const LIMIT: Duration = Duration::from_secs(30);

/// The way to each region.
pub trait Regions: Send + Sync {
    /// What there is to restore from in a region.
    fn backups(&self, region: &str) -> Arc<dyn Backups>;

    /// The metrics of a region.
    fn metrics(&self, region: &str) -> Arc<dyn Metrics>;

    /// The keys of a region.
    fn keys(&self, region: &str) -> Arc<dyn Keys>;

    /// The engine versions of a region.
    fn versions(&self, region: &str) -> Arc<dyn Versions>;
}

/// What one region has.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// Clusters, of any engine.
    pub clusters: Vec<Cluster>,
    /// Instances, those of clusters included.
    pub instances: Vec<Instance>,
    /// Automated backups of clusters.
    pub cluster_backups: Vec<ClusterBackup>,
    /// Cluster snapshots.
    pub cluster_snapshots: Vec<ClusterSnapshot>,
    /// Automated backups of instances.
    pub instance_backups: Vec<InstanceBackup>,
    /// Instance snapshots.
    pub instance_snapshots: Vec<InstanceSnapshot>,
    /// Global databases.
    pub global_clusters: Vec<GlobalCluster>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Where.
    pub region: String,
    /// What: `cluster snapshots`.
    pub what: &'static str,
    /// Why not, with the call.
    pub error: aws::Error,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// By region; one that was looked at is here, whatever could be seen of it.
    pub regions: BTreeMap<String, Holdings>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

impl Catalogue {
    /// Looks at `regions`, everywhere at once. What cannot be seen is noted, and fails nothing else.
    pub async fn look(&mut self, world: &dyn Regions, regions: &[String]) {
        let looks = regions.iter().map(|region| holdings(region, world.backups(region)));
        for (region, (holdings, unseen)) in regions.iter().zip(join_all(looks).await) {
            self.regions.insert(region.clone(), holdings);
            self.unseen.extend(unseen);
        }
    }

    /// Each thing with its region.
    pub(super) fn each<'a, T: 'a>(
        &'a self,
        list: fn(&Holdings) -> &[T],
    ) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        self.regions
            .iter()
            .flat_map(move |(region, holdings)| list(holdings).iter().map(move |thing| (region.as_str(), thing)))
    }

    /// Whether something of this kind could not be seen in a region.
    pub(super) fn is_unseen(&self, region: &str, what: &str) -> bool {
        self.unseen.iter().any(|unseen| unseen.region == region && unseen.what == what)
    }
}

/// Clusters, as [`Unseen::what`].
pub const CLUSTERS: &str = "clusters";
/// Instances' automated backups, as [`Unseen::what`].
pub const INSTANCE_BACKUPS: &str = "automated backups of instances";

async fn holdings(region: &str, rds: Arc<dyn Backups>) -> (Holdings, Vec<Unseen>) {
    let answers = join!(
        within(("rds", "DescribeDBClusters"), rds.clusters()),
        within(("rds", "DescribeDBInstances"), rds.instances()),
        within(("rds", "DescribeDBClusterAutomatedBackups"), rds.cluster_backups()),
        within(("rds", "DescribeDBClusterSnapshots"), rds.cluster_snapshots()),
        within(("rds", "DescribeDBInstanceAutomatedBackups"), rds.instance_backups()),
        within(("rds", "DescribeDBSnapshots"), rds.instance_snapshots()),
        within(("rds", "DescribeGlobalClusters"), rds.global_clusters()),
    );
    let mut unseen = Vec::new();
    let holdings = Holdings {
        clusters: seen(region, CLUSTERS, answers.0, &mut unseen),
        instances: seen(region, "instances", answers.1, &mut unseen),
        cluster_backups: seen(region, "automated backups of clusters", answers.2, &mut unseen),
        cluster_snapshots: seen(region, "cluster snapshots", answers.3, &mut unseen),
        instance_backups: seen(region, INSTANCE_BACKUPS, answers.4, &mut unseen),
        instance_snapshots: seen(region, "instance snapshots", answers.5, &mut unseen),
        global_clusters: seen(region, "global databases", answers.6, &mut unseen),
    };
    (holdings, unseen)
}

fn seen<T>(region: &str, what: &'static str, answer: Result<Vec<T>, aws::Error>, unseen: &mut Vec<Unseen>) -> Vec<T> {
    answer.unwrap_or_else(|error| {
        unseen.push(Unseen { region: region.to_owned(), what, error });
        Vec::new()
    })
}

/// The answer of a call, or that there was none in time.
pub(super) async fn within<T>(
    (service, operation): (&'static str, &'static str),
    call: impl Future<Output = Result<T, aws::Error>>,
) -> Result<T, aws::Error> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let message = format!("no answer within {} s", LIMIT.as_secs());
        Err(aws::Error::new(ErrorKind::Timeout, service, operation, message))
    })
}
