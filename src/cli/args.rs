//! The arguments that commands share.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::run::step::Until;

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Global {
    /// Configuration file [default: ./daybreak.toml, then daybreak/daybreak.toml in the XDG configuration directory]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(super) config: Option<PathBuf>,
    /// Where the journals of runs are kept [default: the directory daybreak in the XDG state directory]
    #[arg(
        long,
        global = true,
        value_name = "DIR|s3://BUCKET/PREFIX",
        env = "DAYBREAK_STATE",
        help_heading = "Global options"
    )]
    pub(super) state: Option<String>,
    /// AWS region, before those of the profile, the environment and the AWS configuration
    #[arg(long, global = true, help_heading = "Global options")]
    pub(super) region: Option<String>,
    /// AWS profile
    #[arg(long, global = true, help_heading = "Global options")]
    pub(super) profile: Option<String>,
    /// RDS certificate bundle (PEM) to trust where the profile names none
    #[arg(long, global = true, value_name = "FILE", env = "DAYBREAK_CA_BUNDLE", help_heading = "Global options")]
    pub(super) ca_bundle: Option<PathBuf>,
    /// Form of the result on stdout
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, help_heading = "Global options")]
    pub(super) output: Output,
    /// Say only what failed
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(super) quiet: bool,
    /// Say more
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(super) verbose: bool,
    /// Ask nothing
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(super) yes: bool,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// One JSON event a line, while it happens (recover and the commands that go on with a run)
    JsonLines,
}

/// How far a run goes, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum UntilArg {
    /// The target exists, with its writer
    Restored,
    /// The data has been proven
    Validated,
    /// The application has been moved
    Cutover,
}

impl From<UntilArg> for Until {
    fn from(until: UntilArg) -> Self {
        match until {
            UntilArg::Restored => Self::Restored,
            UntilArg::Validated => Self::Validated,
            UntilArg::Cutover => Self::Cutover,
        }
    }
}
