//! Aurora clusters: continuous backups, backups of deleted ones, snapshots.

use super::{Bench, draft::Draft};
use crate::{
    aws::rds::{
        backups::model::ClusterBackup,
        model::{Cluster, ClusterSnapshot},
    },
    recovery::windows::{
        arn::Arn,
        lineage::{Lineage, Subject},
        rank::Points,
        window::{Family, Kind, Window},
    },
    steps::{
        keep_snapshot,
        tags::{DATA_TIME, RUN},
    },
};

/// How many times a copy is traced back to what it was copied from.
const MOST_COPIES: usize = 8;

pub(super) fn windows(subject: &Subject, lineage: &Lineage, bench: Bench<'_>) -> Vec<Window> {
    let catalogue = bench.catalogue;
    let clusters = catalogue
        .each(|holdings| &holdings.clusters)
        .filter(|(region, cluster)| lineage.has_cluster(region, cluster))
        .map(|(region, cluster)| continuous(subject, bench, region, cluster));
    let backups = catalogue
        .each(|holdings| &holdings.cluster_backups)
        .filter(|(region, backup)| lineage.has_cluster_backup(region, backup))
        // Of a live cluster its description tells the same, and more.
        .filter(|(_, backup)| live(bench, &backup.cluster_resource_id).is_none())
        .map(|(region, backup)| retained(subject, bench, region, backup));
    let snapshots = catalogue
        .each(|holdings| &holdings.cluster_snapshots)
        .filter(|(region, snapshot)| lineage.has_cluster_snapshot(region, snapshot))
        .map(|(region, snapshot)| self::snapshot(subject, bench, region, snapshot));
    clusters.chain(backups).chain(snapshots).collect()
}

pub(super) fn continuous(subject: &Subject, bench: Bench<'_>, region: &str, cluster: &Cluster) -> Window {
    let status = cluster.status.as_str();
    let mut draft = Draft::new(subject, bench, (Kind::Continuous, Family::Cluster), region, &cluster.identifier)
        .with(|window| {
            window.arn = Some(cluster.arn.clone());
            window.resource_id = Some(cluster.resource_id.clone());
            window.retention_days = cluster.backup_retention_period;
            window.kms_key_id = cluster.kms_key_id.clone();
            window.status = Some(status.to_owned());
        })
        .span(cluster.earliest_restorable_time, cluster.latest_restorable_time)
        .engine(Some(&cluster.engine), cluster.engine_mode.as_deref(), cluster.engine_version.as_deref())
        .obstacles(key_out_of_reach(status));
    if cluster.status.is_deleting() {
        draft = draft.note("it is being deleted: its backups go with it, unless they are to be retained");
    } else if !cluster.status.is_available() {
        draft = draft.note(format!("the cluster is {status}"));
    }
    if cluster.members.is_empty() {
        draft = draft.note("it has no instance: the recovery must be told an instance class");
    }
    match (cluster.earliest_restorable_time, cluster.latest_restorable_time) {
        (Some(earliest), Some(latest)) => draft.finish(&Points::Span { earliest, latest }),
        _ => {
            let why =
                format!("RDS gives it no restorable times (its status is {status}): they come with its first backup");
            draft.obstacle(why.clone()).finish(&Points::Unknown(why))
        }
    }
}

fn retained(subject: &Subject, bench: Bench<'_>, region: &str, backup: &ClusterBackup) -> Window {
    let draft = Draft::new(subject, bench, (Kind::Retained, Family::Cluster), region, &backup.cluster)
        .with(|window| {
            window.arn = backup.arn.clone();
            window.resource_id = Some(backup.cluster_resource_id.clone());
            window.retention_days = backup.retention_period;
            window.kms_key_id = backup.kms_key_id.clone();
            window.status = backup.status.clone();
        })
        .span(backup.earliest, backup.latest)
        .engine(backup.engine.as_deref(), backup.engine_mode.as_deref(), backup.engine_version.as_deref())
        .notes(another(bench, subject, Some(&backup.cluster_resource_id)))
        .note("the cluster is deleted: it is restored by its resource id; settings and groups are not in the backup");
    match (backup.earliest, backup.latest) {
        (Some(earliest), Some(latest)) => draft.finish(&Points::Span { earliest, latest }),
        _ => {
            let why = "RDS tells no restorable times of it".to_owned();
            draft.obstacle(why.clone()).finish(&Points::Unknown(why))
        }
    }
}

pub(super) fn snapshot(subject: &Subject, bench: Bench<'_>, region: &str, snapshot: &ClusterSnapshot) -> Window {
    let kind = kind(snapshot);
    let draft = Draft::new(subject, bench, (kind, Family::Cluster), region, &snapshot.identifier)
        .with(|window| {
            window.arn = Some(snapshot.arn.clone());
            window.resource_id = snapshot.cluster_resource_id.clone();
            window.kms_key_id = snapshot.kms_key_id.clone();
            window.status = Some(snapshot.status.clone());
            // Aurora's storage has no fixed size, and RDS writes 0 or 1.
            window.size_gib = snapshot.allocated_storage.filter(|size| *size > 1);
        })
        .engine(snapshot.engine.as_deref(), snapshot.engine_mode.as_deref(), snapshot.engine_version.as_deref())
        .obstacles(unfinished(&snapshot.status, snapshot.percent_progress))
        .notes(copy(region, snapshot.copied_from.as_deref()))
        .notes(shared(kind, &snapshot.arn, snapshot.storage_encrypted))
        .notes(remainder(kind))
        .notes(perhaps_a_copy(kind, snapshot))
        .notes(another(
            bench,
            subject,
            snapshot.cluster_resource_id.as_deref().filter(|_| snapshot.copied_from.is_none()),
        ));
    draft.finish(&point(bench, snapshot))
}

