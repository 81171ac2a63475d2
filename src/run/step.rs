//! A step: one side effect, as a small state machine that never blocks.

use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{event::Checked, id::RunId};

/// Names a step within its plan and in the journal; never renamed once released.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for StepId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How far a run may go; each step says which of these must have been allowed before it may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The target exists, with its writer.
    Restored,
    /// The target's data has been proven.
    Validated,
    /// The application has been moved.
    Cutover,
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Restored => "restored",
            Self::Validated => "validated",
            Self::Cutover => "cutover",
        })
    }
}

/// Whether what a step did can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// Undo is offered as soon as the step has started.
    Reversible,
    /// The step changes nothing.
    NothingToUndo,
    /// From the moment this step starts the run only goes forward.
    PointOfNoReturn,
}

/// What a step finds when it looks at the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// The step's effect is there and complete. The value is journaled for later steps and the report.
    Done(Value),
    /// The step must act.
    Act,
    /// Something is under way.
    Wait(Waiting),
    /// Something under way has yielded a fact that a later look, perhaps by another process, must know of.
    Note(Value, Waiting),
}

/// What a step, or its undo, waits for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// What is being waited for, in words that stay the same as long as it is the same: `cluster loans-db-k3fa is creating`.
    pub on: String,
    /// What changes from look to look: `40 %`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    /// When to look again, where the step knows better than the general pace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_in: Option<Duration>,
}

impl Waiting {
    /// A wait at the general pace.
    pub fn on(what: impl Into<String>) -> Self {
        Self { on: what.into(), progress: None, again_in: None }
    }

    /// The same wait, with how far it has got.
    #[must_use]
    pub fn progress(self, progress: Option<String>) -> Self {
        Self { progress, ..self }
    }

    /// The wait in words, with how far it has got.
    pub fn words(&self) -> String {
        match &self.progress {
            Some(progress) => format!("{}, {progress}", self.on),
            None => self.on.clone(),
        }
    }

    /// The same wait, with the next look at a time of its own.
    #[must_use]
    pub fn again_in(self, span: Duration) -> Self {
        Self { again_in: Some(span), ..self }
    }
}

/// Where an undo has got to. "Already gone" is success.
#[derive(Debug, Clone, PartialEq)]
pub enum Undone {
    /// What the step did is no longer there; in words what was found and done.
    Done(String),
    /// The undo is under way.
    Wait(Waiting),
    /// The undo is under way, and has yielded a fact worth keeping.
    Note(Value, Waiting),
}

/// Why a step cannot go on, in the journal's own form: no type of any library in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Verb and object, with the reason: `restore cluster loans-db-k3fa: rds …: …`.
    pub message: String,
    /// What caused it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What the person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Failure {
    /// A failure described by one sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None }
    }

    /// A failure of `doing` because of `error`, with the error's chain of causes.
    pub fn of(doing: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        Self { message: format!("{doing}: {error}"), causes: causes.map(ToString::to_string).collect(), hint: None }
    }

    /// The same failure with advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// What the executor does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A passing fault of the step's own matter: try again until the step's deadline, then turn back.
    Retry,
    /// The provider cannot be asked, or does not let us: try again until the step's deadline, then hold. It says nothing of the
    /// step, and the way back would meet the same.
    Await,
    /// The step has failed: turn back, or go on without it where it is optional.
    TurnBack,
    /// What the step works on is given up, or not this run's: turn back, whatever the step.
    Lost,
    /// The step has failed and a person must decide: keep everything as it is.
    Hold,
}

/// A failure and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// Why.
    pub failure: Failure,
    /// What follows.
    pub remedy: Remedy,
}

impl StepError {
    /// A passing fault.
    pub fn passing(failure: Failure) -> Self {
        Self { failure, remedy: Remedy::Retry }
    }

    /// A passing fault of whom the step must ask.
    pub fn unanswered(failure: Failure) -> Self {
        Self { failure, remedy: Remedy::Await }
    }

    /// Whether it may pass by itself.
    pub fn is_passing(&self) -> bool {
        matches!(self.remedy, Remedy::Retry | Remedy::Await)
    }

