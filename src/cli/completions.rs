//! `daybreak completions`: completion scripts for shells.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{commands::Cli, desk::Desk, error::CliError, exit};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "daybreak", &mut script);
    desk.printer.result(String::from_utf8_lossy(&script).trim_end());
    Ok(exit::DONE)
}
