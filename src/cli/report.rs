//! `daybreak report`: the evidence of a run.

use super::{args::Output, desk::Desk, error::CliError, exit, look, which};
use crate::{
    report::{evidence::Evidence, text},
    run::clock::Clock,
};

/// Print the evidence of a run
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only unfinished one, else the latest]
    run: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let history = which::looked_at(desk, args.run.as_deref()).await?;
    let around = look::around(desk, &history).await;
    match desk.global.output {
        Output::Text => desk.printer.result(&text::render(
            &history,
            &around,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.json(&Evidence::of(&history, &around))?,
    }
    Ok(exit::DONE)
}
