//! A run's result as one JSON document: what `recover`, `resume` and their like print under `--output json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    facts::{self, Facts},
    ledger::LedgerResult,
    next::next_steps,
    standing::target_may_exist,
    stuck::{Around, Stuck},
};
use crate::{
    pg::CheckResult,
    run::{
        id::RunId,
        journal::History,
        plan::Plan,
        record::{Outcome as End, Scope},
        state::{Direction, RunState, Stage, StepState},
        step::Failure,
    },
    steps::{
        brief::Source,
        guard_cutover::{self, Guarded},
        move_secret::MoveSecret,
        moves, serving,
        step::Step,
        window::Family,
    },
};

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// The run.
    pub run: RunId,
    /// Where it is.
    pub outcome: Outcome,
    /// The database, as the person named it.
    pub database: String,
    /// What is being recovered, as the plan saw it.
    pub source: Source,
    /// What is made, or promoted.
    pub target: Target,
    /// The time asked for.
    pub requested_time: Timestamp,
    /// The time the data is of: the one asked for, or the nearest that the window used has.
    pub data_time: Timestamp,
    /// The last proof; none before there was one.
    pub proof: Option<ProofResult>,
    /// The application's move; none before it began.
    pub cutover: Option<CutoverResult>,
    /// RTO achieved: from the run's beginning to the application served, or to the proof where no pointer is moved.
    pub rto_seconds: Option<f64>,
    /// RPO achieved: from the newest data found to the time asked for.
    pub rpo_seconds: Option<f64>,
    /// What each side was written that the other lacks; none before it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerResult>,
    /// The steps, in order.
    pub steps: Vec<StepResult>,
    /// Why the run is not recovered, where something failed.
    pub failure: Option<FailureResult>,
    /// The snapshot under which the data of a removed target was to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_snapshot: Option<String>,
    /// The removal of the ended run's target; none before it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<RemovalResult>,
    /// What it waits for; none while it does not.
    pub waiting: Option<WaitingResult>,
    /// What a person can do next, as commands.
    pub next: Vec<String>,
    /// What a person needs who must decide: of a run that is stuck or interrupted, or whose journal ends in the midst of a
    /// move; none of others.
    pub stuck: Option<Stuck>,
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingResult {
    /// The step that waits, or whose undo does.
    pub step: String,
    /// What for.
    pub on: String,
    /// Since when.
    pub since: Timestamp,
}

/// The removal of an ended run's target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemovalResult {
    /// Who last said that it shall be.
    pub by: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was complete.
    pub done: Option<Timestamp>,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step is done.
    Recovered,
    /// As far as allowed.
    Stopped,
    /// The application is back where it was; the target is kept.
    RolledBack,
    /// All that the run made is gone.
    Undone,
    /// A person is needed.
    Stuck,
    /// Not at rest, and the last thing journaled is that its executor was asked to stop.
    Interrupted,
    /// Not at rest. Whether a process executes it, only the run's lease can tell.
    Running,
}

/// The target. What is null was not seen; what is given was seen, and may have been removed since: see `exists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Whether it is a cluster or an instance.
    pub family: Family,
    /// Its name, fixed in the plan.
    pub identifier: String,
    /// Its region.
    pub region: String,
    /// Its resource id.
    pub resource_id: Option<String>,
    /// Its writer endpoint.
    pub endpoint: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Its writer's name, fixed in the plan.
    pub writer: String,
    /// Whether it is there, by the journal: false before it was asked for and once it was seen to be gone, true
    /// otherwise, also where only the provider knows.
    pub exists: bool,
}

/// The last proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofResult {
    /// How many checks passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many gave no answer.
    pub unchecked: usize,
    /// Each of them.
    pub checks: Vec<CheckResult>,
}

/// The application's move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutoverResult {
    /// Where the step that moves it is.
    pub state: StepName,
    /// The secrets that are moved.
    pub secrets: Vec<SecretResult>,
    /// The DNS record; none where no record is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The proxy; none where no proxy is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The name that source and target swap; none where they swap none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameResult>,
    /// What was looked at before anything of the application was changed; none where the plan has no such look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guarded>,
    /// Where clients landed when they followed the pointer, as `host:port`.
    pub leads_to: Option<String>,
    /// When the move began.
    pub started: Timestamp,
    /// When clients were seen to land on the target.
    pub moved: Option<Timestamp>,
    /// When clients were seen to get the former version, or address, again.
    pub moved_back: Option<Timestamp>,
}

/// A name that source and target swap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameResult {
    /// The name.
    pub name: String,
    /// What the source is called while the target bears it.
    pub source_aside: String,
    /// What the target is called while the source bears it.
    pub target_before: String,
    /// The name that the target's certificate carries, where clients that verify the host name cannot connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified_as: Option<String>,
}

/// A secret that is moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretResult {
    /// Its ARN.
    pub secret: String,
    /// The version that leads to the source.
    pub from_version: String,
    /// The version that leads to the target.
    pub to_version: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// Its name.
    pub id: String,
    /// Where it is.
    pub state: StepName,
    /// When it, or its undo, last started.
    pub started: Option<Timestamp>,
    /// When it, or its undo, last ended.
    pub ended: Option<Timestamp>,
}

/// A step's state by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented at run::state::StepState")]
pub enum StepName {
    Pending,
    Started,
    Done,
    Failed,
    Undoing,
    Undone,
    UndoFailed,
}

