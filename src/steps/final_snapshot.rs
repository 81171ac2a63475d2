//! The snapshot that a deleted target leaves: RDS takes it as a part of the deletion, under a name fixed beforehand.

use std::time::Duration;

use super::{failure, window::Family, world::World};
use crate::{
    aws::{
        self,
        rds::{
            backups::model::InstanceSnapshot,
            model::{Cluster, ClusterSnapshot, Instance},
        },
    },
    run::step::{Context, Failure, StepError, Undone, Waiting},
};

/// How long a deletion that is known to have begun may stay invisible in the status.
const VISIBLE: Duration = Duration::from_secs(300);

/// What is to be deleted.
pub(super) struct Doomed<'a> {
    family: Family,
    identifier: &'a str,
    resource_id: &'a str,
    status: &'a str,
    given_up: bool,
}

impl<'a> From<&'a Cluster> for Doomed<'a> {
    fn from(cluster: &'a Cluster) -> Self {
        Self {
            family: Family::Cluster,
            identifier: &cluster.identifier,
            resource_id: &cluster.resource_id,
            status: cluster.status.as_str(),
            given_up: cluster.status.is_terminal(),
        }
    }
}

impl<'a> From<&'a Instance> for Doomed<'a> {
    fn from(instance: &'a Instance) -> Self {
        Self {
            family: Family::Instance,
            identifier: &instance.identifier,
            resource_id: &instance.resource_id,
            status: instance.status.as_str(),
            given_up: instance.status.is_terminal(),
        }
    }
}

/// A snapshot of either family.
struct Snapshot {
    identifier: String,
    status: String,
    /// The name of what it was taken of.
    of: String,
    of_resource_id: Option<String>,
}

impl From<ClusterSnapshot> for Snapshot {
    fn from(it: ClusterSnapshot) -> Self {
        Self { identifier: it.identifier, status: it.status, of: it.cluster, of_resource_id: it.cluster_resource_id }
    }
}

impl From<InstanceSnapshot> for Snapshot {
    fn from(it: InstanceSnapshot) -> Self {
        Self { identifier: it.identifier, status: it.status, of: it.instance, of_resource_id: it.instance_resource_id }
    }
}

impl Snapshot {
    /// Whether it is of what has this resource id, where that is known.
    fn is_of(&self, resource_id: Option<&str>) -> bool {
        resource_id.is_none() || self.of_resource_id.as_deref() == resource_id
    }
}

async fn find(world: &World, family: Family, name: &str, doing: &str) -> Result<Option<Snapshot>, StepError> {
    let found = match family {
        Family::Cluster => world.rds.cluster_snapshot(name).await.map(|found| found.map(Snapshot::from)),
        Family::Instance => world.instances.instance_snapshot(name).await.map(|found| found.map(Snapshot::from)),
    };
    found.map_err(|error| failure::of_aws(doing, &error))
}

async fn list(world: &World, family: Family, doing: &str) -> Result<Vec<Snapshot>, StepError> {
    let listed = match family {
        Family::Cluster => {
            world.rds.manual_cluster_snapshots().await.map(|all| all.into_iter().map(Snapshot::from).collect())
        }
        Family::Instance => {
            world.instances.manual_instance_snapshots().await.map(|all| all.into_iter().map(Snapshot::from).collect())
        }
    };
    listed.map_err(|error| failure::of_aws(doing, &error))
}

/// Refuses what RDS can only delete without a snapshot.
pub(super) fn possible<'a>(doomed: impl Into<Doomed<'a>>, name: &str, doing: &str) -> Result<(), StepError> {
    let Doomed { family, identifier, status, given_up, .. } = doomed.into();
    if !given_up {
        return Ok(());
    }
    let what = family.word();
    let message = format!("{doing}: the final snapshot {name} cannot be taken: {what} {identifier} is {status}");
    Err(StepError::terminal(
        Failure::new(message).hint("if its data shall go: the same again with --no-final-snapshot"),
    ))
}

/// What it means that the deletion of `doomed` was refused because the snapshot `name` is there already.
///
/// A snapshot of this very cluster or instance shows that an earlier call, whose answer was lost, has begun the deletion:
/// the status will say so. One of another keeps this one from being deleted.
pub(super) async fn collided<'a>(
    world: &World,
    doomed: impl Into<Doomed<'a>>,
    name: &str,
    doing: &str,
    refused: &aws::Error,
    cx: &Context<'_>,
) -> Result<Undone, StepError> {
    let Doomed { family, identifier, resource_id, .. } = doomed.into();
    let what = family.word();
    let wait = |on: String| Ok(Undone::Wait(Waiting::on(on)));
    let failed =
        |what: String| Err(StepError::terminal(Failure::of(&format!("{doing}: {what}"), refused).hint(WAY_OUT)));
    match find(world, family, name, doing).await? {
        None => wait(format!("snapshot {name}, which RDS says exists, to be shown")),
        Some(snapshot) if !snapshot.is_of(Some(resource_id)) => {
            failed(format!("snapshot {name} is there already, of {what} {}", snapshot.of))
        }
        Some(_) if cx.attended < VISIBLE => {
            wait(format!("the deletion of {what} {identifier}, whose final snapshot {name} is there"))
        }
        Some(_) => failed(format!("its final snapshot {name} is there, but RDS does not delete the {what}")),
    }
}

const WAY_OUT: &str = "copy or remove that snapshot, then the same again; or, if the data shall go, the same again with --no-final-snapshot";

/// The end of a deletion that was to leave the snapshot `name`: `how` the target went, and whether the snapshot is there.
/// `resource_id` is the target's, where the journal holds it.
pub(super) async fn left_behind(
    world: &World,
    family: Family,
    how: &str,
    name: &str,
    resource_id: Option<&str>,
    doing: &str,
) -> Result<Undone, StepError> {
    let taken = find(world, family, name, doing).await?.filter(|found| found.is_of(resource_id));
    if let Some(snapshot) = taken {
        return Ok(match snapshot.status.as_str() {
            "available" => Undone::Done(format!("{how}; its data is in snapshot {name}")),
            status => Undone::Wait(Waiting::on(format!("snapshot {name} is {status}"))),
        });
    }
    // One answer that it is not there is not believed.
    let listed = list(world, family, doing).await?;
    let listed = listed.iter().any(|one| one.identifier.eq_ignore_ascii_case(name) && one.is_of(resource_id));
    Ok(if listed {
        Undone::Wait(Waiting::on(format!("snapshot {name}, which is listed but not found by its name")))
    } else {
        Undone::Done(format!("{how}; THERE IS NO SNAPSHOT {name} of it: somebody else deleted the one or the other"))
    })
}
