//! The configuration of what a chosen window is of: the live source's, the one captured last, or what the backup or snapshot
//! itself tells.

use jiff::Timestamp;
use tokio::try_join;

use super::{Wanted, name_of};
use crate::{
    aws::rds::model::{Cluster, ClusterSnapshot, Instance},
    recovery::{
        capture::{self, Capture, Sought},
        configuration::{ClusterConfiguration, Configuration, InstanceConfiguration},
        refusal::Refusal,
        windows::window::{Family, Kind, Window},
    },
    steps::world::World,
};

/// The configuration of what is recovered.
pub(super) struct Kept {
    pub(super) source: Configuration,
    /// Whether it is there.
    pub(super) live: bool,
    /// When it was captured, where it is not there.
    pub(super) captured: Option<Timestamp>,
}

/// The configuration of what is recovered: the live source's, the one captured last, or what the backup or snapshot tells of it.
pub(super) async fn configuration(world: &World, window: &Window, wanted: Wanted<'_>) -> Result<Kept, Refusal> {
    let (source, live) = match window.family {
        Family::Cluster => {
            let (configuration, live) = of_cluster(world, window, wanted).await?;
            (Configuration::Cluster(Box::new(configuration)), live)
        }
        Family::Instance => {
            let (instance, live) = of_instance(world, window, wanted).await?;
            (Configuration::Instance(Box::new(InstanceConfiguration { instance })), live)
        }
    };
    let captured = if live { None } else { captured(window, wanted).await? };
    Ok(match captured {
        Some(capture) if capture.source.family() == window.family => {
            Kept { source: as_deleted(capture.source), live, captured: Some(capture.at) }
        }
        _ => Kept { source, live, captured: None },
    })
}

/// The last captured configuration of what a window's data is of.
async fn captured(window: &Window, wanted: Wanted<'_>) -> Result<Option<Capture>, Refusal> {
    let name = name_of(wanted.database);
    let sought = Sought { resource_id: window.resource_id.as_deref(), region: wanted.home, identifier: &name };
    capture::latest(wanted.captures, sought).await.map_err(|error| {
        Refusal::unfit(
            format!("the captured configuration of {name} cannot be used: {error}"),
            "read it with the newest daybreak, or move that document out of the state's captures to recover without it",
        )
    })
}

/// The same of a source that is not there any more.
fn as_deleted(mut source: Configuration) -> Configuration {
    match &mut source {
        Configuration::Cluster(it) => it.cluster.status = "deleted".into(),
        Configuration::Instance(it) => it.instance.status = "deleted".into(),
    }
    source
}

async fn of_instance(world: &World, window: &Window, wanted: Wanted<'_>) -> Result<(Instance, bool), Refusal> {
    let home = world.of_region(wanted.home);
    let name = name_of(wanted.database);
    let found = home.rds.instance(&name).await.map_err(Refusal::aws(format!("look up instance {name}")))?;
    if let Some(live) = found.filter(|instance| instance.cluster.is_none()) {
        return Ok((live, true));
    }
    let there = world.of_region(&window.region);
    let kept = match window.kind.is_snapshot() {
        false => {
            let id = window.resource_id.as_deref().unwrap_or_default();
            let found = there.instances.instance_backup(id).await;
            let found = found.map_err(Refusal::aws(format!("look up the backup of instance {id}")))?;
            let backup = found.ok_or_else(|| gone(window))?;
            Instance {
                resource_id: backup.instance_resource_id,
                engine: backup.engine.unwrap_or_default(),
                engine_version: backup.engine_version,
                storage_encrypted: backup.encrypted,
                kms_key_id: backup.kms_key_id,
                allocated_storage: backup.allocated_storage,
                backup_retention_period: backup.retention_period,
                ..Instance::default()
            }
        }
        true => {
            let arn = window.arn.as_deref().unwrap_or(&window.source);
            let found = there.instances.instance_snapshot(arn).await;
            let found = found.map_err(Refusal::aws(format!("look up snapshot {arn}")))?;
            let snapshot = found.ok_or_else(|| gone(window))?;
            Instance {
                resource_id: snapshot.instance_resource_id.unwrap_or_default(),
                engine: snapshot.engine.unwrap_or_default(),
                engine_version: snapshot.engine_version,
                storage_encrypted: snapshot.encrypted,
                kms_key_id: snapshot.kms_key_id,
                allocated_storage: snapshot.allocated_storage,
                ..Instance::default()
            }
        }
    };
    Ok((Instance { identifier: name, status: "deleted".into(), ..kept }, false))
}

