//! The list of commands, and which function each one is.

use clap::{Parser, Subcommand};

use super::{
    args::{Global, Output},
    cancel, capture, cleanup, completions, config, cutover,
    desk::Desk,
    error::CliError,
    plan, promote, recover, report, resume, rollback, runs, status, validate, windows,
};

/// Bring a broken Aurora PostgreSQL database back: restore, prove, cut over, undo
#[derive(Debug, Parser)]
#[command(name = "daybreak", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed, and everything undone
  2  wrong usage or configuration
  3  refused by a precondition; nothing changed
  4  stuck: a person is needed; what exists and the next command are printed
  5  interrupted; daybreak resume goes on";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Windows(windows::Args),
    Capture(capture::Args),
    Plan(plan::Args),
    Recover(recover::Args),
    Promote(promote::Args),
    Cutover(cutover::Args),
    Rollback(rollback::Args),
    Status(status::Args),
    Resume(resume::Args),
    Cancel(cancel::Args),
    Runs(runs::Args),
    Validate(validate::Args),
    Report(report::Args),
    Cleanup(cleanup::Args),
    Config(config::Args),
    Completions(completions::Args),
}

impl Command {
    /// Whether it executes a run, and so has events to tell while it goes on.
    fn executes(&self) -> bool {
        matches!(
            self,
            Self::Recover(_)
                | Self::Promote(_)
                | Self::Resume(_)
                | Self::Cutover(_)
                | Self::Rollback(_)
                | Self::Cancel(_)
        )
    }

    /// Does it, and returns the exit code.
    pub(super) async fn run(&self, desk: &Desk) -> Result<u8, CliError> {
        if desk.global.output == Output::JsonLines && !self.executes() {
            return Err(CliError::usage("--output json-lines is for commands that execute a run").hint("--output json"));
        }
        match self {
            Self::Windows(args) => windows::run(desk, args).await,
            Self::Capture(args) => capture::run(desk, args).await,
            Self::Plan(args) => plan::run(desk, args).await,
            Self::Recover(args) => recover::run(desk, args).await,
            Self::Promote(args) => promote::run(desk, args).await,
            Self::Cutover(args) => cutover::run(desk, args).await,
            Self::Rollback(args) => rollback::run(desk, args).await,
            Self::Status(args) => status::run(desk, args).await,
            Self::Resume(args) => resume::run(desk, args).await,
            Self::Cancel(args) => cancel::run(desk, args).await,
            Self::Runs(args) => runs::run(desk, args).await,
            Self::Validate(args) => validate::run(desk, args).await,
            Self::Report(args) => report::run(desk, args).await,
            Self::Cleanup(args) => cleanup::run(desk, args).await,
            Self::Config(args) => config::run(desk, args),
            Self::Completions(args) => completions::run(desk, args),
        }
    }
}
