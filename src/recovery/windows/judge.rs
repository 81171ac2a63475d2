//! What each source of restore points can give, what it would lose, and why it cannot be used.
//!
//! Pure: the same catalogue gives the same windows, best first.

mod cluster;
mod draft;
mod instance;
mod replica;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

use super::{
    catalogue::Catalogue,
    lag::Lags,
    lineage::{Lineage, Subject},
    rank,
    upkeep::Upkeep,
    window::{Earlier, Estimate, Kind, Window},
};
use crate::{
    aws::rds::model::{Cluster, ClusterSnapshot},
    moment::in_words,
};

/// What is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// What RDS has.
    pub catalogue: &'a Catalogue,
    /// The time wanted, a whole second.
    pub wanted: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// How long earlier restores took.
    pub earlier: &'a Earlier,
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

/// The window of a live cluster's own continuous backup, judged without a look at anything else.
pub fn own(subject: &Subject, cluster: &Cluster, wanted: Timestamp, now: Timestamp) -> Window {
    let (catalogue, earlier) = (Catalogue::default(), Earlier::new());
    let (lags, upkeep) = (Lags::default(), Upkeep::default());
    let bench = Bench { catalogue: &catalogue, wanted, now, earlier: &earlier, lags: &lags, upkeep: &upkeep };
    cluster::continuous(subject, bench, &subject.region, cluster)
}

/// The window of one snapshot, whosever it is, judged without a look at anything else.
pub fn snapshot(
    subject: &Subject,
    region: &str,
    snapshot: &ClusterSnapshot,
    wanted: Timestamp,
    now: Timestamp,
) -> Window {
    let (catalogue, earlier) = (Catalogue::default(), Earlier::new());
    let (lags, upkeep) = (Lags::default(), Upkeep::default());
    let bench = Bench { catalogue: &catalogue, wanted, now, earlier: &earlier, lags: &lags, upkeep: &upkeep };
    cluster::snapshot(subject, bench, region, snapshot)
}

/// The engines that daybreak recovers.
pub(super) const ENGINES: [&str; 2] = ["aurora-postgresql", "postgres"];

impl Bench<'_> {
    /// How long it would take with a window of this kind of that database, by what earlier runs took.
    fn estimate(&self, kind: Kind, database: &str) -> Estimate {
        let alike = (database.to_owned(), kind.alike());
        let earlier = self.earlier.get(&alike).map(Vec::as_slice).unwrap_or_default();
        let none = match kind {
            Kind::Replica | Kind::GlobalSecondary => "no run of daybreak has promoted it yet",
            _ if kind.is_snapshot() => "no run of daybreak has restored a snapshot of it yet",
            _ => "no run of daybreak has restored from it yet",
        };
        let mut sorted = earlier.to_vec();
        sorted.sort_unstable();
        let Some(median) = sorted.get(sorted.len() / 2) else {
            return Estimate { seconds: None, basis: none.to_owned() };
        };
        let (run, runs) = match kind {
            Kind::Replica | Kind::GlobalSecondary => ("promotion", "promotions"),
            _ if kind.is_snapshot() => ("restore of a snapshot", "restores of snapshots"),
            _ => ("restore", "restores"),
        };
        let whole = |span: &Duration| in_words(Duration::from_secs(span.as_secs()));
        let basis = match sorted.as_slice() {
            [first, .., last] => {
                let count = sorted.len();
                format!("the median of {count} earlier {runs} to their writer, {} to {}", whole(first), whole(last))
            }
            _ => format!("as long as the one earlier {run} to its writer"),
        };
        Estimate { seconds: Some(median.as_secs()), basis }
    }
}
