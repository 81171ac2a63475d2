//! Looks at everything that leftovers are judged by: the journals, the regions' holdings, and where every pointer leads now.

use jiff::Timestamp;

use super::{
    leftovers::{Followed, Holdings, Known, Leads, Leftover, judge},
    refusal::Refusal,
};
use crate::{
    aws::{
        self,
        dns::model::{RecordSet, plain},
        secrets::model::VersionRef,
    },
    config::{Config, Zone},
    pointer::SecretValue,
    run::{
        id::RunId,
        journal::{self, History},
        store::{Store, StoreError},
    },
    steps::{
        moves::{self, Move},
        proxy,
        step::Step,
        world::World,
    },
};

/// A region to look at.
#[derive(Clone)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// What there is.
    pub world: World,
    /// Whether its leftovers are listed; otherwise only its pointers are followed.
    pub listed: bool,
}

/// Where to look.
pub struct Inventory<'a> {
    /// Where the journals are.
    pub store: &'a dyn Store,
    /// The profiles, whose clusters and instances are sources and whose secrets are pointers, too.
    pub config: &'a Config,
    /// The account of the credentials.
    pub account: &'a str,
    /// All regions that journals or profiles of this account name, and those to list besides.
    pub regions: &'a [Region],
    /// The region of profiles that name none.
    pub default_region: &'a str,
}

/// Why no list can be made.
#[derive(Debug, thiserror::Error)]
pub enum Unlisted {
    /// The journals cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// AWS does not tell what there is.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A pointer to be read: by whom it is named, and its region.
struct Named {
    run: Option<RunId>,
    region: String,
    pointer: Pointer,
}

/// What is followed.
#[derive(PartialEq)]
enum Pointer {
    /// A secret, with the key of its URL.
    Secret { id: String, url_key: Option<String> },
    /// A DNS record.
    Record { zone: Zone, name: String, set_identifier: Option<String> },
    /// A proxy.
    Proxy { name: String },
    /// The name of a cluster, and with it its endpoint.
    Name { cluster: String },
}

impl Pointer {
    fn words(&self) -> String {
        match self {
            Self::Secret { id, .. } => format!("secret {id}"),
            Self::Record { name, .. } => format!("record {name}"),
            Self::Proxy { name } => format!("proxy {name}"),
            Self::Name { cluster } => format!("the name {cluster}"),
        }
    }
}

impl Inventory<'_> {
    /// What earlier runs left in the listed regions, judged as of `now`.
    pub async fn leftovers(&self, now: Timestamp) -> Result<Vec<Leftover>, Unlisted> {
        let (mut histories, mut unreadable) = (Vec::new(), Vec::new());
        for (run, history) in journal::read_all::<Step>(self.store).await? {
            match history {
                Ok(history) => histories.push(history),
                Err(_) => unreadable.push(run),
            }
        }
        let pointers = self.followed(&histories).await;
        let place = self.store.place();
        let mut found = Vec::new();
        for region in self.regions.iter().filter(|region| region.listed) {
            let holdings = holdings(region).await?;
            let profiles: Vec<String> = self
                .config
                .databases
                .values()
                .filter(|database| database.region.as_ref().is_none_or(|named| *named == region.name))
                .map(|database| database.source.identifier().to_owned())
                .collect();
            found.extend(judge(&Known {
                account: self.account,
                region: &region.name,
                now,
                place: &place,
                histories: &histories,
                unreadable: &unreadable,
                pointers: &pointers,
                profiles: &profiles,
                holdings: &holdings,
            }));
        }
        Ok(found)
    }

    /// Where every pointer leads. Runs of other accounts have theirs there.
    async fn followed(&self, histories: &[History<Step>]) -> Vec<Followed> {
        let own = histories.iter().filter(|history| history.state.plan.brief.source.account == self.account);
        let of_runs = own.flat_map(|history| {
            let plan = &history.state.plan;
            let pointer = |step: Move<'_>| match step {
                Move::Secret(step) => Some(Pointer::Secret { id: step.secret.clone(), url_key: step.url_key.clone() }),
                Move::Record(step) => Some(Pointer::Record {
                    zone: Zone::Id(step.zone.clone()),
                    name: plain(&step.from.name),
                    set_identifier: step.from.set_identifier.clone(),
                }),
                Move::Proxy(step) => Some(Pointer::Proxy { name: step.proxied.proxy.clone() }),
                Move::Release(_) => None,
                // Of one swap: the name is followed once.
                Move::Source(_) => None,
                Move::Target(step) => Some(Pointer::Name { cluster: step.swap.name.clone() }),
            };
            let region = &plan.brief.target.region;
            let named = |pointer| Named { run: Some(plan.run.clone()), region: region.clone(), pointer };
            moves::of(&plan.steps).into_iter().filter_map(pointer).map(named).collect::<Vec<_>>()
        });
        let of_profiles = self.config.databases.values().flat_map(|database| {
            let cutover = &database.cutover;
            let secrets = cutover
                .secrets
                .iter()
                .map(|secret| Pointer::Secret { id: secret.id.clone(), url_key: secret.key.clone() });
            let record = cutover.dns.as_ref().map(|dns| Pointer::Record {
                zone: dns.zone.clone(),
                name: dns.record.clone(),
                set_identifier: dns.set_identifier.clone(),
            });
            let region = database.region.clone().unwrap_or_else(|| self.default_region.to_owned());
            let named = |pointer| Named { run: None, region: region.clone(), pointer };
            let proxy = cutover.proxy.as_ref().map(|proxy| Pointer::Proxy { name: proxy.name.clone() });
            secrets.chain(record).chain(proxy).map(named).collect::<Vec<_>>()
        });
        let mut read: Vec<(Named, Leads)> = Vec::new();
        for named in of_runs.chain(of_profiles) {
            let same =
                |(other, _): &&(Named, Leads)| (&other.region, &other.pointer) == (&named.region, &named.pointer);
            let leads = match (read.iter().find(same), self.regions.iter().find(|region| region.name == named.region)) {
                (Some((_, leads)), _) => leads.clone(),
                (None, Some(region)) => leads(&region.world, &named.pointer).await,
                (None, None) => Leads::Unknown(format!("region {} was not asked", named.region)),
            };
            read.push((named, leads));
        }
        read.into_iter()
            .map(|(named, leads)| Followed { run: named.run, pointer: named.pointer.words(), leads })
            .collect()
    }
}

