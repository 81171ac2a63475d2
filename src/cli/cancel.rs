//! `daybreak cancel`: takes back all that a run made.

use super::{
    desk::Desk,
    error::CliError,
    turn_back::{self, Turn},
};
use crate::run::{
    record::{Outcome, Scope},
    state::Stage,
};

/// Take back all that a run made; the application must not be on it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one]
    run: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let turn = Turn {
        scope: Scope::Everything,
        noun: "a cancel",
        verb: "cancel",
        question: |state| {
            let target = &state.plan.brief.target.cluster;
            let written = match state.stage {
                Stage::Ended(Outcome::RolledBack) => ", with what the application wrote to it before the rollback",
                _ => "",
            };
            format!(
                "Run {}: this deletes {target} and its instances{written}; the source is not touched. Go on?",
                state.plan.run
            )
        },
        instead: |state| {
            if state.cutover_begun() {
                format!("the application may be on the target: first daybreak rollback {}", state.plan.run)
            } else {
                format!("daybreak status {}", state.plan.run)
            }
        },
        eligible: |state| state.unfinished(),
        what: "unfinished run",
    };
    turn_back::run(desk, args.run.as_deref(), &turn).await
}