    /// The end of this step, without consequences: everything is kept, and a person decides.
    pub fn hold(failure: Failure) -> Self {
        Self { failure, remedy: Remedy::Hold }
    }

    /// The end of what this step works on.
    pub fn lost(failure: Failure) -> Self {
        Self { failure, remedy: Remedy::Lost }
    }

    /// The end of this step.
    pub fn terminal(failure: Failure) -> Self {
        Self { failure, remedy: Remedy::TurnBack }
    }
}

/// What a step leaves that could not be done and that the run goes on without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgone {
    /// Why.
    pub forgone: Failure,
}

impl Forgone {
    /// Reads what a finished step left, if it is that.
    pub fn of(output: &Value) -> Option<Failure> {
        serde_json::from_value(output.clone()).ok().map(|Self { forgone }| forgone)
    }
}

/// What earlier steps left for later ones, by step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outputs(pub(crate) BTreeMap<StepId, Value>);

impl Outputs {
    /// Whether `step` has left anything: whether it was seen to be done.
    pub fn has(&self, step: &str) -> bool {
        self.0.contains_key(&StepId::from(step))
    }

    /// What `step` left, as the type it left it in; a terminal error when it is not there or not of that type.
    pub fn of<T: DeserializeOwned>(&self, step: &str) -> Result<T, StepError> {
        let value = self.0.get(&StepId::from(step)).cloned().unwrap_or(Value::Null);
        serde_json::from_value(value).map_err(|error| {
            StepError::terminal(Failure::of(&format!("read what step {step} left in the journal"), &error))
        })
    }
}

/// What a step is told about the run it belongs to.
pub struct Context<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The time of this advance.
    pub now: Timestamp,
    /// When this step, or its undo, started, by the journal.
    pub started: Timestamp,
    /// How long this process has been at this step, or its undo. Time in which nobody executed the run is not counted: it
    /// says nothing about the world's slowness.
    pub attended: Duration,
    /// What earlier steps left.
    pub outputs: &'a Outputs,
    /// What this step has noted since it started, oldest first.
    pub notes: &'a [(Timestamp, Value)],
    /// The name under which the target's data is to be kept when an undo removes it.
    pub final_snapshot: Option<&'a str>,
    /// Tells whoever watches how one check ended.
    pub tell: &'a (dyn Fn(&Checked) + Send + Sync),
}

/// One side effect of a plan, as data: everything it needs is in the value, so that the plan shown is the plan executed.
///
/// Contract: `observe` and `undo` may be called any number of times, in any process, at any point; `act` is called
/// only after `observe` said [`Observed::Act`], and must succeed when an earlier, unrecorded `act` had already had its
/// effect. `undo` must tolerate an `act` that never ran, ran half-way, or ran and was undone.
#[async_trait]
pub trait Step: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// What steps act upon.
    type World: ?Sized + Send + Sync;
    /// What the plan says to its reader beside the steps.
    type Brief: Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug + Send + Sync + 'static;

    /// The step's name in its plan.
    fn id(&self) -> StepId;
    /// What must have been allowed before the step may start.
    fn until(&self) -> Until;
    /// Whether it can be taken back.
    fn reversibility(&self) -> Undo;
    /// Whether the run goes on without it where it cannot be done: then it ends with [`Forgone`] as its output. On the way
    /// back of a cutover it comes after those that are not: nothing optional stands between the application and its source.
    fn is_optional(&self) -> bool {
        false
    }
    /// Whether it goes when the target of an ended run is removed.
    fn goes_with_the_target(&self) -> bool {
        self.until() == Until::Restored
    }
    /// Looks at the world; changes nothing.
    async fn observe(&self, world: &Self::World, cx: &Context<'_>) -> Result<Observed, StepError>;
    /// Makes the step's one change.
    async fn act(&self, world: &Self::World, cx: &Context<'_>) -> Result<(), StepError>;
    /// Takes the change back, or goes on taking it back.
    async fn undo(&self, world: &Self::World, cx: &Context<'_>) -> Result<Undone, StepError>;
}
