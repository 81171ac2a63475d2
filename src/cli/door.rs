//! The way in and out: arguments to a command, its result to an exit code; and the desk at which every command works.

use std::{env, io, process::ExitCode, sync::Arc};

use clap::Parser;

use super::{
    args::{Cli, Command, Global, Output},
    cancel, completions, config, cutover,
    error::CliError,
    exit,
    host::{self, SystemClock},
    plan, recover, report, resume, rollback, runs, status, validate, windows,
};
use crate::{
    aws::{self, Session, SessionOptions},
    config::{Config, Database, Lookup},
    http::HttpClient,
    pg,
    steps::world::{Tokens, World},
    store::directory::DirectoryStore,
    ui::printer::{Printer, Terminal},
};

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
    let desk = Desk { global: cli.global, printer, clock: SystemClock };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return desk.fail(&CliError::from_error(exit::REFUSED, &error)),
    };
    let result = runtime.block_on(desk.dispatch(&cli.command));
    // A prompt that nobody answered may still be reading stdin: it must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => desk.fail(&error),
    }
}

/// What every command has at hand.
pub(super) struct Desk {
    pub(super) global: Global,
    pub(super) printer: Arc<Printer>,
    pub(super) clock: SystemClock,
}

impl Desk {
    async fn dispatch(&self, command: &Command) -> Result<u8, CliError> {
        let lines = matches!(command, Command::Recover(_) | Command::Resume(_) | Command::Cutover(_) | Command::Rollback(_) | Command::Cancel(_));
        if self.global.output == Output::JsonLines && !lines {
            return Err(CliError::usage("--output json-lines is for commands that execute a run").hint("--output json"));
        }
        match command {
            Command::Windows(args) => windows::run(self, args).await,
            Command::Plan(args) => plan::run(self, args).await,
            Command::Recover(args) => recover::run(self, args).await,
            Command::Cutover(args) => cutover::run(self, args).await,
            Command::Rollback(args) => rollback::run(self, args).await,
            Command::Status(args) => status::run(self, args).await,
            Command::Resume(args) => resume::run(self, args).await,
            Command::Cancel(args) => cancel::run(self, args).await,
            Command::Runs(args) => runs::run(self, args).await,
            Command::Validate(args) => validate::run(self, args).await,
            Command::Report(args) => report::run(self, args).await,
            Command::Config(args) => config::run(self, args),
            Command::Completions(args) => completions::run(self, args),
        }
    }

    fn fail(&self, error: &CliError) -> ExitCode {
        self.printer.error(&error.render());
        ExitCode::from(error.code)
    }

    /// The configuration.
    pub(super) fn config(&self) -> Result<Config, CliError> {
        let here = env::current_dir().map_err(|error| CliError::from_error(exit::USAGE, &error))?;
        let lookup = Lookup::from_env(here, |name| env::var_os(name));
        Ok(Config::load(self.global.config.as_deref(), &lookup)?)
    }

    /// The profile of a database, or a cluster by its identifier.
    pub(super) fn database(&self, name: &str) -> Result<Database, CliError> {
        Ok(self.config()?.database(name)?)
    }

    /// Where runs are kept.
    pub(super) fn store(&self) -> Result<Arc<DirectoryStore>, CliError> {
        Ok(Arc::new(DirectoryStore::new(host::state_directory(self.global.state.as_deref())?)))
    }

    /// AWS, in `region` where one is given, else as the environment says.
    pub(super) async fn session(&self, region: Option<&str>) -> Result<Session, CliError> {
        let region = self.global.region.as_deref().or(region).map(str::to_owned);
        Ok(Session::load(SessionOptions { region, profile: self.global.profile.clone() }).await?)
    }

    /// What a run in `region` acts upon. PostgreSQL shows its sessions as `daybreak/PURPOSE`.
    pub(super) fn world(&self, session: &Session, region: &str, purpose: &str) -> Result<World, CliError> {
        let http = HttpClient::new().map_err(|error| CliError::from_error(exit::USAGE, &error))?;
        Ok(World {
            rds: Arc::new(session.rds(region)),
            secrets: Arc::new(session.secrets(region)),
            tokens: Arc::new(SessionTokens { session: session.clone(), region: region.to_owned() }),
            postgres: Arc::new(pg::Client::new(purpose)),
            http: Arc::new(http),
            ca: self.global.ca_bundle.clone(),
        })
    }

    /// Prints a JSON document on stdout.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value).map_err(|error| CliError::from_error(exit::FAILED, &io::Error::from(error)))?;
        self.printer.result(&text);
        Ok(())
    }

    /// Whether somebody sits at a terminal.
    pub(super) fn interactive(&self) -> bool {
        self.printer.terminal().stdin_tty && self.printer.terminal().stderr_tty
    }

    /// Whether somebody sits at a terminal and wants to be asked.
    pub(super) fn can_ask(&self) -> bool {
        self.interactive() && !self.global.yes
    }
}

/// IAM tokens signed with the session's credentials.
struct SessionTokens {
    session: Session,
    region: String,
}

#[async_trait::async_trait]
impl Tokens for SessionTokens {
    async fn token(&self, host: &str, port: u16, user: &str) -> Result<secrecy::SecretString, aws::Error> {
        aws::rds_auth_token(&self.session, &self.region, host, port, user).await
    }
}
