//! `daybreak resume`: goes on with a run that was interrupted or is stuck.

use std::sync::Arc;

use super::{
    args::UntilArg,
    desk::Desk,
    error::CliError,
    execute::{self, Opened, Word},
    exit, fleet, host,
    region::Regions,
    which,
};
use crate::{
    recovery::freshness,
    report::next,
    run::{
        id::RunId,
        journal::{Journal, JournalError},
        plan::Plan,
        state::{RunState, Stage, stage_words},
        step::Until,
        store::{Store, StoreError},
    },
    steps::{step::Step, world::World},
};

/// Go on with a run that was interrupted or is stuck
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one]
    run: Option<String>,
    /// Go further than the run was allowed before; the cutover has its own command
    #[arg(long, value_enum)]
    until: Option<UntilArg>,
    /// Go on with every run that was interrupted, side by side; not with those that stopped or are stuck
    #[arg(long, conflicts_with_all = ["run", "until"])]
    all: bool,
}

fn further(state: &RunState<Step>, until: Option<Until>) -> Option<Until> {
    until.filter(|until| *until > state.allowed && *until < Until::Cutover)
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    if args.all {
        return all(desk).await;
    }
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

/// Goes on with every run that needs no person's word. One that another process executes is left to it, and one that
/// cannot be opened keeps none of the others.
async fn all(desk: &Desk) -> Result<u8, CliError> {
    let store: Arc<dyn Store> = desk.store().await?;
    let mut regions = Regions::default();
    let mut opened = Vec::new();
    let mut code = exit::DONE;
    for history in which::all(desk, &*store).await?.iter().filter(|history| interrupted(&history.state)) {
        let run = &history.state.plan.run;
        match open(desk, store.clone(), run, &mut regions).await {
            Ok(run) => opened.extend(run),
            Err(error) => {
                let error = error.about(run);
                desk.printer.error(&error.render());
                code = fleet::graver(code, error.code);
            }
        }
    }
    if opened.is_empty() {
        desk.printer.status(&format!("nothing to resume in {}", store.place()));
    }
    let left = fleet::go(desk, opened, &execute::signals()?).await?;
    Ok(fleet::graver(code, fleet::conclude(desk, &left)?))
}

fn interrupted(state: &RunState<Step>) -> bool {
    matches!(state.stage, Stage::Going | Stage::TurningBack(_))
}

/// Opens a run, unless somebody else has it or has finished it since it was read.
async fn open(
    desk: &Desk,
    store: Arc<dyn Store>,
    run: &RunId,
    regions: &mut Regions,
) -> Result<Option<Opened>, CliError> {
    let journal = match Journal::<Step>::open(store.clone(), run, &host::holder()).await {
        Err(JournalError::Store(error @ StoreError::Held { .. })) => {
            desk.printer.warning(&format!("{error}; it is left to them"));
            return Ok(None);
        }
        opened => opened?,
    };
    if !interrupted(journal.state()) {
        journal.close().await;
        return Ok(None);
    }
    match prepare(desk, &journal, regions).await {
        Ok((world, identity)) => Ok(Some(Opened { store, journal, world, identity })),
        Err(error) => {
            journal.close().await;
            Err(error)
        }
    }
}

async fn prepare(desk: &Desk, journal: &Journal<Step>, regions: &mut Regions) -> Result<(World, String), CliError> {
    let Plan { run, brief, .. } = &journal.state().plan;
    let region = regions.enter(desk, Some(&brief.target.region)).await?;
    freshness::same_account(&brief.source, &region.identity.account)?;
    Ok((region.world(desk, run.as_str())?, region.identity.arn))
}