/// Why a run is not recovered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureResult {
    /// The step that failed, or could not be taken back.
    pub step: String,
    /// What failed and why.
    pub message: String,
    /// What caused it, outermost first.
    pub causes: Vec<String>,
    /// What can be done about it.
    pub hint: Option<String>,
}

impl RunResult {
    /// Reads the result from a journal, and from what was seen around it.
    #[must_use]
    pub fn of(history: &History<Step>, around: &Around) -> Self {
        let facts = Facts::of(history);
        let state = &history.state;
        let brief = &state.plan.brief;
        Self {
            run: state.plan.run.clone(),
            outcome: Outcome::of(state.stage, facts.interrupted),
            database: state.plan.database.clone(),
            source: brief.source.clone(),
            target: Target {
                family: brief.target.family,
                identifier: brief.target.identifier.clone(),
                region: brief.target.region.clone(),
                resource_id: facts.restored.clone().or_else(|| promoted_id(&state.plan)),
                endpoint: facts.writer.as_ref().map(|writer| writer.endpoint.clone()),
                port: facts.writer.as_ref().map(|writer| writer.port),
                writer: brief.target.writer.clone(),
                exists: target_may_exist(state),
            },
            requested_time: brief.requested_time,
            data_time: brief.data_time(),
            proof: facts.proof.as_ref().map(|(_, proof)| ProofResult {
                passed: proof.passed(),
                failed: proof.failed(),
                unchecked: proof.unchecked(),
                checks: proof.checks.clone(),
            }),
            cutover: facts.cutover.as_ref().map(|cutover| CutoverResult::of(cutover, state)),
            rto_seconds: facts::rto_seconds(history),
            rpo_seconds: facts::rpo_seconds(history, &facts),
            ledger: LedgerResult::of(history),
            steps: state.steps.iter().map(StepResult::of).collect(),
            failure: facts.failure.map(|(step, failure)| FailureResult::of(step.0, failure)),
            final_snapshot: state.final_snapshot.clone(),
            removal: state.removal.as_ref().map(|removal| RemovalResult {
                by: removal.by.who.clone(),
                began: removal.began,
                done: removal.done(),
            }),
            waiting: facts::waiting(state).map(|(step, since, on)| WaitingResult {
                step: step.0.clone(),
                on: on.to_owned(),
                since,
            }),
            next: next_steps(state).into_iter().map(|next| next.command).collect(),
            stuck: Stuck::of(history, around),
        }
    }
}

/// The resource id of what is promoted.
fn promoted_id(plan: &Plan<Step>) -> Option<String> {
    plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Promote(step) => step.promotion.target.resource_id.clone(),
        _ => None,
    })
}

impl Outcome {
    const fn of(stage: Stage, interrupted: bool) -> Self {
        match stage {
            Stage::Ended(End::Recovered) => Self::Recovered,
            Stage::Ended(End::RolledBack) => Self::RolledBack,
            Stage::Ended(End::Undone) => Self::Undone,
            Stage::Stopped(_) => Self::Stopped,
            Stage::Stuck(Direction::Forward | Direction::Back(Scope::Cutover | Scope::Everything)) => Self::Stuck,
            Stage::Going | Stage::TurningBack(_) if interrupted => Self::Interrupted,
            Stage::Going | Stage::TurningBack(_) => Self::Running,
        }
    }
}

impl CutoverResult {
    fn of(cutover: &facts::Cutover, state: &RunState<Step>) -> Self {
        let steps = &state.plan.steps;
        let secret = |step: &MoveSecret| SecretResult {
            secret: step.secret.clone(),
            from_version: step.from_version.clone(),
            to_version: step.to_version.clone(),
        };
        Self {
            state: cutover.state.into(),
            secrets: moves::secrets(steps).into_iter().map(secret).collect(),
            record: moves::record(steps).map(|step| step.from.words()),
            proxy: moves::proxy(steps).map(|step| step.proxied.proxy.clone()),
            name: moves::swap(steps).map(|swap| NameResult {
                name: swap.name.clone(),
                source_aside: swap.aside.clone(),
                target_before: swap.target.clone(),
                certified_as: serving::renamed(&state.outputs).and_then(|renamed| renamed.certified_as),
            }),
            guard: state.outputs.of(guard_cutover::ID).ok(),
            leads_to: cutover.leads_to.clone(),
            started: cutover.started,
            moved: cutover.moved,
            moved_back: cutover.moved_back,
        }
    }
}

impl StepResult {
    fn of(step: &crate::run::state::StepStatus) -> Self {
        Self { id: step.id.0.clone(), state: step.state.into(), started: step.started, ended: step.ended }
    }
}

impl FailureResult {
    fn of(step: String, failure: Failure) -> Self {
        let Failure { message, causes, hint } = failure;
        Self { step, message, causes, hint }
    }
}

impl From<StepState> for StepName {
    fn from(state: StepState) -> Self {
        match state {
            StepState::Pending => Self::Pending,
            StepState::Started => Self::Started,
            StepState::Done => Self::Done,
            StepState::Failed => Self::Failed,
            StepState::Undoing => Self::Undoing,
            StepState::Undone => Self::Undone,
            StepState::UndoFailed => Self::UndoFailed,
        }
    }
}

#[cfg(test)]
mod tests;
