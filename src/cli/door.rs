//! The way in and out: arguments to a command, its result to an exit code.

use std::{process::ExitCode, sync::Arc};

use clap::Parser;

use super::{args::Output, commands::Cli, desk::Desk, error::CliError, exit, host::SystemClock};
use crate::ui::printer::{Printer, Terminal};

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout with 0, everything else to stderr with 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let printer = Arc::new(Printer::new(cli.global.quiet, cli.global.verbose, Terminal::detect()));
    let desk = Desk::new(cli.global, printer, SystemClock::start());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&desk, &CliError::from_error(exit::REFUSED, &error)),
    };
    let result = runtime.block_on(cli.command.run(&desk));
    // A prompt that nobody answered may still be reading stdin: it must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => fail(&desk, &error),
    }
}

fn fail(desk: &Desk, error: &CliError) -> ExitCode {
    if desk.global.output != Output::Text {
        desk.printer.result(&error.json().to_string());
    }
    desk.printer.error(&error.render());
    ExitCode::from(error.code)
}
