//! `daybreak status`: where a run is, from its journal, and from AWS where a person may have to decide.

use super::{args::Output, desk::Desk, error::CliError, exit, look, which};
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
    let around = look::around(desk, &history).await;
    match desk.global.output {
        Output::Text => desk.printer.result(&status::status(
            &history,
            &around,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.json(&RunResult::of(&history, &around))?,
    }
    Ok(exit::DONE)
}
