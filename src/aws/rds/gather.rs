//! Looks of several runs, gathered into one call.
//!
//! Nothing is kept: a look is answered by a call that had not been sent when the look was asked for, so what the
//! looker did before is in the answer as far as RDS shows it at all.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};

use super::api::{Listing, Rds};
use super::model::{Cluster, ClusterSnapshot, Event, EventSource, Instance};
use super::requests::{
    AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags, RestoreClusterToPointInTime,
};
use crate::aws::error::Error;

/// The most names one call asks for: as many as a page of the answer holds.
const AT_MOST: usize = 100;

/// One region's RDS, shared by all runs of a process.
///
/// Looks by name that wait at the same time become one call, of at most 100 names. A look that finds no company
/// is the plain call by name that it would be without this. Of each kind of look at most one call is under way: whoever
/// looks meanwhile gathers for the next one. Everything else is passed on as it is.
///
/// An error that may pass is everybody's, since to ask again for each name would only add to it. After any other
/// error each looker asks alone: one name that RDS dislikes, or an identity that may look but not list, costs calls and
/// fails nobody else.
pub struct Gather<R> {
    rds: Arc<R>,
    clusters: Looks<R, Clusters>,
    instances: Looks<R, Instances>,
    members: Looks<R, Members>,
    all: Looks<R, All>,
}

impl<R: Listing + 'static> Gather<R> {
    /// Gathers looks at `rds`.
    pub fn new(rds: R) -> Self {
        let rds = Arc::new(rds);
        Self {
            clusters: Looks::new(rds.clone()),
            instances: Looks::new(rds.clone()),
            members: Looks::new(rds.clone()),
            all: Looks::new(rds.clone()),
            rds,
        }
    }
}

/// Something that can be looked at one by one, or many at once.
#[async_trait]
trait Kind: Send + Sync + 'static {
    type Found: Clone + Send + Sync + 'static;

    async fn alone(rds: &dyn Listing, name: &str) -> Result<Vec<Self::Found>, Error>;

    async fn together(rds: &dyn Listing, names: &[String]) -> Result<Vec<Self::Found>, Error>;

    /// Whether the look for `name` is to be answered with this.
    fn answers(found: &Self::Found, name: &str) -> bool;
}

struct Clusters;

#[async_trait]
impl Kind for Clusters {
    type Found = Cluster;

    async fn alone(rds: &dyn Listing, name: &str) -> Result<Vec<Cluster>, Error> {
        Ok(rds.cluster(name).await?.into_iter().collect())
    }

    async fn together(rds: &dyn Listing, names: &[String]) -> Result<Vec<Cluster>, Error> {
        rds.clusters_named(names).await
    }

    fn answers(found: &Cluster, name: &str) -> bool {
        found.identifier.eq_ignore_ascii_case(name)
    }
}

struct Instances;

#[async_trait]
impl Kind for Instances {
    type Found = Instance;

    async fn alone(rds: &dyn Listing, name: &str) -> Result<Vec<Instance>, Error> {
        Ok(rds.instance(name).await?.into_iter().collect())
    }

    async fn together(rds: &dyn Listing, names: &[String]) -> Result<Vec<Instance>, Error> {
        rds.instances_named(names).await
    }

    fn answers(found: &Instance, name: &str) -> bool {
        found.identifier.eq_ignore_ascii_case(name)
    }
}

/// The instances of a cluster.
struct Members;

#[async_trait]
impl Kind for Members {
    type Found = Instance;

    async fn alone(rds: &dyn Listing, name: &str) -> Result<Vec<Instance>, Error> {
        rds.instances_of(name).await
    }

    async fn together(rds: &dyn Listing, names: &[String]) -> Result<Vec<Instance>, Error> {
        rds.instances_of_any(names).await
    }

    fn answers(found: &Instance, name: &str) -> bool {
        found.cluster.as_deref().is_some_and(|cluster| cluster.eq_ignore_ascii_case(name))
    }
}

/// All clusters of the region: one list is everybody's.
struct All;

#[async_trait]
impl Kind for All {
    type Found = Cluster;

    async fn alone(rds: &dyn Listing, _: &str) -> Result<Vec<Cluster>, Error> {
        rds.clusters().await
    }

    async fn together(rds: &dyn Listing, _: &[String]) -> Result<Vec<Cluster>, Error> {
        rds.clusters().await
    }

    fn answers(_: &Cluster, _: &str) -> bool {
        true
    }
}

/// What one call said, and whether it was made for one name only.
struct Answer<K: Kind> {
    alone: bool,
    found: Result<Vec<K::Found>, Error>,
}

type Asked<K> = Shared<BoxFuture<'static, Arc<Answer<K>>>>;

/// What a call will be made for; nothing any more once it is being made.
type Names = Arc<Mutex<Option<Gathered>>>;

#[derive(Default)]
struct Gathered {
    names: BTreeSet<String>,
    /// How many looks they are for.
    looks: usize,
}

impl Gathered {
    /// Takes one more look in, unless that would be more than one call may ask for.
    fn admits(&mut self, name: &str) -> bool {
        let admitted = self.names.contains(name) || self.names.len() < AT_MOST;
        if admitted {
            self.names.insert(name.to_owned());
            self.looks += 1;
        }
        admitted
    }
}

