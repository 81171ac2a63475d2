//! `daybreak windows`: what can be restored, from when to when.

use super::{args::Output, desk::Desk, error::CliError, exit};
use crate::{recovery::windows, run::clock::Clock, ui};

/// Show what can be restored, from when to when
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster identifier [default: all profiles]
    database: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let config = desk.config()?;
    let databases = match &args.database {
        Some(name) => vec![config.database(name)?],
        None => config.databases.values().cloned().collect(),
    };
    if databases.is_empty() {
        return Err(
            CliError::usage("there is no profile to list windows for").hint("daybreak windows CLUSTER-IDENTIFIER")
        );
    }
    let mut found = Vec::with_capacity(databases.len());
    for database in &databases {
        let session = desk.session(database.region.as_deref()).await?;
        let region = session.region();
        found.push(windows::of(&session.rds(region), region, database, desk.clock.now()).await?);
    }
    match desk.global.output {
        Output::Text => desk.printer.result(&ui::windows::render(&found, desk.printer.out())),
        Output::Json | Output::JsonLines => desk.json(&ui::windows::json(&found))?,
    }
    Ok(exit::DONE)
}
