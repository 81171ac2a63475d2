//! What each source of restore points can give, what it would lose, and why it cannot be used.
//!
//! Pure: the same catalogue gives the same windows, best first.

mod cluster;
mod draft;
mod instance;
mod replica;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::{
    catalogue::Catalogue,
    lag::Lags,
    lineage::{Lineage, Subject},
    rank,
    upkeep::Upkeep,
    window::{Estimate, Kind, Window},
};
use crate::moment::in_words;

/// What is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// What RDS has.
    pub catalogue: &'a Catalogue,
    /// The time wanted, a whole second.
    pub wanted: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// How long earlier restores of each cluster to a time took, to their writer, by the cluster's identifier.
    pub earlier: &'a BTreeMap<String, Vec<Duration>>,
    /// How far replicas are behind.
    pub lags: &'a Lags,
    /// The keys and versions that windows need.
    pub upkeep: &'a Upkeep,
}

/// The windows of a database, best first.
pub fn judge(subject: &Subject, lineage: &Lineage, bench: Bench<'_>) -> Vec<Window> {
    let mut windows = cluster::windows(subject, lineage, bench);
    windows.extend(instance::windows(subject, lineage, bench));
    windows.extend(replica::windows(subject, lineage, bench));
    windows.sort_by(|one, other| rank::order(one, other, &subject.region));
    windows
}

/// The engines that daybreak recovers.
pub(super) const ENGINES: [&str; 2] = ["aurora-postgresql", "postgres"];

impl Bench<'_> {
    /// How long a restore of this would take, by what earlier ones took.
    fn estimate(&self, kind: Kind, source: &str) -> Estimate {
        let earlier = match kind {
            Kind::Continuous | Kind::Retained => self.earlier.get(source).map(Vec::as_slice).unwrap_or_default(),
            _ => &[],
        };
        let none = match kind {
            Kind::Replica | Kind::GlobalSecondary => "no run of daybreak has promoted it yet",
            _ => "no run of daybreak has restored from it yet",
        };
        let mut sorted = earlier.to_vec();
        sorted.sort_unstable();
        let Some(median) = sorted.get(sorted.len() / 2) else {
            return Estimate { seconds: None, basis: none.to_owned() };
        };
        let whole = |span: &Duration| in_words(Duration::from_secs(span.as_secs()));
        let basis = match sorted.as_slice() {
            [first, .., last] => {
                let count = sorted.len();
                format!("the median of {count} earlier restores to their writer, {} to {}", whole(first), whole(last))
            }
            _ => "as long as the one earlier restore to its writer".to_owned(),
        };
        Estimate { seconds: Some(median.as_secs()), basis }
    }
}
