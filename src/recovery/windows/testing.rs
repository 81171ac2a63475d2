//! Regions in memory, and things to put in them.

use std::{
    collections::BTreeMap,
    future::ready,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    catalogue::{Holdings, Regions},
    lineage::Subject,
    view::{Question, View, view},
};
use crate::{
    aws::{
        Error,
        kms::{Key, Keys},
        metrics::{Gauge, Metrics, Sample},
        rds::{
            backups::{
                Backups,
                model::{ClusterBackup, GlobalCluster, GlobalMember, InstanceBackup, InstanceSnapshot},
            },
            model::{Cluster, ClusterMember, ClusterSnapshot, Instance},
            versions::{Offer, Versions},
        },
    },
    recovery::refusal::Refusal,
};

/// The home region.
pub(crate) const HOME: &str = "eu-west-1";
/// Another.
pub(crate) const ABROAD: &str = "eu-central-1";
/// The present.
pub(crate) const NOW: &str = "2026-11-20T15:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("tests use real times")
}

/// AWS in memory.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) regions: BTreeMap<String, Holdings>,
    /// What each call fails with, by region and operation.
    pub(crate) faults: BTreeMap<(String, &'static str), Error>,
    /// Figures by metric and identifier.
    pub(crate) figures: BTreeMap<(&'static str, String), Sample>,
    /// What is said of keys that are not simply enabled, by id.
    pub(crate) keys: BTreeMap<String, Result<Key, Error>>,
    /// What is said of versions that are not simply available.
    pub(crate) versions: BTreeMap<String, Result<Offer, Error>>,
    /// The keys and versions that were asked for, with their regions.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    /// The regions that were looked at, as often as they were.
    pub(crate) looked: Arc<Mutex<Vec<String>>>,
}

impl World {
    pub(crate) fn region(&mut self, name: &str) -> &mut Holdings {
        self.regions.entry(name.to_owned()).or_default()
    }

    pub(crate) fn denies(&mut self, region: &str, operation: &'static str) {
        let error = Error::answered("rds", operation, "AccessDenied", "not authorized");
        self.faults.insert((region.to_owned(), operation), error);
    }

    pub(crate) fn lag(&mut self, metric: &'static str, identifier: &str, value: f64) {
        let sample = Sample { at: at("2026-11-20T14:59:00Z"), value };
        self.figures.insert((metric, identifier.to_owned()), sample);
    }

    fn known(&self, region: &str) -> Known {
        Known {
            region: region.to_owned(),
            keys: self.keys.clone(),
            versions: self.versions.clone(),
            asked: Arc::clone(&self.asked),
        }
    }

    /// The answer for `loans` in the home region.
    pub(crate) async fn loans(&self, wanted: Option<&str>) -> View {
        self.ask(Some(vec![subject("loans")]), &[HOME], wanted).await.expect("an answer")
    }

    pub(crate) async fn ask(
        &self,
        subjects: Option<Vec<Subject>>,
        regions: &[&str],
        wanted: Option<&str>,
    ) -> Result<View, Refusal> {
        let question = Question {
            subjects,
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
            wanted: wanted.map(at),
            now: at(NOW),
        };
        view(self, &question, ready(BTreeMap::new())).await
    }
}

impl Regions for World {
    fn backups(&self, region: &str) -> Arc<dyn Backups> {
        self.looked.lock().expect("not poisoned").push(region.to_owned());
        let faults = self.faults.iter().filter(|((of, _), _)| of == region);
        Arc::new(Region {
            holdings: self.regions.get(region).cloned().unwrap_or_default(),
            faults: faults.map(|((_, operation), error)| (*operation, error.clone())).collect(),
        })
    }

    fn metrics(&self, _: &str) -> Arc<dyn Metrics> {
        Arc::new(Figures(self.figures.clone()))
    }

    fn keys(&self, region: &str) -> Arc<dyn Keys> {
        Arc::new(self.known(region))
    }

    fn versions(&self, region: &str) -> Arc<dyn Versions> {
        Arc::new(self.known(region))
    }
}

struct Region {
    holdings: Holdings,
    faults: BTreeMap<&'static str, Error>,
}

impl Region {
    fn answer<T: Clone>(&self, operation: &'static str, list: &[T]) -> Result<Vec<T>, Error> {
        self.faults.get(operation).map_or_else(|| Ok(list.to_vec()), |error| Err(error.clone()))
    }
}

#[async_trait]
impl Backups for Region {
    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        self.answer("DescribeDBClusters", &self.holdings.clusters)
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        self.answer("DescribeDBInstances", &self.holdings.instances)
    }

    async fn cluster_backups(&self) -> Result<Vec<ClusterBackup>, Error> {
        self.answer("DescribeDBClusterAutomatedBackups", &self.holdings.cluster_backups)
    }

    async fn cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        self.answer("DescribeDBClusterSnapshots", &self.holdings.cluster_snapshots)
    }

    async fn instance_backups(&self) -> Result<Vec<InstanceBackup>, Error> {
        self.answer("DescribeDBInstanceAutomatedBackups", &self.holdings.instance_backups)
    }

    async fn instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error> {
        self.answer("DescribeDBSnapshots", &self.holdings.instance_snapshots)
    }

    async fn global_clusters(&self) -> Result<Vec<GlobalCluster>, Error> {
        self.answer("DescribeGlobalClusters", &self.holdings.global_clusters)
    }
}

