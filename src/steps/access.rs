//! How a step logs in: which credentials, through what, as data without any secret in it.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{failure, serving::Writer, world::World};
use crate::{
    aws::secrets::model::VersionRef,
    pg::Login,
    pointer::{Connection, Master, SecretValue},
    run::step::{Failure, StepError},
};

/// Where the role and its password come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Credentials {
    /// A secret that holds a connection.
    Secret {
        /// Its name or ARN.
        id: String,
        /// The key under which a URL stands, where the secret is JSON with one.
        url_key: Option<String>,
    },
    /// A secret that holds a user and a password, and nothing of where.
    UserSecret {
        /// Its name or ARN.
        id: String,
    },
    /// An IAM authentication token for this role.
    IamUser {
        /// The role.
        name: String,
    },
}

/// How to reach a server and log in to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Who logs in.
    pub credentials: Credentials,
    /// The database, whatever the secret says.
    pub database: Option<String>,
    /// The database, where neither the profile nor the secret says.
    pub default_database: Option<String>,
    /// The near end of a tunnel.
    pub via: Option<(String, u16)>,
    /// The certificate authorities to trust; else those of [`World::ca`], else the operating system's.
    pub ca: Option<PathBuf>,
    /// How long a login may take, in milliseconds.
    pub connect_timeout_ms: u64,
}

/// The database to log in to when nobody says which.
const DEFAULT_DATABASE: &str = "postgres";

impl Access {
    /// A login at `host` and `port`, whatever host the secret names.
    pub async fn at(&self, world: &World, host: &str, port: u16) -> Result<Login, StepError> {
        match &self.credentials {
            Credentials::Secret { id, url_key } => {
                let connection = read_connection(world, id, &VersionRef::Current, url_key.as_deref()).await?;
                self.login(world, connection, Some((host, port)))
            }
            Credentials::UserSecret { id } => {
                let Master { user, password } = read_master(world, id).await?;
                Ok(self.assemble(world, host.to_owned(), port, user, password, self.database.clone()))
            }
            Credentials::IamUser { name } => {
                let doing = format!("make an IAM authentication token for {name}");
                let token =
                    world.tokens.token(host, port, name).await.map_err(|error| failure::of_aws(&doing, &error))?;
                Ok(self.assemble(world, host.to_owned(), port, name.clone(), token, self.database.clone()))
            }
        }
    }

    /// A login at `host` and `port`, where the server's certificate carries another name than the host's.
    pub async fn certified_as(&self, world: &World, name: &str, host: &str, port: u16) -> Result<Login, StepError> {
        let login = self.at(world, host, port).await?;
        Ok(Login { via: login.via.or_else(|| Some((host.to_owned(), port))), host: name.to_owned(), ..login })
    }

    /// A login at the target's writer.
    pub async fn to(&self, world: &World, writer: &Writer) -> Result<Login, StepError> {
        match &writer.certified_as {
            Some(name) => self.certified_as(world, name, &writer.endpoint, writer.port).await,
            None => self.at(world, &writer.endpoint, writer.port).await,
        }
    }

    /// A login exactly as a client that follows the secret would make it, at the host the secret names.
    pub fn as_client(&self, world: &World, connection: Connection) -> Result<Login, StepError> {
        self.login(world, connection, None)
    }

    /// A login at `host` and `port` as `user`, whoever the profile says.
    pub fn with(&self, world: &World, host: String, port: u16, user: String, password: SecretString) -> Login {
        self.assemble(world, host, port, user, password, self.database.clone())
    }

    fn login(&self, world: &World, connection: Connection, at: Option<(&str, u16)>) -> Result<Login, StepError> {
        let Connection { user, password, host, port, database } = connection;
        let (Some(user), Some(password)) = (user, password) else {
            let failure = Failure::new("log in with the secret: it names no user or no password");
            return Err(StepError::terminal(
                failure.hint("use a secret with both, or iam_user, under [databases.….connect]"),
            ));
        };
        let (host, port) = at.map_or((host, port), |(host, port)| (host.to_owned(), port));
        let database = self.database.clone().or(database);
        Ok(self.assemble(world, host, port, user, password, database))
    }

    fn assemble(
        &self,
        world: &World,
        host: String,
        port: u16,
        user: String,
        password: SecretString,
        database: Option<String>,
    ) -> Login {
        Login {
            host,
            port,
            user,
            database: database.or_else(|| self.default_database.clone()).unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
            password,
            via: self.via.clone(),
            ca: self.ca.clone().or_else(|| world.ca.clone()),
            is_proxy: false,
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
        }
    }
}

/// The user and the password that a secret holds.
pub async fn read_master(world: &World, secret: &str) -> Result<Master, StepError> {
    let doing = format!("read secret {secret}");
    let found = world.secrets_of(secret).get(secret, &VersionRef::Current).await;
    let Some(found) = found.map_err(|error| failure::of_aws(&doing, &error))? else {
        return Err(StepError::terminal(Failure::new(format!("{doing}: there is no such secret"))));
    };
    Master::parse(&found.value).map_err(|error| StepError::terminal(Failure::of(&doing, &error)))
}

/// The connection that a version of a secret holds.
pub async fn read_connection(
    world: &World,
    secret: &str,
    version: &VersionRef,
    url_key: Option<&str>,
) -> Result<Connection, StepError> {
    Ok(read_secret(world, secret, version, url_key).await?.1.connection().clone())
}

/// A version of a secret, by its id, and its content.
pub async fn read_secret(
    world: &World,
    secret: &str,
    version: &VersionRef,
    url_key: Option<&str>,
) -> Result<(String, SecretValue), StepError> {
    let doing = format!("read secret {secret}");
    let found = world.secrets_of(secret).get(secret, version).await.map_err(|error| failure::of_aws(&doing, &error))?;
    let Some(found) = found else {
        let failure = Failure::new(format!("{doing}: there is no such secret, or no such version of it"));
        return Err(StepError::terminal(failure));
    };
    let value =
        SecretValue::parse(found.value, url_key).map_err(|error| StepError::terminal(Failure::of(&doing, &error)))?;
    Ok((found.version_id, value))
}
