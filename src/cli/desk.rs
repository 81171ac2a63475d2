//! What every command has at hand: arguments, printer, clock, and the way to configuration, state and AWS.

use std::{env, io, path::PathBuf, sync::Arc};

use tokio::sync::OnceCell;

use super::{
    args::Global,
    error::CliError,
    exit,
    host::{self, SystemClock},
};
use crate::{
    aws::{self, Session, SessionOptions},
    config::{Config, Database, Lookup},
    http::{Http, HttpClient},
    pg::{
        self, Postgres,
        fencing::{Fencing, Probation},
        ledger::Ledgers,
    },
    resolver::DnsResolver,
    run::store::{Store, StoreError},
    steps::world::{Elsewhere, Tokens, World},
    store::{directory::DirectoryStore, place::Place, s3::S3Store},
    ui::printer::Printer,
};

/// What every command has at hand.
pub(super) struct Desk {
    pub(super) global: Global,
    pub(super) printer: Arc<Printer>,
    pub(super) clock: SystemClock,
    /// The first session of this process: the others have its credentials.
    session: OnceCell<Session>,
}

/// A region to ask from where a bucket is, when none is set.
const ANY_REGION: &str = "us-east-1";

impl Desk {
    pub(super) fn new(global: Global, printer: Arc<Printer>, clock: SystemClock) -> Self {
        Self { global, printer, clock, session: OnceCell::new() }
    }

    /// The configuration.
    pub(super) fn config(&self) -> Result<Config, CliError> {
        let here = env::current_dir().map_err(|error| CliError::from_error(exit::USAGE, &error))?;
        let lookup = Lookup::from_env(here, |name| env::var_os(name));
        Ok(Config::load(self.global.config.as_deref(), &lookup)?)
    }

    /// The profile of a database, or a cluster or instance by its identifier.
    pub(super) fn database(&self, name: &str) -> Result<Database, CliError> {
        Ok(self.config()?.database(name)?)
    }

    /// Where runs are kept. AWS is asked only when that is a bucket.
    pub(super) async fn store(&self) -> Result<Arc<dyn Store>, CliError> {
        let place = match host::state_place(self.global.state.as_deref())? {
            Place::Directory(directory) => return Ok(Arc::new(DirectoryStore::new(directory))),
            Place::Bucket(place) => place,
        };
        let session = match self.load(self.global.region.as_deref()).await {
            // The bucket's region is S3's to say, and the run's may yet come from the profile of its database.
            Err(error) if error.kind == aws::ErrorKind::InvalidParameter && self.global.region.is_none() => {
                self.load(Some(ANY_REGION)).await?
            }
            loaded => loaded?,
        };
        let objects = session.bucket(&place.bucket).await.map_err(|error| StoreError::Service {
            doing: "find the bucket of".to_owned(),
            place: place.to_string(),
            hint: error.hint().or_else(|| {
                (error.kind == aws::ErrorKind::NotFound)
                    .then(|| "make the bucket, or name another place with --state".to_owned())
            }),
            source: Box::new(error),
        })?;
        Ok(Arc::new(S3Store::new(Arc::new(objects), place)))
    }

    /// AWS, in `region` where one is given, else as the environment says.
    pub(super) async fn session(&self, region: Option<&str>) -> Result<Session, CliError> {
        Ok(self.load(self.global.region.as_deref().or(region)).await?)
    }

    /// Credentials are resolved once in a process: an MFA code is not asked for twice.
    async fn load(&self, region: Option<&str>) -> Result<Session, aws::Error> {
        let region = region.map(str::to_owned);
        if let Some(first) = self.session.get() {
            return first.elsewhere(region).await;
        }
        let session = Session::load(SessionOptions { region, profile: self.global.profile.clone() }).await?;
        Ok(self.session.get_or_init(|| async { session }).await.clone())
    }

    /// What a run in `region` acts upon. PostgreSQL shows its sessions as `daybreak/PURPOSE`.
    pub(super) fn world(&self, session: &Session, region: &str, purpose: &str) -> Result<World, CliError> {
        let http = HttpClient::new().map_err(|error| CliError::from_error(exit::USAGE, &error))?;
        let postgres = Arc::new(pg::Client::new(purpose));
        let everywhere = Everywhere {
            session: session.clone(),
            postgres: postgres.clone(),
            fencing: postgres.clone(),
            probation: postgres.clone(),
            ledgers: postgres,
            http: Arc::new(http),
            ca: self.global.ca_bundle.clone(),
        };
        Ok(everywhere.world(region))
    }

    /// Prints a JSON document on stdout.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::from_error(exit::FAILED, &io::Error::from(error)))?;
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

/// The world from any region: one session, one PostgreSQL, one HTTP client.
#[derive(Clone)]
struct Everywhere {
    session: Session,
    postgres: Arc<dyn Postgres>,
    fencing: Arc<dyn Fencing>,
    probation: Arc<dyn Probation>,
    ledgers: Arc<dyn Ledgers>,
    http: Arc<dyn Http>,
    ca: Option<PathBuf>,
}

impl Elsewhere for Everywhere {
    fn world(&self, region: &str) -> World {
        World {
            region: region.to_owned(),
            rds: Arc::new(self.session.rds(region)),
            replication: Arc::new(self.session.rds(region)),
            metrics: Arc::new(self.session.metrics(region)),
            snapshots: Arc::new(self.session.rds(region)),
            instances: Arc::new(self.session.rds(region)),
            fittings: Arc::new(self.session.rds(region)),
            proxies: Arc::new(self.session.rds(region)),
            scaling: Arc::new(self.session.scaling(region)),
            alarms: Arc::new(self.session.metrics(region)),
            secrets: Arc::new(self.session.secrets(region)),
            dns: Arc::new(self.session.dns()),
            tokens: Arc::new(SessionTokens { session: self.session.clone(), region: region.to_owned() }),
            postgres: self.postgres.clone(),
            fencing: self.fencing.clone(),
            probation: self.probation.clone(),
            ledgers: self.ledgers.clone(),
            resolver: Arc::new(DnsResolver::default()),
            http: self.http.clone(),
            elsewhere: Arc::new(self.clone()),
            ca: self.ca.clone(),
        }
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
