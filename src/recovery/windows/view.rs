//! The whole answer: the windows of one database, of several, or of all.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{
    arn::Arn,
    catalogue::{CLUSTERS, Catalogue, Regions, Unseen},
    judge::{Bench, ENGINES, judge},
    lag::{Lags, measure},
    lineage::{Lineage, Subject},
    upkeep::Upkeep,
    window::{Earlier, Window},
};
use crate::recovery::refusal::Refusal;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The databases; none means all that the regions have or had.
    pub subjects: Option<Vec<Subject>>,
    /// The regions to look at. Those that a database is known to replicate to are looked at as well.
    pub regions: BTreeSet<String>,
    /// The time wanted; none for the newest data there is.
    pub wanted: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

/// A database and its windows, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The database.
    pub subject: Subject,
    /// Its windows.
    pub windows: Vec<Window>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The time that losses are counted back from, a whole second.
    pub wanted: Timestamp,
    /// Whether that time was asked for, or is the present.
    pub asked: bool,
    /// The present.
    pub now: Timestamp,
    /// In the order asked for; of all, by name.
    pub databases: Vec<Found>,
    /// The regions that were looked at.
    pub regions: Vec<String>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
    /// Databases of engines that daybreak does not recover, with their engines.
    pub left_out: Vec<String>,
    /// The clusters that are there, by region.
    clusters: BTreeMap<String, Vec<String>>,
}

/// Looks, measures and judges. Changes nothing. `earlier` finds out meanwhile how long restores of each cluster have
/// taken.
///
/// # Errors
/// When nothing at all could be seen: why not.
pub async fn view(
    world: &dyn Regions,
    question: &Question,
    earlier: impl Future<Output = Earlier>,
) -> Result<View, Refusal> {
    let mut catalogue = Catalogue::default();
    let asked: Vec<String> = question.regions.iter().cloned().collect();
    let (earlier, ()) = tokio::join!(earlier, catalogue.look(world, &asked));
    let subjects = question.subjects.clone().unwrap_or_else(|| all(&catalogue));
    let mut lineages: Vec<Lineage>;
    // A region found may lead to others; it ends, for each is looked at once.
    loop {
        lineages = subjects.iter().map(|subject| Lineage::of(subject, &catalogue)).collect();
        let further: BTreeSet<String> = lineages.iter().flat_map(Lineage::regions).map(str::to_owned).collect();
        let further: Vec<String> = further.into_iter().filter(|name| !catalogue.regions.contains_key(name)).collect();
        if further.is_empty() {
            break;
        }
        catalogue.look(world, &further).await;
    }
    if let Some(blind) = blind(&catalogue) {
        return Err(Refusal::aws(format!("list the {} of {}", blind.what, blind.region))(blind.error.clone()));
    }
    let lags = join_all(lineages.iter().map(|lineage| measure(world, lineage, &catalogue, question.now))).await;
    let lags: Lags = lags.into_iter().flatten().collect();
    let wanted = question.wanted.unwrap_or(question.now);
    let wanted = Timestamp::from_second(wanted.as_second()).unwrap_or(wanted);
    let judged = |upkeep: &Upkeep| -> Vec<Found> {
        let bench = Bench { catalogue: &catalogue, wanted, now: question.now, earlier: &earlier, lags: &lags, upkeep };
        let found = |(subject, lineage): (&Subject, &Lineage)| Found {
            subject: subject.clone(),
            windows: judge(subject, lineage, bench),
        };
        subjects.iter().zip(&lineages).map(found).collect()
    };
    // Which keys and versions count is known once it is known which windows there are.
    let windows: Vec<Window> = judged(&Upkeep::default()).into_iter().flat_map(|found| found.windows).collect();
    let upkeep = Upkeep::look(world, &windows).await;
    let databases = judged(&upkeep);
    Ok(View {
        wanted,
        asked: question.wanted.is_some(),
        now: question.now,
        databases,
        regions: catalogue.regions.keys().cloned().collect(),
        left_out: if question.subjects.is_none() { others(&catalogue) } else { Vec::new() },
        clusters: catalogue
            .regions
            .iter()
            .map(|(region, holdings)| {
                (region.clone(), holdings.clusters.iter().map(|cluster| cluster.identifier.clone()).collect())
            })
            .collect(),
        unseen: catalogue.unseen.into_iter().chain(upkeep.unseen()).collect(),
    })
}

