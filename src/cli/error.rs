//! The one rendering of errors: what failed, why, what state the world is in, and what to type next.

use super::exit;
use crate::{
    aws,
    config::ConfigError,
    moment::MomentError,
    pg,
    recovery::{capture::CaptureError, inventory::Unlisted, refusal::Refusal},
    run::{
        id::{InvalidRunId, RunId},
        journal::JournalError,
        plan::InvalidPlan,
        store::StoreError,
    },
    store::place::InvalidPlace,
};

/// An error on its way to the person, with its exit code.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) code: u8,
    pub(super) message: String,
    pub(super) causes: Vec<String>,
    /// What is true of the world now.
    pub(super) state: String,
    /// What to do, or type, next.
    pub(super) hints: Vec<String>,
}

const NOTHING_CHANGED: &str = "nothing was created or changed";

impl CliError {
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: Vec::new(), state: NOTHING_CHANGED.to_owned(), hints: Vec::new() }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(exit::REFUSED, message)
    }

    /// From any error: its words, and those of its causes.
    pub(super) fn from_error(code: u8, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
        Self { causes: causes.collect(), ..Self::new(code, error.to_string()) }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    #[must_use]
    pub(super) fn state(self, state: impl Into<String>) -> Self {
        Self { state: state.into(), ..self }
    }

    /// Says of a command that met this error before it changed anything that the run it was about is still there.
    #[must_use]
    pub(super) fn about(self, run: &RunId) -> Self {
        if self.state != NOTHING_CHANGED {
            return self;
        }
        self.state(format!("run {run} is as it was")).hint(format!("daybreak status {run}"))
    }

    /// The error as JSON, for `--output json`: stdout then holds one document whatever happens.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "error": {
            "message": self.message,
            "causes": self.causes,
            "state": self.state,
            "next": self.hints,
            "exit_code": self.code,
        } })
    }

    /// The error as text, one thought a line.
    pub(super) fn render(&self) -> String {
        let mut lines = vec![self.message.clone()];
        let mut said = self.message.as_str();
        for cause in &self.causes {
            // Libraries repeat their causes' words; a person should read them once.
            if !said.contains(cause.as_str()) {
                lines.push(format!("  because: {cause}"));
            }
            said = cause;
        }
        lines.push(format!("  now: {}", self.state));
        lines.extend(self.hints.iter().map(|hint| format!("  next: {hint}")));
        lines.join("\n")
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::from_error(exit::USAGE, &error).hint(error.hint())
    }
}

impl From<MomentError> for CliError {
    fn from(error: MomentError) -> Self {
        Self::from_error(exit::USAGE, &error).hint("daybreak windows DATABASE shows the times that can be restored")
    }
}

impl From<InvalidRunId> for CliError {
    fn from(error: InvalidRunId) -> Self {
        Self::from_error(exit::USAGE, &error).hint("daybreak runs lists all runs")
    }
}

impl From<InvalidPlan> for CliError {
    fn from(error: InvalidPlan) -> Self {
        let code =
            if matches!(error, InvalidPlan::Altered | InvalidPlan::Newer { .. }) { exit::REFUSED } else { exit::USAGE };
        Self::from_error(code, &error).hint("make a new plan: daybreak plan DATABASE --to TIME")
    }
}

impl From<aws::Error> for CliError {
    fn from(error: aws::Error) -> Self {
        // Credentials, region and profile are the caller's to set; whatever AWS says about a call is the world's.
        let before_any_call = error.service == "aws" || error.kind == aws::ErrorKind::Credentials;
        let code = if before_any_call { exit::USAGE } else { exit::REFUSED };
        Self::from_error(code, &error).maybe_hint(error.hint())
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::Aws { source, .. } if source.kind == aws::ErrorKind::Credentials => exit::USAGE,
            Refusal::NoAccess { .. } | Refusal::FaultyCheck { .. } => exit::USAGE,
            _ => exit::REFUSED,
        };
        let hint = refusal.hint();
        let error = match &refusal {
            Refusal::Step(unusable) => {
                let failure = &unusable.0.failure;
                Self { causes: failure.causes.clone(), ..Self::new(code, failure.message.clone()) }
            }
            Refusal::NotPromoted(refusal) => {
                let (causes, hints) = (refusal.causes(), refusal.hints());
                let error = Self::from_error(code, refusal);
                let causes = if causes.is_empty() { error.causes } else { causes };
                return Self { causes, hints, ..Self::new(code, error.message) }.state("nothing was changed");
            }
            other => Self::from_error(code, other),
        };
        error.maybe_hint(hint)
    }
}

