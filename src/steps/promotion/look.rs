//! How things stand with both sides of a promotion.

use std::{future::Future, time::Duration};

use jiff::Timestamp;
use tokio::time::timeout;

use super::{Lag, Member, Promotion, way::Way};
use crate::{
    aws::{
        self, ErrorKind,
        metrics::Gauge,
        rds::{
            backups::model::{GlobalCluster, GlobalMember},
            model::{Cluster, Instance},
        },
    },
    pg::Role,
    run::step::{Failure, StepError},
    steps::{failure, window::Family, world::World},
};

/// How long a region is given to answer: one that is down can leave calls hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The target, as RDS describes it.
    pub target: Described,
    /// The old primary, as RDS describes it, or why it could not be seen.
    pub primary: Result<Described, String>,
    /// The global database, where both are part of one.
    pub global: Option<GlobalCluster>,
    /// What the old primary's server says, or why it says nothing.
    pub primary_role: Result<Role, String>,
    /// How far the target is behind; none where the way waits for it by itself.
    pub lag: Option<Lag>,
    /// Whether the target was seen to have all that was written to a primary that is fenced since.
    pub caught_up: bool,
}

impl Seen {
    /// The same, with what an earlier step saw.
    #[must_use]
    pub fn given(self, caught_up: bool) -> Self {
        Self { caught_up, ..self }
    }
}

impl Seen {
    /// A side's part in the global database.
    pub fn member(&self, side: &Member) -> Option<&GlobalMember> {
        self.global.as_ref()?.members.iter().find(|member| member.arn == side.arn)
    }
}

/// A cluster with its instances, or an instance.
#[derive(Debug, Clone)]
pub enum Described {
    /// A cluster, with its instances.
    Cluster(Box<Cluster>, Vec<Instance>),
    /// An instance.
    Instance(Box<Instance>),
    /// There is no such thing any more.
    Gone,
}

impl Described {
    /// Its status as RDS writes it.
    pub fn status(&self) -> &str {
        match self {
            Self::Cluster(cluster, _) => cluster.status.as_str(),
            Self::Instance(instance) => instance.status.as_str(),
            Self::Gone => "gone",
        }
    }

    /// Its resource id.
    pub fn resource_id(&self) -> Option<&str> {
        match self {
            Self::Cluster(cluster, _) => Some(&cluster.resource_id),
            Self::Instance(instance) => Some(&instance.resource_id),
            Self::Gone => None,
        }
    }

    /// Its engine's version.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Cluster(cluster, _) => cluster.engine_version.as_deref(),
            Self::Instance(instance) => instance.engine_version.as_deref(),
            Self::Gone => None,
        }
    }
}

/// Looks at both sides. Only the target must answer.
pub async fn look(world: &World, promotion: &Promotion, now: Timestamp) -> Result<Seen, StepError> {
    let Promotion { target, primary, .. } = promotion;
    let doing = format!("look at {}", target.words());
    let there = world.of_region(&primary.region);
    let (described, old, global) = tokio::join!(
        within("DescribeDBClusters", describe(world, target)),
        within("DescribeDBClusters", describe(&there, primary)),
        within("DescribeGlobalClusters", global(world, promotion)),
    );
    let described = described.map_err(|error| failure::of_aws(&doing, &error))?;
    let global = global.map_err(|error| failure::of_aws("look at the global database", &error))?;
    // The primary is asked before the target: what the target has by then has all that the primary had.
    let primary_role = role(world, promotion, primary).await;
    let lag = match promotion.way {
        Way::Reader(_) | Way::Switchover(_) => None,
        _ => Some(lag(world, promotion, &primary_role, now).await),
    };
    Ok(Seen {
        target: described,
        primary: old.map_err(|error| error.to_string()),
        global,
        primary_role,
        lag,
        caught_up: false,
    })
}

async fn describe(world: &World, member: &Member) -> Result<Described, aws::Error> {
    Ok(match member.family {
        Family::Cluster => match world.rds.cluster(&member.identifier).await? {
            Some(cluster) => {
                let instances = world.rds.instances_of(&member.identifier).await?;
                Described::Cluster(Box::new(cluster), instances)
            }
            None => Described::Gone,
        },
        Family::Instance => match world.rds.instance(&member.identifier).await? {
            Some(instance) => Described::Instance(Box::new(instance)),
            None => Described::Gone,
        },
    })
}

async fn global(world: &World, promotion: &Promotion) -> Result<Option<GlobalCluster>, aws::Error> {
    match &promotion.global {
        Some(identifier) => world.replication.global_cluster(identifier).await,
        None => Ok(None),
    }
}

