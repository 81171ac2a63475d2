//! Removes one target under its run's lease, looking again before each deletion.

use std::sync::Arc;

use super::{
    cleanup::{self, Place},
    desk::Desk,
    error::CliError,
    execute::{self, Opened},
    exit,
    host::Signals,
};
use crate::{
    recovery::leftovers::{Kind, Leftover, Verdict},
    run::{
        executor::Executor,
        journal::History,
        removal::{self, Permission, Removing},
        state::{RunState, Stage, StepState, stage_words},
    },
    steps::{restore_cluster, restore_instance, step::Step, window::Family, world::World},
    ui::{
        leftovers::{Removed, RemovedAs},
        line::LineDisplay,
    },
};

/// Removes `leftover`, as it was confirmed.
pub(super) async fn remove(
    desk: &Desk,
    place: &Place,
    leftover: &Leftover,
    signals: &Signals,
) -> Result<Removed, CliError> {
    let run = leftover.run.clone().unwrap_or_default().parse()?;
    let ended = |state: &RunState<Step>| match state.stage {
        Stage::Ended(_) => Ok(()),
        stage => Err(CliError::refused(format!("remove {}: run {run} is {}", leftover.name, stage_words(stage)))),
    };
    let opened = execute::open(desk, place.store.clone(), &run, ended).await?;
    let Opened { journal, world, identity, .. } = opened;
    // What was confirmed may have become another thing while the person thought, or the lease was waited for.
    match permission(desk, place, leftover).await {
        Permission::Given => {}
        Permission::Refused(why) | Permission::Unknown(why) => {
            return Err(CliError::refused(format!("remove {}: {why}", leftover.name)).about(&run));
        }
    }
    let display = LineDisplay::new(desk.printer.clone(), Arc::new(desk.clock), journal.history());
    let mut executor = Executor::new(journal, &world, &desk.clock, &display);
    let failed = |error| {
        CliError { code: exit::INTERRUPTED, ..CliError::from(error) }.state(format!(
            "the removal stopped there; everything before is recorded: daybreak cleanup --remove {}",
            leftover.name
        ))
    };
    executor
        .remove_target(leftover.final_snapshot.clone(), cleanup::actor(&identity))
        .await
        .map_err(|error| CliError::from(error).about(&run))?;
    let removing = tokio::select! {
        removing = removal::remove(&mut executor, &desk.clock, &signals.interrupt, async || permission(desk, place, leftover).await) => removing,
        () = signals.abandon.raised() => {
            return Err(CliError::new(exit::INTERRUPTED, "left at once, at a second signal")
                .state("the call under way may have taken effect; the next cleanup looks before it acts")
                .hint(format!("daybreak cleanup --remove {}", leftover.name)));
        }
    };
    let removing = removing.map_err(failed)?;
    let history = executor.into_journal().close().await;
    let removed = end(&removing, &history, leftover);
    Ok(Removed { final_snapshot: taken(&world, &history).await, ..removed })
}

/// Whether what was confirmed may still go, and is still what it was.
async fn permission(desk: &Desk, place: &Place, confirmed: &Leftover) -> Permission {
    let found = match place.leftovers(desk).await {
        Ok(found) => found,
        Err(error) => return Permission::Unknown(CliError::from(error).render()),
    };
    let same = |leftover: &&Leftover| {
        leftover.kind == confirmed.kind && (&leftover.name, &leftover.region) == (&confirmed.name, &confirmed.region)
    };
    match found.iter().find(same) {
        // Nothing of it is to be seen: there is nothing that could be taken by mistake.
        None => Permission::Given,
        Some(now) if now.verdict == Verdict::Kept => Permission::Refused(now.reason.clone()),
        Some(now) if now.resource_id.is_some() && now.resource_id != confirmed.resource_id => {
            Permission::Refused(format!("{} is another one now than the one that was confirmed", now.name))
        }
        Some(_) => Permission::Given,
    }
}

fn end(removing: &Removing, history: &History<Step>, leftover: &Leftover) -> Removed {
    let state = &history.state;
    let failure =
        state.steps.iter().find(|step| step.state == StepState::UndoFailed).and_then(|step| step.failure.as_ref());
    let made_by = match leftover.kind {
        Kind::Instance => restore_instance::ID,
        _ => restore_cluster::ID,
    };
    let how_it_went = state.step(made_by).and_then(|step| step.undone.clone()).unwrap_or_default();
    let gone = state.removal.as_ref().is_some_and(|removal| removal.done().is_some());
    let (outcome, how, hint) = match (removing, gone, failure) {
        (_, true, _) => (RemovedAs::Removed, how_it_went, None),
        (Removing::Forbidden(why), ..) => (RemovedAs::Kept, why.clone(), None),
        (Removing::Interrupted, ..) => {
            (RemovedAs::Interrupted, "the removal stopped as it was asked to".to_owned(), None)
        }
        (Removing::Rested, false, Some(failure)) => (RemovedAs::Failed, failure.to_string(), failure.hint.clone()),
        (Removing::Rested, false, None) => (RemovedAs::Failed, "the removal is not complete".to_owned(), None),
    };
    Removed {
        cluster: leftover.name.clone(),
        run: state.plan.run.to_string(),
        outcome,
        final_snapshot: None,
        how,
        hint,
    }
}

/// The final snapshot, if it was to be taken and is there.
async fn taken(world: &World, history: &History<Step>) -> Option<String> {
    let name = history.state.final_snapshot.as_ref()?;
    match history.state.plan.brief.target.family {
        Family::Cluster => world.rds.cluster_snapshot(name).await.ok()?.map(|snapshot| snapshot.identifier),
        Family::Instance => world.instances.instance_snapshot(name).await.ok()?.map(|snapshot| snapshot.identifier),
    }
}
