//! What a plan tells its reader beside the steps: what is recovered, from when, what it costs in time, and what the target
//! takes from the source.

use std::{cmp::Ordering, net::SocketAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    promotion::Lag,
    renaming::Swap,
    target::TargetName,
    window::{Family, Kind, Window},
};
use crate::{
    aws::dns::model::RecordSet,
    moment::{in_words, show},
    run::clock::elapsed,
};

/// The reader's part of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brief {
    /// The cluster or instance being recovered.
    pub source: Source,
    /// What will be made, or promoted.
    pub target: Target,
    /// The time asked for.
    pub requested_time: Timestamp,
    /// The window it is restored from, as the plan saw it.
    pub window: Window,
    /// How much is given up, in seconds, when the plan was made: everything written after the time the data is of.
    pub given_up_seconds: u64,
    /// The security groups that may reach the target until it is proven; none means there is no quarantine.
    pub quarantine: Vec<String>,
    /// What the target takes from the source, setting by setting.
    pub settings: Vec<Setting>,
    /// The secrets that the application follows, the one that it logs in with first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Pointer>,
    /// The DNS record that the application follows, where the profile names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// The proxy that the application connects to, where the profile names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<FollowedProxy>,
    /// The swap of names by which the application is moved, where the profile wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<Swap>,
    /// The step from which on daybreak no longer rolls back by itself.
    pub point_of_no_return: Option<String>,
    /// The policy bundles that the identity needs.
    pub policies: Vec<Policy>,
    /// What the reader should know before saying yes.
    pub warnings: Vec<String>,
    /// What is promoted; none where something is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<Promotion>,
}

/// What a promotion tells its reader: both sides, what is lost, and what becomes of whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// What it is called: `switchover of the global database`.
    pub way: String,
    /// The API's name of the call.
    pub call: String,
    /// Why this way and no other.
    pub why: String,
    /// All that takes part.
    pub sides: Vec<Side>,
    /// How far the target was behind; none where the way loses nothing.
    pub lag: Option<Lag>,
    /// What is lost.
    pub loses: String,
    /// What stops, and for how long.
    pub stops: String,
    /// What becomes of the old primary.
    pub old_primary: String,
    /// How it is taken back, or that it cannot be.
    pub back: String,
    /// What is to be done by hand afterwards.
    pub afterwards: Vec<String>,
}

/// One that takes part in a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Its name and region.
    pub name: String,
    /// What it is now, with its status.
    pub is: String,
    /// What it will be.
    pub becomes: String,
}

/// The permissions of one capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The bundle's name.
    pub bundle: String,
    /// The IAM actions in it.
    pub actions: Vec<String>,
}

impl Brief {
    /// The time the data is of: that of the restore point, or, of what is taken as it is, the time asked for.
    pub fn data_time(&self) -> Timestamp {
        self.window.restore_point.unwrap_or(self.requested_time)
    }

    /// Whether a pointer is moved.
    pub fn moves_the_application(&self) -> bool {
        !self.secrets.is_empty() || self.record.is_some() || self.proxy.is_some() || self.swap.is_some()
    }

    /// What is moved: `secret prod/loans/db and record db.corp.internal`; none where nothing is.
    pub fn pointers(&self) -> Option<String> {
        let secrets = self.secrets.iter().map(|pointer| format!("secret {}", pointer.secret));
        let record = self.record.iter().map(|record| format!("record {}", record.set.words()));
        let proxy = self.proxy.iter().map(|proxy| format!("proxy {}", proxy.name));
        let name = self.swap.iter().map(|swap| format!("the name {}", swap.name));
        let words: Vec<String> = secrets.chain(proxy).chain(record).chain(name).collect();
        match words.split_last()? {
            (last, []) => Some(last.clone()),
            (last, others) => Some(format!("{} and {last}", others.join(", "))),
        }
    }

    /// The name of the secret with this ARN, where the run moves it.
    pub fn name_of<'a>(&'a self, secret: &'a str) -> &'a str {
        self.secrets.iter().find(|pointer| pointer.arn == secret).map_or(secret, |pointer| &pointer.secret)
    }

