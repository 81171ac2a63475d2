//! What AWS shows of a run when it is asked: what the run made, and where the application's pointer leads.
//!
//! A look only reads. All questions are put at once and none is waited for longer than the look may take; one without an
//! answer is told as such and never as "gone".

mod swapped;

use std::{collections::BTreeMap, future::Future, time::Duration};

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::{
    aws::{
        Error,
        rds::model::{Cluster, Instance},
        secrets::model::{CURRENT, SecretDescription, VersionRef},
    },
    pointer::SecretValue,
    run::{
        clock::Clock,
        state::{RunState, StepState},
        step::Step as _,
    },
    steps::{
        body::{Makes, Thing},
        move_record::MoveRecord,
        move_secret::MoveSecret,
        moves,
        proxy::{Leads, Proxied},
        restore_cluster::{ID as RESTORE, RestoredCluster},
        restore_instance::{self, RestoredInstance},
        serving,
        step::Step,
        tags::{self, Tagged, Whose},
        world::World,
    },
};

pub use swapped::NameSeen;

/// Whether AWS was asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Look {
    /// Nobody asked.
    #[default]
    NotMade,
    /// AWS could not be asked; in words why.
    Impossible(String),
    /// It was asked.
    Made(Sighting),
}

/// What AWS showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// When the answers were there.
    pub at: Timestamp,
    /// What the run has asked for, by the name that the plan fixed.
    pub things: BTreeMap<String, Answer<Found>>,
    /// The application's secrets, as far as the run moves some.
    pub secrets: Vec<SecretSeen>,
    /// The application's DNS record; none when the run moves none.
    pub record: Option<RecordSeen>,
    /// The application's proxy; none when the run moves none.
    pub proxy: Option<ProxySeen>,
    /// The name that source and target swap; none when they swap none.
    pub name: Option<NameSeen>,
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// It is there.
    Found(T),
    /// There is no such thing.
    Absent,
    /// There was no answer; in words why.
    Unanswered(String),
}

/// A cluster, an instance or a snapshot that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is called now.
    pub called: String,
    /// Its status, as RDS writes it.
    pub status: String,
    /// Its resource id; of a snapshot its ARN.
    pub resource_id: String,
    /// Since when it is there.
    pub created: Option<Timestamp>,
    /// Whether it is protected against deletion.
    pub protected: bool,
    /// Why it is not this run's, where it is not.
    pub stranger: Option<String>,
    /// Where a target takes writes: host and port.
    pub(crate) endpoint: Option<(String, u16)>,
}

/// A secret of the application's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen {
    /// Its ARN.
    pub secret: String,
    /// The version that clients get, or why it could not be found out.
    pub version: Result<String, String>,
    /// Host and port to which that version leads, or why they could not be read.
    pub leads_to: Result<(String, u16), String>,
    /// The labels of each version, where the secret could be described.
    pub labels: Option<BTreeMap<String, Vec<String>>>,
    /// Which cluster that is.
    pub side: Side,
}

/// The application's DNS record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSeen {
    /// The host to which it leads, none where there is no such record any more, or why it could not be found out.
    pub leads_to: Result<Option<String>, String>,
    /// Which database that is.
    pub side: Side,
}

/// The application's proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySeen {
    /// Where it leads, or why that could not be found out.
    pub leads_to: Result<Leads, String>,
    /// Which database that is.
    pub side: Side,
}

/// Which cluster a pointer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The source.
    Source,
    /// The target.
    Target,
    /// Neither of them.
    Elsewhere,
    /// It could not be found out.
    Unknown,
}

impl SecretSeen {
    /// Whether a version holds a label; none where the secret could not be described.
    #[must_use]
    pub fn holds(&self, version: &str, label: &str) -> Option<bool> {
        let labels = self.labels.as_ref()?;
        Some(labels.get(version).is_some_and(|held| held.iter().any(|held| held == label)))
    }
}

