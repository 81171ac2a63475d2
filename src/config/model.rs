//! The checked configuration: what holds here has been verified, defaults are filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::error::ConfigError;
use super::names;
use super::regional::Regional;
use crate::expect::Expect;

/// All profiles of one configuration file.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file this was read from; `None` when there is none.
    pub origin: Option<PathBuf>,
    /// The profiles by name.
    pub databases: BTreeMap<String, Database>,
}

/// The profile of one database: where it is and how it is to be recovered.
#[derive(Debug, Clone)]
pub struct Database {
    /// The profile's name, or the identifier of the source where there is no profile.
    pub name: String,
    /// The source.
    pub source: Source,
    /// The AWS region; `None` leaves it to the command line and the AWS configuration.
    pub region: Option<String>,
    /// What the target gets that the source does not decide.
    pub restore: Restore,
    /// How daybreak itself connects, to source and target alike.
    pub connect: Connect,
    /// The profile's own checks, in the order of the file; names are unique.
    pub checks: Vec<Check>,
    /// Settings of the proof as a whole.
    pub proof: Proof,
    /// The pointers that the application follows.
    pub cutover: Cutover,
    /// How the source is kept from taking writes while the application moves.
    pub fence: Fence,
    /// What is watched after the cutover.
    pub watch: Watch,
    /// How long steps, and the run, may take.
    pub deadlines: Deadlines,
    /// What holds of a promotion.
    pub promote: Promote,
    /// What a target gets in each region that is named.
    pub regions: BTreeMap<String, Regional>,
}

/// Settings of a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promote {
    /// How far what is promoted may be behind without a loss being accepted. Default 30 seconds; may be zero.
    pub max_lag: Duration,
}

impl Default for Promote {
    fn default() -> Self {
        Self { max_lag: Duration::from_secs(30) }
    }
}

/// The source, by its identifier in lower case, as RDS stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The Aurora cluster with this `DBClusterIdentifier`.
    Cluster(String),
    /// The RDS instance with this `DBInstanceIdentifier`, which is no part of a cluster.
    Instance(String),
    /// Named without a profile: the cluster of this name or, where there is none, the instance.
    Either(String),
}

impl Source {
    /// The identifier.
    pub fn identifier(&self) -> &str {
        match self {
            Self::Cluster(identifier) | Self::Instance(identifier) | Self::Either(identifier) => identifier,
        }
    }
}

/// Settings of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The security groups (`VpcSecurityGroupIds`) while in quarantine; empty when not configured.
    pub quarantine_security_groups: Vec<String>,
    /// `DBInstanceClass` of the instances.
    pub instance_class: InstanceClass,
    /// How many readers the target gets.
    pub readers: Readers,
    /// `KmsKeyId`: another key than the source's.
    pub kms_key: Option<String>,
}

/// How long a step of each kind, or its undo, may take before the run gives it up; none is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// The restore of the cluster. Default 6 hours.
    pub restore: Duration,
    /// An instance. Default 2 hours.
    pub instance: Duration,
    /// A change of settings or tags. Default 30 minutes.
    pub settings: Duration,
    /// The proof. Default 2 hours.
    pub proof: Duration,
    /// The move of a pointer. Default 5 minutes.
    pub pointer: Duration,
    /// All that comes before the cutover; then the run holds, with everything kept. Default: none.
    pub run: Option<Duration>,
}

/// The class of the target's instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceClass {
    /// That of the source's writer.
    Source,
    /// A `DBInstanceClass` such as `db.r6g.large`.
    Named(String),
}

/// The number of the target's readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// As many as the source has.
    Source,
    /// This many, 0 to 15.
    Count(u8),
}

/// How daybreak connects to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// What it logs in with.
    pub credentials: Credentials,
    /// The database name; `None` takes the secret's, else the cluster's `DatabaseName`, else `postgres`.
    pub database: Option<String>,
    /// The local end of a tunnel that is dialled instead; TLS still verifies the real host name.
    pub via: Option<HostPort>,
    /// A PEM file of the certificate authorities to trust. Relative paths have been resolved
    /// against the directory of the configuration file.
    pub ca: Option<PathBuf>,
    /// How long connecting and logging in may take. Default 10 seconds, never zero.
    pub connect_timeout: Duration,
}

