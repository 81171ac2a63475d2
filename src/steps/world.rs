//! What steps act upon: one region's AWS, PostgreSQL, and the application's health pages.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    aws::{self, rds::Rds, secrets::Secrets},
    http::Http,
    pg::Postgres,
};

/// Makes IAM authentication tokens, which PostgreSQL on RDS takes as passwords.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token for `user` at exactly this host and port, valid for 15 minutes.
    async fn token(&self, host: &str, port: u16, user: &str) -> Result<SecretString, aws::Error>;
}

/// The world of one run.
#[derive(Clone)]
pub struct World {
    /// RDS in the run's region.
    pub rds: Arc<dyn Rds>,
    /// Secrets Manager in the run's region.
    pub secrets: Arc<dyn Secrets>,
    /// IAM tokens in the run's region.
    pub tokens: Arc<dyn Tokens>,
    /// PostgreSQL servers.
    pub postgres: Arc<dyn Postgres>,
    /// The application's health pages.
    pub http: Arc<dyn Http>,
    /// The certificate authorities to trust where the profile names none: this machine's RDS bundle.
    pub ca: Option<PathBuf>,
}
