//! `daybreak runs`: all runs in the state.

use super::{args::Output, desk::Desk, error::CliError, exit, which};
use crate::report::{result::RunResult, status, stuck::Around};

/// List all runs
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(desk: &Desk, _: &Args) -> Result<u8, CliError> {
    let store = desk.store().await?;
    let histories = which::all(desk, &*store).await?;
    match desk.global.output {
        Output::Text if histories.is_empty() => desk.printer.status(&format!("no runs in {}", store.place())),
        Output::Text => {
            let lines: Vec<String> = histories.iter().map(|history| status::status_line(&history.state)).collect();
            desk.printer.result(&lines.join("\n"));
        }
        Output::Json | Output::JsonLines => {
            let runs: Vec<RunResult> =
                histories.iter().map(|history| RunResult::of(history, &Around::default())).collect();
            desk.json(&serde_json::json!({ "runs": runs }))?;
        }
    }
    Ok(exit::DONE)
}
