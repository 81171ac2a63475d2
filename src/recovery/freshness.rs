//! Whether a saved plan still fits the world. Asked before its first record is written, so a refusal leaves nothing behind.

use super::{plain, recipe::point_in_time, refusal::Refusal, windows};
use crate::{
    moment::Moment,
    run::plan::Plan,
    steps::{brief::Source, step::Step, window::Family, world::World},
};

/// Refuses credentials of another account: they see nothing of the run, and nothing would be taken for "gone".
pub fn same_account(source: &Source, account: &str) -> Result<(), Refusal> {
    if source.account == account {
        return Ok(());
    }
    Err(Refusal::OtherAccount { planned: source.account.clone(), present: account.to_owned() })
}

/// Refuses a plan whose source, window, pointer or target name is no longer what the plan saw.
pub async fn check(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let brief = &plan.brief;
    let moved = |what: String| Err(Refusal::Moved { what });
    match brief.target.family {
        Family::Cluster => cluster(world, plan).await?,
        Family::Instance => plain::freshness::check(world, plan).await?,
    }
    let target = &brief.target.identifier;
    let taken = match brief.target.family {
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
    if let Some(pointer) = &brief.pointer {
        let found = world
            .secrets
            .describe(&pointer.arn)
            .await
            .map_err(Refusal::aws(format!("describe secret {}", pointer.secret)))?;
        let current = found.as_ref().and_then(|secret| secret.current());
        if current != Some(pointer.version.as_str()) {
            let now = current.unwrap_or("on no version");
            return moved(format!(
                "AWSCURRENT of secret {} is {now} now; the plan saw {}",
                pointer.secret, pointer.version
            ));
        }
    }
    Ok(())
}

async fn cluster(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let brief = &plan.brief;
    let source = windows::find(&*world.rds, &brief.source.region, &brief.source.identifier).await?;
    if source.resource_id != brief.source.resource_id {
        let (cluster, now, then) = (&source.identifier, &source.resource_id, &brief.source.resource_id);
        return Err(Refusal::Moved { what: format!("cluster {cluster} is {now} now; the plan was made for {then}") });
    }
    point_in_time::within(&source, Moment::At(brief.requested_time)).map(drop)
}
