//! What a stranger needs to know who must decide about a run: what exists, what the application uses right now, what was
//! tried, and the ways out. Every claim says whether AWS showed it or only the journal says so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    application::{Application, application, application_words},
    facts::Facts,
    standing::{Existence, Made, cost_of, made},
    tried::{Tried, tried},
    ways::{self, Way, Ways},
};
use crate::{
    moment::{ago, show},
    recovery::sighting::{Answer, Found, Look, Side, Sighting},
    run::{
        clock::elapsed,
        journal::History,
        state::{RunState, Stage},
    },
    steps::{moves, step::Step},
    ui::words::clean,
};

/// What whoever asks for a report adds to the journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    /// What AWS showed.
    pub look: Look,
    /// What must stand between `daybreak` and its command for another shell to find the run, with a space before it.
    pub options: String,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// AWS, when it was asked.
    Aws,
    /// The journal alone.
    Journal,
}

/// What a person needs to know who must decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stuck {
    /// Since when nothing more happens, or the journal has no more to say.
    pub since: Timestamp,
    /// When AWS was asked; none when it was not, or could not be.
    pub looked: Option<Timestamp>,
    /// Why AWS could not be asked.
    pub not_looked: Option<String>,
    /// What the run has asked for.
    pub exists: Vec<Thing>,
    /// What costs money, in words.
    pub cost: Option<String>,
    /// What the application uses.
    pub application: ApplicationNow,
    /// What was tried.
    pub tried: Vec<Tried>,
    /// The ways towards recovery; empty for a run that is not stuck.
    pub forward: Ways,
    /// The ways back; empty for a run that is not stuck.
    pub back: Ways,
}

/// One thing that the run has asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    /// `cluster loans-db-k3fa`, `writer loans-db-k3fa-1`.
    pub what: String,
    /// Its name.
    pub identifier: String,
    /// The class of an instance.
    pub class: Option<String>,
    /// Who says so.
    pub by: Witness,
    /// Whether it is there; none when nobody can tell.
    pub exists: Option<bool>,
    /// Its status, as RDS writes it.
    pub status: Option<String>,
    /// Its resource id.
    pub resource_id: Option<String>,
    /// Since when it is there.
    pub created: Option<Timestamp>,
    /// What else is to be known of it: that it is not this run's, or why AWS did not tell.
    pub remark: Option<String>,
}

/// What the application uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationNow {
    /// Who says so.
    pub by: Witness,
    /// Which cluster.
    pub on: On,
    /// The version of the secret that clients get, where it is known.
    pub version: Option<String>,
    /// Where it leads, as `host:port`, where it was read.
    pub leads_to: Option<String>,
    /// All of it in a sentence.
    pub sentence: String,
}

/// Which cluster the application uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The source.
    Source,
    /// The target.
    Target,
    /// Neither.
    Elsewhere,
    /// Nobody can tell.
    Unknown,
    /// The run moves no application.
    NotMoved,
}

/// Whether a person may have to decide about the run, so that a look at AWS is worth its calls: it is stuck, it was
/// interrupted, or its journal ends in the midst of a move.
#[must_use]
pub fn needs_a_person(history: &History<Step>) -> bool {
    let state = &history.state;
    let unsure = application(state) == Application::Unsure;
    matches!(state.stage, Stage::Stuck(_)) || (state.unfinished() && (unsure || Facts::of(history).interrupted))
}

impl Stuck {
    /// What is known of a run that needs a person; none of other runs.
    #[must_use]
    pub fn of(history: &History<Step>, around: &Around) -> Option<Self> {
        if !needs_a_person(history) {
            return None;
        }
        let state = &history.state;
        let (looked, not_looked) = match &around.look {
            Look::Made(sighting) => (Some(sighting.at), None),
            Look::Impossible(why) => (None, Some(clean(why))),
            Look::NotMade => (None, None),
        };
        let (things, presumed): (Vec<Thing>, Vec<Made>) = made(state)
            .into_iter()
            .filter(|made| made.existence != Existence::NotMade)
            .map(|made| thing(made, &around.look))
            .unzip();
        let is_stuck = matches!(state.stage, Stage::Stuck(_));
        let ways = |of: fn(&RunState<Step>, &Look, &str) -> Ways| {
            if is_stuck { of(state, &around.look, &around.options) } else { Ways::default() }
        };
        Some(Self {
            since: state.latest,
            looked,
            not_looked,
            exists: things,
            cost: cost_of(&presumed),
            application: application_now(state, &around.look),
            tried: tried(history),
            forward: ways(ways::forward),
            back: ways(ways::back),
        })
    }