/// What daybreak logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// User and password of this Secrets Manager secret (name or ARN).
    Secret(String),
    /// An IAM authentication token for this database user.
    Iam {
        /// The database user, which must have the role `rds_iam`.
        user: String,
    },
    /// Nothing is configured: the data cannot be queried.
    None,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// A host name or an address, IPv6 without brackets.
    pub host: String,
    /// The port, never zero.
    pub port: u16,
}

/// One check of the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name, unique in the profile.
    pub name: String,
    /// One SQL query that returns one value.
    pub query: String,
    /// What the value must be.
    pub expect: Expect,
    /// Its own statement timeout; `None` takes [`Proof::statement_timeout`].
    pub timeout: Option<Duration>,
}

/// Settings of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Tables that must exist, as `schema.table` or `table`, where the source cannot be read.
    pub tables: Vec<String>,
    /// A query for the time of the newest data, one `timestamptz`. Default: commit timestamps.
    pub newest: Option<String>,
    /// How far the newest data may lie before the requested time. Default: beyond an hour the check is unchecked.
    pub newest_within: Option<Duration>,
    /// PostgreSQL's `statement_timeout` for each query. Default 5 minutes, never zero.
    pub statement_timeout: Duration,
    /// PostgreSQL's `lock_timeout`. Default 10 seconds, never zero.
    pub lock_timeout: Duration,
    /// Whether checks may also query the source. Default true.
    pub compare_with_source: bool,
}

/// The pointers that a cutover moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutover {
    /// The secrets the application reads, the one it logs in with first; no two of one name. All are moved, or none.
    pub secrets: Vec<CutoverSecret>,
    /// The DNS record that leads to the database; `None` when the application follows none.
    pub dns: Option<CutoverDns>,
    /// The RDS Proxy through which the application reaches its database; `None` when there is none.
    pub proxy: Option<CutoverProxy>,
    /// Whether the target takes the source's name, and with it its endpoints. Never together with another pointer.
    pub rename: bool,
    /// How old the proof may be when the application is moved. Default 24 hours, never zero.
    pub proof_within: Duration,
    /// Whether the target may have lower limits than the source. Default false.
    pub accept_less: bool,
    /// Whether a manual snapshot of the target is taken once the watch has passed. Default true.
    pub snapshot: bool,
    /// Whether the application's roles begin on the target with reading only, until probes pass. Needs a fence.
    pub probation: bool,
}

/// An RDS Proxy that the application's clients connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutoverProxy {
    /// `DBProxyName`.
    pub name: String,
    /// The near end of a tunnel to it.
    pub via: Option<HostPort>,
}

/// A DNS record that the application follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutoverDns {
    /// The hosted zone.
    pub zone: Zone,
    /// The record's name, in lower case and without the dot at its end.
    pub record: String,
    /// Which of the sets of that name (`SetIdentifier`).
    pub set_identifier: Option<String>,
    /// The name server to ask; `None` takes the system's.
    pub resolver: Option<SocketAddr>,
}

/// A hosted zone, as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// By its id.
    Id(String),
    /// By its name, in lower case and without the dot at its end.
    Name(String),
}

/// A Secrets Manager secret that the application follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutoverSecret {
    /// Its name or ARN (`SecretId`).
    pub id: String,
    /// The JSON key under which the secret holds a connection URL.
    pub key: Option<String>,
}

/// How the old writer is fenced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// By what; the table's presence alone means [`FenceMode::Roles`].
    pub mode: FenceMode,
    /// The application's roles; empty for every role that can log in and is no administrator's.
    pub roles: Vec<String>,
    /// The secret (name or ARN) of a login that may alter them; `None` takes that of [`Connect`].
    pub secret: Option<String>,
    /// What to do when the source cannot be reached.
    pub when_unreachable: Unreachable,
}

/// By what the old writer is fenced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FenceMode {
    /// The profile does not say: not at all.
    #[default]
    Unset,
    /// Not at all, and knowingly so.
    None,
    /// The application's roles may not log in, and their sessions are ended.
    Roles,
}