/// Asks AWS about all that the run of `state` has asked for, and about its pointer. Returns after `within`, whatever has
/// been answered until then.
pub async fn sight(world: &World, state: &RunState<Step>, clock: &dyn Clock, within: Duration) -> Sighting {
    let asked = |step: &Step| state.step(&step.id().0).is_some_and(|step| step.state != StepState::Pending);
    let steps = state.plan.steps.iter().map(|planned| &planned.step).filter(|step| asked(step));
    let things = join_all(steps.filter_map(Step::makes).map(async |Makes { thing, identifier, .. }| {
        let found = match thing {
            Thing::Cluster => {
                let answer = swapped::cluster(world, state, identifier, clock, within).await;
                answer.map(|cluster| found_cluster(&cluster, state))
            }
            Thing::Writer | Thing::Reader => {
                let answer = bounded(world.rds.instance(identifier), clock, within).await;
                answer.map(|instance| found_member(&instance, state))
            }
            Thing::Instance => {
                let answer = bounded(world.rds.instance(identifier), clock, within).await;
                answer.map(|instance| found_instance(&instance, state))
            }
            Thing::ClusterSnapshot => {
                let answer = bounded(world.snapshots.snapshot(identifier), clock, within).await;
                answer.map(|snapshot| Found {
                    called: identifier.to_owned(),
                    ..found_snapshot(&snapshot, &snapshot.status, snapshot.created, state)
                })
            }
            Thing::InstanceSnapshot => {
                let answer = bounded(world.instances.instance_snapshot(identifier), clock, within).await;
                answer.map(|snapshot| Found {
                    called: identifier.to_owned(),
                    ..found_snapshot(&snapshot, &snapshot.status, snapshot.created, state)
                })
            }
        };
        (identifier.to_owned(), found)
    }));
    let secrets = moves::secrets(&state.plan.steps);
    let secrets = join_all(secrets.into_iter().map(async |step| (step, ask_secret(world, step, clock, within).await)));
    let record = async {
        match moves::record(&state.plan.steps) {
            Some(step) => Some(ask_record(world, step, clock, within).await),
            None => None,
        }
    };
    let proxy = async {
        match moves::proxy(&state.plan.steps) {
            Some(step) => Some(ask_proxy(world, &step.proxied, clock, within).await),
            None => None,
        }
    };
    let name = async {
        match moves::swap(&state.plan.steps) {
            Some(swap) => Some(swapped::name(world, state, swap, clock, within).await),
            None => None,
        }
    };
    let (things, secrets, record, proxy, name) = tokio::join!(things, secrets, record, proxy, name);
    let things: BTreeMap<String, Answer<Found>> = things.into_iter().collect();
    let secret = |(step, (labels, version, leads_to)): (&MoveSecret, AboutSecret)| SecretSeen {
        secret: step.secret.clone(),
        side: side(state, &things, step, version.as_deref().ok(), leads_to.as_ref().ok()),
        labels,
        version,
        leads_to,
    };
    let secrets = secrets.into_iter().map(secret).collect();
    let record = record.map(|leads_to| RecordSeen { side: side_of_record(state, &things, &leads_to), leads_to });
    Sighting { at: clock.now(), things, secrets, record, proxy, name }
}

impl<T> Answer<T> {
    fn map<U>(self, with: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Found(thing) => Answer::Found(with(thing)),
            Self::Absent => Answer::Absent,
            Self::Unanswered(why) => Answer::Unanswered(why),
        }
    }
}

async fn bounded<T>(
    question: impl Future<Output = Result<Option<T>, Error>>,
    clock: &dyn Clock,
    within: Duration,
) -> Answer<T> {
    tokio::select! {
        biased;
        answer = question => match answer {
            Ok(Some(thing)) => Answer::Found(thing),
            Ok(None) => Answer::Absent,
            Err(error) => Answer::Unanswered(error.to_string()),
        },
        () = clock.sleep(within) => Answer::Unanswered(format!("no answer within {} s", within.as_secs().max(1))),
    }
}

fn found_cluster(cluster: &Cluster, state: &RunState<Step>) -> Found {
    let seen = state.outputs.of::<RestoredCluster>(RESTORE).ok().map(|restored| restored.resource_id);
    Found {
        called: cluster.identifier.clone(),
        status: cluster.status.to_string(),
        resource_id: cluster.resource_id.clone(),
        created: cluster.created,
        protected: cluster.deletion_protection == Some(true),
        stranger: stranger(cluster, state, seen),
        endpoint: cluster.endpoint.clone().zip(cluster.port),
    }
}

fn found_instance(instance: &Instance, state: &RunState<Step>) -> Found {
    let seen = state.outputs.of::<RestoredInstance>(restore_instance::ID).ok().map(|restored| restored.resource_id);
    Found {
        protected: instance.deletion_protection == Some(true),
        stranger: stranger(instance, state, seen),
        endpoint: instance.address.clone().zip(instance.port),
        ..found_member(instance, state)
    }
}

fn found_snapshot(snapshot: &impl Tagged, status: &str, created: Option<Timestamp>, state: &RunState<Step>) -> Found {
    Found {
        called: String::new(),
        status: status.to_owned(),
        resource_id: snapshot.resource_id().to_owned(),
        created,
        protected: false,
        stranger: stranger(snapshot, state, None),
        endpoint: None,
    }
}

fn found_member(instance: &Instance, state: &RunState<Step>) -> Found {
    Found {
        called: instance.identifier.clone(),
        status: instance.status.to_string(),
        resource_id: instance.resource_id.clone(),
        created: instance.created,
        protected: false,
        stranger: stranger(instance, state, None),
        endpoint: None,
    }
}

fn stranger(thing: &impl Tagged, state: &RunState<Step>, seen: Option<String>) -> Option<String> {
    match tags::whose(thing, &state.plan.run, seen.as_deref()) {
        Whose::Ours => None,
        Whose::Theirs(why) => Some(why),
    }
}

type AboutSecret = (Option<BTreeMap<String, Vec<String>>>, Result<String, String>, Result<(String, u16), String>);

