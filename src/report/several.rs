//! What came of several runs that one command executed.

use serde::{Deserialize, Serialize};

use super::{
    next::next_steps,
    result::{Outcome, RunResult},
    stuck::Around,
};
use crate::{
    run::{
        journal::History,
        state::{Stage, stage_words},
    },
    steps::step::Step,
    ui::{table::columns, words::clean},
};

/// The result of each run, in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResults {
    /// One result a run.
    pub runs: Vec<RunResult>,
}

impl RunResults {
    /// Reads the results from the journals, and from what was seen around each.
    #[must_use]
    pub fn of<'a>(runs: impl IntoIterator<Item = (&'a History<Step>, &'a Around)>) -> Self {
        Self { runs: runs.into_iter().map(|(history, around)| RunResult::of(history, around)).collect() }
    }
}

/// One line a run: database, run, outcome, target, and the usual command to go on with.
#[must_use]
pub fn table<'a>(histories: impl IntoIterator<Item = &'a History<Step>>) -> String {
    let head = ["database", "run", "outcome", "target", "next"].map(str::to_owned).to_vec();
    let row = |history: &History<Step>| {
        let state = &history.state;
        let next = next_steps(state).into_iter().next().map(|next| next.command).unwrap_or_default();
        vec![
            clean(&state.plan.database),
            state.plan.run.to_string(),
            outcome(history),
            state.plan.brief.target.identifier.clone(),
            next,
        ]
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(histories.into_iter().map(row)).collect();
    columns(&rows).join("\n")
}

fn outcome(history: &History<Step>) -> String {
    let stage = history.state.stage;
    let words = stage_words(stage);
    match (RunResult::of(history, &Around::default()).outcome, stage) {
        (Outcome::Interrupted, _) => format!("interrupted, {words}"),
        (_, Stage::Stopped(until)) => format!("{words}, {until}"),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::{record::Entry, step::Until},
        ui::testing::{Story, plan},
    };

    #[test]
    fn each_run_is_a_line_with_what_to_do_next() {
        let proven = || Story::of(plan(), Until::Validated).proven();
        let stopped = proven().then(900, Entry::Stopped { after: Until::Validated });
        let interrupted = proven().then(900, Entry::Interrupted { by: "SIGINT".to_owned() });
        let histories = [stopped, interrupted, Story::stuck_back(), Story::rolled_back()].map(|story| story.history());
        insta::assert_snapshot!(table(&histories), @"
        database  run                   outcome             target                         next
        loans     20261120-150000-k3fa  stopped, validated  loanserve-prod-aurora-db-k3fa  daybreak cutover 20261120-150000-k3fa
        loans     20261120-150000-k3fa  interrupted, going  loanserve-prod-aurora-db-k3fa  daybreak resume 20261120-150000-k3fa
        loans     20261120-150000-k3fa  stuck               loanserve-prod-aurora-db-k3fa  daybreak resume 20261120-150000-k3fa
        loans     20261120-150000-k3fa  rolled back         loanserve-prod-aurora-db-k3fa  daybreak cutover 20261120-150000-k3fa
        ");
        let around = Around::default();
        assert_eq!(RunResults::of(histories.iter().map(|history| (history, &around))).runs.len(), 4);
    }
}
