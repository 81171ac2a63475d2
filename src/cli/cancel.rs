//! `daybreak cancel`: takes back all that a run made.

use super::{
    desk::Desk,
    error::CliError,
    turn_back::{self, Turn},
};
use crate::{report::promoted, run::record::Scope};

/// Take back all that a run made; the application must not be on it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one]
    run: Option<String>,
    /// Keep no final snapshot of a target that the application may have written to
    #[arg(long)]
    no_final_snapshot: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let turn = Turn {
        scope: Scope::Everything,
        noun: "a cancel",
        verb: "cancel",
        keep: !args.no_final_snapshot,
        accepts: None,
        question: |state, final_snapshot| {
            let target = &state.plan.brief.target.identifier;
            if promoted::promotes(state) {
                return format!(
                    "Run {}: this ends the run and deletes nothing; {}. Go on?",
                    state.plan.run,
                    promoted::role_words(state)
                );
            }
            let written = match (state.opened, final_snapshot) {
                (true, None) => {
                    ", with what the application may have written to it before the rollback, without a final snapshot"
                        .to_owned()
                }
                (_, Some(name)) => format!(" and keeps its data as snapshot {name}"),
                (false, None) => String::new(),
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