impl View {
    /// Why there is nothing to say of a database: its region could not be looked at, or has and had nothing of that name.
    pub fn nothing(&self, subject: &Subject) -> Refusal {
        let unseen = self.unseen.iter().find(|unseen| unseen.region == subject.region && unseen.what == CLUSTERS);
        match unseen {
            Some(unseen) => Refusal::aws(format!("look up cluster {}", subject.identifier))(unseen.error.clone()),
            None => Refusal::NoSuchCluster {
                cluster: subject.identifier.clone(),
                region: subject.region.clone(),
                others: self.clusters.get(&subject.region).cloned().unwrap_or_default(),
            },
        }
    }
}

/// The first thing that could not be seen, if nothing could.
fn blind(catalogue: &Catalogue) -> Option<&Unseen> {
    const LISTS: usize = 7;
    let nothing = catalogue.unseen.len() >= LISTS * catalogue.regions.len();
    catalogue.unseen.first().filter(|_| nothing)
}

/// Every database that is or was in the regions: what is live, then what only backups and snapshots tell of. What
/// replicates from one of them is no database of its own.
fn all(catalogue: &Catalogue) -> Vec<Subject> {
    let mut databases = Databases { catalogue, found: BTreeMap::new() };
    for follows in [false, true] {
        for (region, cluster) in catalogue.each(|holdings| &holdings.clusters) {
            let secondary = catalogue
                .each(|holdings| &holdings.global_clusters)
                .flat_map(|(_, global)| &global.members)
                .any(|member| member.arn == cluster.arn && !member.is_writer);
            if follows == (secondary || cluster.replication_source.is_some()) && known(Some(&cluster.engine)) {
                databases.add(region, &cluster.identifier, |lineage| lineage.has_cluster(region, cluster));
            }
        }
        for (region, instance) in catalogue.each(|holdings| &holdings.instances) {
            let replica =
                instance.read_replica_source_instance.is_some() || instance.read_replica_source_cluster.is_some();
            if follows == replica && instance.cluster.is_none() && known(Some(&instance.engine)) {
                databases.add(region, &instance.identifier, |lineage| lineage.has_instance(region, instance));
            }
        }
    }
    for (region, backup) in catalogue.each(|holdings| &holdings.cluster_backups) {
        if known(backup.engine.as_deref()) {
            databases.add(region, &backup.cluster, |lineage| lineage.has_cluster_backup(region, backup));
        }
    }
    for (region, backup) in catalogue.each(|holdings| &holdings.instance_backups) {
        if known(backup.engine.as_deref()) {
            let home = backup.region.as_deref().unwrap_or(region);
            databases.add(home, &backup.instance, |lineage| lineage.has_instance_backup(region, backup));
        }
    }
    for (region, snapshot) in catalogue.each(|holdings| &holdings.cluster_snapshots) {
        if known(snapshot.engine.as_deref()) {
            let home = snapshot.copied_from.as_deref().and_then(Arn::parse).map_or(region, |arn| arn.region);
            databases.add(home, &snapshot.cluster, |lineage| lineage.has_cluster_snapshot(region, snapshot));
        }
    }
    for (region, snapshot) in catalogue.each(|holdings| &holdings.instance_snapshots) {
        if known(snapshot.engine.as_deref()) {
            let home = snapshot.copied_from.as_deref().and_then(Arn::parse).map_or(region, |arn| arn.region);
            databases.add(home, &snapshot.instance, |lineage| lineage.has_instance_snapshot(region, snapshot));
        }
    }
    databases.found.into_keys().collect()
}

struct Databases<'a> {
    catalogue: &'a Catalogue,
    found: BTreeMap<Subject, Lineage>,
}

impl Databases<'_> {
    /// Adds a database, unless what it was met by is another's already.
    fn add(&mut self, region: &str, identifier: &str, has: impl Fn(&Lineage) -> bool) {
        if self.found.values().any(has) {
            return;
        }
        let identifier = identifier.to_ascii_lowercase();
        let subject = Subject { database: identifier.clone(), identifier, region: region.to_owned() };
        let lineage = Lineage::of(&subject, self.catalogue);
        self.found.insert(subject, lineage);
    }
}

fn known(engine: Option<&str>) -> bool {
    engine.is_none_or(|engine| ENGINES.contains(&engine))
}

fn others(catalogue: &Catalogue) -> Vec<String> {
    let clusters = catalogue
        .each(|holdings| &holdings.clusters)
        .map(|(region, cluster)| (region, &cluster.identifier, &cluster.engine));
    let instances = catalogue
        .each(|holdings| &holdings.instances)
        .filter(|(_, instance)| instance.cluster.is_none())
        .map(|(region, instance)| (region, &instance.identifier, &instance.engine));
    clusters
        .chain(instances)
        .filter(|(_, _, engine)| !known(Some(engine)))
        .map(|(region, identifier, engine)| format!("{identifier} in {region} ({engine})"))
        .collect()
}

#[cfg(test)]
mod tests;