/// What a region knows of keys and versions.
struct Known {
    region: String,
    keys: BTreeMap<String, Result<Key, Error>>,
    versions: BTreeMap<String, Result<Offer, Error>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Known {
    fn asked(&self, what: &str) {
        self.asked.lock().expect("not poisoned").push(format!("{what} in {}", self.region));
    }
}

#[async_trait]
impl Keys for Known {
    async fn key(&self, id: &str) -> Result<Key, Error> {
        self.asked(id);
        self.keys.get(id).cloned().unwrap_or_else(|| Ok(Key { state: "Enabled".to_owned(), deletion: None }))
    }
}

#[async_trait]
impl Versions for Known {
    async fn offer(&self, engine: &str, version: &str) -> Result<Offer, Error> {
        self.asked(&format!("{engine} {version}"));
        self.versions.get(version).cloned().unwrap_or_else(|| Ok(Offer::Listed("available".to_owned())))
    }
}

struct Figures(BTreeMap<(&'static str, String), Sample>);

#[async_trait]
impl Metrics for Figures {
    async fn newest(&self, gauge: &Gauge, _: Timestamp) -> Result<Option<Sample>, Error> {
        Ok(self.0.get(&(gauge.metric, gauge.identifier.clone())).copied())
    }
}

pub(crate) fn subject(identifier: &str) -> Subject {
    Subject { database: identifier.to_owned(), identifier: identifier.to_owned(), region: HOME.to_owned() }
}

fn arn(region: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:123456789012:{kind}:{name}")
}

/// A healthy cluster with a window of seven days.
pub(crate) fn cluster(region: &str, name: &str) -> Cluster {
    Cluster {
        identifier: name.to_owned(),
        arn: arn(region, "cluster", name),
        resource_id: format!("cluster-{name}-{region}"),
        status: "available".into(),
        engine: "aurora-postgresql".to_owned(),
        engine_version: Some("15.10".to_owned()),
        earliest_restorable_time: Some(at("2026-11-13T15:00:00.5Z")),
        latest_restorable_time: Some(at("2026-11-20T14:56:10Z")),
        backup_retention_period: Some(7),
        members: vec![ClusterMember { instance: format!("{name}-1"), is_writer: true, ..ClusterMember::default() }],
        ..Cluster::default()
    }
}

/// The backup of a deleted cluster.
pub(crate) fn retained(region: &str, name: &str) -> ClusterBackup {
    ClusterBackup {
        arn: Some(arn(region, "cluster-auto-backup", "ab-1")),
        cluster_resource_id: format!("cluster-{name}-{region}"),
        cluster: name.to_owned(),
        status: Some("retained".to_owned()),
        earliest: Some(at("2026-11-13T15:00:00Z")),
        latest: Some(at("2026-11-19T08:00:00Z")),
        retention_period: Some(7),
        engine: Some("aurora-postgresql".to_owned()),
        engine_version: Some("15.10".to_owned()),
        ..ClusterBackup::default()
    }
}

/// A finished snapshot of the cluster `of` in the same region.
pub(crate) fn snapshot(region: &str, name: &str, of: &str, created: &str) -> ClusterSnapshot {
    ClusterSnapshot {
        identifier: name.to_owned(),
        arn: arn(region, "cluster-snapshot", name),
        cluster: of.to_owned(),
        cluster_resource_id: Some(format!("cluster-{of}-{region}")),
        kind: Some(if name.starts_with("rds:") { "automated" } else { "manual" }.to_owned()),
        status: "available".to_owned(),
        created: Some(at(created)),
        engine: Some("aurora-postgresql".to_owned()),
        engine_version: Some("15.10".to_owned()),
        ..ClusterSnapshot::default()
    }
}

/// An RDS instance with backups.
pub(crate) fn instance(region: &str, name: &str) -> Instance {
    Instance {
        identifier: name.to_owned(),
        arn: arn(region, "db", name),
        resource_id: format!("db-{name}-{region}"),
        status: "available".into(),
        class: "db.m6g.large".to_owned(),
        engine: "postgres".to_owned(),
        engine_version: Some("16.4".to_owned()),
        allocated_storage: Some(400),
        latest_restorable_time: Some(at("2026-11-20T14:55:00Z")),
        backup_retention_period: Some(7),
        ..Instance::default()
    }
}

/// The backup of the instance `of` in the region `from`.
pub(crate) fn instance_backup(from: &str, of: &str, status: &str) -> InstanceBackup {
    InstanceBackup {
        arn: Some(arn(from, "auto-backup", "ab-2")),
        instance_resource_id: format!("db-{of}-{from}"),
        instance: of.to_owned(),
        status: Some(status.to_owned()),
        region: Some(from.to_owned()),
        earliest: Some(at("2026-11-13T15:00:00Z")),
        latest: Some(at("2026-11-20T14:50:00Z")),
        retention_period: Some(7),
        engine: Some("postgres".to_owned()),
        engine_version: Some("16.4".to_owned()),
        allocated_storage: Some(400),
        ..InstanceBackup::default()
    }
}

/// A finished snapshot of the instance `of` in the same region.
pub(crate) fn instance_snapshot(region: &str, name: &str, of: &str, taken: &str) -> InstanceSnapshot {
    InstanceSnapshot {
        identifier: name.to_owned(),
        arn: arn(region, "snapshot", name),
        instance: of.to_owned(),
        instance_resource_id: Some(format!("db-{of}-{region}")),
        kind: Some("manual".to_owned()),
        status: "available".to_owned(),
        database_time: Some(at(taken)),
        created: Some(at(taken)),
        engine: Some("postgres".to_owned()),
        engine_version: Some("16.4".to_owned()),
        allocated_storage: Some(400),
        ..InstanceSnapshot::default()
    }
}

/// A global database of a primary in the home region and a secondary abroad.
pub(crate) fn global(primary: &str, secondary: &str) -> GlobalCluster {
    let member = |arn, is_writer| GlobalMember { arn, is_writer, synchronization: Some("connected".to_owned()) };
    GlobalCluster {
        identifier: "world".to_owned(),
        status: Some("available".to_owned()),
        engine: Some("aurora-postgresql".to_owned()),
        members: vec![member(arn(HOME, "cluster", primary), true), member(arn(ABROAD, "cluster", secondary), false)],
        ..GlobalCluster::default()
    }
}
