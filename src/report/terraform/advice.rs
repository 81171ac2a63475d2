//! The whole advice, as data.

use serde::Serialize;

use super::{
    address::Address,
    arguments::{self, Argument},
    followers::{self, Follower},
    state::State,
    takeover::{CLUSTER, Given, Handover, Known, MEMBER, VERSION, handovers},
};
use crate::{
    report::application::{Application, application},
    run::{id::RunId, journal::History, record::Outcome, state::Stage},
    steps::{brief::Brief, move_secret::MoveSecret, moves, proxy::Proxied, renaming::Swap, step::Step},
};

/// What a configuration must learn of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// The run.
    pub run: RunId,
    /// The database, as the person named it.
    pub database: String,
    /// The source's identifier.
    pub source: String,
    /// The target's.
    pub target: String,
    /// Whether the application is on the target.
    pub stands: Stands,
    /// Blocks for the configuration; none unless the target serves.
    pub blocks: Vec<Block>,
    /// Commands to run before the next plan, for addresses that stay.
    pub commands: Vec<String>,
    /// Blocks for later, which give the resources their old names back.
    pub afterwards: Vec<Block>,
    /// Arguments to change.
    pub arguments: Vec<Argument>,
    /// What else in the state follows the source.
    pub followers: Vec<Follower>,
    /// What to know beside.
    pub notes: Vec<String>,
    /// Whether addresses were made up, since nothing told them.
    pub placeholders: bool,
}

/// Whether the application is on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// The run moved it there.
    Moved,
    /// The run is done and moves no pointer: whoever uses the target was told by somebody else.
    Done,
    /// It was not moved, or was moved back.
    OnSource,
    /// It is being moved, or that failed half-way.
    Unsure,
    /// The target was removed, or is being.
    Removed,
}

/// A block of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "block", rename_all = "kebab-case")]
pub enum Block {
    /// `removed`: Terraform forgets the resource, and destroys nothing.
    Removed {
        /// The whole resource.
        from: Address,
    },
    /// `import`.
    Import {
        /// The resource.
        to: Address,
        /// What it is from now on.
        id: String,
    },
    /// `moved`.
    Moved {
        /// The resource's present name.
        from: Address,
        /// Its next.
        to: Address,
    },
}