async fn of_cluster(
    world: &World,
    window: &Window,
    wanted: Wanted<'_>,
) -> Result<(ClusterConfiguration, bool), Refusal> {
    let name = name_of(wanted.database);
    let (region, identifier) = match window.kind {
        Kind::Continuous => (window.region.as_str(), window.source.as_str()),
        _ => (wanted.home, name.as_str()),
    };
    if let Some(live) = live(&world.of_region(region), identifier).await? {
        return Ok((live, true));
    }
    let there = world.of_region(&window.region);
    let mut cluster = match window.kind {
        Kind::Retained => {
            let id = window.resource_id.as_deref().unwrap_or_default();
            let found = there.snapshots.backup_of(id).await;
            let found = found.map_err(Refusal::aws(format!("look up the retained backup of {id}")))?;
            let Some(backup) = found else { return Err(gone(window)) };
            Cluster {
                resource_id: backup.cluster_resource_id,
                engine: backup.engine.unwrap_or_default(),
                engine_version: backup.engine_version,
                engine_mode: backup.engine_mode,
                port: backup.port,
                storage_encrypted: backup.storage_encrypted,
                kms_key_id: backup.kms_key_id,
                storage_type: backup.storage_type,
                iam_database_authentication: backup.iam_database_authentication,
                backup_retention_period: backup.retention_period,
                preferred_backup_window: backup.preferred_backup_window,
                ..Cluster::default()
            }
        }
        _ => {
            let arn = window.arn.as_deref().unwrap_or(&window.source);
            let found = there.snapshots.snapshot(arn).await;
            let found = found.map_err(Refusal::aws(format!("look up snapshot {arn}")))?;
            of_snapshot(found.ok_or_else(|| gone(window))?)
        }
    };
    cluster.identifier = name;
    cluster.status = "deleted".into();
    Ok((ClusterConfiguration { cluster, ..ClusterConfiguration::default() }, false))
}

fn of_snapshot(snapshot: ClusterSnapshot) -> Cluster {
    Cluster {
        resource_id: snapshot.cluster_resource_id.unwrap_or_default(),
        engine: snapshot.engine.unwrap_or_default(),
        engine_version: snapshot.engine_version,
        engine_mode: snapshot.engine_mode,
        port: snapshot.port,
        storage_encrypted: snapshot.storage_encrypted,
        kms_key_id: snapshot.kms_key_id,
        storage_type: snapshot.storage_type,
        iam_database_authentication: snapshot.iam_database_authentication,
        ..Cluster::default()
    }
}

fn gone(window: &Window) -> Refusal {
    Refusal::unfit(
        format!("{} {} was listed, and is not there any more", window.kind.words(), window.source),
        "daybreak windows shows what there is",
    )
}

/// A cluster that is there, with its instances.
async fn live(world: &World, identifier: &str) -> Result<Option<ClusterConfiguration>, Refusal> {
    let cluster =
        async { world.rds.cluster(identifier).await.map_err(Refusal::aws(format!("look up cluster {identifier}"))) };
    let instances = async {
        let doing = format!("list the instances of cluster {identifier}");
        world.rds.instances_of(identifier).await.map_err(Refusal::aws(doing))
    };
    let (cluster, instances) = try_join!(cluster, instances)?;
    Ok(cluster.map(|cluster| ClusterConfiguration { cluster, instances, ..ClusterConfiguration::default() }))
}