    /// The commands that tell where the application is, where this report cannot.
    #[must_use]
    pub fn find_out(&self, state: &RunState<Step>) -> Vec<Way> {
        if self.application.on == On::Unknown { ways::where_is_the_application(state) } else { Vec::new() }
    }
}

impl Thing {
    /// The thing in a line; ages as of `looked`.
    #[must_use]
    pub fn sentence(&self, looked: Option<Timestamp>) -> String {
        let class = self.class.as_deref().map(|class| format!(" ({class})")).unwrap_or_default();
        let subject = format!("{}{class}", self.what);
        let age = self
            .created
            .zip(looked)
            .map(|(created, looked)| format!(", there since {} ({})", show(created), ago(elapsed(created, looked))))
            .unwrap_or_default();
        let id = self.resource_id.as_deref().map(|id| format!(", {id}")).unwrap_or_default();
        let told = match (self.by, self.exists, &self.status) {
            (Witness::Aws, Some(true), Some(status)) => format!("{subject} is {status}{id}{age}"),
            (Witness::Aws, ..) => format!("{subject} is not there"),
            (Witness::Journal, Some(true), _) => format!("{subject} exists, by the journal"),
            (Witness::Journal, Some(false), _) => format!("{subject} is gone, by the journal"),
            (Witness::Journal, None, _) => format!("{subject} may exist, by the journal"),
        };
        let remark = self.remark.as_deref().map(|remark| format!("; {remark}")).unwrap_or_default();
        clean(&format!("{told}{remark}"))
    }
}

/// One thing as AWS or the journal tells it, and the same as far as its cost goes.
fn thing(made: Made, look: &Look) -> (Thing, Made) {
    let answer = match look {
        Look::Made(Sighting { things, .. }) => things.get(&made.identifier),
        Look::NotMade | Look::Impossible(_) => None,
    };
    let mut thing = Thing {
        what: made.what.clone(),
        identifier: made.identifier.clone(),
        class: made.class.clone(),
        by: Witness::Aws,
        exists: None,
        status: None,
        resource_id: None,
        created: None,
        remark: None,
    };
    let existence = match answer {
        Some(Answer::Found(Found { called, status, resource_id, created, stranger, .. })) => {
            thing.exists = Some(true);
            (thing.status, thing.resource_id, thing.created) =
                (Some(status.clone()), Some(resource_id.clone()), *created);
            let renamed = (*called != made.identifier).then(|| format!("it bears the name {called}"));
            thing.remark = stranger.as_ref().map(|why| format!("{why}: this run leaves it alone")).or(renamed);
            if stranger.is_none() { Existence::Exists } else { Existence::NotMade }
        }
        Some(Answer::Absent) => {
            thing.exists = Some(false);
            Existence::Removed
        }
        Some(Answer::Unanswered(_)) | None => {
            thing.by = Witness::Journal;
            thing.exists = match made.existence {
                Existence::Exists => Some(true),
                Existence::Removed | Existence::NotMade => Some(false),
                Existence::Unsure => None,
            };
            if let Some(Answer::Unanswered(why)) = answer {
                thing.remark = Some(format!("AWS does not tell: {why}"));
            }
            made.existence
        }
    };
    (thing, Made { existence, ..made })
}

fn application_now(state: &RunState<Step>, look: &Look) -> ApplicationNow {
    let Look::Made(sighting) = look else { return by_the_journal(state) };
    let Sighting { secrets, record, proxy, name, .. } = sighting;
    let unread = secrets.iter().find_map(|seen| seen.version.as_ref().err());
    let unlisted = record.as_ref().and_then(|seen| seen.leads_to.as_ref().err());
    let unshown = proxy.as_ref().and_then(|seen| seen.leads_to.as_ref().err());
    let why = unread.or(unlisted).or(unshown).or(name.as_ref().and_then(|seen| seen.borne_by.as_ref().err()));
    match why {
        Some(why) => {
            let told = by_the_journal(state);
            ApplicationNow { sentence: clean(&format!("{}; AWS does not tell: {why}", told.sentence)), ..told }
        }
        None if secrets.is_empty() && record.is_none() && proxy.is_none() && name.is_none() => by_the_journal(state),
        None => seen_now(state, sighting),
    }
}

