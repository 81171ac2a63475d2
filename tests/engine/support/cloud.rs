//! RDS, Secrets Manager and Route 53 that remember: asynchronous creation and deletion, AWS's refusals, and faults by call number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use daybreak::aws::{
    Error,
    rds::{
        backups::model::{ClusterBackup, GlobalCluster, InstanceBackup, InstanceSnapshot},
        model::{Cluster, ClusterSnapshot, Instance},
    },
    secrets::model::SecretDescription,
};
use tokio::time::Instant;

use self::secrets::Kept;

mod backups;
pub(crate) mod dns;
mod fittings;
mod instances;
mod ledgers;
mod probation;
mod progress;
pub(crate) mod proxies;
mod rds;
mod renames;
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
    /// The application's, first, and others.
    secrets: Vec<Kept>,
    zone: dns::Zone,
    fronted: proxies::Fronted,
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
    /// How many more looks at a global database tell what these were.
    globals_before: (u32, BTreeMap<String, GlobalCluster>),
    /// How many more values of the secret can be read.
    readable: Option<u32>,
    /// Whether reads are left without an answer.
    silent: bool,
    /// The servers whose roles were asked for, by host.
    sites: BTreeMap<String, roles::Site>,
    /// Whether the region of the snapshots is away.
    snapshots_away: bool,
    /// The servers that follow another, by host.
    following: BTreeMap<String, String>,
    /// How many more looks at what follows do not show a seal.
    behind: u32,
    /// A role that may not be altered.
    untouchable: Option<&'static str>,
    /// What is fitted to clusters.
    pub(super) fitted: fittings::Fitted,
    /// Clusters on their way to other names.
    renames: renames::Renames,
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

    /// Adds a secret; the first one is the application's.
    pub(crate) fn add_secret(&self, description: SecretDescription, version: &str, value: &str) {
        let values = BTreeMap::from([(version.to_owned(), value.to_owned())]);
        self.inner().secrets.push(Kept { description, values });
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
        edit(&mut self.inner().secrets[0].description);
    }

    pub(crate) fn restores_end_as(&self, status: &'static str) {
        self.inner().restore_ends = Some(status);
    }

    /// Somebody else writes the application's secret, with a connection to `host`.
    pub(crate) fn secret_is_written_by_somebody(&self, host: &str) {
        self.nth_secret_is_written_by_somebody(0, host);
    }

    /// The same of the secret number `nth`, from 0.
    pub(crate) fn nth_secret_is_written_by_somebody(&self, nth: usize, host: &str) {
        let mut inner = self.inner();
        let value = format!(r#"{{"engine":"postgres","host":"{host}","port":5433,"username":"app","password":"new"}}"#);
        let Kept { description, values } = &mut inner.secrets[nth];
        values.insert("theirs".to_owned(), value);
        description.versions = BTreeMap::from([("theirs".to_owned(), vec!["AWSCURRENT".to_owned()])]);
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
        let Kept { description, values } = &self.inner().secrets[0];
        values.keys().map(|id| (id.clone(), description.versions.get(id).cloned().unwrap_or_default())).collect()
    }

    /// The secret's labels, by version.
    pub(crate) fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let mut versions = self.inner().secrets[0].description.versions.clone();
        versions.values_mut().for_each(|labels| labels.sort_unstable());
        versions
    }

    /// The secret's values can be read `count` times more, and then no longer.
    pub(crate) fn secrets_are_unreadable_after(&self, count: u32) {
        self.inner().readable = Some(count);
    }

    /// The host that clients of the application's secret get.
    pub(crate) fn secret_points_at(&self) -> String {
        self.secrets_point_at().remove(0)
    }

    /// The hosts that clients of each secret get.
    pub(crate) fn secrets_point_at(&self) -> Vec<String> {
        self.inner().secrets.iter().filter_map(Kept::points_at).collect()
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

fn answered<T>(operation: &'static str, code: &str) -> Result<T, Error> {
    Err(Error::answered("rds", operation, code, "the world says no"))
}
