//! The swap of names: the source is renamed aside, and the target takes its name and with it its endpoints.
//!
//! Two renames, one after the other: in between nothing bears the name. Who is who is told by resource ids, which no rename
//! changes; after the swap the source's name is the target's.

mod client;
pub mod rename_source;
pub mod rename_target;
mod whereabouts;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{access::Access, failure, world::World};
use crate::{
    aws::{Call, ErrorKind, rds::requests::ModifyCluster},
    run::step::{Failure, StepError, Waiting},
};

/// How long a rename whose sender died may still be on its way to having an effect.
const SETTLING: Duration = Duration::from_secs(10);

/// Between two looks at a rename: nobody has a database meanwhile.
const AGAIN: Duration = Duration::from_millis(500);

/// Who is renamed to what, and where clients find whoever bears the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Swap {
    /// The source's name, which the target takes.
    pub name: String,
    /// The source's `DbClusterResourceId`.
    pub source: String,
    /// The source's name from then on.
    pub aside: String,
    /// The target's name until then.
    pub target: String,
    /// The host that takes writes and goes with the name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The region, in which the name is unique.
    pub region: String,
    /// How to log in to see where clients of the host land.
    pub access: Access,
}

impl Swap {
    /// The call that gives `to` to whatever bears `from`.
    fn request(from: &str, to: &str) -> ModifyCluster {
        ModifyCluster {
            db_cluster_identifier: from.to_owned(),
            apply_immediately: true,
            new_db_cluster_identifier: Some(to.to_owned()),
            ..ModifyCluster::default()
        }
    }

    /// The call that renames the source aside.
    #[must_use]
    pub fn source_aside(&self) -> Call {
        Self::request(&self.name, &self.aside).call()
    }

    /// The call that gives the source its name back.
    #[must_use]
    pub fn source_back(&self) -> Call {
        Self::request(&self.aside, &self.name).call()
    }

    /// The call that gives the target the source's name.
    #[must_use]
    pub fn target_in(&self) -> Call {
        Self::request(&self.target, &self.name).call()
    }

    /// The call that gives the target its own name back.
    #[must_use]
    pub fn target_back(&self) -> Call {
        Self::request(&self.name, &self.target).call()
    }

    /// How a cluster is renamed by hand.
    fn by_hand(&self, from: &str, to: &str) -> String {
        format!(
            "aws rds modify-db-cluster --db-cluster-identifier {from} --new-db-cluster-identifier {to} --apply-immediately --region {}",
            self.region
        )
    }
}

/// Has a cluster renamed that was just seen under `from`. A refusal that the state of the world explains is no verdict: what
/// was seen may have been stale, and the next look tells.
async fn rename(world: &World, from: &str, to: &str, doing: &str) -> Result<(), StepError> {
    match world.rds.modify_cluster(&Swap::request(from, to)).await {
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
            Err(StepError::passing(Failure::of(doing, &error)))
        }
        renamed => renamed.map_err(|error| failure::of_aws(doing, &error)),
    }
}

fn waiting(on: impl Into<String>) -> Waiting {
    Waiting::on(on).again_in(AGAIN)
}
