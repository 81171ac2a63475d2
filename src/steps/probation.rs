//! Read-only probation: the application's roles begin on the target with reading only, until probes pass. A rollback before that
//! gives nothing up.
//!
//! It is a default of new transactions, which an application can set otherwise.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    serving,
    watch::{Verdict, Watch},
    world::World,
    writers,
};
use crate::{
    pg::{
        Login,
        fencing::{Held, Role, probation_marker},
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The name of the step that begins it.
pub const BEGIN: &str = "begin-probation";
/// The name of the step that ends it.
pub const LIFT: &str = "lift-probation";

/// How long the way back tries to lift it on a target that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Begins the probation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeginProbation {
    /// The target.
    pub target: String,
    /// How to log in with the right to alter roles.
    pub access: Access,
    /// The application's roles by name; none means every role that is no administrator's.
    pub roles: Vec<String>,
}

/// Lifts it once the probes pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftProbation {
    /// The target.
    pub target: String,
    /// How to log in with the right to alter roles.
    pub access: Access,
    /// The probes; as many rounds as may not fail in a row must pass in a row.
    pub probes: Watch,
}

/// What a round of probes came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Passed {
    passed: bool,
    failing: Option<String>,
}

fn marker(cx: &Context<'_>) -> String {
    probation_marker(&cx.run.to_string())
}

async fn login(world: &World, access: &Access, cx: &Context<'_>) -> Result<Login, StepError> {
    let writer = serving::writer(cx.outputs)?;
    access.to(world, &writer).await
}

async fn held(world: &World, access: &Access, cx: &Context<'_>, doing: &str) -> Result<(Login, Held), StepError> {
    let login = login(world, access, cx).await?;
    let held = world.probation.held(&login, &marker(cx)).await;
    Ok((login, held.map_err(|error| writers::failed(doing, &error))?))
}

fn names(roles: &[Role]) -> String {
    writers::names(roles.iter().map(|role| role.name.as_str()))
}

impl BeginProbation {
    async fn release(&self, world: &World, cx: &Context<'_>, doing: &str) -> Result<Undone, StepError> {
        let (login, held) = held(world, &self.access, cx, doing).await?;
        if !held.marker {
            return Ok(Undone::Done(format!("no role of {} is on probation", self.target)));
        }
        let released = world.probation.release(&login, &marker(cx)).await;
        released.map_err(|error| writers::failed(doing, &error))?;
        Ok(Undone::Wait(
            Waiting::on(format!("{} to show its roles as they were", self.target)).again_in(Duration::ZERO),
        ))
    }
}

#[async_trait]
impl Body for BeginProbation {
    fn id(&self) -> StepId {
        StepId::from(BEGIN)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("have the application's roles begin on {} with reading only", self.target),
            calls: Vec::new(),
            undo: format!("give the roles on {} exactly the setting that they had", self.target),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("have the application's roles begin on {} with reading only", self.target);
        let (_, held) = held(world, &self.access, cx, &doing).await?;
        if !held.marker {
            return Ok(Observed::Act);
        }
        Ok(Observed::Done(json!({ "roles": held.roles })))
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = format!("have the application's roles begin on {} with reading only", self.target);
        let login = login(world, &self.access, cx).await?;
        let fenced = world.fencing.writers(&login, &self.roles, &writers::marker(cx)).await;
        let fenced = fenced.map_err(|error| writers::failed(&doing, &error))?;
        let mut roles: Vec<Role> = fenced.open.into_iter().chain(fenced.shut).chain(fenced.reopened).collect();
        roles.sort();
        roles.dedup();
        let held = world.probation.hold(&login, &marker(cx), &roles).await;
        held.map_err(|error| writers::failed(&doing, &error))
    }

    /// The application is on its source again by then, and shut out here.
    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("let the application's roles write to {} again", self.target);
        match self.release(world, cx, &doing).await {
            Err(error) if error.is_passing() && cx.attended < PATIENCE => Err(error),
            Err(error) if error.is_passing() => Ok(Undone::Done(format!(
                "NOT lifted on {}: its roles begin there with reading only until somebody takes that back: {}",
                self.target, error.failure
            ))),
            released => released,
        }
    }
}

#[async_trait]
impl Body for LiftProbation {
    fn id(&self) -> StepId {
        StepId::from(LIFT)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        let rounds = self.probes.failures;
        Description {
            title: format!(
                "let the application's roles write to {}, once {rounds} rounds of probes in a row have passed: {}; {rounds} failing ones roll back, and give nothing up",
                self.target,
                self.probes.words()
            ),
            calls: Vec::new(),
            undo: format!("nothing to undo: {BEGIN} gives the setting back"),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = format!("end the probation on {}", self.target);
        let rounds = usize::try_from(self.probes.failures).unwrap_or(usize::MAX);
        let notes: Vec<Passed> =
            cx.notes.iter().filter_map(|(_, note)| serde_json::from_value(note.clone()).ok()).collect();
        let passed = notes.iter().rev().take_while(|note| note.passed).count();
        if passed >= rounds {
            let (_, held) = held(world, &self.access, cx, &doing).await?;
            return Ok(if held.marker { Observed::Act } else { Observed::Done(json!({ "rounds": rounds })) });
        }
        let failed = notes.iter().rev().take_while(|note| !note.passed).count();
        let again = Duration::from_millis(self.probes.interval_ms);
        let note = |failing: Option<String>, words: String| {
            let passed = Passed { passed: failing.is_none(), failing };
            Ok(Observed::Note(json!(passed), Waiting::on(words).again_in(again)))
        };
        match self.probes.round(world, &serving::writer(cx.outputs)?).await {
            Verdict::Passing => note(None, format!("{} of {rounds} rounds of probes have passed", passed + 1)),
            Verdict::Failing(why) if failed + 1 >= rounds => {
                let message = format!("{doing}: {rounds} probe rounds in a row failed; the last: {why}");
                Err(StepError::terminal(Failure::new(message)))
            }
            Verdict::Failing(why) => {
                let words = format!("probes failing, {} of {rounds} rounds: {why}", failed + 1);
                note(Some(why), words)
            }
            Verdict::Blind(why) => {
                let wait = Waiting::on(format!("a way to ask the probes: {why}"));
                Ok(Observed::Wait(wait.again_in(again)))
            }
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = format!("let the application's roles write to {}", self.target);
        let (login, held) = held(world, &self.access, cx, &doing).await?;
        let released = world.probation.release(&login, &marker(cx)).await;
        let who = names(&held.roles);
        released.map_err(|error| writers::failed(&format!("{doing}, of {who}"), &error))
    }
}
