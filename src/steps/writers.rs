//! A server whose writers are fenced: how it is reached, and what failing there means.

use serde::{Deserialize, Serialize};

use super::{access::Access, failure, window::Family, world::World};
use crate::{
    pg::{self, Login},
    run::step::{Context, Failure, StepError},
};

/// The old writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Whether it is a cluster's or an instance's.
    pub family: Family,
    /// Its region.
    pub region: String,
    /// `DBClusterIdentifier` or `DBInstanceIdentifier`.
    pub identifier: String,
    /// The host that takes writes.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to log in with the right to alter roles.
    pub access: Access,
}

impl Server {
    /// A login to it.
    pub async fn login(&self, world: &World) -> Result<Login, StepError> {
        self.access.at(world, &self.host, self.port).await
    }
}

/// The marker of this run's fence.
pub(super) fn marker(cx: &Context<'_>) -> String {
    pg::fencing::marker(&cx.run.to_string())
}

/// SQLSTATEs of two who change roles at once: duplicate_object, serialization_failure, deadlock_detected, and the internal
/// error of a catalog row that was changed meanwhile. The next look tells what came of it.
const AT_ONCE: [&str; 4] = ["42710", "40001", "40P01", "XX000"];

/// A failed dealing with roles.
pub(super) fn failed(doing: &str, error: &pg::Error) -> StepError {
    if error.sqlstate.as_deref().is_some_and(|state| AT_ONCE.contains(&state)) {
        return StepError::passing(Failure::of(doing, error));
    }
    failure::of_postgres(doing, error)
}

/// Names in a sentence; `nobody` for none.
pub(super) fn names<'a>(roles: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = roles.into_iter().collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
