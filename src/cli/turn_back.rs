//! What `rollback` and `cancel` share: a person turns a run back.

use super::{
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Word},
    which,
};
use crate::{
    run::{
        record::Scope,
        state::{RunState, Stage, stage_words},
    },
    steps::step::Step,
};

/// How one of the two speaks and what it takes back.
pub(super) struct Turn {
    pub(super) scope: Scope,
    /// What it is called, and what it does.
    pub(super) noun: &'static str,
    pub(super) verb: &'static str,
    /// What it will do, asked of the person.
    pub(super) question: fn(&RunState<Step>) -> String,
    /// What to do instead, when it is refused.
    pub(super) instead: fn(&RunState<Step>) -> String,
    pub(super) eligible: which::Eligible,
    pub(super) what: &'static str,
}

pub(super) async fn run(desk: &Desk, named: Option<&str>, turn: &Turn) -> Result<u8, CliError> {
    execute::needs_decision(desk, turn.noun)?;
    let store = desk.store()?;
    let run = which::resolve(desk, &*store, named, turn.eligible, turn.what).await?;
    let check = |state: &RunState<Step>| {
        // An interrupted way back of the same kind is gone on with.
        if state.can_turn_back(turn.scope) || state.stage == Stage::TurningBack(turn.scope) {
            return Ok(());
        }
        let error = CliError::refused(format!("{} run {run}: it is {}", turn.verb, stage_words(state.stage)));
        Err(error.state("nothing was changed").hint((turn.instead)(state)))
    };
    let opened = execute::open(desk, store, &run, check).await?;
    let signals = execute::signals()?;
    if desk.can_ask() && confirm::yes(desk, &signals, &(turn.question)(opened.journal.state())).await? == Answer::No {
        return Err(CliError::refused("not confirmed"));
    }
    let fresh = opened.journal.state().can_turn_back(turn.scope);
    let words = if fresh { vec![Word::TurnBack(turn.scope)] } else { Vec::new() };
    let (opened, _) = execute::go(desk, opened, &words, &signals).await?;
    execute::conclude(desk, &opened.journal)
}
