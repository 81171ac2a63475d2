//! `daybreak status`: where a run is, from its journal alone.

use super::{args::Output, desk::Desk, error::CliError, exit, which};
use crate::{
    report::{result::RunResult, status},
    run::clock::Clock,
};

/// Show where a run is and what can be done next
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one, else the latest]
    run: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let history = which::looked_at(desk, args.run.as_deref()).await?;
    match desk.global.output {
        Output::Text => desk.printer.result(&status::status(
            &history,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.json(&RunResult::of(&history))?,
    }
    Ok(exit::DONE)
}