/// What a side's server says. That it cannot be asked is an answer, too.
async fn role(world: &World, promotion: &Promotion, side: &Member) -> Result<Role, String> {
    let (Some(access), Some(host), Some(port)) = (&promotion.access, &side.host, side.port) else {
        return Err(match promotion.access {
            None => "the profile does not say how to log in".to_owned(),
            Some(_) => format!("{} has no endpoint", side.words()),
        });
    };
    let login = access.at(world, host, port).await.map_err(|error| error.failure.to_string())?;
    world.postgres.role(&login).await.map_err(|error| error.to_string())
}

/// How far the target is behind: as the servers tell it, else as CloudWatch does.
async fn lag(world: &World, promotion: &Promotion, primary: &Result<Role, String>, now: Timestamp) -> Lag {
    let own = role(world, promotion, &promotion.target).await;
    let measured = |seconds: f64, by: &str| Lag::Measured { seconds: seconds.max(0.0), at: now, by: by.to_owned() };
    let region = |role: &Role| {
        let of_target = role.regions.iter().find(|(region, _)| *region == promotion.target.region);
        of_target.and_then(|(_, lag)| *lag)
    };
    if promotion.global.is_some() {
        let told = own.as_ref().ok().and_then(&region).or_else(|| primary.as_ref().ok().and_then(&region));
        if let Some(milliseconds) = told {
            return measured(milliseconds / 1000.0, "aurora_global_db_status()");
        }
    } else if let Ok(own) = &own {
        let positions = primary.as_ref().ok().and_then(|role| role.position).zip(own.position);
        if positions.is_some_and(|(written, replayed)| replayed >= written) {
            return measured(0.0, "the positions in both write-ahead logs");
        }
        if let Some(seconds) = own.replayed_before {
            return measured(seconds, "pg_last_xact_replay_timestamp()");
        }
    }
    let why = own.err().unwrap_or_else(|| "the server does not tell".to_owned());
    from_metrics(world, promotion, now, &why).await
}

async fn from_metrics(world: &World, promotion: &Promotion, now: Timestamp, silent: &str) -> Lag {
    let (metric, dimension, per_second) = match promotion.way {
        Way::ReadReplica(_) => ("ReplicaLag", "DBInstanceIdentifier", 1.0),
        Way::ReplicaCluster(_) => ("RDSToAuroraPostgreSQLReplicaLag", "DBClusterIdentifier", 1.0),
        _ => ("AuroraGlobalDBRPOLag", "DBClusterIdentifier", 1000.0),
    };
    let gauge = Gauge { metric, dimension, identifier: promotion.target.identifier.clone() };
    match within("GetMetricData", world.metrics.newest(&gauge, now)).await {
        Ok(Some(sample)) if sample.value.is_finite() && sample.value >= 0.0 => {
            Lag::Measured { seconds: sample.value / per_second, at: sample.at, by: format!("{metric} of CloudWatch") }
        }
        // RDS writes -1 for a replica that does not replicate.
        Ok(Some(sample)) => Lag::NotMeasured(format!("{metric} is {}: it does not replicate", sample.value)),
        Ok(None) => Lag::NotMeasured(format!("{silent}, and CloudWatch has no {metric} of the last ten minutes")),
        Err(error) => Lag::NotMeasured(format!("{silent}, and CloudWatch cannot be asked: {error}")),
    }
}

/// An answer, or that there was none in time.
pub async fn within<T>(
    operation: &'static str,
    call: impl Future<Output = Result<T, aws::Error>>,
) -> Result<T, aws::Error> {
    timeout(PATIENCE, call).await.unwrap_or_else(|_| {
        let message = format!("no answer within {} s", PATIENCE.as_secs());
        Err(aws::Error::new(ErrorKind::Timeout, "rds", operation, message))
    })
}

/// Refuses a target that is another one of the name than the plan saw.
pub fn same(promotion: &Promotion, found: &Described) -> Result<(), StepError> {
    let (target, planned) = (&promotion.target, promotion.target.resource_id.as_deref());
    match found.resource_id() {
        None => Err(StepError::terminal(Failure::new(format!("{} is not there any more", target.words())))),
        found if found == planned || planned.is_none() => Ok(()),
        Some(found) => Err(StepError::terminal(Failure::new(format!(
            "{} is another one now: {found}, and the plan was made for {}",
            target.words(),
            planned.unwrap_or("an unknown one")
        )))),
    }
}