    /// The options with which the same is asked for again, each with a space before it.
    pub fn options(&self) -> String {
        let Self { source, target, window, .. } = self;
        if window.kind == Kind::Continuous && window.restore_point.is_none() {
            return " --to now --clone".to_owned();
        }
        let own = window.kind == Kind::Continuous && window.name == source.identifier;
        let from = if own { String::new() } else { format!(" --from {}", window.name) };
        let into = if source.region == target.region { String::new() } else { format!(" --into {}", target.region) };
        let as_before =
            if target.identifier == source.identifier && window.kind.is_restored() { " --as-before" } else { "" };
        format!(" --to {}{from}{into}{as_before}", self.requested_time)
    }

    /// The time the data is of, in words; with the time asked for, where that is another.
    pub fn data_time_words(&self) -> String {
        let (data, asked) = (self.data_time(), self.requested_time);
        let apart = in_words(elapsed(data.min(asked), data.max(asked)));
        match data.cmp(&asked) {
            Ordering::Equal => show(data),
            Ordering::Less => format!("{} (asked for {}: {apart} before it)", show(data), show(asked)),
            Ordering::Greater => format!("{} (asked for {}: {apart} after it)", show(data), show(asked)),
        }
    }
}

/// The cluster or instance being recovered, as the plan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Whether it is a cluster or an instance.
    pub family: Family,
    /// `DBClusterIdentifier` or `DBInstanceIdentifier`.
    pub identifier: String,
    /// `DbClusterResourceId` or `DbiResourceId`: what makes it this one and no other of the name.
    pub resource_id: String,
    /// The account it is in: credentials of another one would see nothing, and take that for "gone".
    pub account: String,
    /// Its region.
    pub region: String,
    /// `Engine`.
    pub engine: String,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// The writer endpoint, when it has one.
    pub endpoint: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
}

/// The names of what will be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Whether it is a cluster or an instance.
    pub family: Family,
    /// Its name.
    pub identifier: String,
    /// Its region.
    pub region: String,
    /// The instance that takes writes; of an instance itself.
    pub writer: String,
}

/// A secret as the plan saw it: the cutover acts only while it is still so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// The secret's name.
    pub secret: String,
    /// The secret's ARN.
    pub arn: String,
    /// The version that holds AWSCURRENT, and gets it back in a rollback.
    pub version: String,
    /// The version that holds AWSPREVIOUS, and gets it back in a rollback.
    pub previous: Option<String>,
    /// Where it points.
    pub points_at: String,
}

/// The DNS record as the plan saw it: the cutover acts only while it is still exactly so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The hosted zone's id.
    pub zone: String,
    /// Its name, and whether it is a private one, in words.
    pub zone_words: String,
    /// The record set, which a rollback gives back.
    pub set: RecordSet,
    /// Where it leads.
    pub points_at: String,
    /// The name server that is asked as clients ask theirs; absent means the system's.
    pub resolver: Option<SocketAddr>,
}

/// The proxy as the plan saw it: the cutover acts only while it still leads there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowedProxy {
    /// `DBProxyName`.
    pub name: String,
    /// Its region.
    pub region: String,
    /// The host that its clients connect to, before and after.
    pub endpoint: String,
    /// The port there.
    pub port: u16,
    /// What it leads to.
    pub leads_to: TargetName,
    /// For how many seconds its clients wait for a database (`ConnectionBorrowTimeout`), where it is known.
    pub borrow_timeout_seconds: Option<u32>,
}

/// One setting of the source, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is.
    pub name: String,
    /// Its value on the source.
    pub source: String,
    /// What AWS would give a restored cluster that is not told.
    pub default: String,
    /// Its value on the target.
    pub target: String,
    /// When the target gets it: `at restore`, `with the writer`, `with the readers`, `after restore`, `at cutover`, `after the watch`,
    /// `with the name` or `not carried over`.
    pub when: String,
}
