//! From the errors of AWS and PostgreSQL to what a run does about them.

use crate::{
    aws::{
        self, ErrorKind,
        rds::{
            model::{Cluster, EventSource, Instance},
            status::Phase,
        },
    },
    pg,
    run::{
        id::RunId,
        step::{Failure, StepError},
    },
};

use super::world::World;

/// A failed call. That AWS cannot be reached, is overloaded, or does not take the credentials any more passes by itself or by
/// logging in again; a state that forbids a call passes with the state.
pub fn of_aws(doing: &str, error: &aws::Error) -> StepError {
    let failure = Failure { hint: error.hint(), ..Failure::of(doing, error) };
    match error.kind {
        ErrorKind::InvalidState => StepError::passing(failure),
        ErrorKind::Credentials => StepError::unanswered(failure),
        _ if error.is_retryable() => StepError::unanswered(failure),
        _ => StepError::terminal(failure),
    }
}

/// A failed dealing with a server.
pub fn of_postgres(doing: &str, error: &pg::Error) -> StepError {
    let failure = Failure { hint: error.hint.clone(), ..Failure::of(doing, error) };
    if error.may_pass() { StepError::passing(failure) } else { StepError::terminal(failure) }
}

/// Why `cluster` will never be as wanted, when its status says so: it is given up, going, or switched off.
pub async fn of_cluster(world: &World, cluster: &Cluster, run: &RunId) -> Option<StepError> {
    let (name, phase) = (&cluster.identifier, cluster.status.phase());
    if phase == Phase::Stopped {
        let region = region_of(&cluster.arn);
        let failure =
            Failure::new(format!("cluster {name} is stopped, by somebody else, and does not start by itself"));
        return Some(StepError::hold(failure.hint(format!(
            "aws rds start-db-cluster --db-cluster-identifier {name}{region}; once it is available: daybreak resume {run}"
        ))));
    }
    if !matches!(phase, Phase::Terminal | Phase::Deleting) {
        return None;
    }
    let source = EventSource::Cluster(name.clone());
    Some(of_status(world, &format!("cluster {name}"), cluster.status.as_str(), &source).await)
}

/// The same of an instance.
pub async fn of_instance(world: &World, instance: &Instance, run: &RunId) -> Option<StepError> {
    let (name, phase) = (&instance.identifier, instance.status.phase());
    if phase == Phase::Stopped {
        let region = region_of(&instance.arn);
        let failure =
            Failure::new(format!("instance {name} is stopped, by somebody else, and does not start by itself"));
        let start = match &instance.cluster {
            Some(cluster) => {
                format!("start its cluster with: aws rds start-db-cluster --db-cluster-identifier {cluster}{region}")
            }
            None => format!("aws rds start-db-instance --db-instance-identifier {name}{region}"),
        };
        return Some(StepError::hold(failure.hint(format!("{start}; once it is available: daybreak resume {run}"))));
    }
    if !matches!(phase, Phase::Terminal | Phase::Deleting) {
        return None;
    }
    let source = EventSource::Instance(name.clone());
    Some(of_status(world, &format!("instance {name}"), instance.status.as_str(), &source).await)
}

/// The region that an ARN names, as an option of the AWS CLI with a space before it.
pub fn region_of(arn: &str) -> String {
    match arn.split(':').nth(3) {
        Some(region) if !region.is_empty() => format!(" --region {region}"),
        _ => String::new(),
    }
}

/// How far back a terminal status is explained from: the longest that RDS may take to say why.
const EXPLAINED_FROM_MINUTES: u32 = 60;

/// The end of something that RDS has given up, with RDS's own words why.
pub async fn of_status(world: &World, what: &str, status: &str, source: &EventSource) -> StepError {
    let reported = world.rds.events(source, EXPLAINED_FROM_MINUTES).await;
    let causes = match reported {
        Ok(events) => {
            let failures: Vec<String> = events
                .iter()
                .filter(|event| event.categories.iter().any(|category| category == "failure"))
                .map(|event| format!("RDS: {}", event.message))
                .collect();
            if failures.is_empty() {
                events.last().map(|event| format!("RDS: {}", event.message)).into_iter().collect()
            } else {
                failures
            }
        }
        Err(error) => vec![format!("RDS's events cannot be read: {error}")],
    };
    let failure =
        Failure { causes, ..Failure::new(format!("{what} is {status}, which RDS does not recover from by itself")) };
    StepError::lost(failure)
}
