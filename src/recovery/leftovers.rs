//! What earlier runs left, and what of it may be removed: a pure judgement of what was seen, against the journals.
//!
//! Tags say what to look at; only the journals say what may be removed. Whatever cannot be told for certain is kept.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    names,
    price::{self, Estimate},
    remains::{Remains, made_by_step},
    verdict::{Judged, is_passing, kept, may_go, resource_ids, target, was_moved_onto},
};
use crate::{
    aws::rds::{
        backups::model::InstanceSnapshot,
        fittings::model::Proxy,
        model::{Cluster, ClusterSnapshot, Instance},
    },
    moment,
    run::{
        clock::elapsed,
        id::RunId,
        journal::History,
        state::{RunState, stage_words},
        step::StepId,
    },
    steps::{
        step::Step,
        tags::{self, Tagged},
        target::TargetName,
        window::Family,
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
    /// Its manual snapshots of instances.
    pub instance_snapshots: Vec<InstanceSnapshot>,
    /// Its proxies, with what they lead to.
    pub proxies: Vec<Proxy>,
}

/// A pointer, and where it leads now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The run that moves it; none: a profile names it.
    pub run: Option<RunId>,
    /// What it is: `secret prod/loans/db`, `record db.corp.internal`, `the name loans`.
    pub pointer: String,
    /// Where it leads.
    pub leads: Leads,
}

/// Where a pointer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To this host.
    To(String),
    /// To this database, as a proxy does.
    ToDatabase(TargetName),
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
    /// The clusters and instances of the region that profiles name.
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
    /// An instance that is no part of a cluster.
    Instance,
    /// An instance in a cluster that is not daybreak's.
    Member,
    /// A cluster snapshot.
    Snapshot,
    /// An instance's snapshot.
    InstanceSnapshot,
}

impl Kind {
    /// Whether it is what a run makes as its target.
    pub const fn is_target(self) -> bool {
        matches!(self, Self::Cluster | Self::Instance)
    }

    const fn of(family: Family) -> Self {
        match family {
            Family::Cluster => Self::Cluster,
            Family::Instance => Self::Instance,
        }
    }
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
    /// `DbClusterResourceId` or `DbiResourceId`; of a snapshot, that of what it was taken of.
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

/// Judges all that carries a run's tag or that a journal names, in the order of their names; snapshots last.
pub fn judge(known: &Known<'_>) -> Vec<Leftover> {
    let Holdings { clusters, instances, snapshots, instance_snapshots, .. } = known.holdings;
    let alone = instances.iter().filter(|instance| instance.cluster.is_none()).map(Remains::Instance);
    let targets = clusters.iter().map(Remains::Cluster).chain(alone);
    let mut found: Vec<Leftover> = targets.filter_map(|left| known.target(left)).collect();
    let astray = instances.iter().filter(|instance| instance.cluster.is_some() && instance.made_by().is_some());
    found.extend(astray.filter(|instance| !known.in_listed(instance)).map(|instance| known.astray(instance)));
    found.extend(known.histories.iter().filter_map(|history| known.gone(history)));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.extend(snapshots.iter().filter_map(|snapshot| known.snapshot(&Snapshot::from(snapshot))));
    found.extend(instance_snapshots.iter().filter_map(|snapshot| known.snapshot(&Snapshot::from(snapshot))));
    found
}

impl Known<'_> {
    pub(super) fn history(&self, run: &str) -> Option<&History<Step>> {
        self.histories.iter().find(|history| history.state.plan.run.as_str() == run)
    }

    pub(super) fn of_here(&self, state: &RunState<Step>) -> bool {
        let brief = &state.plan.brief;
        brief.target.region == self.region && brief.source.account == self.account
    }

    /// The instances of a cluster; an instance has none besides itself.
    pub(super) fn members<'c>(&'c self, left: Remains<'c>) -> impl Iterator<Item = &'c Instance> {
        let of = move |instance: &&Instance| {
            left.family() == Family::Cluster && instance.cluster.as_deref() == Some(left.identifier())
        };
        self.holdings.instances.iter().filter(of)
    }