/// Reads what a configuration must learn from a run's journal. `given` and `state` say what is where in the configuration.
#[must_use]
pub fn advise(history: &History<Step>, given: &[Given], state: Option<&State>) -> Advice {
    let plan = &history.state.plan;
    let swap = moves::swap(&plan.steps);
    let brief = &standing(&plan.brief, swap);
    let known = Known { given, state };
    let stands = stands(history);
    let mut advice = Advice {
        run: plan.run.clone(),
        database: plan.database.clone(),
        source: brief.source.identifier.clone(),
        target: brief.target.identifier.clone(),
        stands,
        blocks: Vec::new(),
        commands: Vec::new(),
        afterwards: Vec::new(),
        arguments: Vec::new(),
        followers: Vec::new(),
        notes: Vec::new(),
        placeholders: false,
    };
    if !matches!(stands, Stands::Moved | Stands::Done) {
        return advice;
    }
    let handovers = handovers(history, brief, known);
    let (managed, handovers): (Vec<Handover>, Vec<Handover>) =
        handovers.into_iter().partition(|one| is_managed(state, one));
    advice
        .notes
        .extend(managed.iter().filter_map(|one| Some(format!("{} is in the state already.", one.id.as_ref()?))));
    let strange = given.iter().filter(|given| !given.is_of(&brief.source));
    advice.notes.extend(strange.map(|given| {
        format!(
            "{} was given for {}, which is not the source, {}: it is left out.",
            given.address, given.identifier, brief.source.identifier
        )
    }));
    advice.placeholders = handovers.iter().any(|one| one.placeholder);
    hand_over(&handovers, &mut advice);
    advice.arguments = arguments::of_database(brief);
    let members: Vec<String> =
        handovers.iter().filter(|one| one.from.kind == MEMBER).filter_map(|one| one.id.clone()).collect();
    advice.arguments.extend(arguments::of_members(brief, &members));
    if handovers.iter().any(|one| one.from.kind == VERSION) {
        advice.arguments.push(arguments::of_version());
    }
    let version = |one: &&Handover| one.from.kind == VERSION;
    let handed_over = |step: &MoveSecret| {
        let is_its = |id: &String| id.strip_prefix(&step.secret).is_some_and(|rest| rest.starts_with('|'));
        handovers.iter().filter(version).any(|one| one.id.as_ref().is_some_and(is_its))
    };
    for step in moves::secrets(&plan.steps).into_iter().filter(|step| !handed_over(step)) {
        advice.notes.push(format!(
            "If the configuration has an aws_secretsmanager_secret_version of {}: clients now get version {}. Import it as \
             {}|{}, and have it ignore_changes = [secret_string, version_stages], or Terraform makes a further version, which \
             clients get at once.",
            step.secret, step.to_version, step.secret, step.to_version
        ));
    }
    if let Some(step) = moves::record(&plan.steps) {
        advice.notes.push(format!(
            "If the configuration has an aws_route53_record of {}: it leads to {} now. Let it name the target's endpoint, or the next \
             apply moves its clients back.",
            step.from.words(),
            brief.target.identifier
        ));
    }
    if let Some(Proxied { proxy, target, .. }) = moves::proxy(&plan.steps).map(|step| &step.proxied) {
        advice.notes.push(format!(
            "If the configuration has an aws_db_proxy_target of {proxy}: the proxy leads to {target} now. Let the resource name that, and import it, \
             or the next apply moves its clients back."
        ));
    }
    if stands == Stands::Moved && history.state.stage != Stage::Ended(Outcome::Recovered) {
        advice
            .notes
            .push("The run has not ended: as long as it watches, it may yet move the application back.".to_owned());
    }
    if brief.target.region != brief.source.region {
        advice.notes.push(format!(
            "The target is in {}, the source in {}: its resources and import blocks need provider = aws.ALIAS of that region.",
            brief.target.region, brief.source.region
        ));
    }
    if let Some(swap) = swap {
        let (name, aside) = (&swap.name, &swap.aside);
        advice.notes.push(format!(
            "An aws_rds_cluster of {name} stays where it is: Terraform knows a cluster by its name, which is the target's now. Whatever \
             else names {name} follows by itself. The source is called {aside}, and Terraform knows nothing of it."
        ));
    } else if let Some(state) = state {
        advice.followers = followers::followers(&brief.source, state);
    }
    advice
}

/// Blocks and commands that hand each resource over.
fn hand_over(handovers: &[Handover], advice: &mut Advice) {
    for one in handovers {
        if one.in_place() {
            advice.commands.push(format!("terraform state rm {}", crate::report::ways::word(&one.from.to_string())));
        } else {
            let removed = Block::Removed { from: one.from.whole() };
            if !advice.blocks.contains(&removed) {
                advice.blocks.push(removed);
                advice.afterwards.push(Block::Moved { from: one.to.whole(), to: one.from.whole() });
            }
        }
        if one.id.is_none() {
            advice
                .notes
                .push(format!("The target has nothing in the place of {}: drop it from the configuration.", one.from));
        }
    }
    advice.blocks.extend(handovers.iter().filter_map(Handover::import));
}

/// Whether the state has what would be imported already. The id of an `aws_db_instance` is the immutable one, not its name.
fn is_managed(state: Option<&State>, handover: &Handover) -> bool {
    let Some(id) = handover.id.as_deref() else { return false };
    let named = if handover.from.kind == CLUSTER { "cluster_identifier" } else { "identifier" };
    let mut same = state.into_iter().flat_map(State::resources).filter(|one| one.address.kind == handover.from.kind);
    same.any(|one| [one.text("id"), one.text(named)].contains(&Some(id)))
}

/// The plan's brief with the target under the name that it bears once the application is on it.
fn standing(brief: &Brief, swap: Option<&Swap>) -> Brief {
    let mut brief = brief.clone();
    if let Some(swap) = swap {
        brief.target.identifier.clone_from(&swap.name);
    }
    brief
}

fn stands(history: &History<Step>) -> Stands {
    let run = &history.state;
    if run.removal.is_some() || run.stage == Stage::Ended(Outcome::Undone) {
        return Stands::Removed;
    }
    match application(run) {
        Application::OnTarget => Stands::Moved,
        Application::OnSource => Stands::OnSource,
        Application::Unsure => Stands::Unsure,
        Application::NotMoved if run.stage == Stage::Ended(Outcome::Recovered) => Stands::Done,
        Application::NotMoved => Stands::OnSource,
    }
}
