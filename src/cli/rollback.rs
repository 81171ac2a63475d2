//! `daybreak rollback`: moves the application back to where it was.

use super::{
    desk::Desk,
    error::CliError,
    loss::Figure,
    turn_back::{self, Turn},
};
use crate::{recovery::recipe::promote::is_final, report::promoted, run::record::Scope};

/// Move the application back to where it was before the cutover
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only one whose cutover can be taken back]
    run: Option<String>,
    /// Give up what was written to the target since the cutover: so many changes of rows at most, or `unknown` where they
    /// cannot be counted. Without it a rollback that gives anything up is refused, and says how much
    #[arg(long, value_name = "CHANGES|unknown")]
    accept_loss: Option<Figure>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let turn = Turn {
        scope: Scope::Cutover,
        noun: "a rollback",
        verb: "roll back",
        keep: false,
        accepts: args.accept_loss,
        question: |state, _| {
            let brief = &state.plan.brief;
            if promoted::promotes(state) && !is_final(&state.plan) {
                return format!(
                    "Run {}: this makes {} the primary again, and cuts the connections to {}. Go on?",
                    state.plan.run, brief.source.identifier, brief.target.writer
                );
            }
            if let Some(words) = promoted::rollback_words(state) {
                return format!("Run {}: this {words}. Go on?", state.plan.run);
            }
            format!(
                "Run {}: this moves the application back to {}; what was written to {} since the cutover stays there only. Go on?",
                state.plan.run, brief.source.identifier, brief.target.identifier
            )
        },
        instead: |state| {
            format!("the application was not moved; daybreak cancel {} removes what the run made", state.plan.run)
        },
        eligible: |state| state.can_turn_back(Scope::Cutover),
        what: "run whose cutover can be taken back",
    };
    turn_back::run(desk, args.run.as_deref(), &turn).await
}