/// AWS Backup's snapshots of Aurora clusters are listed as manual ones, and have it in their names.
fn kind(snapshot: &ClusterSnapshot) -> Kind {
    if snapshot.identifier.starts_with(keep_snapshot::SAVED) {
        return Kind::GlobalFailoverSnapshot;
    }
    match snapshot.kind.as_deref() {
        Some("shared") => Kind::SharedSnapshot,
        _ if snapshot.identifier.contains("awsbackup:") => Kind::AwsBackupSnapshot,
        Some("automated") => Kind::AutomatedSnapshot,
        _ => Kind::ManualSnapshot,
    }
}

/// When the data is of: as daybreak noted on what it copied itself. Whether `SnapshotCreateTime` of a copied cluster snapshot is the original's or the copy's, AWS does
/// not say; the original's is certain where it can be seen.
fn point(bench: Bench<'_>, snapshot: &ClusterSnapshot) -> Points {
    if let Some(noted) = snapshot.tag(DATA_TIME).and_then(|noted| noted.parse().ok()) {
        return Points::At(noted);
    }
    let mut original = snapshot;
    for _ in 0..MOST_COPIES {
        let source = original.copied_from.as_deref();
        let Some((_, found)) = bench
            .catalogue
            .each(|holdings| &holdings.cluster_snapshots)
            .find(|(_, other)| Some(other.arn.as_str()) == source)
        else {
            break;
        };
        original = found;
    }
    match original.created.or(snapshot.created) {
        Some(created) if original.copied_from.is_some() => Points::NotAfter(created),
        // It is taken when its region is back, of what there was when the region went away.
        Some(created) if kind(original) == Kind::GlobalFailoverSnapshot => Points::NotAfter(created),
        Some(created) => Points::At(created),
        None => Points::Unknown(format!("RDS tells no time of it while it is {}", snapshot.status)),
    }
}

fn live<'a>(bench: Bench<'a>, resource_id: &str) -> Option<&'a Cluster> {
    bench
        .catalogue
        .each(|holdings| &holdings.clusters)
        .map(|(_, cluster)| cluster)
        .find(|cluster| cluster.resource_id == resource_id)
}

/// Says when the data is of another cluster than the one that has the name now.
fn another(bench: Bench<'_>, subject: &Subject, resource_id: Option<&str>) -> Option<String> {
    let id = resource_id?;
    let (_, named) = bench
        .catalogue
        .each(|holdings| &holdings.clusters)
        .find(|(region, cluster)| *region == subject.region && cluster.identifier == subject.identifier)?;
    match live(bench, id) {
        None if named.resource_id != id => {
            Some(format!("its data is of {id}, an earlier cluster, not of the present {}", named.resource_id))
        }
        _ => None,
    }
}

/// Why a snapshot in this status cannot be used.
pub(super) fn unfinished(status: &str, percent: Option<u8>) -> Option<String> {
    let progress = percent.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    match status {
        "available" => None,
        "creating" => Some(format!("it is still being taken{progress}")),
        "copying" => Some(format!("it is still being copied{progress}")),
        other => Some(format!("its status is {other}")),
    }
}

/// Why what has this status cannot be decrypted.
pub(super) fn key_out_of_reach(status: &str) -> Option<String> {
    match status {
        "inaccessible-encryption-credentials" => Some("its KMS key is gone, and with it the data".to_owned()),
        "inaccessible-encryption-credentials-recoverable" => {
            Some("its KMS key cannot be used: enable the key and start the database within 7 days".to_owned())
        }
        _ => None,
    }
}

/// What to know of a copy of a snapshot of another region.
pub(super) fn copy(region: &str, copied_from: Option<&str>) -> Option<String> {
    let from = Arn::parse(copied_from?)?.region;
    (from != region).then(|| {
        format!("a copy from {from}: it makes the database in {region}, with network, groups and key of that region")
    })
}

/// What to know of another account's snapshot.
pub(super) fn shared(kind: Kind, arn: &str, encrypted: Option<bool>) -> Option<String> {
    if kind != Kind::SharedSnapshot {
        return None;
    }
    let account = Arn::parse(arn).map_or("another account", |arn| arn.account);
    let key =
        if encrypted == Some(true) { "; it is encrypted with a key of theirs, which must be shared, too" } else { "" };
    Some(format!("shared by {account}: it is restored by its ARN{key}"))
}

/// What to know of a snapshot that bears no sign of where its data comes from: RDS may not tell one that was copied within its
/// region from one that was taken.
fn perhaps_a_copy(kind: Kind, snapshot: &ClusterSnapshot) -> Option<String> {
    let taken_or_copied = matches!(kind, Kind::ManualSnapshot | Kind::SharedSnapshot);
    let known = snapshot.status == "creating"
        || snapshot.copied_from.is_some()
        || [DATA_TIME, RUN].iter().any(|tag| snapshot.tag(tag).is_some());
    (taken_or_copied && !known).then(|| {
        "if it was copied within its region, its data is older than its time, which RDS does not tell".to_owned()
    })
}

fn remainder(kind: Kind) -> Option<String> {
    (kind == Kind::GlobalFailoverSnapshot).then(|| {
        "what the old primary had and no other region had got; it expires: copy it to a manual snapshot".to_owned()
    })
}
