//! Looks at everything that leftovers are judged by: the journals, the regions' holdings, and where every pointer leads now.

use jiff::Timestamp;

use super::{
    leftovers::{Followed, Holdings, Known, Leads, Leftover, judge},
    refusal::Refusal,
};
use crate::{
    aws::secrets::model::VersionRef,
    config::Config,
    pointer::SecretValue,
    run::{
        id::RunId,
        journal::{self, History},
        store::{Store, StoreError},
    },
    steps::{step::Step, world::World},
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

/// A pointer to be read: by whom it is named, its region, its id and the key of its URL.
struct Named {
    run: Option<RunId>,
    region: String,
    secret: String,
    url_key: Option<String>,
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
        let of_runs = histories.iter().filter_map(|history| {
            let plan = &history.state.plan;
            let source = &plan.brief.source;
            let step = plan.steps.iter().find_map(|planned| match &planned.step {
                Step::MoveSecret(step) if source.account == self.account => Some(step),
                _ => None,
            })?;
            Some(Named {
                run: Some(plan.run.clone()),
                region: plan.brief.target.region.clone(),
                secret: step.secret.clone(),
                url_key: step.url_key.clone(),
            })
        });
        let of_profiles = self.config.databases.values().filter_map(|database| {
            let secret = database.cutover.secret.as_ref()?;
            Some(Named {
                run: None,
                region: database.region.clone().unwrap_or_else(|| self.default_region.to_owned()),
                secret: secret.id.clone(),
                url_key: secret.key.clone(),
            })
        });
        let mut read: Vec<(Named, Leads)> = Vec::new();
        for named in of_runs.chain(of_profiles) {
            let same = |(other, _): &&(Named, Leads)| {
                (&other.region, &other.secret, &other.url_key) == (&named.region, &named.secret, &named.url_key)
            };
            let leads = match (read.iter().find(same), self.regions.iter().find(|region| region.name == named.region)) {
                (Some((_, leads)), _) => leads.clone(),
                (None, Some(region)) => leads(&region.world, &named.secret, named.url_key.as_deref()).await,
                (None, None) => Leads::Unknown(format!("region {} was not asked", named.region)),
            };
            read.push((named, leads));
        }
        read.into_iter().map(|(named, leads)| Followed { run: named.run, secret: named.secret, leads }).collect()
    }
}

async fn holdings(region: &Region) -> Result<Holdings, Refusal> {
    let rds = &region.world.rds;
    let doing = |what: &str| format!("list the {what} of {}", region.name);
    let (clusters, instances, snapshots, instance_snapshots) = tokio::join!(
        rds.clusters(),
        rds.instances(),
        rds.manual_cluster_snapshots(),
        region.world.instances.manual_instance_snapshots()
    );
    Ok(Holdings {
        clusters: clusters.map_err(Refusal::aws(doing("clusters")))?,
        instances: instances.map_err(Refusal::aws(doing("instances")))?,
        snapshots: snapshots.map_err(Refusal::aws(doing("cluster snapshots")))?,
        instance_snapshots: instance_snapshots.map_err(Refusal::aws(doing("snapshots of instances")))?,
    })
}

async fn leads(world: &World, secret: &str, url_key: Option<&str>) -> Leads {
    match world.secrets.get(secret, &VersionRef::Current).await {
        Err(error) => Leads::Unknown(error.to_string()),
        Ok(None) => Leads::Nowhere,
        Ok(Some(version)) => match SecretValue::parse(version.value, url_key) {
            Ok(value) => Leads::To(value.points_at().0.to_owned()),
            Err(error) => Leads::Unknown(error.to_string()),
        },
    }
}
