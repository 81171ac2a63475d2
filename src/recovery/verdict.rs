//! Whether one target may go: every reason to keep it is asked for before a reason to remove it.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    leftovers::{Followed, Known, Leads, Verdict},
    pointer,
    remains::{Remains, made_by_step},
};
use crate::{
    aws::rds::{fittings::model::Proxy, model::Instance},
    moment,
    run::{
        clock::elapsed,
        journal::History,
        record::{Entry, Outcome, Record},
        state::{RunState, Stage, stage_words},
        step::{Step as _, StepId},
    },
    steps::{
        create_instance::WRITER,
        moves,
        purpose::SETTLE,
        renaming::Swap,
        restore_instance,
        step::Step,
        tags::{self, Whose},
        target::TargetName,
    },
};

/// A verdict with its reason.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    pub(super) next: Option<String>,
}

pub(super) fn kept(reason: impl Into<String>) -> Judged {
    Judged { verdict: Verdict::Kept, reason: reason.into(), next: None }
}

pub(super) fn may_go(verdict: Verdict, reason: impl Into<String>) -> Judged {
    Judged { verdict, reason: reason.into(), next: None }
}

impl Known<'_> {
    pub(super) fn judged(&self, left: Remains<'_>, run: &str) -> Judged {
        let foreign = self.foreign(left, run);
        let history = match (self.history(run), foreign) {
            (Some(history), None) => history,
            (_, Some(why)) => return why,
            (None, None) => return kept(format!("its journal is not in {}", self.place)),
        };
        self.needed(left, history).or_else(|| self.entangled(left, history)).unwrap_or_else(|| self.left(left, history))
    }

    /// Why it is not what a journal of this store tells of.
    fn foreign(&self, left: Remains<'_>, run: &str) -> Option<Judged> {
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
        let asked = |record: &Record<Step>| matches!(&record.entry, Entry::Started { step } if step.0 == made_by_step(left.family()));
        if !self.of_here(&history.state) {
            let brief = &history.state.plan.brief;
            let (account, region) = (&brief.source.account, &brief.target.region);
            return Some(kept(format!("run {run} was in account {account}, region {region}: it did not make this")));
        }
        let what = left.family().word();
        let named = target(history) == left.identifier() || swapped(history, left).is_some();
        if !named || history.state.plan.brief.target.family != left.family() {
            return Some(kept(format!(
                "run {run} made no {what} of this name: its tags were copied, as when somebody restores from a target"
            )));
        }
        if !history.records.iter().any(asked) {
            return Some(kept(format!("run {run} never asked for this {what}")));
        }
        let seen = resource_ids(history);
        let seen = seen.get(&StepId::from(made_by_step(left.family()))).map(String::as_str);
        match left.whose(&history.state.plan.run, seen) {
            Whose::Ours => None,
            Whose::Theirs(why) => Some(kept(why)),
        }
    }

    /// Who needs it.
    fn needed(&self, left: Remains<'_>, history: &History<Step>) -> Option<Judged> {
        if let Some(swap) = swapped(history, left) {
            return Some(kept(format!("the application uses it: it bears the name {}", swap.name)));
        }
        if let Some(of) = self.source_of(left) {
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
            Leads::To(host) => self.leads_to(host, left, history),
            Leads::ToDatabase(name) => is_of(left, name),
            Leads::Nowhere | Leads::Unknown(_) => false,
        };
        if let Some(followed) = self.pointers.iter().find(used) {
            return Some(kept(format!("the application uses it: {} leads to it", followed.pointer)));
        }
        self.pointers.iter().find_map(|followed| match &followed.leads {
            Leads::Unknown(why) => Some(kept(format!(
                "whether the application uses it cannot be told: {} cannot be read: {why}",
                followed.pointer
            ))),
            Leads::To(_) | Leads::ToDatabase(_) | Leads::Nowhere => None,
        })
    }

    /// What hangs on it that is not daybreak's.
    fn entangled(&self, left: Remains<'_>, history: &History<Step>) -> Option<Judged> {
        let state = &history.state;
        let seen = resource_ids(history);
        let planned: BTreeMap<&str, StepId> = instances_of(state).collect();
        for instance in self.members(left) {
            let name = &instance.identifier;
            let Some(step) = planned.get(name.as_str()) else {
                return Some(kept(format!("instance {name} in it was not made by run {}", state.plan.run)));
            };
            if let Whose::Theirs(why) = tags::whose(instance, &state.plan.run, seen.get(step).map(String::as_str)) {
                return Some(kept(why));
            }
        }
        if let Some(global) = left.global() {
            return Some(kept(format!("it belongs to the global database {global}")));
        }
        if let Some(replica) = left.replica() {
            return Some(kept(format!("{replica} replicates from it")));
        }
        let leads = |proxy: &&Proxy| proxy.targets.iter().any(|name| name.eq_ignore_ascii_case(left.identifier()));
        if let Some(proxy) = self.holdings.proxies.iter().find(leads) {
            return Some(kept(format!("proxy {} leads to it", proxy.name)));
        }
        if left.is_protected() && !state.outputs.has(SETTLE) {
            return Some(kept("somebody protected it against deletion"));
        }
        let removing = state.removal.as_ref().is_some_and(|removal| removal.done().is_none());
        (left.is_deleting() && !removing).then(|| kept("it is being deleted already"))
    }

    /// Why it may go.
    fn left(&self, left: Remains<'_>, history: &History<Step>) -> Judged {
        let state = &history.state;
        if let Some(removal) = state.removal.as_ref().filter(|removal| removal.done().is_none()) {
            let (who, at) = (&removal.by.who, moment::show(removal.began));
            return may_go(Verdict::Removable, format!("its removal, begun by {who} at {at}, is not complete"));
        }
        if is_passing(left) {
            return self.expired(left);
        }
        let own = self.pointers.iter().find(|followed| followed.run.as_ref() == Some(&state.plan.run));
        let elsewhere = match own.map(|own| (&own.pointer, &own.leads)) {
            None => Err("no pointer tells whether somebody uses it".to_owned()),
            Some((pointer, Leads::To(host))) => match self.owner_of(host) {
                Some(owner) => Ok(format!("{pointer} leads to {owner}")),
                None => Err(format!("{pointer} leads to {host}, which is no endpoint that RDS shows here")),
            },
            Some((pointer, Leads::ToDatabase(name))) => Ok(format!("{pointer} leads to {name}")),
            Some((pointer, Leads::Nowhere | Leads::Unknown(_))) => Err(format!("{pointer} leads nowhere any more")),
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

    fn expired(&self, left: Remains<'_>) -> Judged {
        let purpose = left.tag(tags::PURPOSE).unwrap_or_default();
        let Some(expires) = left.tag(tags::EXPIRES) else {
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
    fn source_of(&self, left: Remains<'_>) -> Option<String> {
        let of_run = self.histories.iter().find(|history| {
            let source = &history.state.plan.brief.source;
            source.resource_id == left.resource_id()
                || (self.of_here(&history.state) && source.identifier.eq_ignore_ascii_case(left.identifier()))
        });
        let of_profile = || {
            self.profiles
                .iter()
                .any(|name| name.eq_ignore_ascii_case(left.identifier()))
                .then(|| "a profile".to_owned())
        };
        of_run.map(|history| format!("run {}", history.state.plan.run)).or_else(of_profile)
    }

    fn leads_to(&self, host: &str, left: Remains<'_>, history: &History<Step>) -> bool {
        let is = |address: &str| address.eq_ignore_ascii_case(host);
        left.serves_at(host)
            || self.members(left).any(|instance| instance.address.as_deref().is_some_and(is))
            // A target that has lost its instances, or is being removed, may show no endpoint.
            || finished_writer(history).and_then(|output| output.get("endpoint")?.as_str()).is_some_and(is)
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
}

fn is_of(left: Remains<'_>, name: &TargetName) -> bool {
    left.family() == name.family && left.identifier().eq_ignore_ascii_case(&name.identifier)
}

/// The swap by which a target bears the source's name, where it does. A name alone proves nothing: it was the source's, and may be
/// so again.
fn swapped<'h>(history: &'h History<Step>, left: Remains<'_>) -> Option<&'h Swap> {
    let swap = moves::swap(&history.state.plan.steps)?;
    let seen = resource_ids(history);
    let ours = seen.get(&StepId::from(made_by_step(left.family()))).is_some_and(|id| id == left.resource_id());
    (ours && swap.name == left.identifier()).then_some(swap)
}

pub(super) fn target(history: &History<Step>) -> &str {
    &history.state.plan.brief.target.identifier
}

/// Made for a drill or a probe: to be removed.
pub(super) fn is_passing(left: Remains<'_>) -> bool {
    matches!(left.tag(tags::PURPOSE), Some("drill" | "probe"))
}

/// Whether the run ever began to move the application onto its target, whatever the target's tags say.
pub(super) fn was_moved_onto(history: &History<Step>) -> bool {
    history.records.iter().any(
        |record| matches!(&record.entry, Entry::Started { step } if moves::is_move(&history.state.plan.steps, &step.0)),
    )
}

fn finished_writer(history: &History<Step>) -> Option<&serde_json::Value> {
    [WRITER, restore_instance::ID].into_iter().find_map(|step| finished(history, step))
}

/// What a step last left, also when it was taken back since.
fn finished<'h>(history: &'h History<Step>, step: &str) -> Option<&'h serde_json::Value> {
    history.records.iter().rev().find_map(|record| match &record.entry {
        Entry::Finished { step: of, output } if of.0 == step => Some(output),
        _ => None,
    })
}

/// The resource ids that the journal holds of what its steps made.
pub(super) fn resource_ids(history: &History<Step>) -> BTreeMap<StepId, String> {
    let ids = history.records.iter().filter_map(|record| match &record.entry {
        Entry::Finished { step, output } => Some((step.clone(), output.get("resource_id")?.as_str()?.to_owned())),
        _ => None,
    });
    ids.collect()
}

/// The instances that the plan makes, with the steps that make them.
fn instances_of(state: &RunState<Step>) -> impl Iterator<Item = (&str, StepId)> {
    state.plan.steps.iter().filter_map(|planned| match &planned.step {
        Step::CreateInstance(step) => Some((step.request.db_instance_identifier.as_str(), planned.step.id())),
        _ => None,
    })
}
