//! Who is managed in the source's place: which resources of a configuration are the source's, and how each is handed
//! over.
//!
//! A `removed` block forgets a whole resource, with all of its keys, and wants it gone from the configuration; so the target
//! gets a name of its own. In a module that may be somebody else's, and where a resource has keys of other databases too,
//! the address stays, and the state is told instead.

use super::{
    address::{Address, Key},
    advice::Block,
    state::{Managed, State},
};
use crate::{
    report::facts,
    run::journal::History,
    steps::{
        brief::{Brief, Source},
        move_secret::MoveSecret,
        moves,
        step::Step,
        window::Family,
    },
};

/// An address that a person gave for something that the source is or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where it is.
    pub address: Address,
    /// What it manages: an identifier of the source's cluster or of one of its instances.
    pub identifier: String,
}

impl Given {
    /// Whether it can be the source's: what instances a source has had, the journal does not say.
    pub(super) fn is_of(&self, source: &Source) -> bool {
        let kinds = match source.family {
            Family::Cluster => [CLUSTER, MEMBER],
            Family::Instance => [INSTANCE, INSTANCE],
        };
        let kind = self.address.kind.as_str();
        kinds.contains(&kind) && (kind == MEMBER || self.identifier == source.identifier)
    }
}

/// The type of an Aurora cluster.
pub(super) const CLUSTER: &str = "aws_rds_cluster";
/// The type of an instance in one.
pub(super) const MEMBER: &str = "aws_rds_cluster_instance";
/// The type of an instance that is in none.
pub(super) const INSTANCE: &str = "aws_db_instance";
/// The type of a secret's version.
pub(super) const VERSION: &str = "aws_secretsmanager_secret_version";

/// One resource that goes from the source to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handover {
    /// Where the source's is managed.
    pub(super) from: Address,
    /// Where the target's will be.
    pub(super) to: Address,
    /// What is imported there; none where the target has nothing that corresponds.
    pub(super) id: Option<String>,
    /// Whether the address was made up.
    pub(super) placeholder: bool,
}

/// What is known of the configuration.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) given: &'a [Given],
    pub(super) state: Option<&'a State>,
}

impl Handover {
    /// Whether the address stays, and the state has to be told that it is another database's.
    pub(super) fn in_place(&self) -> bool {
        self.from == self.to
    }

    pub(super) fn import(&self) -> Option<Block> {
        Some(Block::Import { to: self.to.clone(), id: self.id.clone()? })
    }
}

/// Everything of the source that is handed over: the database, then the instances of a cluster, then the secret's version.
pub(super) fn handovers(history: &History<Step>, brief: &Brief, known: Known<'_>) -> Vec<Handover> {
    let plan = &history.state.plan;
    let suffix = plan.run.to_string().rsplit('-').next().unwrap_or_default().to_owned();
    let kind = database_kind(brief.source.family);
    let target = std::slice::from_ref(&brief.target.identifier);
    // Who has taken the source's name is at its address already.
    let mut found = match moves::swap(&plan.steps) {
        Some(_) => Vec::new(),
        None => pair(known, &suffix, kind, owned(known, &brief.source, kind), target),
    };
    if brief.target.family == Family::Cluster {
        let members: Vec<String> =
            facts::instances(&plan.steps).map(|(_, step)| step.request.db_instance_identifier.clone()).collect();
        found.extend(pair(known, &suffix, MEMBER, owned(known, &brief.source, MEMBER), &members));
    }
    for step in moves::secrets(&plan.steps) {
        let versions = known.state.map(|state| versions(state, step)).unwrap_or_default();
        if !versions.is_empty() {
            let id = format!("{}|{}", step.secret, step.to_version);
            found.extend(pair(known, &suffix, VERSION, versions, &[id]));
        }
    }
    found
}

/// The type of the database itself.
pub(super) fn database_kind(family: Family) -> &'static str {
    match family {
        Family::Cluster => CLUSTER,
        Family::Instance => INSTANCE,
    }
}

/// Whether a resource of the state is the source, or an instance of its cluster. Where the state has the immutable id, that
/// decides: names are used again, and in several regions.
pub(super) fn is_of(source: &Source, resource: &Managed) -> bool {
    let same = |attribute: &str, wanted: &str| resource.text(attribute).is_none_or(|found| found == wanted);
    let region =
        resource.text("arn").and_then(|arn| arn.split(':').nth(3)).is_none_or(|region| region == source.region);
    match resource.address.kind.as_str() {
        CLUSTER => {
            resource.text("cluster_identifier") == Some(&source.identifier)
                && same("cluster_resource_id", &source.resource_id)
                && region
        }
        MEMBER => resource.text("cluster_identifier") == Some(&source.identifier) && region,
        INSTANCE => {
            resource.text("identifier") == Some(&source.identifier)
                && same("resource_id", &source.resource_id)
                && region
        }
        _ => false,
    }
}

/// The addresses of the source's resources of a type, in order.
fn owned(known: Known<'_>, source: &Source, kind: &str) -> Vec<Address> {
    let given = known.given.iter().filter(|given| given.address.kind == kind && given.is_of(source));
    let given = given.map(|given| &given.address);
    let in_state = known.state.into_iter().flat_map(State::resources);
    let in_state = in_state.filter(|one| one.address.kind == kind && is_of(source, one)).map(|one| &one.address);
    let mut addresses: Vec<Address> = given.chain(in_state).cloned().collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

fn versions(state: &State, step: &MoveSecret) -> Vec<Address> {
    let of_secret = |one: &&Managed| {
        one.address.kind == VERSION
            && [one.text("arn"), one.text("secret_id")].contains(&Some(step.secret.as_str()))
            && one.text("version_id").is_none_or(|version| version == step.from_version)
    };
    state.resources().filter(of_secret).map(|one| one.address.clone()).collect()
}

/// The source's resources of a type with what of the target takes their place, in the order of both.
fn pair(known: Known<'_>, suffix: &str, kind: &str, from: Vec<Address>, ids: &[String]) -> Vec<Handover> {
    if from.is_empty() {
        let keyed = ids.len() > 1;
        let handover = |(number, id): (u64, &String)| {
            let key = keyed.then_some(Key::Number(number));
            let from = Address { key, ..Address::root(kind, "SOURCE") };
            Handover { to: from.renamed(format!("SOURCE_{suffix}")), from, id: Some(id.clone()), placeholder: true }
        };
        return (0..).zip(ids).map(handover).collect();
    }
    let mut ids = ids.iter();
    from.iter()
        .map(|address| {
            let to = if forgettable(known, address, &from) {
                address.renamed(format!("{}_{suffix}", address.name))
            } else {
                address.clone()
            };
            Handover { from: address.clone(), to, id: ids.next().cloned(), placeholder: false }
        })
        .collect()
}

/// Whether a `removed` block may forget the resource: it is in the root module, and all of its keys are the source's. Without
/// a state, nobody knows of other keys.
fn forgettable(known: Known<'_>, address: &Address, ours: &[Address]) -> bool {
    let whole = address.whole();
    address.module.is_empty()
        && match known.state {
            None => address.key.is_none(),
            Some(state) => {
                state.resources().filter(|one| one.address.whole() == whole).all(|one| ours.contains(&one.address))
            }
        }
}