impl From<Unlisted> for CliError {
    fn from(error: Unlisted) -> Self {
        match error {
            Unlisted::Store(error) => error.into(),
            Unlisted::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<pg::Error> for CliError {
    fn from(error: pg::Error) -> Self {
        let hint = error.hint.clone();
        Self::from_error(exit::REFUSED, &error).maybe_hint(hint)
    }
}

impl From<InvalidPlace> for CliError {
    fn from(error: InvalidPlace) -> Self {
        Self::from_error(exit::USAGE, &error).hint("--state DIR, or --state s3://BUCKET/PREFIX")
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let mut hints = match &error {
            StoreError::NoSuchRun { .. } => {
                vec!["daybreak runs lists the runs kept in this place; --state names another".to_owned()]
            }
            StoreError::Held { run, heard, .. } => {
                let free = heard.map(|heard| {
                    format!("if that process has died, run {run} is free in {} s", heard.free_in.as_secs())
                });
                vec![format!("daybreak status {run} shows how far it is")].into_iter().chain(free).collect()
            }
            StoreError::Missing { .. } => vec!["restore the missing record from a backup of the state".to_owned()],
            StoreError::Io { .. } => {
                vec!["make room, or rights, there; or name another place with --state".to_owned()]
            }
            StoreError::Taken { .. } => vec!["it is written once: take another one".to_owned()],
            StoreError::Service { hint, .. } => hint.iter().cloned().collect(),
            StoreError::Unfit { .. } => {
                vec!["keep runs in a bucket of Amazon S3, or in a directory: --state DIR".to_owned()]
            }
            StoreError::Exists { run, .. } | StoreError::Lost { run, .. } => vec![format!("daybreak status {run}")],
        };
        let mut said = Self::from_error(exit::REFUSED, &error);
        said.hints.append(&mut hints);
        said
    }
}

impl From<CaptureError> for CliError {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Store(error) => error.into(),
            error @ CaptureError::Newer { .. } => {
                Self::from_error(exit::REFUSED, &error).hint("use the daybreak that wrote it, or a later one")
            }
            error => Self::from_error(exit::REFUSED, &error),
        }
    }
}

impl From<JournalError> for CliError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Store(error) => error.into(),
            JournalError::Plan(error) => error.into(),
            JournalError::Overtaken { ref run, .. } => {
                let hint = format!("daybreak status {run}");
                Self::from_error(exit::INTERRUPTED, &error).state("the other executor has the run").hint(hint)
            }
            JournalError::ExecutedBefore { ref run } => {
                let hint =
                    format!("daybreak status {run} shows what became of it; daybreak resume {run} goes on with it");
                Self::from_error(exit::REFUSED, &error).hint(hint)
            }
            JournalError::Record { ref run, .. } | JournalError::Illegal { ref run, .. } => {
                let hint = format!(
                    "what the run made carries the tag daybreak:run={run}; list it with: \
                     aws resourcegroupstaggingapi get-resources --tag-filters Key=daybreak:run,Values={run}"
                );
                Self::from_error(exit::REFUSED, &error)
                    .state("daybreak does not guess what a damaged journal meant: it changed nothing")
                    .hint("restore the record from a backup of the state, if there is one")
                    .hint(hint)
            }
            JournalError::Encode { .. } => Self::from_error(exit::REFUSED, &error),
        }
    }
}
