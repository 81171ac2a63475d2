//! Whether a saved plan still fits the world. Asked before its first record is written, so a refusal leaves nothing behind.

use jiff::Timestamp;

use super::{
    recipe::point_in_time,
    refusal::{Refusal, Unusable},
    windows,
};
use crate::{
    moment::Moment,
    run::plan::Plan,
    steps::{
        brief::Source,
        promotion::{
            Promotion,
            judge::judge,
            look::{look, same},
        },
        step::Step,
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

/// Refuses a plan whose source, window, pointer or target name is no longer what the plan saw.
pub async fn check(world: &World, plan: &Plan<Step>, now: Timestamp) -> Result<(), Refusal> {
    let brief = &plan.brief;
    if let Some(promotion) = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Guard(step) => Some(&step.promotion),
        _ => None,
    }) {
        may_be_promoted(world, promotion, now).await?;
        return pointer_is_as_planned(world, plan).await;
    }
    let moved = |what: String| Err(Refusal::Moved { what });
    let source = windows::find(&*world.rds, &brief.source.region, &brief.source.identifier).await?;
    if source.resource_id != brief.source.resource_id {
        let (cluster, now, then) = (&source.identifier, &source.resource_id, &brief.source.resource_id);
        return moved(format!("cluster {cluster} is {now} now; the plan was made for {then}"));
    }
    point_in_time::within(&source, Moment::At(brief.requested_time))?;
    let target = &brief.target.identifier;
    let taken = world.rds.cluster(target).await.map_err(Refusal::aws(format!("look up cluster {target}")))?;
    if let Some(cluster) = taken {
        return moved(format!("a cluster named {target} exists already ({})", cluster.resource_id));
    }
    pointer_is_as_planned(world, plan).await
}

/// Refuses a promotion that may not be made any more.
async fn may_be_promoted(world: &World, promotion: &Promotion, now: Timestamp) -> Result<(), Refusal> {
    let seen = look(world, promotion, now).await.map_err(Unusable::from)?;
    same(promotion, &seen.target).map_err(Unusable::from)?;
    match judge(promotion, &seen, now).obstacles.first() {
        Some(obstacle) => Err(Refusal::Moved { what: obstacle.what.clone() }),
        None => Ok(()),
    }
}

async fn pointer_is_as_planned(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    if let Some(pointer) = &plan.brief.pointer {
        let found = world
            .secrets_of(&pointer.arn)
            .describe(&pointer.arn)
            .await
            .map_err(Refusal::aws(format!("describe secret {}", pointer.secret)))?;
        let current = found.as_ref().and_then(|secret| secret.current());
        if current != Some(pointer.version.as_str()) {
            let now = current.unwrap_or("on no version");
            let what =
                format!("AWSCURRENT of secret {} is {now} now; the plan saw {}", pointer.secret, pointer.version);
            return Err(Refusal::Moved { what });
        }
    }
    Ok(())
}