/// Describes the secret and reads it as a client would. What clients get counts before what is described.
async fn ask_secret(world: &World, step: &MoveSecret, clock: &dyn Clock, within: Duration) -> AboutSecret {
    let secrets = world.secrets_of(&step.secret);
    let described = bounded(secrets.describe(&step.secret), clock, within);
    let read = bounded(secrets.get(&step.secret, &VersionRef::Current), clock, within);
    let (described, read) = tokio::join!(described, read);
    let gone = || "there is no such secret, or no version of it is current".to_owned();
    let leads_to = |value| match SecretValue::parse(value, step.url_key.as_deref()) {
        Ok(value) => Ok((value.points_at().0.to_owned(), value.points_at().1)),
        Err(error) => Err(error.to_string()),
    };
    let (mut version, leads_to) = match read {
        Answer::Found(found) => (Ok(found.version_id), leads_to(found.value)),
        Answer::Absent => (Err(gone()), Err(gone())),
        Answer::Unanswered(why) => (Err(why.clone()), Err(why)),
    };
    let labels = match described {
        Answer::Found(SecretDescription { versions, .. }) => {
            let holder = versions.iter().find(|(_, labels)| labels.iter().any(|label| label == CURRENT));
            version = version.or_else(|why| holder.map(|(id, _)| id.clone()).ok_or(why));
            Some(versions)
        }
        Answer::Absent | Answer::Unanswered(_) => None,
    };
    (labels, version, leads_to)
}

/// Lists the record, and says where it leads.
async fn ask_record(
    world: &World,
    step: &MoveRecord,
    clock: &dyn Clock,
    within: Duration,
) -> Result<Option<String>, String> {
    let own = async {
        let listed = world.dns.records(&step.zone, &step.from.name).await?;
        let own = listed.into_iter().map(|listed| listed.set).find(|set| set.is_of(&step.from));
        Ok(own.and_then(|set| set.leads_to()))
    };
    match bounded(own, clock, within).await {
        Answer::Found(host) => Ok(Some(host)),
        Answer::Absent => Ok(None),
        Answer::Unanswered(why) => Err(why),
    }
}

/// Lists what the proxy leads to.
async fn ask_proxy(world: &World, proxied: &Proxied, clock: &dyn Clock, within: Duration) -> ProxySeen {
    let targets = async { world.proxies.targets(&proxied.proxy).await.map(|targets| Some(Leads::of(&targets))) };
    let leads_to = match bounded(targets, clock, within).await {
        Answer::Found(leads) => Ok(leads),
        Answer::Absent => Ok(Leads::Nowhere),
        Answer::Unanswered(why) => Err(why),
    };
    let side = match &leads_to {
        Ok(leads) if leads.is(&proxied.target) => Side::Target,
        Ok(leads) if leads.is(&proxied.from) => Side::Source,
        Ok(_) => Side::Elsewhere,
        Err(_) => Side::Unknown,
    };
    ProxySeen { leads_to, side }
}

fn side_of_record(
    state: &RunState<Step>,
    things: &BTreeMap<String, Answer<Found>>,
    leads_to: &Result<Option<String>, String>,
) -> Side {
    let brief = &state.plan.brief;
    let host = match leads_to {
        Ok(Some(host)) => host,
        Ok(None) => return Side::Elsewhere,
        Err(_) => return Side::Unknown,
    };
    let is = |known: &str| known.eq_ignore_ascii_case(host);
    let written = serving::writer(&state.outputs).ok().map(|writer| writer.endpoint);
    let shown = match things.get(&brief.target.identifier) {
        Some(Answer::Found(found)) => found.endpoint.clone().map(|(host, _)| host),
        _ => None,
    };
    if written.iter().chain(&shown).any(|target| is(target)) {
        Side::Target
    } else if brief.source.endpoint.as_deref().is_some_and(is)
        || brief.record.as_ref().is_some_and(|record| is(&record.points_at))
    {
        Side::Source
    } else {
        Side::Elsewhere
    }
}

/// Tells the clusters apart by where clients are led; where that could not be read, by the two versions that the run knows.
fn side(
    state: &RunState<Step>,
    things: &BTreeMap<String, Answer<Found>>,
    step: &MoveSecret,
    version: Option<&str>,
    leads_to: Option<&(String, u16)>,
) -> Side {
    let brief = &state.plan.brief;
    let Some(place) = leads_to else {
        return match version {
            Some(version) if version == step.from_version => Side::Source,
            Some(version) if version == step.to_version => Side::Target,
            Some(_) | None => Side::Unknown,
        };
    };
    let written = serving::writer(&state.outputs).ok().map(|writer| (writer.endpoint, writer.port));
    let shown = match things.get(&brief.target.identifier) {
        Some(Answer::Found(found)) => found.endpoint.clone(),
        _ => None,
    };
    let source = brief.source.endpoint.clone().zip(brief.source.port);
    let planned = brief.secrets.iter().find(|pointer| pointer.arn == step.secret);
    let planned = planned.map(|pointer| pointer.points_at.as_str());
    if [written, shown].iter().flatten().any(|target| target == place) {
        Side::Target
    } else if source.as_ref() == Some(place) || planned == Some(format!("{}:{}", place.0, place.1).as_str()) {
        Side::Source
    } else {
        Side::Elsewhere
    }
}
