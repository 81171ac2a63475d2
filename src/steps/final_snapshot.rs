//! The snapshot that a deleted cluster leaves: RDS takes it as a part of the deletion, under a name fixed beforehand.

use std::time::Duration;

use super::{failure, world::World};
use crate::{
    aws::{
        self,
        rds::model::{Cluster, ClusterSnapshot},
    },
    run::step::{Context, Failure, StepError, Undone, Waiting},
};

/// How long a deletion that is known to have begun may stay invisible in the cluster's status.
const VISIBLE: Duration = Duration::from_secs(300);

/// Refuses a cluster that RDS can only delete without a snapshot.
pub(super) fn possible(cluster: &Cluster, name: &str, doing: &str) -> Result<(), StepError> {
    if !cluster.status.is_terminal() {
        return Ok(());
    }
    let (identifier, status) = (&cluster.identifier, &cluster.status);
    let message = format!("{doing}: the final snapshot {name} cannot be taken: cluster {identifier} is {status}");
    Err(StepError::terminal(
        Failure::new(message).hint("if its data shall go: the same again with --no-final-snapshot"),
    ))
}

/// What it means that the deletion of `cluster` was refused because the snapshot `name` is there already.
///
/// A snapshot of this very cluster shows that an earlier call, whose answer was lost, has begun the deletion: the status
/// will say so. One of another cluster keeps this one from being deleted.
pub(super) async fn collided(
    world: &World,
    cluster: &Cluster,
    name: &str,
    doing: &str,
    refused: &aws::Error,
    cx: &Context<'_>,
) -> Result<Undone, StepError> {
    let found = world.rds.cluster_snapshot(name).await.map_err(|error| failure::of_aws(doing, &error))?;
    let wait = |on: String| Ok(Undone::Wait(Waiting::on(on)));
    let failed =
        |what: String| Err(StepError::terminal(Failure::of(&format!("{doing}: {what}"), refused).hint(WAY_OUT)));
    match found {
        None => wait(format!("snapshot {name}, which RDS says exists, to be shown")),
        Some(snapshot) if snapshot.cluster_resource_id.as_deref() != Some(&cluster.resource_id) => {
            failed(format!("snapshot {name} is there already, of cluster {}", snapshot.cluster))
        }
        Some(_) if cx.attended < VISIBLE => {
            wait(format!("the deletion of cluster {}, whose final snapshot {name} is there", cluster.identifier))
        }
        Some(_) => failed(format!("its final snapshot {name} is there, but RDS does not delete the cluster")),
    }
}

const WAY_OUT: &str = "copy or remove that snapshot, then the same again; or, if the data shall go, the same again with --no-final-snapshot";

/// The end of a deletion that was to leave the snapshot `name`: `how` the cluster went, and whether the snapshot is there.
/// `cluster` is its resource id, where the journal holds it.
pub(super) async fn left_behind(
    world: &World,
    how: &str,
    name: &str,
    cluster: Option<&str>,
    doing: &str,
) -> Result<Undone, StepError> {
    let found = world.rds.cluster_snapshot(name).await.map_err(|error| failure::of_aws(doing, &error))?;
    let taken = found.filter(|found| found_of(found, cluster));
    if let Some(snapshot) = taken {
        return Ok(match snapshot.status.as_str() {
            "available" => Undone::Done(format!("{how}; its data is in snapshot {name}")),
            status => Undone::Wait(Waiting::on(format!("snapshot {name} is {status}"))),
        });
    }
    // One answer that it is not there is not believed.
    let listed = world.rds.manual_cluster_snapshots().await.map_err(|error| failure::of_aws(doing, &error))?;
    let listed = listed.iter().any(|listed| listed.identifier.eq_ignore_ascii_case(name) && found_of(listed, cluster));
    Ok(if listed {
        Undone::Wait(Waiting::on(format!("snapshot {name}, which is listed but not found by its name")))
    } else {
        Undone::Done(format!("{how}; THERE IS NO SNAPSHOT {name} of it: somebody else deleted the one or the other"))
    })
}

fn found_of(snapshot: &ClusterSnapshot, cluster: Option<&str>) -> bool {
    cluster.is_none() || snapshot.cluster_resource_id.as_deref() == cluster
}
