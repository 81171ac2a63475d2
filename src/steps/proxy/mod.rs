//! Moves the application: an RDS Proxy lets go of the source and takes the target. Its clients keep host name and certificate,
//! and wait in the gap.
//!
//! A proxy has one target, so there is a gap. Before it, [`rehearse`] sees that the target takes the proxy's passwords; then
//! [`release`] takes the source from the proxy, [`take`] gives it the target, and [`await_target`] waits until it is reached. Each
//! is one change that RDS shows: whoever goes on after a death, forward or back, looks where the proxy leads and does what is
//! missing. Where it leads to anything but the two of the plan, somebody else has changed it: that is refused, and left alone.

pub mod await_target;
mod leads;
pub mod rehearse;
pub mod release;
pub mod take;
mod through;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::{failure, target::TargetName, window::Family, world::World};
use crate::{
    aws::{
        ErrorKind,
        rds::proxies::{
            model::ProxyTarget,
            requests::{DeregisterTargets, RegisterTargets},
        },
    },
    pg::{self, fencing::MAY_NOT_LOG_IN},
    run::step::{Failure, StepError},
};

pub use leads::Leads;
pub use through::{ProxyLogin, Through};

/// The proxy that is moved, as all its steps know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxied {
    /// The proxy's name.
    pub proxy: String,
    /// Its region.
    pub region: String,
    /// What it leads to now, and again after a rollback.
    pub from: TargetName,
    /// The target.
    pub target: TargetName,
    /// Whom it logs in as: the target must take all of them.
    pub logins: Vec<ProxyLogin>,
    /// How its clients log in.
    pub through: Through,
}

impl Proxied {
    /// The call that takes `what` from the proxy.
    #[must_use]
    pub fn deregister(&self, what: &TargetName) -> DeregisterTargets {
        let (db_cluster_identifiers, db_instance_identifiers) = lists(what);
        DeregisterTargets { db_proxy_name: self.proxy.clone(), db_cluster_identifiers, db_instance_identifiers }
    }

    /// The call that gives the proxy `what`.
    #[must_use]
    pub fn register(&self, what: &TargetName) -> RegisterTargets {
        let (db_cluster_identifiers, db_instance_identifiers) = lists(what);
        RegisterTargets { db_proxy_name: self.proxy.clone(), db_cluster_identifiers, db_instance_identifiers }
    }

    async fn targets(&self, world: &World, doing: &str) -> Result<Vec<ProxyTarget>, StepError> {
        world.proxies.targets(&self.proxy).await.map_err(|error| failure::of_aws(doing, &error))
    }

    async fn leads(&self, world: &World, doing: &str) -> Result<Leads, StepError> {
        Ok(Leads::of(&self.targets(world, doing).await?))
    }

    /// Takes `what` from the proxy. That it does not lead there any more is for the next look to explain.
    async fn let_go(&self, world: &World, what: &TargetName, doing: &str) -> Result<(), StepError> {
        match world.proxies.deregister(&self.deregister(what)).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            answer => answer.map_err(|error| failure::of_aws(doing, &error)),
        }
    }

    /// Gives `what` to the proxy. That it leads there already, or to another, is for the next look to explain.
    async fn lead_to(&self, world: &World, what: &TargetName, doing: &str) -> Result<(), StepError> {
        match world.proxies.register(&self.register(what)).await {
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            answer => answer.map_err(|error| failure::of_aws(doing, &error)),
        }
    }

    fn changed(&self, leads: &Leads, doing: &str) -> StepError {
        let message = format!("{doing}: somebody changed proxy {} meanwhile: it leads to {leads}", self.proxy);
        StepError::terminal(Failure::new(message).hint("find out who changed it, then make a new plan"))
    }

    /// Sees that the target takes each of the proxy's passwords, and says whose. `shut` says that a role which may not log in is let
    /// in later.
    async fn try_logins(&self, world: &World, host: &str, port: u16, shut: bool) -> Result<Vec<String>, StepError> {
        let doing = format!("log in to {} as proxy {} will", self.target, self.proxy);
        let tried = self.logins.iter().map(async |login| {
            let client = self.through.direct(world, login, host, port).await?;
            match world.postgres.connect_check(&client).await {
                Ok(_) => Ok(client.user),
                Err(error) if shut && error.sqlstate.as_deref() == Some(MAY_NOT_LOG_IN) => Ok(client.user),
                Err(error) if error.kind == pg::ErrorKind::Authentication => {
                    Err(self.refused(&doing, login, &client.user, &error))
                }
                Err(error) => Err(failure::of_postgres(&doing, &error)),
            }
        });
        try_join_all(tried).await
    }

    fn refused(&self, doing: &str, login: &ProxyLogin, user: &str, error: &pg::Error) -> StepError {
        let (target, secret, region) = (&self.target, &login.secret, failure::region_of(&login.secret));
        StepError::terminal(Failure::of(doing, error).hint(format!(
            "{target} has the passwords of its restore point: give role {user} there the password that {secret} holds (ALTER ROLE … PASSWORD), or let the version of that secret be current that was current then: aws secretsmanager list-secret-version-ids --secret-id {secret} --include-deprecated{region}"
        )))
    }
}

/// The commands with which a person lets a proxy lead to another database.
#[must_use]
pub fn retarget(proxy: &str, region: &str, from: &TargetName, to: &TargetName) -> String {
    format!(
        "aws rds deregister-db-proxy-targets --db-proxy-name {proxy} {} --region {region} && {}",
        option(from),
        give(proxy, region, to)
    )
}

/// The command with which a person gives a proxy a database.
#[must_use]
pub fn give(proxy: &str, region: &str, to: &TargetName) -> String {
    format!("aws rds register-db-proxy-targets --db-proxy-name {proxy} {} --region {region}", option(to))
}

/// The option of the AWS CLI that names it.
fn option(of: &TargetName) -> String {
    match of.family {
        Family::Cluster => format!("--db-cluster-identifiers {}", of.identifier),
        Family::Instance => format!("--db-instance-identifiers {}", of.identifier),
    }
}

fn lists(what: &TargetName) -> (Vec<String>, Vec<String>) {
    let name = vec![what.identifier.clone()];
    match what.family {
        Family::Cluster => (name, Vec::new()),
        Family::Instance => (Vec::new(), name),
    }
}
