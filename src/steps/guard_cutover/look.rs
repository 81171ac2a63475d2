//! What is looked at before the application is moved.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::GuardCutover;
use crate::{
    aws::rds::status::Phase,
    pg::{Capacity, Error, ErrorKind, Login},
    run::step::{Context, StepError},
    steps::{
        access::Access,
        failure,
        prove::Comparison,
        serving::{self, Writer},
        window::Family,
        world::World,
    },
};

/// How long a transaction is open before it is named, in seconds.
const LONG: f64 = 60.0;

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// The status of the target, and of its writer where that is another one, of those that are not available.
    pub unavailable: Vec<String>,
    /// Whether the target's writer only follows another server.
    pub in_recovery: bool,
    /// How many instances the target has; none where it is no cluster.
    pub instances: Option<usize>,
    /// The target's limits.
    pub target: Capacity,
    /// The source's limits, or why they are not known.
    pub source: Result<Capacity, String>,
    /// What each probe said.
    pub probes: Vec<Probed>,
    /// The source's long transactions.
    pub transactions: Vec<Transaction>,
}

/// What a probe said before the application was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probed {
    /// The probe: SQL, or a page.
    pub probe: String,
    /// What it said on the target; a page leads to the source still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Told>,
    /// What it said on the source.
    pub source: Told,
}

/// The answer of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It holds.
    Holds,
    /// It does not hold, and why.
    Fails(String),
    /// It could not be asked, and why.
    Unasked(String),
}

/// A transaction that has been open for long.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// Its role.
    pub user: String,
    /// The session's `application_name`.
    pub application: String,
    /// For how long, in seconds.
    pub seconds: f64,
}

/// Looks.
///
/// # Errors
/// When RDS does not answer, or the target does not let daybreak in.
pub async fn look(guard: &GuardCutover, world: &World, cx: &Context<'_>) -> Result<Seen, StepError> {
    let writer = serving::writer(cx.outputs)?;
    let (unavailable, instances) = standing(guard, world, &writer.identifier).await?;
    let login = guard.access.at(world, &writer.endpoint, writer.port).await?;
    let doing = guard.doing();
    let of = |error: Error| failure::of_postgres(&doing, &error);
    let source = source(guard, world, None).await;
    let (role, capacity, (limits, transactions), probes) = tokio::join!(
        world.postgres.role(&login),
        world.postgres.capacity(&login),
        of_source(world, &source),
        probed(guard, world, &writer)
    );
    Ok(Seen {
        unavailable,
        in_recovery: role.map_err(of)?.in_recovery,
        instances,
        target: capacity.map_err(of)?,
        source: limits,
        probes: probes?,
        transactions,
    })
}

/// What of the target is not available, and how many instances a cluster has.
async fn standing(
    guard: &GuardCutover,
    world: &World,
    writer: &str,
) -> Result<(Vec<String>, Option<usize>), StepError> {
    let (name, doing) = (&guard.target.identifier, guard.doing());
    let of = |error| failure::of_aws(&doing, &error);
    let mut unavailable = Vec::new();
    if guard.target.family == Family::Instance {
        match world.rds.instance(name).await.map_err(of)? {
            Some(instance) if instance.status.phase() == Phase::Available => {}
            Some(instance) => unavailable.push(format!("instance {name} is {}", instance.status)),
            None => unavailable.push(format!("instance {name} is not there")),
        }
        return Ok((unavailable, None));
    }
    let (cluster, instances) = tokio::join!(world.rds.cluster(name), world.rds.instances_of(name));
    match cluster.map_err(of)? {
        Some(cluster) if cluster.status.phase() == Phase::Available => {}
        Some(cluster) => unavailable.push(format!("cluster {name} is {}", cluster.status)),
        None => unavailable.push(format!("cluster {name} is not there")),
    }
    let instances = instances.map_err(of)?;
    match instances.iter().find(|instance| instance.identifier == writer) {
        Some(instance) if instance.status.phase() == Phase::Available => {}
        Some(instance) => unavailable.push(format!("its writer {writer} is {}", instance.status)),
        None => unavailable.push(format!("its writer {writer} is not there")),
    }
    Ok((unavailable, Some(instances.len())))
}

/// What the probes say: questions on both sides, as the application would ask them, and pages.
async fn probed(guard: &GuardCutover, world: &World, writer: &Writer) -> Result<Vec<Probed>, StepError> {
    let pages = join_all(guard.http.iter().map(async |page| Probed {
        probe: page.words(),
        target: None,
        source: page.ask(world).await.map_or_else(|error| Told::Fails(error.why), |()| Told::Holds),
    }));
    if guard.sql.is_empty() {
        return Ok(pages.await);
    }
    let (target, source) =
        tokio::join!(guard.client.at(world, &writer.endpoint, writer.port), source(guard, world, Some(&guard.client)));
    let target = target?;
    let sql = join_all(guard.sql.iter().map(async |sql| Probed {
        probe: sql.clone(),
        target: Some(told(world, &target, sql).await),
        source: match &source {
            Ok(source) => told(world, source, sql).await,
            Err(why) => Told::Unasked(why.clone()),
        },
    }));
    let (mut probes, pages) = tokio::join!(sql, pages);
    probes.extend(pages);
    Ok(probes)
}

/// A login to the source, as daybreak or as `client`.
async fn source(guard: &GuardCutover, world: &World, client: Option<&Access>) -> Result<Login, String> {
    let (host, port, access): (&str, u16, &Access) = match &guard.source {
        Comparison::With { host, port, access } => (host, *port, access),
        Comparison::Without(why) => return Err(why.clone()),
    };
    // A tunnel of the profile leads to the target.
    let client = client.map(|client| Access { via: None, ..client.clone() });
    client.as_ref().unwrap_or(access).at(world, host, port).await.map_err(|error| error.failure.to_string())
}

/// The source's limits and long transactions. A source that does not answer is no reason to stay on it.
async fn of_source(world: &World, source: &Result<Login, String>) -> (Result<Capacity, String>, Vec<Transaction>) {
    let login = match source {
        Ok(login) => login,
        Err(why) => return (Err(why.clone()), Vec::new()),
    };
    let (capacity, role) = tokio::join!(world.postgres.capacity(login), world.postgres.role(login));
    let sessions = role.map(|role| role.sessions).unwrap_or_default();
    let long = sessions.into_iter().filter_map(|session| {
        let seconds = session.transaction.filter(|seconds| *seconds >= LONG)?;
        Some(Transaction { user: session.user, application: session.application, seconds })
    });
    (capacity.map_err(|error| error.to_string()), long.collect())
}

async fn told(world: &World, login: &Login, sql: &str) -> Told {
    match world.postgres.probe(login, sql).await {
        Ok(()) => Told::Holds,
        Err(error) if error.kind == ErrorKind::Query => Told::Fails(error.to_string()),
        Err(error) => Told::Unasked(error.to_string()),
    }
}
