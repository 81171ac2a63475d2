//! What `rollback` and `cancel` share: a person turns a run back.

use super::{
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Word},
    loss::{self, Figure},
    which,
};
use crate::{
    recovery::names,
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
    /// Whether the data of a target that is removed is kept, where the application may have written to it.
    pub(super) keep: bool,
    /// How much the person gives up of what the target was written.
    pub(super) accepts: Option<Figure>,
    /// What it will do, asked of the person; with the name of the final snapshot, if there is to be one.
    pub(super) question: fn(&RunState<Step>, Option<&str>) -> String,
    /// What to do instead, when it is refused.
    pub(super) instead: fn(&RunState<Step>) -> String,
    pub(super) eligible: which::Eligible,
    pub(super) what: &'static str,
}

impl Turn {
    /// The name of the snapshot that the target leaves: one that the application never could write to leaves none.
    fn kept(&self, state: &RunState<Step>) -> Option<String> {
        // What is promoted is not removed.
        let makes = state.plan.brief.promotion.is_none();
        let wanted = makes && self.keep && self.scope == Scope::Everything && state.opened;
        wanted.then(|| names::final_snapshot(&state.plan.brief.target.identifier))
    }
}

pub(super) async fn run(desk: &Desk, named: Option<&str>, turn: &Turn) -> Result<u8, CliError> {
    execute::needs_decision(desk, turn.noun)?;
    let store = desk.store().await?;
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
    let state = opened.journal.state();
    let fresh = state.can_turn_back(turn.scope);
    let mut lost = None;
    if fresh && turn.scope == Scope::Cutover {
        lost = match loss::accept(&opened.world, state, turn.accepts).await {
            Ok(lost) => lost,
            Err(error) => {
                opened.journal.close().await;
                return Err(error);
            }
        };
    }
    let kept = if fresh { turn.kept(state) } else { state.final_snapshot.clone() };
    let gives_up = lost.map(|lost| format!("This gives up {}.\n", loss::words(lost))).unwrap_or_default();
    let question = format!("{gives_up}{}", (turn.question)(state, kept.as_deref()));
    if desk.can_ask() && confirm::yes(desk, &signals, &question).await? == Answer::No {
        return Err(execute::leave(opened).await);
    }
    let words = match (fresh, lost) {
        (false, _) => Vec::new(),
        (true, Some(lost)) => vec![Word::TurnBackLosing(turn.scope, lost)],
        (true, None) => vec![Word::TurnBack(turn.scope, kept)],
    };
    let (opened, _) = execute::go(desk, opened, &words, &signals).await?;
    execute::conclude(desk, opened, &signals).await
}
