//! Whether a saved plan still fits the world. Asked before its first record is written, so a refusal leaves nothing behind.

use jiff::Timestamp;

use super::{
    plain,
    recipe::{CLONE, point_in_time},
    refusal::{Refusal, Unusable},
    windows,
};
use crate::{
    aws::rds::model::Cluster,
    run::plan::Plan,
    steps::{
        brief::{Brief, FollowedProxy, Pointer, Source},
        promotion::{
            Promotion,
            judge::judge,
            look::{look, same},
        },
        proxy::Leads,
        renaming::Swap,
        restore_cluster::{Request, RestoreCluster},
        step::Step,
        window::{Family, Kind},
        world::World,
    },
};

/// Refuses credentials of another account: they see nothing of the run, and nothing would be taken for "gone".
pub fn same_account(source: &Source, account: &str) -> Result<(), Refusal> {
    if source.account == account {
        return Ok(());
    }
    Err(Refusal::OtherAccount { planned: source.account.clone(), present: account.to_owned() })
}

/// Refuses a plan whose source, window, pointer or target name is no longer what the plan saw. `world` is that of the
/// target's region.
pub async fn check(world: &World, plan: &Plan<Step>, now: Timestamp) -> Result<(), Refusal> {
    let brief = &plan.brief;
    if let Some(promotion) = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Guard(step) => Some(&step.promotion),
        _ => None,
    }) {
        may_be_promoted(world, promotion, now).await?;
        return pointers(world, brief).await;
    }
    match (brief.target.family, brief.window.kind) {
        (Family::Instance, _) => plain::freshness::check(world, plan).await?,
        (Family::Cluster, Kind::Continuous) => continuous(world, plan).await?,
        (Family::Cluster, Kind::Retained) => retained(world, brief).await?,
        (Family::Cluster, _) => snapshot(world, plan).await?,
    }
    names_free(world, plan).await?;
    pointers(world, brief).await
}

/// Refuses pointers that are not what the plan saw any more.
pub async fn pointers(world: &World, brief: &Brief) -> Result<(), Refusal> {
    for pointer in &brief.secrets {
        secret(world, pointer).await?;
    }
    record(world, brief).await?;
    proxy(world, brief).await?;
    names(world, brief).await
}

fn moved(what: String) -> Result<(), Refusal> {
    Err(Refusal::Moved { what })
}

async fn continuous(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let Brief { source: planned, window, .. } = &plan.brief;
    let there = world.of_region(&window.region);
    let source: Cluster = windows::find(&*there.rds, &window.region, &window.name).await?;
    if source.resource_id != planned.resource_id {
        let (cluster, now, then) = (&source.identifier, &source.resource_id, &planned.resource_id);
        return moved(format!("cluster {cluster} is {now} now; the plan was made for {then}"));
    }
    if plan.recipe == CLONE && source.members.is_empty() {
        return moved(format!("cluster {} has no instance any more, and cannot be cloned", source.identifier));
    }
    match window.restore_point {
        Some(point) => point_in_time::within(&source, crate::moment::Moment::At(point)).map(drop),
        None => Ok(()),
    }
}

/// Refuses a promotion that may not be made any more.
async fn may_be_promoted(world: &World, promotion: &Promotion, now: Timestamp) -> Result<(), Refusal> {
    let seen = look(world, promotion, now).await.map_err(Unusable::from)?;
    same(promotion, &seen.target).map_err(Unusable::from)?;
    match judge(promotion, &seen, now).obstacles.first() {
        Some(obstacle) => moved(obstacle.what.clone()),
        None => Ok(()),
    }
}

async fn retained(world: &World, brief: &Brief) -> Result<(), Refusal> {
    let Brief { source, window, .. } = brief;
    let id = &source.resource_id;
    let found = world.of_region(&window.region).snapshots.backup_of(id).await;
    let found = found.map_err(Refusal::aws(format!("look up the retained backup of {id}")))?;
    let Some((earliest, latest)) = found.and_then(|backup| Some((backup.earliest?, backup.latest?))) else {
        return moved(format!("the retained backup of {} ({id}) is gone", window.name));
    };
    window.restore_point.map_or(Ok(()), |point| point_in_time::inside(point, earliest, latest))
}

