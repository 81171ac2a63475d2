//! Whether what a saved plan restores an instance from is still what the plan saw.

use crate::{
    moment::Moment,
    recovery::{recipe::instance::within, refusal::Refusal, windows},
    run::plan::Plan,
    steps::{
        restore_instance::{Request, RestoreInstance},
        step::Step,
        window::Kind,
        world::World,
    },
};

/// Refuses a plan whose source or window is no longer what it saw. `world` is the target's region.
pub async fn check(world: &World, plan: &Plan<Step>) -> Result<(), Refusal> {
    let (source, window) = (&plan.brief.source, &plan.brief.window);
    let moved = |what: String| Err(Refusal::Moved { what });
    let there = world.of_region(&window.region);
    let name = &window.name;
    match window.kind {
        Kind::Continuous => {
            let found = windows::find_instance(&*there.rds, &source.region, &source.identifier).await?;
            if found.resource_id != source.resource_id {
                let (instance, now, then) = (&found.identifier, &found.resource_id, &source.resource_id);
                return moved(format!("instance {instance} is {now} now; the plan was made for {then}"));
            }
            match found.latest_restorable_time {
                Some(latest) => still_in(plan, (window.earliest, latest)),
                None => moved(format!("RDS gives instance {} no restorable time any more", found.identifier)),
            }
        }
        Kind::Retained | Kind::Replicated => {
            let found = there.instances.instance_backup(&source.resource_id).await;
            let found = found.map_err(Refusal::aws(format!("look up the backup of instance {name}")))?;
            match found.and_then(|backup| Some((backup.earliest, backup.latest?))) {
                Some(span) => still_in(plan, span),
                None => moved(format!("the backup of instance {name} is gone")),
            }
        }
        _ => {
            let asked = snapshot_of(plan).unwrap_or(name);
            let found = there.instances.instance_snapshot(asked).await;
            let found = found.map_err(Refusal::aws(format!("look up snapshot {name}")))?;
            match found {
                Some(snapshot) if snapshot.status == "available" => Ok(()),
                Some(snapshot) => moved(format!("snapshot {name} is {} now", snapshot.status)),
                None => moved(format!("snapshot {name} is gone")),
            }
        }
    }
}

/// The snapshot as its region knows it: by its ARN where it is another account's.
fn snapshot_of(plan: &Plan<Step>) -> Option<&str> {
    plan.steps.iter().find_map(|planned| match &planned.step {
        Step::CopyInstanceSnapshot(step) => Some(step.request.source_db_snapshot_identifier.as_str()),
        Step::RestoreInstance(RestoreInstance { request: Request::Snapshot(request) }) => {
            Some(request.db_snapshot_identifier.as_str())
        }
        _ => None,
    })
}

fn still_in(plan: &Plan<Step>, span: (Option<jiff::Timestamp>, jiff::Timestamp)) -> Result<(), Refusal> {
    within(span, Moment::At(plan.brief.data_time())).map(drop)
}
