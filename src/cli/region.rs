//! AWS for several runs of this process: one session, one identity and one gathering of looks for each region.

use std::{collections::BTreeMap, sync::Arc};

use super::{desk::Desk, error::CliError, windows::Everywhere};
use crate::{
    aws::{
        Identity, Session,
        rds::{Gather, Rds},
    },
    steps::world::World,
};

/// One region.
#[derive(Clone)]
pub(super) struct Region {
    session: Session,
    rds: Arc<dyn Rds>,
    /// Who AWS says we are.
    pub(super) identity: Identity,
}

impl Region {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.session.region()
    }

    /// The way to what other regions hold.
    pub(super) fn everywhere(&self) -> Everywhere {
        Everywhere { session: self.session.clone() }
    }

    /// What a run in it acts upon.
    pub(super) fn world(&self, desk: &Desk, purpose: &str) -> Result<World, CliError> {
        Ok(World { rds: self.rds.clone(), ..desk.world(&self.session, self.name(), purpose)? })
    }
}

/// The regions that were asked for, each entered once.
#[derive(Default)]
pub(super) struct Regions(BTreeMap<Option<String>, Region>);

impl Regions {
    /// The region named, or where none is, the one that the environment says.
    pub(super) async fn enter(&mut self, desk: &Desk, named: Option<&str>) -> Result<Region, CliError> {
        let named = named.map(str::to_owned);
        if let Some(known) = self.0.get(&named) {
            return Ok(known.clone());
        }
        let session = desk.session(named.as_deref()).await?;
        let known = self.0.values().find(|region| region.name() == session.region()).cloned();
        let region = match known {
            Some(known) => known,
            None => {
                let identity = session.identity().await?;
                let rds = Arc::new(Gather::new(session.rds(session.region())));
                Region { session, rds, identity }
            }
        };
        self.0.insert(named, region.clone());
        Ok(region)
    }
}
