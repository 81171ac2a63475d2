//! A cutover looked through to its end, with nothing changed and nothing recorded: whether the pointers are still what the plan
//! saw, whether the source can be fenced, and all that the guard looks at.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::freshness;
use crate::{
    pg::fencing::marker,
    run::{
        state::RunState,
        step::{Context, Failure, Observed, Step as _, Until},
    },
    steps::{
        guard_cutover::{Guarded, Probed},
        list_writers::ListWriters,
        step::Step,
        world::World,
    },
};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// What stands against the cutover.
    pub obstacles: Vec<String>,
    /// What is worth knowing, and stands against nothing.
    pub notes: Vec<String>,
    /// What each probe said.
    pub probes: Vec<Probed>,
}

impl DryRun {
    /// Whether nothing stands against it.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.obstacles.is_empty()
    }

    fn against(&mut self, failure: Failure) {
        match failure.causes.as_slice() {
            [] => self.obstacles.push(failure.message),
            causes => self.obstacles.extend(causes.iter().cloned()),
        }
    }
}

/// Looks. `world` is that of the target's region.
pub async fn dry_run(world: &World, state: &RunState<Step>, now: Timestamp) -> DryRun {
    let mut found = DryRun::default();
    if let Err(refusal) = freshness::pointers(world, &state.plan.brief).await {
        found.obstacles.push(refusal.to_string());
    }
    for planned in &state.plan.steps {
        match &planned.step {
            Step::ListWriters(step) => fence(world, step, &mut found).await,
            step @ (Step::GuardCutover(_) | Step::Guard(_)) => guard(world, state, step, now, &mut found).await,
            _ => {}
        }
    }
    found
}

/// Whether the application's roles may be altered, tried and rolled back.
async fn fence(world: &World, step: &ListWriters, found: &mut DryRun) {
    let name = &step.server.identifier;
    let login = match step.server.login(world).await {
        Ok(login) => login,
        Err(error) => return found.against(error.failure),
    };
    // A run has its own; this one is made and rolled back.
    let marker = marker("rehearsal");
    let writers = match world.fencing.writers(&login, &step.roles, &marker).await {
        Ok(writers) => writers,
        Err(error) => return found.obstacles.push(format!("{name} cannot be fenced: {error}")),
    };
    let who: Vec<&str> = writers.open.iter().map(|role| role.name.as_str()).collect();
    found.notes.push(format!(
        "the fence would end {} sessions on {name}, and shut out {}",
        writers.sessions,
        if who.is_empty() { "nobody".to_owned() } else { who.join(", ") }
    ));
    match world.fencing.rehearse(&login, &marker, &writers.open).await {
        Ok(refused) => {
            let words = |(role, error)| format!("role {role} on {name} may not be altered by {}: {error}", login.user);
            found.obstacles.extend(refused.into_iter().map(words));
        }
        Err(error) => found.obstacles.push(format!("{name} cannot be fenced: {error}")),
    }
}

async fn guard(world: &World, state: &RunState<Step>, step: &Step, now: Timestamp, found: &mut DryRun) {
    let mut notes = Vec::new();
    loop {
        let cx = Context {
            run: &state.plan.run,
            now,
            started: now,
            attended: Duration::ZERO,
            outputs: &state.outputs,
            notes: &notes,
            final_snapshot: None,
            tell: &|_| {},
        };
        match step.observe(world, &cx).await {
            Ok(Observed::Note(note, _)) => notes.push((now, note)),
            Ok(Observed::Wait(wait)) => return found.notes.push(format!("it would wait for {}", wait.words())),
            Ok(Observed::Act) => return,
            Ok(Observed::Done(output)) => {
                if let Ok(guarded) = serde_json::from_value::<Guarded>(output) {
                    found.notes.extend(guarded.notes);
                    found.probes = guarded.probes;
                }
                return;
            }
            Err(error) => return found.against(error.failure),
        }
    }
}

/// The steps that the cutover would take, which have not been taken.
pub fn to_come(state: &RunState<Step>) -> impl Iterator<Item = &Step> {
    let steps = state.plan.steps.iter().map(|planned| &planned.step);
    steps.filter(|step| step.until() == Until::Cutover)
}