fn seen_now(state: &RunState<Step>, sighting: &Sighting) -> ApplicationNow {
    let brief = &state.plan.brief;
    let Sighting { secrets, record, proxy, name, .. } = sighting;
    let (record, proxy) = (record.as_ref(), proxy.as_ref());
    let of_others = record.map(|seen| seen.side).into_iter().chain(proxy.map(|seen| seen.side));
    let by_name = name.iter().map(|seen| seen.side);
    let sides: Vec<Side> = secrets.iter().map(|seen| seen.side).chain(of_others).chain(by_name).collect();
    let side = sides.first().copied().filter(|first| sides.iter().all(|side| side == first));
    let (on, place) = match side {
        Some(Side::Source) => (On::Source, format!("on the source {}", brief.source.identifier)),
        Some(Side::Target) => (On::Target, format!("on the target {}", brief.target.identifier)),
        Some(Side::Elsewhere) => (On::Elsewhere, "neither on the source nor on the target".to_owned()),
        Some(Side::Unknown) => (On::Unknown, "on a cluster that could not be told".to_owned()),
        None => (On::Unknown, "moved in part".to_owned()),
    };
    let host = |place: &(String, u16)| format!("{}:{}", place.0, place.1);
    let of_secrets = secrets.iter().map(|seen| {
        let led = match &seen.leads_to {
            Ok(place) => format!("which leads to {}", host(place)),
            Err(why) => format!("whose value could not be read: {why}"),
        };
        let version = seen.version.as_deref().unwrap_or_default();
        format!("clients of secret {} get version {version}, {led}", brief.name_of(&seen.secret))
    });
    let of_record = record.zip(moves::record(&state.plan.steps)).map(|(seen, step)| match &seen.leads_to {
        Ok(Some(host)) => format!("record {} leads to {host}", step.from.words()),
        Ok(None) | Err(_) => format!("record {} leads nowhere", step.from.words()),
    });
    let of_proxy = proxy.zip(moves::proxy(&state.plan.steps)).and_then(|(seen, step)| {
        let leads = seen.leads_to.as_ref().ok()?;
        Some(format!("proxy {} leads to {leads}", step.proxied.proxy))
    });
    let of_name = name.iter().zip(moves::swap(&state.plan.steps)).map(|(seen, swap)| match &seen.borne_by {
        Ok(Some(id)) => format!("the name {} is borne by {id}", swap.name),
        Ok(None) | Err(_) => format!("no cluster bears the name {}, and nobody finds a database under it", swap.name),
    });
    let by_record = || record.and_then(|seen| seen.leads_to.clone().ok()).flatten();
    let told: Vec<String> = of_secrets.chain(of_proxy).chain(of_record).chain(of_name).collect();
    let login = secrets.first();
    ApplicationNow {
        by: Witness::Aws,
        on,
        leads_to: login.map_or_else(by_record, |seen| seen.leads_to.as_ref().ok().map(host)),
        version: login.and_then(|seen| seen.version.clone().ok()),
        sentence: clean(&format!("the application is {place}: {}", told.join("; "))),
    }
}

fn by_the_journal(state: &RunState<Step>) -> ApplicationNow {
    let secret = moves::secrets(&state.plan.steps).into_iter().next();
    let (on, version) = match application(state) {
        Application::NotMoved => (On::NotMoved, None),
        Application::OnSource => (On::Source, secret.map(|step| step.from_version.clone())),
        Application::OnTarget => (On::Target, secret.map(|step| step.to_version.clone())),
        Application::Unsure => (On::Unknown, None),
    };
    let sentence = clean(&application_words(state));
    let sentence = if on == On::NotMoved { sentence } else { format!("by the journal, {sentence}") };
    ApplicationNow { by: Witness::Journal, on, version, leads_to: None, sentence }
}