    /// The run that a target is attributed to: by its tag, or else by a journal that names this very one.
    fn attributed(&self, left: Remains<'_>) -> Option<String> {
        let by_journal = || {
            let named = self.histories.iter().find(|history| {
                self.of_here(&history.state)
                    && target(history) == left.identifier()
                    && resource_ids(history).get(&StepId::from(made_by_step(left.family()))).map(String::as_str)
                        == Some(left.resource_id())
            });
            named.map(|history| history.state.plan.run.to_string())
        };
        left.made_by().map(str::to_owned).or_else(by_journal)
    }

    fn in_listed(&self, instance: &Instance) -> bool {
        let mut clusters = self.holdings.clusters.iter();
        clusters.any(|cluster| {
            instance.cluster.as_deref() == Some(cluster.identifier.as_str())
                && self.attributed(Remains::Cluster(cluster)).is_some()
        })
    }

    fn target(&self, left: Remains<'_>) -> Option<Leftover> {
        let run = self.attributed(left)?;
        let history = self.history(&run);
        let judged = self.judged(left, &run);
        let instances: Vec<&Instance> = self.members(left).collect();
        let wanted = judged.verdict != Verdict::Kept;
        let monthly_cost = match left {
            Remains::Cluster(cluster) => price::of(Some(cluster), &instances),
            // The prices known are Aurora's; an instance's storage costs beside it.
            Remains::Instance(_) => Estimate::UNKNOWN,
        };
        Some(Leftover {
            resource_id: Some(left.resource_id().to_owned()),
            status: left.status().to_owned(),
            instances: instances.iter().map(|instance| instance.identifier.clone()).collect(),
            purpose: left.tag(tags::PURPOSE).map(str::to_owned),
            monthly_cost,
            final_snapshot: history.filter(|_| wanted).and_then(|history| self.snapshot_of(left, history)),
            ..self.leftover(Kind::of(left.family()), left.identifier(), left.created(), run, judged)
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
    fn snapshot_of(&self, left: Remains<'_>, history: &History<Step>) -> Option<String> {
        let state = &history.state;
        if state.removal.as_ref().is_some_and(|removal| removal.done().is_none()) {
            return state.final_snapshot.clone();
        }
        let wanted = if is_passing(left) { was_moved_onto(history) } else { state.opened };
        wanted.then(|| names::final_snapshot(left.identifier()))
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
            ..self.leftover(Kind::Member, &instance.identifier, instance.created, run, judged)
        }
    }

    /// A target that is gone, while its journal still says that it is being removed.
    fn gone(&self, history: &History<Step>) -> Option<Leftover> {
        let state = &history.state;
        let removal = state.removal.as_ref().filter(|removal| removal.done().is_none())?;
        let name = target(history);
        let family = state.plan.brief.target.family;
        let seen = match family {
            Family::Cluster => self.holdings.clusters.iter().any(|cluster| cluster.identifier == name),
            Family::Instance => self.holdings.instances.iter().any(|instance| instance.identifier == name),
        };
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
            ..self.leftover(Kind::of(family), name, None, state.plan.run.to_string(), judged)
        })
    }

    /// Why the run keeps a snapshot here under this name, if it does; `of` is what it is of.
    fn keeps(&self, state: &RunState<Step>, name: &str, of: &str) -> Option<String> {
        let brief = &state.plan.brief;
        if brief.source.account != self.account {
            return None;
        }
        state.plan.steps.iter().find_map(|planned| match &planned.step {
            Step::KeepSnapshot(step) if step.region == self.region && step.name == name => {
                Some(format!("it has what only {of} had when it was failed over: cleanup never removes a snapshot"))
            }
            Step::TakeSnapshot(step) if brief.target.region == self.region && step.name == name => Some(format!(
                "it was taken of {of} when the application had moved there: cleanup never removes a snapshot"
            )),
            _ => None,
        })
    }

