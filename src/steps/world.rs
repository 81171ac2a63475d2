//! What steps act upon: AWS, seen from one region, PostgreSQL, and the application's health pages.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    aws::{
        self,
        dns::Dns,
        metrics::{Alarms, Metrics},
        rds::{
            Rds, fittings::Fittings, plain::Instances, proxies::Proxies, replication::Replication, snapshots::Snapshots,
        },
        scaling::Scaling,
        secrets::Secrets,
    },
    http::Http,
    pg::{
        Postgres,
        fencing::{Fencing, Probation},
        ledger::Ledgers,
    },
    resolver::Resolver,
};

/// Makes IAM authentication tokens, which PostgreSQL on RDS takes as passwords.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token for `user` at exactly this host and port, valid for 15 minutes.
    async fn token(&self, host: &str, port: u16, user: &str) -> Result<SecretString, aws::Error>;
}

/// The way to other regions.
pub trait Elsewhere: Send + Sync {
    /// The same world, seen from `region`.
    fn world(&self, region: &str) -> World;
}

/// The world of one run, seen from the region in which its target is.
#[derive(Clone)]
pub struct World {
    /// That region.
    pub region: String,
    /// RDS in the run's region.
    pub rds: Arc<dyn Rds>,
    /// Who takes writes, in the run's region.
    pub replication: Arc<dyn Replication>,
    /// CloudWatch in the run's region.
    pub metrics: Arc<dyn Metrics>,
    /// RDS's cluster snapshots and retained backups in the run's region.
    pub snapshots: Arc<dyn Snapshots>,
    /// Instances outside clusters in the run's region.
    pub instances: Arc<dyn Instances>,
    /// What is fitted to clusters in the run's region.
    pub fittings: Arc<dyn Fittings>,
    /// RDS's proxies in the run's region.
    pub proxies: Arc<dyn Proxies>,
    /// Application Auto Scaling in the run's region.
    pub scaling: Arc<dyn Scaling>,
    /// CloudWatch's alarms in the run's region.
    pub alarms: Arc<dyn Alarms>,
    /// Secrets Manager in the run's region.
    pub secrets: Arc<dyn Secrets>,
    /// Route 53, which is one for all regions.
    pub dns: Arc<dyn Dns>,
    /// IAM tokens in the run's region.
    pub tokens: Arc<dyn Tokens>,
    /// PostgreSQL servers.
    pub postgres: Arc<dyn Postgres>,
    /// Roles of PostgreSQL servers, shut out and let in.
    pub fencing: Arc<dyn Fencing>,
    /// Roles of PostgreSQL servers that read only for a while.
    pub probation: Arc<dyn Probation>,
    /// What PostgreSQL servers were written.
    pub ledgers: Arc<dyn Ledgers>,
    /// The resolvers that the application's clients ask.
    pub resolver: Arc<dyn Resolver>,
    /// The application's health pages.
    pub http: Arc<dyn Http>,
    /// The other regions.
    pub elsewhere: Arc<dyn Elsewhere>,
    /// The certificate authorities to trust where the profile names none: this machine's RDS bundle.
    pub ca: Option<PathBuf>,
}

impl World {
    /// Secrets Manager where `secret` is: an ARN says so, a name means the run's region.
    #[must_use]
    pub fn secrets_of(&self, secret: &str) -> Arc<dyn Secrets> {
        match secret.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2)) {
            Some(region) if !region.is_empty() && region != self.region => self.elsewhere.world(region).secrets,
            _ => self.secrets.clone(),
        }
    }

    /// This world, seen from `region`.
    #[must_use]
    pub fn of_region(&self, region: &str) -> Self {
        if region == self.region { self.clone() } else { self.elsewhere.world(region) }
    }
}
