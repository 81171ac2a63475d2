//! `daybreak config`: the default configuration and the schema.

use super::{desk::Desk, error::CliError, exit};
use crate::config::{DEFAULT, schema};

/// Print the default configuration or its JSON Schema
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Args {
    /// Print the commented default daybreak.toml
    #[arg(long)]
    default: bool,
    /// Print the JSON Schema of daybreak.toml
    #[arg(long)]
    schema: bool,
}

pub(super) fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    if args.schema {
        desk.json(&schema())?;
    } else {
        desk.printer.result(DEFAULT.trim_end());
    }
    Ok(exit::DONE)
}
