//! `daybreak resume`: goes on with a run that was interrupted or is stuck.

use super::{
    args::UntilArg,
    desk::Desk,
    error::CliError,
    execute::{self, Word},
    which,
};
use crate::{
    report::next,
    run::{
        state::{RunState, Stage, stage_words},
        step::Until,
    },
    steps::step::Step,
};

/// Go on with a run that was interrupted or is stuck
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one]
    run: Option<String>,
    /// Go further than the run was allowed before; the cutover has its own command
    #[arg(long, value_enum)]
    until: Option<UntilArg>,
}

fn further(state: &RunState<Step>, until: Option<Until>) -> Option<Until> {
    until.filter(|until| *until > state.allowed && *until < Until::Cutover)
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let until = args.until.map(Until::from);
    if until == Some(Until::Cutover) {
        return Err(
            CliError::usage("the cutover has a command of its own, which asks first").hint("daybreak cutover RUN")
        );
    }
    let store = desk.store().await?;
    let run = which::resolve(desk, &*store, args.run.as_deref(), RunState::unfinished, "unfinished run").await?;
    let check = |state: &RunState<Step>| match state.stage {
        Stage::Going | Stage::TurningBack(_) | Stage::Stuck(_) => Ok(()),
        Stage::Stopped(_) if further(state, until).is_some() => Ok(()),
        stage => {
            let error = CliError::refused(format!("run {run} is {}: there is nothing to resume", stage_words(stage)));
            Err(next::next_steps(state).into_iter().fold(error, |error, next| error.hint(next.command)))
        }
    };
    let opened = execute::open(desk, store, &run, check).await?;
    let signals = execute::signals()?;
    let state = opened.journal.state();
    let mut words = Vec::new();
    if matches!(state.stage, Stage::Stuck(_)) {
        words.push(Word::Retry);
    }
    words.extend(further(state, until).map(Word::Allow));
    let (opened, _) = execute::go(desk, opened, &words, &signals).await?;
    execute::conclude(desk, opened, &signals).await
}
