//! Which run is meant when a command takes RUN.

use super::{desk::Desk, error::CliError};
use crate::{
    run::{
        id::RunId,
        journal::{self, History},
        state::{RunState, stage_words},
        store::Store,
    },
    steps::step::Step,
};

/// What a run must be like to be meant by a command that names none.
pub(super) type Eligible = fn(&RunState<Step>) -> bool;

/// The run named, or the only eligible one; several are an error that lists them.
pub(super) async fn resolve(
    desk: &Desk,
    store: &dyn Store,
    named: Option<&str>,
    eligible: Eligible,
    what: &str,
) -> Result<RunId, CliError> {
    if let Some(name) = named {
        return Ok(name.parse()?);
    }
    let histories = all(desk, store).await?;
    let mut found: Vec<&RunState<Step>> =
        histories.iter().map(|history| &history.state).filter(|state| eligible(state)).collect();
    match (found.pop(), found.is_empty()) {
        (None, _) => {
            Err(CliError::usage(format!("there is no {what} in {}", store.place()))
                .hint("daybreak runs lists all runs"))
        }
        (Some(state), true) => Ok(state.plan.run.clone()),
        (Some(last), false) => {
            let listed = found
                .into_iter()
                .chain([last])
                .map(|state| format!("{}  {}  {}", state.plan.run, state.plan.database, stage_words(state.stage)));
            let error =
                CliError::usage(format!("there are several runs to choose from in {}; name one", store.place()));
            Err(listed.fold(error, |error, line| error.hint(line)))
        }
    }
}

/// The journal of the run named, or of the only unfinished one, or else of the latest of all: for looking at, where a wrong guess
/// costs nothing.
pub(super) async fn looked_at(desk: &Desk, named: Option<&str>) -> Result<History<Step>, CliError> {
    let store = desk.store().await?;
    let run = unfinished_or_latest(desk, &*store, named).await?;
    Ok(journal::read(&*store, &run).await?)
}

async fn unfinished_or_latest(desk: &Desk, store: &dyn Store, named: Option<&str>) -> Result<RunId, CliError> {
    if named.is_none()
        && !all(desk, store).await?.iter().any(|history| history.state.unfinished())
        && let Some(latest) = store.runs().await?.pop()
    {
        return Ok(latest);
    }
    resolve(desk, store, named, RunState::unfinished, "run").await
}

/// All readable journals, oldest first; one that cannot be read is warned about and left out.
pub(super) async fn all(desk: &Desk, store: &dyn Store) -> Result<Vec<History<Step>>, CliError> {
    let mut histories = Vec::new();
    for (run, history) in journal::read_all(store).await? {
        match history {
            Ok(history) => histories.push(history),
            Err(error) => desk.printer.warning(&format!("run {run} is left out: {}", CliError::from(error).message)),
        }
    }
    Ok(histories)
}
