//! RDS instances that are no part of a cluster: continuous backups, retained and replicated ones, snapshots.

use super::{
    Bench,
    cluster::{copy, key_out_of_reach, shared, unfinished},
    draft::Draft,
};
use crate::{
    aws::rds::{
        backups::model::{InstanceBackup, InstanceSnapshot},
        model::Instance,
    },
    moment::second_before,
    recovery::windows::{
        catalogue::INSTANCE_BACKUPS,
        lineage::{Lineage, Subject},
        rank::Points,
        window::{Family, Kind, Window},
    },
};

pub(super) fn windows(subject: &Subject, lineage: &Lineage, bench: Bench<'_>) -> Vec<Window> {
    let catalogue = bench.catalogue;
    let instances = catalogue
        .each(|holdings| &holdings.instances)
        .filter(|(region, instance)| lineage.has_instance(region, instance))
        .map(|(region, instance)| continuous(subject, bench, region, instance));
    let backups = catalogue
        .each(|holdings| &holdings.instance_backups)
        .filter(|(region, backup)| lineage.has_instance_backup(region, backup))
        .filter(|(region, backup)| replicated(region, backup) || live(bench, region, backup).is_none())
        .map(|(region, backup)| self::backup(subject, bench, region, backup));
    let snapshots = catalogue
        .each(|holdings| &holdings.instance_snapshots)
        .filter(|(region, snapshot)| lineage.has_instance_snapshot(region, snapshot))
        .map(|(region, snapshot)| self::snapshot(subject, bench, region, snapshot));
    instances.chain(backups).chain(snapshots).collect()
}

fn continuous(subject: &Subject, bench: Bench<'_>, region: &str, instance: &Instance) -> Window {
    let status = instance.status.as_str();
    let backup = bench
        .catalogue
        .each(|holdings| &holdings.instance_backups)
        .filter(|(of, backup)| *of == region && !replicated(of, backup))
        .map(|(_, backup)| backup)
        .find(|backup| backup.instance_resource_id == instance.resource_id);
    let earliest = backup.and_then(|backup| backup.earliest);
    let mut draft = Draft::new(subject, bench, (Kind::Continuous, Family::Instance), region, &instance.identifier)
        .with(|window| {
            window.arn = Some(instance.arn.clone());
            window.resource_id = Some(instance.resource_id.clone());
            window.retention_days = instance.backup_retention_period;
            window.kms_key_id = instance.kms_key_id.clone();
            window.status = Some(status.to_owned());
            window.size_gib = instance.allocated_storage;
        })
        .span(earliest, instance.latest_restorable_time)
        .engine(Some(&instance.engine), None, instance.engine_version.as_deref())
        .obstacles(key_out_of_reach(status));
    if !instance.status.is_available() {
        draft = draft.note(format!("the instance is {status}"));
    }
    match (earliest, instance.latest_restorable_time) {
        (Some(earliest), Some(latest)) => draft.finish(&Points::Span { earliest, latest }),
        (None, Some(latest)) if bench.wanted >= second_before(latest) => {
            draft.finish(&Points::At(second_before(latest)))
        }
        (None, Some(_)) => {
            let unseen = bench.catalogue.is_unseen(region, INSTANCE_BACKUPS);
            let why = if unseen { "its automated backup could not be seen" } else { "RDS lists no automated backup" };
            draft.finish(&Points::Unknown(format!("how far back it reaches is not known: {why}")))
        }
        (_, None) => {
            let why = if instance.backup_retention_period == Some(0) {
                "automated backups are off: BackupRetentionPeriod is 0".to_owned()
            } else {
                format!("RDS gives it no restorable times (its status is {status}): they come with its first backup")
            };
            draft.obstacle(why.clone()).finish(&Points::Unknown(why))
        }
    }
}

fn backup(subject: &Subject, bench: Bench<'_>, region: &str, backup: &InstanceBackup) -> Window {
    let replicated = replicated(region, backup);
    let kind = if replicated { Kind::Replicated } else { Kind::Retained };
    let mut draft = Draft::new(subject, bench, (kind, Family::Instance), region, &backup.instance)
        .with(|window| {
            window.arn = backup.arn.clone();
            window.resource_id = Some(backup.instance_resource_id.clone());
            window.retention_days = backup.retention_period;
            window.kms_key_id = backup.kms_key_id.clone();
            window.status = backup.status.clone();
            window.size_gib = backup.allocated_storage;
        })
        .span(backup.earliest, backup.latest)
        .engine(backup.engine.as_deref(), None, backup.engine_version.as_deref());
    if let Some(status @ ("pending" | "creating")) = backup.status.as_deref() {
        draft = draft.obstacle(format!("it is still being set up ({status})"));
    }
    draft = match (&backup.region, replicated) {
        (Some(from), true) => draft.note(format!(
            "replicated from {from}: it makes the database in {region}, with network, groups and key of that region"
        )),
        _ => draft.note("the instance is deleted: its backup is named by its resource id"),
    };
    match (backup.earliest, backup.latest) {
        (Some(earliest), Some(latest)) => draft.finish(&Points::Span { earliest, latest }),
        _ => {
            let why = "RDS tells no restorable times of it".to_owned();
            draft.obstacle(why.clone()).finish(&Points::Unknown(why))
        }
    }
}

fn snapshot(subject: &Subject, bench: Bench<'_>, region: &str, snapshot: &InstanceSnapshot) -> Window {
    let kind = match snapshot.kind.as_deref() {
        Some("shared") => Kind::SharedSnapshot,
        Some("awsbackup") => Kind::AwsBackupSnapshot,
        Some("automated") => Kind::AutomatedSnapshot,
        _ => Kind::ManualSnapshot,
    };
    let draft = Draft::new(subject, bench, (kind, Family::Instance), region, &snapshot.identifier)
        .with(|window| {
            window.arn = Some(snapshot.arn.clone());
            window.resource_id = snapshot.instance_resource_id.clone();
            window.kms_key_id = snapshot.kms_key_id.clone();
            window.status = Some(snapshot.status.clone());
            window.size_gib = snapshot.allocated_storage;
        })
        .engine(snapshot.engine.as_deref(), None, snapshot.engine_version.as_deref())
        .obstacles(unfinished(&snapshot.status, snapshot.percent_progress))
        .notes(copy(region, snapshot.copied_from.as_deref()))
        .notes(shared(kind, &snapshot.arn, snapshot.encrypted));
    // A copy's own creation time is that of the copy.
    let taken = snapshot.database_time.or(snapshot.original_created);
    let points = match (taken, snapshot.created) {
        (Some(taken), _) => Points::At(taken),
        (None, Some(created)) if snapshot.copied_from.is_some() => Points::NotAfter(created),
        (None, Some(created)) => Points::At(created),
        (None, None) => Points::Unknown(format!("RDS tells no time of it while it is {}", snapshot.status)),
    };
    draft.finish(&points)
}

/// Whether the backup comes from another region than the one that lists it.
fn replicated(region: &str, backup: &InstanceBackup) -> bool {
    backup.region.as_deref().is_some_and(|from| from != region)
}

fn live<'a>(bench: Bench<'a>, region: &str, backup: &InstanceBackup) -> Option<&'a Instance> {
    let mut instances = bench.catalogue.each(|holdings| &holdings.instances);
    let found = instances.find(|(of, instance)| *of == region && instance.resource_id == backup.instance_resource_id);
    found.map(|(_, instance)| instance)
}
