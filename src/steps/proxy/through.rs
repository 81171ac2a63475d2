//! How a proxy logs in to its database, and its clients to the proxy.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    pg::Login,
    pointer::Master,
    run::step::StepError,
    steps::{
        access::{Access, Credentials, read_master},
        failure,
        world::World,
    },
};

/// A user of a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyLogin {
    /// The ARN of the secret that holds user and password, for the database.
    pub secret: String,
    /// Whether clients log in to the proxy with an IAM token in place of the password.
    pub token: bool,
}

impl ProxyLogin {
    /// User and password, for the database itself.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::UserSecret { id: self.secret.clone() }
    }

    /// User and password.
    pub async fn read(&self, world: &World) -> Result<Master, StepError> {
        read_master(world, &self.secret).await
    }
}

/// The way through a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Through {
    /// The proxy's endpoint.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The near end of a tunnel to it.
    pub via: Option<(String, u16)>,
    /// As whom.
    pub login: ProxyLogin,
    /// How databases are logged in to; the credentials are the proxy's own.
    pub access: Access,
}

impl Through {
    /// A login as a client of the proxy makes it.
    pub async fn login(&self, world: &World) -> Result<Login, StepError> {
        let Master { user, password } = self.login.read(world).await?;
        let (host, port) = (&self.host, self.port);
        let password = if self.login.token { self.token(world, &user).await? } else { password };
        let access = Access { via: self.via.clone(), ..self.access.clone() };
        Ok(Login { is_proxy: true, ..access.with(world, host.clone(), port, user, password) })
    }

    async fn token(&self, world: &World, user: &str) -> Result<SecretString, StepError> {
        let doing = format!("make an IAM authentication token for {user}");
        let token = world.tokens.token(&self.host, self.port, user).await;
        token.map_err(|error| failure::of_aws(&doing, &error))
    }

    /// A login at a database itself, as the proxy makes it.
    pub async fn direct(&self, world: &World, login: &ProxyLogin, host: &str, port: u16) -> Result<Login, StepError> {
        Access { credentials: login.credentials(), ..self.access.clone() }.at(world, host, port).await
    }
}