async fn snapshot(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let window = &plan.brief.window;
    let Some(identifier) = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::CopySnapshot(step) => Some(&step.request.source_db_cluster_snapshot_identifier),
        Step::RestoreCluster(RestoreCluster { request: Request::Snapshot(request) }) => {
            Some(&request.snapshot_identifier)
        }
        _ => None,
    }) else {
        return Ok(());
    };
    let found = world.of_region(&window.region).snapshots.snapshot(identifier).await;
    let found = found.map_err(Refusal::aws(format!("look up snapshot {}", window.name)))?;
    match found {
        None => moved(format!("snapshot {} is gone from {}", window.name, window.region)),
        Some(found) if found.status != "available" => {
            moved(format!("snapshot {} is {} now", window.name, found.status))
        }
        Some(_) => Ok(()),
    }
}

/// The names that the plan fixed must be nobody's.
async fn names_free(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let target = &plan.brief.target.identifier;
    let taken = match plan.brief.target.family {
        Family::Cluster => {
            let found = world.rds.cluster(target).await.map_err(Refusal::aws(format!("look up cluster {target}")))?;
            found.map(|cluster| ("a cluster", cluster.resource_id))
        }
        Family::Instance => {
            let found = world.rds.instance(target).await.map_err(Refusal::aws(format!("look up instance {target}")))?;
            found.map(|instance| ("an instance", instance.resource_id))
        }
    };
    if let Some((what, resource_id)) = taken {
        return moved(format!("{what} named {target} exists already ({resource_id})"));
    }
    let copy = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::CopySnapshot(step) => Some(&step.request.target_db_cluster_snapshot_identifier),
        _ => None,
    });
    let Some(copy) = copy else { return Ok(()) };
    let taken = world.snapshots.snapshot(copy).await.map_err(Refusal::aws(format!("look up snapshot {copy}")))?;
    match taken {
        Some(_) => moved(format!("a snapshot named {copy} exists already in {}", world.region)),
        None => Ok(()),
    }
}

/// The name must be the source's yet, and the one that it is to get nobody's.
async fn names(world: &World, brief: &Brief) -> Result<(), Refusal> {
    let Some(Swap { name, source, aside, .. }) = &brief.swap else { return Ok(()) };
    let look =
        async |name: &str| world.rds.cluster(name).await.map_err(Refusal::aws(format!("look up cluster {name}")));
    match look(name).await? {
        Some(found) if found.resource_id == *source => {}
        Some(found) => {
            return moved(format!("the name {name} is borne by {}; the plan saw {source}", found.resource_id));
        }
        None => return moved(format!("no cluster bears the name {name}")),
    }
    match look(aside).await? {
        Some(found) => moved(format!("a cluster named {aside} exists already ({})", found.resource_id)),
        None => Ok(()),
    }
}

async fn record(world: &World, brief: &Brief) -> Result<(), Refusal> {
    let Some(record) = &brief.record else { return Ok(()) };
    let words = record.set.words();
    let listed = world.dns.records(&record.zone, &record.set.name).await;
    let listed = listed.map_err(Refusal::aws(format!("list the records of {}", record.zone_words)))?;
    if listed.iter().any(|listed| listed.set == record.set && listed.beyond.is_none()) {
        return Ok(());
    }
    moved(format!("record {words} of {} is not what the plan saw any more", record.zone_words))
}

async fn proxy(world: &World, brief: &Brief) -> Result<(), Refusal> {
    let Some(FollowedProxy { name, leads_to, .. }) = &brief.proxy else { return Ok(()) };
    let targets =
        world.proxies.targets(name).await.map_err(Refusal::aws(format!("list the targets of proxy {name}")))?;
    let leads = Leads::of(&targets);
    if leads.is(leads_to) {
        return Ok(());
    }
    moved(format!("proxy {name} leads to {leads} now, and led to {leads_to}"))
}

async fn secret(world: &World, pointer: &Pointer) -> Result<(), Refusal> {
    let found = world
        .secrets_of(&pointer.arn)
        .describe(&pointer.arn)
        .await
        .map_err(Refusal::aws(format!("describe secret {}", pointer.secret)))?;
    let current = found.as_ref().and_then(|secret| secret.current());
    if current == Some(pointer.version.as_str()) {
        return Ok(());
    }
    let now = current.unwrap_or("on no version");
    moved(format!("AWSCURRENT of secret {} is {now} now; the plan saw {}", pointer.secret, pointer.version))
}
