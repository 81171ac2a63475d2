//! Executes several runs in this process, side by side. Shared by every command that goes on with more than one.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{
    args::Output,
    desk::Desk,
    display::Display,
    error::CliError,
    execute::{self, Opened},
    exit,
    host::Signals,
    look,
};
use crate::{
    report::{
        several::{RunResults, table},
        status,
        stuck::Around,
    },
    run::{executor::Executor, fleet::drive_all, grid::Grid, journal::History, state::Stage},
    steps::{step::Step, world::World},
};

/// A run as it was left.
pub(super) struct Left {
    history: History<Step>,
    /// What a person must know who has to decide about it.
    around: Around,
    /// Why it was left, where that was no rest and no signal.
    error: Option<CliError>,
}

/// Goes on with all of them until each rests or a signal stops all.
pub(super) async fn go(desk: &Desk, opened: Vec<Opened>, signals: &Signals) -> Result<Vec<Left>, CliError> {
    let (journals, worlds): (Vec<_>, Vec<World>) =
        opened.into_iter().map(|opened| (opened.journal, opened.world)).unzip();
    let names = names(journals.iter().map(|journal| journal.history()));
    let displays: Vec<Display> =
        journals.iter().zip(&names).map(|(journal, name)| Display::among(desk, journal.history(), name)).collect();
    let grid = Grid::new(&desk.clock);
    let mut executors: Vec<Executor<'_, Step>> = journals
        .into_iter()
        .zip(&worlds)
        .zip(&displays)
        .map(|((journal, world), display)| Executor::new(journal, world, &grid, display))
        .collect();
    let driven = tokio::select! {
        driven = drive_all(&mut executors, &grid, &signals.interrupt) => driven,
        () = signals.abandon.raised() => {
            return Err(CliError::new(exit::INTERRUPTED, "left at once, at a second signal")
                .state("the calls under way may have taken effect; a resume looks before it acts")
                .hint("daybreak resume --all"));
        }
    };
    let looks = executors.iter().zip(&worlds);
    let looks = looks.map(|(executor, world)| look::around_executed(desk, world, executor.journal().state(), signals));
    let around = join_all(looks).await;
    let mut left = Vec::new();
    for ((executor, driven), around) in executors.into_iter().zip(driven).zip(around) {
        let history = executor.into_journal().close().await;
        let error = driven.err().map(|error| execute::in_mid_run(error, &history.state.plan.run));
        left.push(Left { history, around, error });
    }
    Ok(left)
}

/// What each run is called among the others: its database, and its id where the database alone does not tell it apart.
fn names<'a>(histories: impl Iterator<Item = &'a History<Step>> + Clone) -> Vec<String> {
    let mut runs: BTreeMap<&str, usize> = BTreeMap::new();
    for history in histories.clone() {
        *runs.entry(&history.state.plan.database).or_default() += 1;
    }
    let name = |history: &History<Step>| {
        let plan = &history.state.plan;
        match runs.get(plan.database.as_str()) {
            Some(1) => plan.database.clone(),
            _ => format!("{} {}", plan.database, plan.run),
        }
    };
    histories.map(name).collect()
}

/// Prints one result for all and returns the gravest exit code.
pub(super) fn conclude(desk: &Desk, left: &[Left]) -> Result<u8, CliError> {
    let histories = || left.iter().map(|left| &left.history);
    for error in left.iter().filter_map(|left| left.error.as_ref()) {
        desk.printer.error(&error.render());
    }
    for Left { history, around, .. } in left.iter().filter(|left| matches!(left.history.state.stage, Stage::Stuck(_))) {
        desk.printer.plain(&status::closing(history, around, desk.printer.err(), desk.printer.terminal().width));
    }
    let results = || RunResults::of(left.iter().map(|left| (&left.history, &left.around)));
    match desk.global.output {
        Output::Text if left.is_empty() => {}
        Output::Text => desk.printer.result(&table(histories())),
        Output::Json => desk.json(&results())?,
        Output::JsonLines => {
            let line = serde_json::json!({ "event": "result", "result": results() });
            desk.printer.result(&line.to_string());
        }
    }
    let code = |left: &Left| match &left.error {
        Some(error) => error.code,
        None => execute::code(&left.history.records, &left.history.state),
    };
    Ok(left.iter().map(code).fold(exit::DONE, graver))
}

/// The exit code that a script must hear of first: that a person is needed, then that something is unfinished, then that
/// it failed.
pub(super) fn graver(one: u8, other: u8) -> u8 {
    let gravity = |code| match code {
        exit::DONE => 0,
        exit::INTERRUPTED => 2,
        exit::STUCK => 3,
        _ => 1,
    };
    std::cmp::max_by_key(other, one, |code| gravity(*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_called_before_anything_else_is_said() {
        let ascending = [exit::DONE, exit::FAILED, exit::INTERRUPTED, exit::STUCK];
        for (place, code) in ascending.into_iter().enumerate() {
            for milder in &ascending[..=place] {
                assert_eq!((graver(code, *milder), graver(*milder, code)), (code, code));
            }
        }
        assert_eq!(graver(exit::REFUSED, exit::FAILED), exit::REFUSED, "of equals, the first");
    }
}
