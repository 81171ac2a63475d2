//! Executes a run at the keyboard: display, signals, and the result with its exit code. Shared by every command that goes
//! on with a run.

use std::sync::Arc;

use super::{
    args::Output,
    desk::Desk,
    display::Display,
    error::CliError,
    exit,
    host::{self, Signals},
    look, which,
};
use crate::{
    recovery::freshness,
    report::{result::RunResult, status},
    run::{
        drive::{Drive, drive},
        executor::Executor,
        id::RunId,
        journal::{Journal, JournalError},
        plan::{Actor, Plan},
        record::{Entry, Loss, Outcome, Record, Scope},
        state::{RunState, Stage},
        step::Until,
        store::Store,
    },
    steps::{step::Step, world::World},
};

/// A run opened for execution, with all it needs.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) journal: Journal<Step>,
    pub(super) world: World,
    /// Who AWS says we are.
    pub(super) identity: String,
}

/// A person's word that lets a run go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Allow(Until),
    /// With the name under which the data of a target that is removed is kept.
    TurnBack(Scope, Option<String>),
    /// Over what is given up by it.
    TurnBackLosing(Scope, Loss),
    Retry,
}

/// Opens `run` to go on with it, once `check` has found nothing against it.
pub(super) async fn open(
    desk: &Desk,
    store: Arc<dyn Store>,
    run: &RunId,
    check: impl FnOnce(&RunState<Step>) -> Result<(), CliError>,
) -> Result<Opened, CliError> {
    let journal = Journal::open(store.clone(), run, &host::holder()).await?;
    match prepare(desk, &journal, check).await {
        Ok((world, identity)) => Ok(Opened { store, journal, world, identity }),
        Err(error) => {
            journal.close().await;
            Err(error.about(run))
        }
    }
}

async fn prepare(
    desk: &Desk,
    journal: &Journal<Step>,
    check: impl FnOnce(&RunState<Step>) -> Result<(), CliError>,
) -> Result<(World, String), CliError> {
    check(journal.state())?;
    let Plan { run, brief, .. } = &journal.state().plan;
    let session = desk.session(Some(&brief.target.region)).await?;
    let world = desk.world(&session, &brief.target.region, run.as_str())?;
    let identity = session.identity().await?;
    freshness::same_account(&brief.source, &identity.account)?;
    Ok((world, identity.arn))
}

/// Leaves a run as it is, because the person said so.
pub(super) async fn leave(opened: Opened) -> CliError {
    opened.journal.close().await;
    CliError::refused("not confirmed")
}

/// Records `words`, then goes on until the run rests or a signal stops it.
pub(super) async fn go(
    desk: &Desk,
    opened: Opened,
    words: &[Word],
    signals: &Signals,
) -> Result<(Opened, Drive), CliError> {
    let run = opened.journal.state().plan.run.clone();
    let Opened { store, journal, world, identity } = opened;
    let earlier = match which::all(desk, &*store).await {
        Ok(earlier) => earlier,
        Err(error) => {
            journal.close().await;
            return Err(error.about(&run));
        }
    };
    let display = Display::choose(desk, journal.history(), &earlier);
    let by = host::actor(Some(identity.clone()));
    let mut executor = Executor::new(journal, &world, &desk.clock, &display);
    let driven = match say(&mut executor, words, &by).await {
        Err(error) => Err(CliError::from(error).about(&run)),
        Ok(()) => tokio::select! {
            driven = drive(&mut executor, &desk.clock, &signals.interrupt) => driven.map_err(|error| in_mid_run(error, &run)),
            // The lease is left, too: it ends by itself.
            () = signals.abandon.raised() => return Err(abandoned(&run)),
        },
    };
    let journal = executor.into_journal();
    match driven {
        Ok(driven) => Ok((Opened { store, journal, world, identity }, driven)),
        Err(error) => {
            journal.close().await;
            Err(error)
        }
    }
}

async fn say(executor: &mut Executor<'_, Step>, words: &[Word], by: &Actor) -> Result<(), JournalError> {
    for word in words {
        match word {
            Word::Allow(until) => executor.allow(*until, by.clone()).await?,
            Word::TurnBackLosing(scope, loss) => executor.turn_back_losing(*scope, *loss, by.clone()).await?,
            Word::TurnBack(scope, kept) => executor.turn_back_keeping(*scope, kept.clone(), by.clone()).await?,
            Word::Retry => executor.retry(by.clone()).await?,
        }
    }
    Ok(())
}

fn abandoned(run: &RunId) -> CliError {
    CliError::new(exit::INTERRUPTED, "left at once, at a second signal")
        .state("the call under way may have taken effect; a resume looks before it acts")
        .hint(format!("daybreak resume {run}"))
}

/// A journal that fails in mid-run stops the run: what cannot be remembered is not done.
pub(super) fn in_mid_run(error: JournalError, run: &RunId) -> CliError {
    if matches!(error, JournalError::Overtaken { .. }) {
        return error.into();
    }
    CliError { code: exit::INTERRUPTED, hints: Vec::new(), ..CliError::from(error) }
        .state("the run stopped there; everything before is recorded, and nothing was begun that is not")
        .hint(format!("when the journal can be written again: daybreak resume {run}"))
}

/// Gives the run up, prints the result and returns the exit code. In this order, so that who reads the result can start the
/// next command.
pub(super) async fn conclude(desk: &Desk, opened: Opened, signals: &Signals) -> Result<u8, CliError> {
    let around = look::around_executed(desk, &opened.world, opened.journal.state(), signals).await;
    let history = &opened.journal.close().await;
    match desk.global.output {
        Output::Text => {
            desk.printer.result(&status::closing(history, &around, desk.printer.out(), desk.printer.terminal().width))
        }
        Output::Json => desk.json(&RunResult::of(history, &around))?,
        // The last line says how it ended, in the form of `--output json`.
        Output::JsonLines => {
            let line = serde_json::json!({ "event": "result", "result": RunResult::of(history, &around) });
            desk.printer.result(&line.to_string());
        }
    }
    Ok(code(&history.records, &history.state))
}

/// The exit code that says where a run is.
pub(super) fn code(records: &[Record<Step>], state: &RunState<Step>) -> u8 {
    match state.stage {
        Stage::Stuck(_) => exit::STUCK,
        Stage::Going | Stage::TurningBack(_) => exit::INTERRUPTED,
        Stage::Ended(Outcome::RolledBack | Outcome::Undone) if !asked_for(records) => exit::FAILED,
        Stage::Stopped(_) | Stage::Ended(_) => exit::DONE,
    }
}

/// Whether the way back was a person's wish and not a failure's consequence.
fn asked_for(records: &[Record<Step>]) -> bool {
    let turn =
        records.iter().rev().find(|record| matches!(record.entry, Entry::TurnedBack { .. } | Entry::Failed { .. }));
    turn.is_some_and(|record| matches!(record.entry, Entry::TurnedBack { .. }))
}

/// Refuses to go on without a person when neither `--yes` nor a terminal says who decided.
pub(super) fn needs_decision(desk: &Desk, what: &str) -> Result<(), CliError> {
    if desk.global.yes || desk.interactive() {
        return Ok(());
    }
    Err(CliError::usage(format!("{what} needs a decision, and there is no terminal to ask at"))
        .hint("say it beforehand: --yes"))
}

/// Listens for signals.
pub(super) fn signals() -> Result<Signals, CliError> {
    host::signals().map_err(|error| CliError::from_error(exit::REFUSED, &error))
}
