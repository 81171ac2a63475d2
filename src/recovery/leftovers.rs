//! What earlier runs left, and what of it may be removed: a pure judgement of what was seen, against the journals.
//!
//! Tags say what to look at; only the journals say what may be removed. Whatever cannot be told for certain is kept.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    names, pointer,
    price::{self, Estimate},
};
use crate::{
    aws::rds::model::{Cluster, ClusterSnapshot, Instance},
    moment,
    run::{
        clock::elapsed,
        id::RunId,
        journal::History,
        record::{Entry, Outcome},
        state::{RunState, Stage, stage_words},
        step::StepId,
    },
    steps::{
        create_instance::WRITER,
        modify_cluster::SETTLE,
        move_secret, restore_cluster,
        step::Step,
        tags::{self, Tagged, Whose},
    },
};

/// All of a region that a judgement looks at.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// Its clusters.
    pub clusters: Vec<Cluster>,
    /// Its instances.
    pub instances: Vec<Instance>,
    /// Its manual cluster snapshots.
    pub snapshots: Vec<ClusterSnapshot>,
}

/// A pointer, and where it leads now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The run that moves it; none: a profile names it.
    pub run: Option<RunId>,
    /// The secret.
    pub secret: String,
    /// Where it leads.
    pub leads: Leads,
}

/// Where a pointer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To this host.
    To(String),
    /// There is no such pointer any more.
    Nowhere,
    /// It could not be read, for this reason.
    Unknown(String),
}

/// What is known when a region's holdings are judged.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// The account of the credentials.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The time of the judgement.
    pub now: Timestamp,
    /// Where the journals are kept.
    pub place: &'a str,
    /// The journals there, but for those that cannot be read.
    pub histories: &'a [History<Step>],
    /// The runs whose journals cannot be read.
    pub unreadable: &'a [RunId],
    /// Every pointer of a run or a profile.
    pub pointers: &'a [Followed],
    /// The clusters of the region that profiles name.
    pub profiles: &'a [String],
    /// What was seen.
    pub holdings: &'a Holdings,
}

/// What kind of thing was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A cluster, with its instances.
    Cluster,
    /// An instance in a cluster that is not daybreak's.
    Instance,
    /// A cluster snapshot.
    Snapshot,
}

/// Whether something may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may, once a person has confirmed it.
    Removable,
    /// It may, but only if a person names it beforehand: nobody but them can know whether it is needed.
    OnlyIfNamed,
    /// It stays.
    Kept,
}

/// One thing that an earlier run left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leftover {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// `DbClusterResourceId` or `DbiResourceId`; of a snapshot, that of the cluster it was taken of.
    pub resource_id: Option<String>,
    /// Its region.
    pub region: String,
    /// Its status; `gone` where only a journal still tells of it.
    pub status: String,
    /// When it was made, by the provider.
    pub created: Option<Timestamp>,
    /// How old it is.
    pub age_seconds: Option<u64>,
    /// The instances of a cluster.
    pub instances: Vec<String>,
    /// The tag `daybreak:purpose`.
    pub purpose: Option<String>,
    /// The run that made it, by its tag.
    pub run: Option<String>,
    /// Where that run is, by its journal.
    pub outcome: Option<&'static str>,
    /// What a month of it costs; see [`price::BASIS`].
    pub monthly_cost: Estimate,
    /// Whether it may be removed.
    pub verdict: Verdict,
    /// Why it still exists, and why it may or may not be removed.
    pub reason: String,
    /// The snapshot that its removal leaves.
    pub final_snapshot: Option<String>,
    /// What a person can type about it.
    pub next: Option<String>,
}

/// A verdict with its reason.
struct Judged {
    verdict: Verdict,
    reason: String,
    next: Option<String>,
}

fn kept(reason: impl Into<String>) -> Judged {
    Judged { verdict: Verdict::Kept, reason: reason.into(), next: None }
}

fn may_go(verdict: Verdict, reason: impl Into<String>) -> Judged {
    Judged { verdict, reason: reason.into(), next: None }
}