async fn holdings(region: &Region) -> Result<Holdings, Refusal> {
    let rds = &region.world.rds;
    let doing = |what: &str| format!("list the {what} of {}", region.name);
    let (clusters, instances, snapshots, instance_snapshots, proxies) = tokio::join!(
        rds.clusters(),
        rds.instances(),
        rds.manual_cluster_snapshots(),
        region.world.instances.manual_instance_snapshots(),
        region.world.fittings.proxies()
    );
    Ok(Holdings {
        clusters: clusters.map_err(Refusal::aws(doing("clusters")))?,
        instances: instances.map_err(Refusal::aws(doing("instances")))?,
        snapshots: snapshots.map_err(Refusal::aws(doing("cluster snapshots")))?,
        instance_snapshots: instance_snapshots.map_err(Refusal::aws(doing("snapshots of instances")))?,
        proxies: proxies.map_err(Refusal::aws(doing("proxies")))?,
    })
}

async fn leads(world: &World, pointer: &Pointer) -> Leads {
    match pointer {
        Pointer::Name { cluster } => match world.rds.cluster(cluster).await {
            Ok(found) => found.and_then(|found| found.endpoint).map_or(Leads::Nowhere, Leads::To),
            Err(error) => Leads::Unknown(error.to_string()),
        },
        Pointer::Secret { id, url_key } => by_secret(world, id, url_key.as_deref()).await,
        Pointer::Record { zone, name, set_identifier } => {
            match by_record(world, zone, name, set_identifier.as_ref()).await {
                Ok(Some(host)) => Leads::To(host),
                Ok(None) => Leads::Nowhere,
                Err(error) => Leads::Unknown(error.to_string()),
            }
        }
        Pointer::Proxy { name } => by_proxy(world, name).await,
    }
}

async fn by_proxy(world: &World, name: &str) -> Leads {
    match world.proxies.targets(name).await.map(|targets| proxy::Leads::of(&targets)) {
        Ok(proxy::Leads::To(database)) => Leads::ToDatabase(database),
        Ok(proxy::Leads::Nowhere) => Leads::Nowhere,
        Ok(several @ proxy::Leads::ToSeveral(_)) => Leads::Unknown(format!("it leads to {several}")),
        Err(error) if error.kind == aws::ErrorKind::NotFound => Leads::Nowhere,
        Err(error) => Leads::Unknown(error.to_string()),
    }
}

async fn by_record(
    world: &World,
    zone: &Zone,
    name: &str,
    set_identifier: Option<&String>,
) -> Result<Option<String>, aws::Error> {
    let zones = match zone {
        Zone::Id(id) => vec![id.clone()],
        Zone::Name(name) => world.dns.zones_named(name).await?.into_iter().map(|zone| zone.id).collect(),
    };
    for zone in zones {
        let listed = match world.dns.records(&zone, name).await {
            Err(error) if error.kind == aws::ErrorKind::NotFound => continue,
            listed => listed?,
        };
        let own = listed.iter().map(|listed| &listed.set).filter(|set| set.set_identifier.as_ref() == set_identifier);
        if let Some(host) = own.filter_map(RecordSet::leads_to).next() {
            return Ok(Some(host));
        }
    }
    Ok(None)
}

async fn by_secret(world: &World, secret: &str, url_key: Option<&str>) -> Leads {
    match world.secrets.get(secret, &VersionRef::Current).await {
        Err(error) => Leads::Unknown(error.to_string()),
        Ok(None) => Leads::Nowhere,
        Ok(Some(version)) => match SecretValue::parse(version.value, url_key) {
            Ok(value) => Leads::To(value.points_at().0.to_owned()),
            Err(error) => Leads::Unknown(error.to_string()),
        },
    }
}
