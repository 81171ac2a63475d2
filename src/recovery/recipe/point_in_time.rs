//! What a continuous backup can give: the times of a live cluster's window, and the request that restores one of them.

use jiff::Timestamp;

use crate::{
    aws::rds::{model::Cluster, requests::RestoreClusterToPointInTime},
    moment::{self, Moment},
    recovery::refusal::Refusal,
    steps::restore_cluster::COPY_ON_WRITE,
};

/// The time that `moment` means for this cluster, checked against its window, which is returned with it.
pub fn within(cluster: &Cluster, moment: Moment) -> Result<(Timestamp, (Timestamp, Timestamp)), Refusal> {
    let (Some(earliest), Some(latest)) = (cluster.earliest_restorable_time, cluster.latest_restorable_time) else {
        return Err(Refusal::NoWindow { cluster: cluster.identifier.clone(), status: cluster.status.to_string() });
    };
    let wanted = match moment {
        Moment::Latest => moment::second_before(latest),
        Moment::At(wanted) => wanted,
    };
    inside(wanted, earliest, latest)?;
    Ok((wanted, (earliest, latest)))
}

/// Refuses a time that is not in the window.
pub fn inside(wanted: Timestamp, earliest: Timestamp, latest: Timestamp) -> Result<(), Refusal> {
    if wanted < earliest {
        return Err(Refusal::TooEarly { wanted, earliest });
    }
    // RestoreToTime must lie before LatestRestorableTime (RestoreDBClusterToPointInTime, API reference).
    if wanted >= latest {
        return Err(Refusal::TooLate { wanted, latest });
    }
    Ok(())
}

/// Refuses engines that these recipes do not know.
pub fn known(cluster: &Cluster) -> Result<(), Refusal> {
    // Serverless v1 has no instances of its own, and is restored in another way.
    if cluster.engine != "aurora-postgresql" || cluster.engine_mode.as_deref() == Some("serverless") {
        return Err(Refusal::WrongEngine { cluster: cluster.identifier.clone(), engine: cluster.engine.clone() });
    }
    Ok(())
}

/// Whose backup is restored.
#[derive(Debug, Clone, Copy)]
pub enum Backup<'a> {
    /// A live cluster's, by its name.
    Live(&'a str),
    /// A deleted cluster's, by its resource id.
    Retained(&'a str),
}

/// The request for the state at `time`.
pub fn at(time: Timestamp, of: Backup<'_>, common: RestoreClusterToPointInTime) -> RestoreClusterToPointInTime {
    let (name, id) = match of {
        Backup::Live(name) => (Some(name.to_owned()), None),
        Backup::Retained(id) => (None, Some(id.to_owned())),
    };
    RestoreClusterToPointInTime {
        source_db_cluster_identifier: name,
        source_db_cluster_resource_id: id,
        restore_type: Some("full-copy".to_owned()),
        restore_to_time: Some(time),
        ..common
    }
}

/// The request for a clone of the present.
pub fn clone_of(source: &str, common: RestoreClusterToPointInTime) -> RestoreClusterToPointInTime {
    RestoreClusterToPointInTime {
        source_db_cluster_identifier: Some(source.to_owned()),
        restore_type: Some(COPY_ON_WRITE.to_owned()),
        use_latest_restorable_time: Some(true),
        ..common
    }
}
