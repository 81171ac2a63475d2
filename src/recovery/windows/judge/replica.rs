//! What replicates from the database and can be promoted.

use super::{Bench, cluster::key_out_of_reach, draft::Draft};
use crate::{
    aws::rds::{
        backups::model::{GlobalCluster, GlobalMember},
        model::{Cluster, Instance},
    },
    recovery::windows::{
        arn::Arn,
        global,
        lineage::{Lineage, Subject},
        window::{Family, Kind, Window},
    },
};

pub(super) fn windows(subject: &Subject, lineage: &Lineage, bench: Bench<'_>) -> Vec<Window> {
    let catalogue = bench.catalogue;
    let globals = global::of(lineage, catalogue);
    let secondaries = globals.iter().flat_map(|global| {
        let members = global.members.iter().filter(|member| !member.is_writer);
        members.filter_map(|member| secondary(subject, bench, global, member))
    });
    let clusters = catalogue
        .each(|holdings| &holdings.clusters)
        .filter(|(_, cluster)| cluster.global_cluster_identifier.is_none() && lineage.is_replica_cluster(cluster))
        .map(|(region, cluster)| replica_cluster(subject, bench, region, cluster));
    let instances = catalogue
        .each(|holdings| &holdings.instances)
        .filter(|(region, instance)| instance.cluster.is_none() && lineage.is_replica_instance(region, instance))
        .map(|(region, instance)| replica_instance(subject, bench, region, instance));
    secondaries.chain(clusters).chain(instances).collect()
}

fn secondary(subject: &Subject, bench: Bench<'_>, global: &GlobalCluster, member: &GlobalMember) -> Option<Window> {
    let arn = Arn::parse(&member.arn)?;
    let find = |arn: &str| {
        let mut clusters = bench.catalogue.each(|holdings| &holdings.clusters);
        clusters.find(|(_, cluster)| cluster.arn == arn).map(|(_, cluster)| cluster)
    };
    let cluster = find(&member.arn);
    let primary = global.members.iter().find(|member| member.is_writer).and_then(|writer| find(&writer.arn));
    let engine = cluster.map(|cluster| cluster.engine.as_str()).or(global.engine.as_deref());
    let version = cluster.and_then(|cluster| cluster.engine_version.as_deref());
    let mut draft = Draft::new(subject, bench, (Kind::GlobalSecondary, Family::Cluster), arn.region, arn.name)
        .with(|window| {
            window.arn = Some(member.arn.clone());
            window.resource_id = cluster.map(|cluster| cluster.resource_id.clone());
            window.kms_key_id = cluster.and_then(|cluster| cluster.kms_key_id.clone());
            window.status = cluster.map(|cluster| cluster.status.to_string()).or(member.synchronization.clone());
        })
        .engine(engine, None, version)
        .obstacles(cluster.and_then(|cluster| key_out_of_reach(cluster.status.as_str())));
    if let Some(state) = member.synchronization.as_deref().filter(|state| *state != "connected") {
        draft = draft.obstacle(format!("it is not in step with the primary: {state}"));
    }
    if let Some(status) = global.status.as_deref().filter(|status| *status != "available") {
        draft = draft.note(format!("global database {} is {status}", global.identifier));
    }
    match cluster {
        None => draft = draft.note(format!("what {} has of it could not be seen", arn.region)),
        Some(cluster) if cluster.members.is_empty() => {
            draft = draft.obstacle("it has no instance: create one in it first");
        }
        Some(cluster) if !cluster.status.is_available() => {
            draft = draft.note(format!("the cluster is {}", cluster.status));
        }
        Some(_) => {}
    }
    if let (Some(own), Some(theirs)) = (version, primary.and_then(|primary| primary.engine_version.as_deref()))
        && own != theirs
    {
        draft = draft.with(|window| window.call = "RemoveFromGlobalCluster").note(format!(
            "it runs {own} and the primary {theirs}: a failover is refused, it can be detached and promoted"
        ));
    }
    Some(draft.behind(bench.lags.get(&member.arn)))
}

fn replica_cluster(subject: &Subject, bench: Bench<'_>, region: &str, cluster: &Cluster) -> Window {
    let status = cluster.status.as_str();
    let mut draft = Draft::new(subject, bench, (Kind::Replica, Family::Cluster), region, &cluster.identifier)
        .with(|window| {
            window.arn = Some(cluster.arn.clone());
            window.resource_id = Some(cluster.resource_id.clone());
            window.kms_key_id = cluster.kms_key_id.clone();
            window.status = Some(status.to_owned());
        })
        .engine(Some(&cluster.engine), cluster.engine_mode.as_deref(), cluster.engine_version.as_deref())
        .obstacles(key_out_of_reach(status));
    if !cluster.status.is_available() {
        draft = draft.obstacle(format!("the cluster is {status}"));
    }
    if cluster.members.is_empty() {
        draft = draft.obstacle("it has no instance: create one in it first");
    }
    draft.note("promoting it ends the replication for good").behind(bench.lags.get(&cluster.arn))
}

fn replica_instance(subject: &Subject, bench: Bench<'_>, region: &str, instance: &Instance) -> Window {
    let status = instance.status.as_str();
    let mut draft = Draft::new(subject, bench, (Kind::Replica, Family::Instance), region, &instance.identifier)
        .with(|window| {
            window.arn = Some(instance.arn.clone());
            window.resource_id = Some(instance.resource_id.clone());
            window.kms_key_id = instance.kms_key_id.clone();
            window.status = Some(status.to_owned());
            window.size_gib = instance.allocated_storage;
        })
        .engine(Some(&instance.engine), None, instance.engine_version.as_deref())
        .obstacles(key_out_of_reach(status));
    if !instance.status.is_available() {
        draft = draft.obstacle(format!("the instance is {status}"));
    }
    for info in instance.status_infos.iter().filter(|info| info.normal == Some(false)) {
        let status = info.status.as_deref().unwrap_or("not normal");
        let message = info.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        draft = draft.note(format!("its replication is {status}{message}"));
    }
    draft.note("promoting it ends the replication for good").behind(bench.lags.get(&instance.arn))
}
