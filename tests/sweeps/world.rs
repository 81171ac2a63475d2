//! What there is in the lab after an operation, as text in which the same means the same: names, addresses, ids and times that
//! differ from run to run are replaced by what they stand for.

use aws_sdk_rds::types::{DbCluster, DbInstance, Tag};
use serde_json::Value;

use crate::support::{Scene, aws::wait};

/// A run's target and application, and what the run says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    /// Outcome and steps, by the journal.
    pub(crate) told: String,
    /// What AWS shows.
    pub(crate) real: String,
}

/// A run and what it makes, by the plan.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) run: String,
    /// The target cluster.
    pub(crate) target: String,
    /// The version of the secret that leads to the target.
    pub(crate) version: String,
}

impl World {
    /// Looks at all that the last of these runs may have touched; those before it had the same secret.
    pub(crate) fn of(scene: &Scene, runs: &[Named], status: &Value) -> Self {
        let steps = status["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let steps = steps.iter().map(|step| format!("{}: {}\n", step["id"], step["state"]));
        let told = format!("outcome: {}\n{}", status["outcome"], steps.collect::<String>());
        Self { told, real: real(scene, runs) }
    }
}

fn real(scene: &Scene, runs: &[Named]) -> String {
    let (named, earlier) = runs.split_last().expect("there is a run");
    let aws = &scene.lab.aws;
    let clusters = wait(aws.rds.describe_db_clusters().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
    let instances =
        wait(aws.rds.describe_db_instances().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
    let tagged = |tags: &[Tag]| tags.iter().any(|tag| tag.value() == Some(&named.run));
    let is_its = |name: Option<&str>| name.is_some_and(|name| name.starts_with(&named.target));
    // What carries the run's tag counts whatever it is called, and what has its names whatever it carries.
    let mut clusters = clusters.expect("list the clusters");
    clusters.retain(|one| is_its(one.db_cluster_identifier()) || tagged(one.tag_list()));
    let mut instances = instances.expect("list the instances");
    instances.retain(|one| is_its(one.db_instance_identifier()) || tagged(one.tag_list()));
    instances.sort_by(|one, other| one.db_instance_identifier().cmp(&other.db_instance_identifier()));
    let given =
        clusters.iter().flat_map(|one| [(one.endpoint.clone(), "ENDPOINT"), (one.hosted_zone_id.clone(), "ZONE")]);
    let given: Vec<(String, &str)> = given.filter_map(|(value, name)| Some((value?, name))).collect();
    let clusters = clusters.into_iter().map(|one| format!("{:#?}\n", settled_cluster(one)));
    let instances = instances.into_iter().map(|one| format!("{:#?}\n", settled_instance(one)));
    let mut text: String = clusters.chain(instances).collect();
    text = text.replace(&named.target, "TARGET").replace(&named.run, "RUN");
    for (value, name) in given {
        text = text.replace(&value, name);
    }
    text + &pointer(scene, named, earlier)
}

/// The secret: its versions by their origin with their labels, and where it leads.
fn pointer(scene: &Scene, named: &Named, earlier: &[Named]) -> String {
    let versions = scene.lab.aws.versions(&scene.secret);
    let mut lines: Vec<String> = versions
        .into_iter()
        // AWS discards versions without a label in its own time.
        .filter(|(version, labels)| !labels.is_empty() || earlier.iter().all(|run| run.version != *version))
        .map(|(version, labels)| {
            let origin = match version {
                version if version == scene.version => "the source's",
                version if version == named.version => "the run's",
                _ => "nobody's",
            };
            format!("secret version, {origin}: {labels:?}\n").replace(&named.run, "RUN")
        })
        .collect();
    lines.sort();
    let host = scene.application().host;
    let target = scene.lab.aws.find_cluster(&named.target).and_then(|cluster| cluster.endpoint);
    let leads = if host == scene.source.sql.host {
        "the source"
    } else if Some(&host) == target.as_ref() {
        "the target"
    } else {
        "elsewhere"
    };
    format!("{}the application is on {leads}\n", lines.concat())
}

fn settled_cluster(mut cluster: DbCluster) -> DbCluster {
    cluster.cluster_create_time = None;
    cluster.earliest_restorable_time = None;
    cluster.latest_restorable_time = None;
    cluster.db_cluster_resource_id = None;
    cluster.tag_list = cluster.tag_list.map(sorted);
    cluster
}

fn settled_instance(mut instance: DbInstance) -> DbInstance {
    instance.instance_create_time = None;
    instance.latest_restorable_time = None;
    instance.dbi_resource_id = None;
    instance.tag_list = instance.tag_list.map(sorted);
    instance
}

fn sorted(mut tags: Vec<Tag>) -> Vec<Tag> {
    tags.sort_by(|one, other| one.key().cmp(&other.key()));
    tags
}

/// The lines in which two texts differ, each below the last line that they share.
pub(crate) fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // How many lines the rests of both texts share, for every pair of rests.
    let mut shared = vec![vec![0_usize; found.len() + 1]; expected.len() + 1];
    for (at, line) in expected.iter().enumerate().rev() {
        for (other, candidate) in found.iter().enumerate().rev() {
            shared[at][other] = if line == candidate {
                shared[at + 1][other + 1] + 1
            } else {
                shared[at + 1][other].max(shared[at][other + 1])
            };
        }
    }
    let (mut at, mut other, mut last, mut lines) = (0, 0, None, Vec::new());
    while at < expected.len() || other < found.len() {
        if at < expected.len() && other < found.len() && expected[at] == found[other] {
            last = Some(format!("  {}", expected[at]));
            (at, other) = (at + 1, other + 1);
            continue;
        }
        lines.extend(last.take());
        if other == found.len() || (at < expected.len() && shared[at + 1][other] >= shared[at][other + 1]) {
            lines.push(format!("- {}", expected[at]));
            at += 1;
        } else {
            lines.push(format!("+ {}", found[other]));
            other += 1;
        }
    }
    lines.join("\n")
}
