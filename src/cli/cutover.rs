//! `daybreak cutover`: moves the application to a proven recovery.

use super::{
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Word},
    questions, which,
};
use crate::{
    report::promoted,
    run::{
        record::Outcome,
        state::{RunState, Stage, stage_words},
        step::{Outputs, Until},
    },
    steps::{promotion::guard, prove, step::Step},
};

/// Move the application to a proven recovery
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only one that stopped before its cutover]
    run: Option<String>,
}

/// Whether the run has come so far that the application can be moved: its data is proven, and it is not on its way already.
fn ready(state: &RunState<Step>) -> bool {
    let proven = |outputs: &Outputs| outputs.has(prove::ID);
    // What can be taken back by switching back, or follows a fence, is a cutover as a whole, proof included.
    if promoted::is_a_cutover(state) {
        return matches!(state.stage, Stage::Stopped(_) | Stage::Ended(Outcome::RolledBack))
            && state.outputs.has(guard::ID);
    }
    matches!(state.stage, Stage::Stopped(Until::Validated) | Stage::Ended(Outcome::RolledBack))
        && state.removal.is_none()
        && proven(&state.outputs)
}

fn check(state: &RunState<Step>) -> Result<(), CliError> {
    if ready(state) {
        return Ok(());
    }
    let run = &state.plan.run;
    if state.removal.is_some() {
        let error = CliError::refused(format!("the target of run {run} was removed, or its removal has begun"));
        return Err(error.hint(format!("daybreak status {run}")));
    }
    let error =
        CliError::refused(format!("run {run} is {}; only a proven recovery can be cut over", stage_words(state.stage)));
    Err(match state.stage {
        Stage::Stopped(_) => error.hint(format!("prove it first: daybreak resume {run} --until validated")),
        _ => error.hint(format!("daybreak status {run}")),
    })
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    execute::needs_decision(desk, "a cutover")?;
    let store = desk.store().await?;
    let run = which::resolve(desk, &*store, args.run.as_deref(), ready, "run waiting for its cutover").await?;
    let opened = execute::open(desk, store, &run, check).await?;
    let signals = execute::signals()?;
    if desk.can_ask() {
        let history = opened.journal.history();
        let question = questions::before_cutover(history);
        if confirm::typed(desk, &signals, &question, &history.state.plan.database).await? == Answer::No {
            return Err(execute::leave(opened).await);
        }
    }
    let (opened, _) = execute::go(desk, opened, &[Word::Allow(Until::Cutover)], &signals).await?;
    execute::conclude(desk, opened, &signals).await
}