/// A call that was asked for last, and those it is for. It lives as long as somebody waits for it.
struct Batch<K: Kind> {
    names: Names,
    asked: WeakShared<BoxFuture<'static, Arc<Answer<K>>>>,
}

/// The looks of one kind.
struct Looks<R, K: Kind> {
    rds: Arc<R>,
    latest: Mutex<Option<Batch<K>>>,
}

impl<R: Listing + 'static, K: Kind> Looks<R, K> {
    fn new(rds: Arc<R>) -> Self {
        Self { rds, latest: Mutex::new(None) }
    }

    async fn look(&self, name: &str) -> Result<Vec<K::Found>, Error> {
        // An ARN, or whatever else is no plain name, is not for a filter.
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return K::alone(&*self.rds, name).await;
        }
        let answer = self.join(name).await;
        match &answer.found {
            Ok(found) if answer.alone => Ok(found.clone()),
            Ok(found) => Ok(found.iter().filter(|found| K::answers(found, name)).cloned().collect()),
            Err(error) if answer.alone || error.is_retryable() => Err(error.clone()),
            Err(_) => K::alone(&*self.rds, name).await,
        }
    }

    /// Joins the call that is being gathered for, or begins to gather for the next one.
    fn join(&self, name: &str) -> Asked<K> {
        let name = name.to_ascii_lowercase();
        let mut latest = lock(&self.latest);
        let before = latest.as_ref().and_then(|batch| batch.asked.upgrade());
        if let (Some(batch), Some(asked)) = (&*latest, &before)
            && lock(&batch.names).as_mut().is_some_and(|gathered| gathered.admits(&name))
        {
            return asked.clone();
        }
        let gathered = Gathered { names: BTreeSet::from([name]), looks: 1 };
        let names: Names = Arc::new(Mutex::new(Some(gathered)));
        let asked = ask::<K>(self.rds.clone(), names.clone(), before).boxed().shared();
        *latest = asked.downgrade().map(|asked| Batch { names, asked });
        asked
    }
}

/// Makes the call, once the one `before` is answered and nobody else comes.
async fn ask<K: Kind>(rds: Arc<dyn Listing>, names: Names, before: Option<Asked<K>>) -> Arc<Answer<K>> {
    if let Some(before) = before {
        before.await;
    }
    all_are_there(&names).await;
    let names: Vec<String> = lock(&names).take().unwrap_or_default().names.into_iter().collect();
    let (alone, found) = match names.as_slice() {
        [name] => (true, K::alone(&*rds, name).await),
        names => (false, K::together(&*rds, names).await),
    };
    Arc::new(Answer { alone, found })
}

/// Returns once everything else that could go on has had its turn, and none of it has brought another look.
async fn all_are_there(names: &Names) {
    let looks = || lock(names).as_ref().map_or(0, |gathered| gathered.looks);
    let mut known = 0;
    while known < looks() {
        known = looks();
        // Not `yield_now`, which is over when it is polled again, and every looker polls this. A task that is spawned
        // runs when those have run that were ready before; it does nothing, so it cannot fail.
        let _ = tokio::spawn(async {}).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl<R: Listing + 'static> Rds for Gather<R> {
    async fn cluster(&self, identifier: &str) -> Result<Option<Cluster>, Error> {
        Ok(self.clusters.look(identifier).await?.into_iter().next())
    }

    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        self.all.look("all").await
    }

    async fn instance(&self, identifier: &str) -> Result<Option<Instance>, Error> {
        Ok(self.instances.look(identifier).await?.into_iter().next())
    }

    async fn instances_of(&self, cluster: &str) -> Result<Vec<Instance>, Error> {
        self.members.look(cluster).await
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        self.rds.instances().await
    }

    async fn cluster_snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error> {
        self.rds.cluster_snapshot(identifier).await
    }

    async fn manual_cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        self.rds.manual_cluster_snapshots().await
    }

    async fn events(&self, source: &EventSource, minutes: u32) -> Result<Vec<Event>, Error> {
        self.rds.events(source, minutes).await
    }

    async fn restore_cluster_to_point_in_time(&self, request: &RestoreClusterToPointInTime) -> Result<(), Error> {
        self.rds.restore_cluster_to_point_in_time(request).await
    }

    async fn create_instance(&self, request: &CreateInstance) -> Result<(), Error> {
        self.rds.create_instance(request).await
    }

    async fn modify_cluster(&self, request: &ModifyCluster) -> Result<(), Error> {
        self.rds.modify_cluster(request).await
    }

    async fn delete_instance(&self, request: &DeleteInstance) -> Result<(), Error> {
        self.rds.delete_instance(request).await
    }

    async fn delete_cluster(&self, request: &DeleteCluster) -> Result<(), Error> {
        self.rds.delete_cluster(request).await
    }

    async fn add_tags(&self, request: &AddTags) -> Result<(), Error> {
        self.rds.add_tags(request).await
    }

    async fn remove_tags(&self, request: &RemoveTags) -> Result<(), Error> {
        self.rds.remove_tags(request).await
    }
}