/// Judges all that carries a run's tag or that a journal names, in the order of their names; snapshots last.
pub fn judge(known: &Known<'_>) -> Vec<Leftover> {
    let Holdings { clusters, instances, snapshots } = known.holdings;
    let mut found: Vec<Leftover> = clusters.iter().filter_map(|cluster| known.cluster(cluster)).collect();
    let astray = instances.iter().filter(|instance| instance.made_by().is_some());
    found.extend(astray.filter(|instance| !known.in_listed(instance)).map(|instance| known.astray(instance)));
    found.extend(known.histories.iter().filter_map(|history| known.gone(history)));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.extend(snapshots.iter().filter_map(|snapshot| known.snapshot(snapshot)));
    found
}

impl Known<'_> {
    fn history(&self, run: &str) -> Option<&History<Step>> {
        self.histories.iter().find(|history| history.state.plan.run.as_str() == run)
    }

    fn of_here(&self, state: &RunState<Step>) -> bool {
        let source = &state.plan.brief.source;
        source.region == self.region && source.account == self.account
    }

    fn members<'c>(&'c self, cluster: &'c Cluster) -> impl Iterator<Item = &'c Instance> {
        let of = move |instance: &&Instance| instance.cluster.as_deref() == Some(cluster.identifier.as_str());
        self.holdings.instances.iter().filter(of)
    }

    /// The run that a cluster is attributed to: by its tag, or else by a journal that names this very cluster.
    fn attributed(&self, cluster: &Cluster) -> Option<String> {
        let by_journal = || {
            let named = self.histories.iter().find(|history| {
                self.of_here(&history.state)
                    && target(history) == cluster.identifier
                    && resource_ids(history).get(&StepId::from(restore_cluster::ID)) == Some(&cluster.resource_id)
            });
            named.map(|history| history.state.plan.run.to_string())
        };
        cluster.made_by().map(str::to_owned).or_else(by_journal)
    }

    fn in_listed(&self, instance: &Instance) -> bool {
        let mut clusters = self.holdings.clusters.iter();
        clusters.any(|cluster| {
            instance.cluster.as_deref() == Some(cluster.identifier.as_str()) && self.attributed(cluster).is_some()
        })
    }

    fn cluster(&self, cluster: &Cluster) -> Option<Leftover> {
        let run = self.attributed(cluster)?;
        let history = self.history(&run);
        let judged = self.judged(cluster, &run);
        let instances: Vec<&Instance> = self.members(cluster).collect();
        let wanted = judged.verdict != Verdict::Kept;
        Some(Leftover {
            kind: Kind::Cluster,
            name: cluster.identifier.clone(),
            resource_id: Some(cluster.resource_id.clone()),
            status: cluster.status.to_string(),
            instances: instances.iter().map(|instance| instance.identifier.clone()).collect(),
            purpose: cluster.tag(tags::PURPOSE).map(str::to_owned),
            monthly_cost: price::of(Some(cluster), &instances),
            final_snapshot: history.filter(|_| wanted).and_then(|history| self.snapshot_of(cluster, history)),
            ..self.leftover(Kind::Cluster, &cluster.identifier, cluster.created, run, judged)
        })
    }

    fn leftover(&self, kind: Kind, name: &str, created: Option<Timestamp>, run: String, judged: Judged) -> Leftover {
        Leftover {
            kind,
            name: name.to_owned(),
            resource_id: None,
            region: self.region.to_owned(),
            status: "gone".to_owned(),
            created,
            age_seconds: created.map(|created| elapsed(created, self.now).as_secs()),
            instances: Vec::new(),
            purpose: None,
            outcome: self.history(&run).map(|history| stage_words(history.state.stage)),
            run: Some(run),
            monthly_cost: Estimate::UNKNOWN,
            verdict: judged.verdict,
            reason: judged.reason,
            final_snapshot: None,
            next: judged.next,
        }
    }

    /// The snapshot that a removal takes: of everything that the application may have written to. What a removal under way was
    /// begun with stays.
    fn snapshot_of(&self, cluster: &Cluster, history: &History<Step>) -> Option<String> {
        let state = &history.state;
        if state.removal.as_ref().is_some_and(|removal| removal.done().is_none()) {
            return state.final_snapshot.clone();
        }
        let wanted = if is_passing(cluster) { was_moved_onto(history) } else { state.opened };
        wanted.then(|| names::final_snapshot(&cluster.identifier))
    }

    fn judged(&self, cluster: &Cluster, run: &str) -> Judged {
        let foreign = self.foreign(cluster, run);
        let history = match (self.history(run), foreign) {
            (Some(history), None) => history,
            (_, Some(why)) => return why,
            (None, None) => return kept(format!("its journal is not in {}", self.place)),
        };
        self.needed(cluster, history)
            .or_else(|| self.entangled(cluster, history))
            .unwrap_or_else(|| self.left(cluster, history))
    }

    /// Why it is not what a journal of this store tells of.
    fn foreign(&self, cluster: &Cluster, run: &str) -> Option<Judged> {
        let Some(history) = self.history(run) else {
            let place = self.place;
            let unreadable = self.unreadable.iter().any(|unreadable| unreadable.as_str() == run);
            return Some(if unreadable {
                kept(format!("the journal of run {run} in {place} cannot be read: only a journal says what may go"))
            } else {
                Judged {
                    next: Some("daybreak cleanup --state PLACE, where the run's journal is".to_owned()),
                    ..kept(format!("the journal of run {run} is not in {place}: only a journal says what may go"))
                }
            });
        };
        let asked = |record: &crate::run::record::Record<Step>| matches!(&record.entry, Entry::Started { step } if step.0 == restore_cluster::ID);
        if !self.of_here(&history.state) {
            let source = &history.state.plan.brief.source;
            let (account, region) = (&source.account, &source.region);
            return Some(kept(format!("run {run} was in account {account}, region {region}: it did not make this")));
        }
        if target(history) != cluster.identifier {
            return Some(kept(format!(
                "run {run} made no cluster of this name: its tags were copied, as when somebody restores from a target"
            )));
        }
        if !history.records.iter().any(asked) {
            return Some(kept(format!("run {run} never asked for this cluster")));
        }
        let seen = resource_ids(history);
        let seen = seen.get(&StepId::from(restore_cluster::ID)).map(String::as_str);
        match tags::whose(cluster, &history.state.plan.run, seen) {
            Whose::Ours => None,
            Whose::Theirs(why) => Some(kept(why)),
        }
    }

    /// Who needs it.
    fn needed(&self, cluster: &Cluster, history: &History<Step>) -> Option<Judged> {
        if let Some(of) = self.source_of(cluster) {
            return Some(kept(format!("it is the source of {of}: daybreak never removes a source")));
        }
        let (run, state) = (&history.state.plan.run, &history.state);
        if state.unfinished() {
            let command = match state.stage {
                Stage::Stopped(_) => format!("daybreak cancel {run}"),
                _ => format!("daybreak status {run}"),
            };
            let reason = format!("run {run} is {}, and still needs it", stage_words(state.stage));
            return Some(Judged { next: Some(command), ..kept(reason) });
        }
        let used = |followed: &&Followed| match &followed.leads {
            Leads::To(host) => self.leads_to(host, cluster, history),
            Leads::Nowhere | Leads::Unknown(_) => false,
        };
        if let Some(followed) = self.pointers.iter().find(used) {
            return Some(kept(format!("the application uses it: secret {} leads to it", followed.secret)));
        }
        self.pointers.iter().find_map(|followed| match &followed.leads {
            Leads::Unknown(why) => Some(kept(format!(
                "whether the application uses it cannot be told: secret {} cannot be read: {why}",
                followed.secret
            ))),
            Leads::To(_) | Leads::Nowhere => None,
        })
    }

    /// What hangs on it that is not daybreak's.
    fn entangled(&self, cluster: &Cluster, history: &History<Step>) -> Option<Judged> {
        let state = &history.state;
        let seen = resource_ids(history);
        let planned: BTreeMap<&str, StepId> = instances_of(state).collect();
        for instance in self.members(cluster) {
            let name = &instance.identifier;
            let Some(step) = planned.get(name.as_str()) else {
                return Some(kept(format!("instance {name} in it was not made by run {}", state.plan.run)));
            };
            if let Whose::Theirs(why) = tags::whose(instance, &state.plan.run, seen.get(step).map(String::as_str)) {
                return Some(kept(why));
            }
        }
        if let Some(global) = &cluster.global_cluster_identifier {
            return Some(kept(format!("it belongs to the global database {global}")));
        }
        if let Some(replica) = cluster.read_replicas.first() {
            return Some(kept(format!("{replica} replicates from it")));
        }
        if cluster.deletion_protection == Some(true) && !state.outputs.has(SETTLE) {
            return Some(kept("somebody protected it against deletion"));
        }
        let removing = state.removal.as_ref().is_some_and(|removal| removal.done().is_none());
        (cluster.status.is_deleting() && !removing).then(|| kept("it is being deleted already"))
    }

    /// Why it may go.
    fn left(&self, cluster: &Cluster, history: &History<Step>) -> Judged {
        let state = &history.state;
        if let Some(removal) = state.removal.as_ref().filter(|removal| removal.done().is_none()) {
            let (who, at) = (&removal.by.who, moment::show(removal.began));
            return may_go(Verdict::Removable, format!("its removal, begun by {who} at {at}, is not complete"));
        }
        if is_passing(cluster) {
            return self.expired(cluster);
        }
        let own = self.pointers.iter().find(|followed| followed.run.as_ref() == Some(&state.plan.run));
        let elsewhere = match own.map(|own| (&own.secret, &own.leads)) {
            None => Err("no pointer tells whether somebody uses it".to_owned()),
            Some((secret, Leads::To(host))) => match self.owner_of(host) {
                Some(owner) => Ok(format!("secret {secret} leads to {owner}")),
                None => Err(format!("secret {secret} leads to {host}, which is no endpoint that RDS shows here")),
            },
            Some((secret, Leads::Nowhere | Leads::Unknown(_))) => Err(format!("secret {secret} is gone")),
        };
        match (state.stage, elsewhere) {
            (Stage::Ended(Outcome::Undone), _) => {
                may_go(Verdict::Removable, "the run was undone, and this appeared, or was left, nevertheless")
            }
            (Stage::Ended(Outcome::RolledBack), Ok(where_to)) => may_go(
                Verdict::Removable,
                format!("the run was rolled back and kept it for what the application wrote to it; {where_to}"),
            ),
            (_, Ok(where_to)) => may_go(Verdict::Removable, format!("the application has left it: {where_to}")),
            (_, Err(doubt)) => may_go(Verdict::OnlyIfNamed, doubt),
        }
    }

    fn expired(&self, cluster: &Cluster) -> Judged {
        let purpose = cluster.tag(tags::PURPOSE).unwrap_or_default();
        let Some(expires) = cluster.tag(tags::EXPIRES) else {
            return kept(format!("it was made for a {purpose}, and no tag {} says when it may go", tags::EXPIRES));
        };
        match expires.parse::<Timestamp>() {
            Err(_) => kept(format!("its tag {} is no time: {expires}", tags::EXPIRES)),
            Ok(at) if at > self.now => kept(format!("it was made for a {purpose}, until {}", moment::show(at))),
            Ok(at) => {
                let ago = moment::ago(elapsed(at, self.now).max(Duration::from_secs(1)));
                may_go(Verdict::Removable, format!("it was made for a {purpose}, which expired {ago} ago"))
            }
        }
    }

    /// The run or profile that has it as its source, by its resource id or, for what is no longer there, its name.
    fn source_of(&self, cluster: &Cluster) -> Option<String> {
        let of_run = self.histories.iter().find(|history| {
            let source = &history.state.plan.brief.source;
            source.resource_id == cluster.resource_id
                || (self.of_here(&history.state) && source.cluster.eq_ignore_ascii_case(&cluster.identifier))
        });
        let of_profile = || {
            self.profiles
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&cluster.identifier))
                .then(|| "a profile".to_owned())
        };
        of_run.map(|history| format!("run {}", history.state.plan.run)).or_else(of_profile)
    }

    fn leads_to(&self, host: &str, cluster: &Cluster, history: &History<Step>) -> bool {
        let is = |address: &str| address.eq_ignore_ascii_case(host);
        pointer::leads_to(host, cluster).is_some()
            || self.members(cluster).any(|instance| instance.address.as_deref().is_some_and(is))
            // A cluster that has lost its instances may show no endpoint.
            || finished(history, WRITER).and_then(|output| output.get("endpoint")?.as_str()).is_some_and(is)
    }

    /// What a host is the address of, here.
    fn owner_of(&self, host: &str) -> Option<String> {
        let by_cluster = self.holdings.clusters.iter().find(|cluster| pointer::leads_to(host, cluster).is_some());
        let address =
            |instance: &&Instance| instance.address.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(host));
        let by_instance = || self.holdings.instances.iter().find(address);
        by_cluster
            .map(|cluster| cluster.identifier.clone())
            .or_else(|| by_instance().map(|instance| instance.identifier.clone()))
    }

    /// An instance of daybreak's in a cluster that is not.
    fn astray(&self, instance: &Instance) -> Leftover {
        let run = instance.made_by().unwrap_or_default().to_owned();
        let cluster = instance.cluster.as_deref().unwrap_or("no cluster");
        let judged = kept(format!("it is in {cluster}, which carries no {} tag", tags::RUN));
        Leftover {
            resource_id: Some(instance.resource_id.clone()),
            status: instance.status.to_string(),
            purpose: instance.tag(tags::PURPOSE).map(str::to_owned),
            monthly_cost: price::of(None, &[instance]),
            ..self.leftover(Kind::Instance, &instance.identifier, instance.created, run, judged)
        }
    }

    /// A target that is gone, while its journal still says that it is being removed.
    fn gone(&self, history: &History<Step>) -> Option<Leftover> {
        let state = &history.state;
        let removal = state.removal.as_ref().filter(|removal| removal.done().is_none())?;
        let name = target(history);
        let seen = self.holdings.clusters.iter().any(|cluster| cluster.identifier == name);
        if seen || !self.of_here(state) {
            return None;
        }
        let (who, at) = (&removal.by.who, moment::show(removal.began));
        let judged = may_go(
            Verdict::Removable,
            format!("it is gone, and its removal, begun by {who} at {at}, is not recorded as complete"),
        );
        Some(Leftover {
            final_snapshot: state.final_snapshot.clone(),
            ..self.leftover(Kind::Cluster, name, None, state.plan.run.to_string(), judged)
        })
    }

    /// A snapshot that a run left, or that carries a run's tag.
    fn snapshot(&self, snapshot: &ClusterSnapshot) -> Option<Leftover> {
        let name = &snapshot.identifier;
        let by_journal = self.histories.iter().find(|history| {
            self.of_here(&history.state) && history.state.final_snapshot.as_deref() == Some(name.as_str())
        });
        let (run, reason) = match (by_journal, snapshot.tag(tags::RUN)) {
            (Some(history), _) => {
                let run = history.state.plan.run.to_string();
                let reason =
                    format!("it is all that is left of {}: cleanup never removes a snapshot", snapshot.cluster);
                (run, reason)
            }
            (None, Some(run)) => {
                (run.to_owned(), format!("no journal in {} tells of it: its tags were copied", self.place))
            }
            (None, None) => return None,
        };
        let command = format!(
            "aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {name} --region {}",
            self.region
        );
        Some(Leftover {
            resource_id: snapshot.cluster_resource_id.clone(),
            status: snapshot.status.clone(),
            purpose: snapshot.tag(tags::PURPOSE).map(str::to_owned),
            next: by_journal.map(|_| command),
            ..self.leftover(Kind::Snapshot, name, snapshot.created, run, kept(reason))
        })
    }
}

