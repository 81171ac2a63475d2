//! Whether what a window's data needs beside itself is still there: the key that encrypts it, the version of the engine
//! that runs it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use tokio::join;

use super::{
    arn::Arn,
    catalogue::{Regions, Unseen, within},
    window::{Kind, Window},
};
use crate::{
    aws::{self, ErrorKind, kms::Key, rds::versions::Offer},
    moment::show,
};

/// Keys, as [`Unseen::what`].
pub const KEYS: &str = "KMS keys";
/// Versions, as [`Unseen::what`].
pub const VERSIONS: &str = "engine versions";

/// How many calls are under way at once.
const AT_ONCE: usize = 8;

/// A key and the region it is asked for in.
type KeyName = (String, String);
/// A region, an engine and its version.
type VersionName = (String, String, String);

/// Keys and versions, as far as they could be seen.
#[derive(Debug, Clone, Default)]
pub struct Upkeep {
    keys: BTreeMap<KeyName, Result<Key, aws::Error>>,
    versions: BTreeMap<VersionName, Result<Offer, aws::Error>>,
}

impl Upkeep {
    /// Asks for each key and version that the windows have, once, in their regions.
    pub async fn look(world: &dyn Regions, windows: &[Window]) -> Self {
        let keys: BTreeSet<KeyName> = windows.iter().filter_map(key_of).collect();
        let versions: BTreeSet<VersionName> = windows.iter().filter_map(version_of).collect();
        let keys = stream::iter(keys).map(async |name| {
            let client = world.keys(&name.0);
            let answer = within(("kms", "DescribeKey"), client.key(&name.1)).await;
            (name, answer)
        });
        let versions = stream::iter(versions).map(async |name| {
            let client = world.versions(&name.0);
            let answer = within(("rds", "DescribeDBEngineVersions"), client.offer(&name.1, &name.2)).await;
            (name, answer)
        });
        let (keys, versions) =
            join!(keys.buffer_unordered(AT_ONCE).collect(), versions.buffer_unordered(AT_ONCE).collect());
        Self { keys, versions }
    }

    /// What could not be seen, once for each region and reason. A key that is not there was seen not to be.
    pub fn unseen(&self) -> Vec<Unseen> {
        let keys = self.keys.iter().filter_map(|((region, _), answer)| Some((region, KEYS, answer.as_ref().err()?)));
        let versions =
            self.versions.iter().filter_map(|((region, ..), answer)| Some((region, VERSIONS, answer.as_ref().err()?)));
        let mut found: Vec<Unseen> = Vec::new();
        for (region, what, error) in keys.chain(versions) {
            let said = |one: &Unseen| one.region == *region && one.what == what && one.error.code == error.code;
            if error.kind != ErrorKind::NotFound && !found.iter().any(said) {
                found.push(Unseen { region: region.clone(), what, error: error.clone() });
            }
        }
        found
    }

    /// Adds to a window what its key and its version mean for it.
    pub(super) fn judge(&self, window: &mut Window) {
        if let Some(answer) = key_of(window).and_then(|name| self.keys.get(&name)) {
            judge_key(window, answer);
        }
        if let Some(answer) = version_of(window).and_then(|name| self.versions.get(&name)) {
            judge_version(window, answer);
        }
    }
}

fn key_of(window: &Window) -> Option<KeyName> {
    Some((window.region.clone(), window.kms_key_id.clone()?))
}

/// What is promoted runs already.
fn version_of(window: &Window) -> Option<VersionName> {
    let promoted = matches!(window.kind, Kind::Replica | Kind::GlobalSecondary);
    if promoted { None } else { Some((window.region.clone(), window.engine.clone()?, window.engine_version.clone()?)) }
}

/// What can be done about a key that is not enabled. The states are those of KMS, which alone says what they are.
fn judge_key(window: &mut Window, answer: &Result<Key, aws::Error>) {
    let Window { region, kms_key_id, arn, kind, .. } = &*window;
    let key = kms_key_id.clone().unwrap_or_default();
    let command = |verb: &str| format!("aws kms {verb} --key-id {key} --region {region}");
    match answer {
        Ok(Key { state, .. }) if state == "Enabled" => {}
        Ok(Key { state, deletion }) => {
            let why = match state.as_str() {
                "Disabled" => format!("its KMS key is Disabled; if it may be used again: {}", command("enable-key")),
                "PendingDeletion" | "PendingReplicaDeletion" => {
                    let when = deletion.map(|at| format!(" on {}", show(at))).unwrap_or_default();
                    format!(
                        "its KMS key is {state}: it goes{when}, and this data with it; {} and then enable-key keep it",
                        command("cancel-key-deletion")
                    )
                }
                "PendingImport" => {
                    format!("its KMS key {key} is PendingImport: its key material must be imported again")
                }
                "Unavailable" => {
                    format!("its KMS key {key} is Unavailable: the key store that holds it must be connected")
                }
                other => format!("its KMS key {key} is {other}, not Enabled"),
            };
            window.obstacles.push(why);
        }
        // KMS says so of what was deleted for good, but also of what another account does not show.
        Err(error) if error.kind == ErrorKind::NotFound && *kind != Kind::SharedSnapshot && !foreign(&key, arn) => {
            window
                .obstacles
                .push(format!("its KMS key {key} is not there any more, and nothing else decrypts the data"));
        }
        Err(error) => {
            let code = error.code.as_deref().unwrap_or("no answer");
            window.notes.push(format!("whether its KMS key is enabled could not be seen: {code}"));
        }
    }
}

/// Whether the key is another account's than the data's.
fn foreign(key: &str, arn: &Option<String>) -> bool {
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let owner = arn.as_deref().and_then(Arn::parse).map(|arn| arn.account.to_owned());
    owner.is_some_and(|owner| account(key).is_some_and(|keys| keys != owner))
}

/// A restore from a snapshot names the version; one to a time has no say, and gets the source's.
fn judge_version(window: &mut Window, answer: &Result<Offer, aws::Error>) {
    let Window { region, engine, engine_version, call, .. } = &*window;
    let version =
        format!("{} {}", engine.as_deref().unwrap_or_default(), engine_version.as_deref().unwrap_or_default());
    let names_it = call.ends_with("Snapshot");
    match answer {
        Ok(Offer::Listed(status)) if status == "available" => {}
        Ok(Offer::Listed(status)) => window.notes.push(format!(
            "{region} has {version} as {status}: RDS may refuse to make a database of it, or upgrade it"
        )),
        Ok(Offer::Unlisted) if names_it => window.obstacles.push(format!(
            "{region} has no {version} any more, which the restore must name: aws rds describe-db-engine-versions --engine {} \
             --region {region} lists those that there are",
            engine.as_deref().unwrap_or_default()
        )),
        Ok(Offer::Unlisted) => window
            .notes
            .push(format!("{region} does not list {version} any more: RDS may refuse to make a database of it")),
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests;