    /// A snapshot that a run left, or that carries a run's tag.
    fn snapshot(&self, snapshot: &Snapshot<'_>) -> Option<Leftover> {
        let name = snapshot.name;
        let by_journal = self.histories.iter().find_map(|history| {
            let state = &history.state;
            if snapshot.run == Some(state.plan.run.as_str()) && self.keeps(state, name, snapshot.of).is_some() {
                return Some((history, true));
            }
            if !self.of_here(state) || state.plan.brief.target.family != snapshot.family {
                return None;
            }
            let is_final = state.final_snapshot.as_deref() == Some(name);
            let is_copy = snapshot.run == Some(state.plan.run.as_str()) && copies(state).any(|copy| copy == name);
            (is_final || is_copy).then_some((history, is_final))
        });
        let (run, reason) = match (by_journal, snapshot.run) {
            (Some((history, true)), _) => {
                let run = history.state.plan.run.to_string();
                let reason = self.keeps(&history.state, name, snapshot.of);
                let left = || format!("it is all that is left of {}: cleanup never removes a snapshot", snapshot.of);
                (run, reason.unwrap_or_else(left))
            }
            (Some((history, false)), _) => {
                let run = history.state.plan.run.to_string();
                let reason = match history.state.unfinished() {
                    true => format!("run {run} copied it to restore from, and still needs it"),
                    false => format!(
                        "run {run} copied it to restore from, and no longer needs it; it goes with the target when that is removed"
                    ),
                };
                (run, reason)
            }
            (None, Some(run)) => {
                (run.to_owned(), format!("no journal in {} tells of it: its tags were copied", self.place))
            }
            (None, None) => return None,
        };
        let (kind, command) = match snapshot.family {
            Family::Cluster => (Kind::Snapshot, "delete-db-cluster-snapshot --db-cluster-snapshot-identifier"),
            Family::Instance => (Kind::InstanceSnapshot, "delete-db-snapshot --db-snapshot-identifier"),
        };
        let command = format!("aws rds {command} {name} --region {}", self.region);
        Some(Leftover {
            resource_id: snapshot.of_resource_id.map(str::to_owned),
            status: snapshot.status.to_owned(),
            purpose: snapshot.purpose.map(str::to_owned),
            next: by_journal.filter(|(history, is_final)| *is_final || !history.state.unfinished()).map(|_| command),
            ..self.leftover(kind, name, snapshot.created, run, kept(reason))
        })
    }
}

/// A snapshot of either family.
struct Snapshot<'a> {
    family: Family,
    name: &'a str,
    status: &'a str,
    created: Option<Timestamp>,
    /// The name of what it was taken of.
    of: &'a str,
    of_resource_id: Option<&'a str>,
    run: Option<&'a str>,
    purpose: Option<&'a str>,
}

impl<'a> From<&'a ClusterSnapshot> for Snapshot<'a> {
    fn from(it: &'a ClusterSnapshot) -> Self {
        Self {
            family: Family::Cluster,
            name: &it.identifier,
            status: &it.status,
            created: it.created,
            of: &it.cluster,
            of_resource_id: it.cluster_resource_id.as_deref(),
            run: it.tag(tags::RUN),
            purpose: it.tag(tags::PURPOSE),
        }
    }
}

impl<'a> From<&'a InstanceSnapshot> for Snapshot<'a> {
    fn from(it: &'a InstanceSnapshot) -> Self {
        Self {
            family: Family::Instance,
            name: &it.identifier,
            status: &it.status,
            created: it.created,
            of: &it.instance,
            of_resource_id: it.instance_resource_id.as_deref(),
            run: it.tag(tags::RUN),
            purpose: it.tag(tags::PURPOSE),
        }
    }
}

/// The copies of snapshots that a run makes.
fn copies(state: &RunState<Step>) -> impl Iterator<Item = &str> {
    state.plan.steps.iter().filter_map(|planned| match &planned.step {
        Step::CopySnapshot(step) => Some(step.request.target_db_cluster_snapshot_identifier.as_str()),
        Step::CopyInstanceSnapshot(step) => Some(step.request.target_db_snapshot_identifier.as_str()),
        _ => None,
    })
}