fn target(history: &History<Step>) -> &str {
    &history.state.plan.brief.target.cluster
}

/// Made for a drill or a probe: to be removed.
fn is_passing(cluster: &Cluster) -> bool {
    matches!(cluster.tag(tags::PURPOSE), Some("drill" | "probe"))
}

/// Whether the run ever began to move the application onto its target, whatever the target's tags say.
fn was_moved_onto(history: &History<Step>) -> bool {
    history.records.iter().any(|record| matches!(&record.entry, Entry::Started { step } if step.0 == move_secret::ID))
}

/// What a step last left, also when it was taken back since.
fn finished<'h>(history: &'h History<Step>, step: &str) -> Option<&'h serde_json::Value> {
    history.records.iter().rev().find_map(|record| match &record.entry {
        Entry::Finished { step: of, output } if of.0 == step => Some(output),
        _ => None,
    })
}

/// The resource ids that the journal holds of what its steps made.
fn resource_ids(history: &History<Step>) -> BTreeMap<StepId, String> {
    let ids = history.records.iter().filter_map(|record| match &record.entry {
        Entry::Finished { step, output } => Some((step.clone(), output.get("resource_id")?.as_str()?.to_owned())),
        _ => None,
    });
    ids.collect()
}

/// The instances that the plan makes, with the steps that make them.
fn instances_of(state: &RunState<Step>) -> impl Iterator<Item = (&str, StepId)> {
    state.plan.steps.iter().filter_map(|planned| match &planned.step {
        Step::CreateInstance(step) => {
            Some((step.request.db_instance_identifier.as_str(), crate::run::step::Step::id(&planned.step)))
        }
        _ => None,
    })
}
