//! The Route 53 of the in-memory cloud: one zone, changes that take a while to be in sync, and a resolver that answers by them.

use std::{collections::BTreeMap, net::SocketAddr};

use async_trait::async_trait;
use daybreak::{
    aws::{
        Error,
        dns::{
            Dns,
            model::{HostedZone, Listed, RecordSet, ResourceRecord, plain},
            requests::ReplaceRecord,
        },
    },
    resolver::{Alias, Answer, ResolveError, Resolver},
};

use super::{Cloud, answered};

/// The zone's id.
pub(crate) const ZONE: &str = "Z1";
/// The record that leads to the source.
pub(crate) const RECORD: &str = "db.corp.example";
/// How many questions, about the change or to the resolver, a change takes to be in sync.
const QUESTIONS: u32 = 2;

#[derive(Default)]
pub(super) struct Zone {
    zones: Vec<HostedZone>,
    sets: Vec<Listed>,
    /// What the name servers answer with.
    served: Vec<Listed>,
    /// How many more questions it takes until that is what there is.
    pending: u32,
    /// How many more questions the resolver answers as it did before.
    remembered: Option<(u32, Vec<Listed>)>,
    /// The set that the resolver gives.
    prefers: Option<&'static str>,
    /// Whether the resolver can be asked.
    silent: bool,
    serial: u32,
    /// The changes made by this process.
    known: BTreeMap<(String, Option<String>), String>,
    /// How often somebody asked whether a change is in sync.
    asked: u32,
}

impl Zone {
    fn question(&mut self) {
        self.pending = self.pending.saturating_sub(1);
        if self.pending == 0 {
            self.served.clone_from(&self.sets);
        }
    }
}

/// A simple record.
pub(crate) fn alias(host: &str) -> RecordSet {
    RecordSet {
        name: format!("{RECORD}."),
        kind: "CNAME".to_owned(),
        ttl: Some(60),
        resource_records: vec![ResourceRecord { value: host.to_owned() }],
        ..RecordSet::default()
    }
}

impl Cloud {
    /// The zone holds these sets and no others, and everybody knows.
    pub(crate) fn set_records(&self, sets: Vec<RecordSet>) {
        let mut inner = self.inner();
        let zone = &mut inner.zone;
        zone.zones = vec![HostedZone { id: ZONE.to_owned(), name: "corp.example".to_owned(), private: true }];
        zone.sets = sets.into_iter().map(|set| Listed { set, beyond: None }).collect();
        zone.served.clone_from(&zone.sets);
    }

    /// The zone's sets.
    pub(crate) fn records(&self) -> Vec<RecordSet> {
        self.inner().zone.sets.iter().map(|listed| listed.set.clone()).collect()
    }

    /// Where the record leads, by Route 53.
    pub(crate) fn record_leads_to(&self) -> String {
        self.records().first().and_then(RecordSet::leads_to).unwrap()
    }

    /// There is another zone of the same name.
    pub(crate) fn add_zone(&self, id: &str) {
        let zone = HostedZone { id: id.to_owned(), name: "corp.example".to_owned(), private: false };
        self.inner().zone.zones.push(zone);
    }

    /// The sets have something that a change could not give back.
    pub(crate) fn records_are_beyond(&self, what: &'static str) {
        self.inner().zone.sets.iter_mut().for_each(|listed| listed.beyond = Some(what));
    }

    /// The resolver remembers its answers for so many questions.
    pub(crate) fn resolver_remembers(&self, questions: u32) {
        let mut inner = self.inner();
        inner.zone.remembered = Some((questions, inner.zone.served.clone()));
    }

    /// The resolver gives this set of several.
    pub(crate) fn resolver_prefers(&self, set: &'static str) {
        self.inner().zone.prefers = Some(set);
    }

    /// Whether the resolver does not answer.
    pub(crate) fn resolver_is_silent(&self, silent: bool) {
        self.inner().zone.silent = silent;
    }

    /// How often it was asked whether a change is in sync.
    pub(crate) fn asked_for_sync(&self) -> u32 {
        self.inner().zone.asked
    }

    /// Another process knows nothing of the changes that the one before it made.
    pub(crate) fn forget_changes(&self) {
        self.inner().zone.known.clear();
    }
}

#[async_trait]
impl Dns for Cloud {
    async fn zone(&self, id: &str) -> Result<Option<HostedZone>, Error> {
        self.answers().await;
        Ok(self.inner().zone.zones.iter().find(|zone| zone.id == id).cloned())
    }

    async fn zones_named(&self, name: &str) -> Result<Vec<HostedZone>, Error> {
        self.answers().await;
        Ok(self.inner().zone.zones.iter().filter(|zone| zone.name == name).cloned().collect())
    }

    async fn records(&self, _: &str, name: &str) -> Result<Vec<Listed>, Error> {
        self.answers().await;
        let inner = self.inner();
        let named = |listed: &&Listed| plain(&listed.set.name) == plain(name);
        Ok(inner.zone.sets.iter().filter(named).cloned().collect())
    }

    async fn replace(&self, request: &ReplaceRecord) -> Result<String, Error> {
        self.change("ChangeResourceRecordSets", |inner| {
            let [goes, comes] = request.change_batch.changes.clone().map(|change| change.resource_record_set);
            let zone = &mut inner.zone;
            let Some(place) = zone.sets.iter().position(|listed| listed.set == goes && listed.beyond.is_none()) else {
                return answered("ChangeResourceRecordSets", "InvalidChangeBatch");
            };
            zone.sets[place].set = comes.clone();
            zone.pending = QUESTIONS;
            zone.serial += 1;
            let change = format!("C{}", zone.serial);
            zone.known.insert((comes.name, comes.set_identifier), change.clone());
            Ok(change)
        })
        .await
    }

    async fn is_in_sync(&self, _: &str) -> Result<bool, Error> {
        self.answers().await;
        let zone = &mut self.inner().zone;
        zone.asked += 1;
        zone.question();
        Ok(zone.pending == 0)
    }

    fn last_change(&self, _: &str, set: &RecordSet) -> Option<String> {
        self.inner().zone.known.get(&(set.name.clone(), set.set_identifier.clone())).cloned()
    }
}

#[async_trait]
impl Resolver for Cloud {
    async fn resolve(&self, name: &str, _: Option<SocketAddr>) -> Result<Answer, ResolveError> {
        let zone = &mut self.inner().zone;
        if zone.silent {
            return Err(ResolveError::Silent { server: "10.0.0.2:53".parse().unwrap() });
        }
        zone.question();
        let sets = match &mut zone.remembered {
            Some((left, sets)) if *left > 0 => {
                *left -= 1;
                &*sets
            }
            _ => &zone.served,
        };
        let own = || sets.iter().map(|listed| &listed.set).filter(|set| plain(&set.name) == name);
        let preferred = own().find(|set| set.set_identifier.as_deref() == zone.prefers).or_else(|| own().next());
        let Some(leads_to) = preferred.and_then(RecordSet::leads_to) else { return Ok(Answer::default()) };
        Ok(Answer { aliases: vec![Alias { leads_to, ttl: 30 }], addresses: vec!["10.0.0.9".parse().unwrap()] })
    }
}