/// What to do when the source cannot be reached to be fenced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unreachable {
    /// Hold, and let a person decide.
    #[default]
    Stop,
    /// Say so, and move the application all the same.
    GoOn,
}

/// The watch after the cutover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// How long to watch (`for`). Default 5 minutes; zero watches nothing.
    pub duration: Duration,
    /// The time from one round of probes to the next. Default 5 seconds, never zero.
    pub interval: Duration,
    /// How many consecutive failing rounds bring the rollback. Default 3, never zero.
    pub failures: u32,
    /// Queries that must succeed and return neither nothing nor false.
    pub sql: Vec<String>,
    /// Pages that must answer: those of `http`, then those of `pages`.
    pub pages: Vec<Page>,
    /// What failing probes bring where a rollback would give up what the target was written.
    pub on_new_writes: NewWrites,
}

/// What failing probes bring where a rollback would give up what the target was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NewWrites {
    /// The rollback (`roll-back`). The default.
    #[default]
    RollBack,
    /// A person (`hold`).
    Hold,
}

/// A page of the application that is probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its `http` or `https` address, without user or query.
    pub url: Url,
    /// The status that it must answer with, 100 to 599; `None` takes any success status.
    pub status: Option<u16>,
    /// What must stand in its body; not empty.
    pub body: Option<String>,
    /// How long the whole answer may take. Default 5 seconds, never zero.
    pub within: Duration,
}

impl Config {
    /// Returns the profile of that name or, where none has it, a profile of defaults for the
    /// cluster or instance of that identifier.
    ///
    /// # Errors
    ///
    /// When there is no such profile and the name cannot be an identifier either.
    pub fn database(&self, name: &str) -> Result<Database, ConfigError> {
        if let Some(database) = self.databases.get(name) {
            return Ok(database.clone());
        }
        match names::identifier(name) {
            Ok(identifier) => Ok(Database::bare(identifier)),
            Err(reason) => Err(ConfigError::NoSuchDatabase {
                name: name.to_owned(),
                reason,
                origin: self.origin.clone(),
                nearest: self.nearest(name).map(str::to_owned),
            }),
        }
    }

    /// Returns the profile whose name or source most resembles `name`, if one does.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let candidates = self.databases.iter().flat_map(|(profile, database)| {
            [(profile.as_str(), profile.as_str()), (database.source.identifier(), profile.as_str())]
        });
        names::nearest_by(name, candidates, |(candidate, _)| candidate).map(|(_, profile)| profile)
    }
}

impl Database {
    /// A source without a profile: every default, no credentials, no checks, no pointer.
    fn bare(identifier: String) -> Self {
        Self {
            name: identifier.clone(),
            source: Source::Either(identifier),
            region: None,
            restore: Restore::default(),
            connect: Connect::default(),
            checks: Vec::new(),
            proof: Proof::default(),
            cutover: Cutover::default(),
            fence: Fence::default(),
            watch: Watch::default(),
            deadlines: Deadlines::default(),
            promote: Promote::default(),
            regions: BTreeMap::new(),
        }
    }
}

impl Default for Restore {
    fn default() -> Self {
        Self {
            quarantine_security_groups: Vec::new(),
            instance_class: InstanceClass::Source,
            readers: Readers::Source,
            kms_key: None,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            restore: minutes(6 * 60),
            instance: minutes(2 * 60),
            settings: minutes(30),
            proof: minutes(2 * 60),
            pointer: minutes(5),
            run: None,
        }
    }
}

impl Default for Connect {
    fn default() -> Self {
        Self {
            credentials: Credentials::None,
            database: None,
            via: None,
            ca: None,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            newest: None,
            newest_within: None,
            statement_timeout: Duration::from_secs(5 * 60),
            lock_timeout: Duration::from_secs(10),
            compare_with_source: true,
        }
    }
}

impl Default for Cutover {
    fn default() -> Self {
        Self {
            secrets: Vec::new(),
            dns: None,
            proxy: None,
            rename: false,
            proof_within: Duration::from_secs(24 * 60 * 60),
            accept_less: false,
            snapshot: true,
            probation: false,
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(5 * 60),
            interval: Duration::from_secs(5),
            failures: 3,
            sql: Vec::new(),
            pages: Vec::new(),
            on_new_writes: NewWrites::RollBack,
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
