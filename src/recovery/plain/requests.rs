//! What is asked of RDS for an instance like its source: every value explicitly, since what RDS chooses by itself differs
//! between its API model and its guide.

use jiff::Timestamp;

use crate::{
    aws::rds::{
        model::{Instance, Tag},
        plain::requests::{
            CopyInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot, RestoreInstanceToPointInTime,
        },
    },
    config::{InstanceClass, Restore},
    steps::restore_instance::Request,
};

/// From what an instance is restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A time of the continuous backup of the live instance of this name.
    Live(&'a str, Timestamp),
    /// A time of the backup that a deleted instance of this resource id has left.
    Retained(&'a str, Timestamp),
    /// A time of the backup of this ARN, which was replicated into the region.
    Replicated(&'a str, Timestamp),
    /// The snapshot of this name or ARN.
    Snapshot(&'a str),
}

/// Where the target will be, in terms of what is bound to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locality {
    /// In the source's region: its groups are there.
    Same,
    /// In another region, where the source's subnet group, security groups, keys and groups of its own do not exist.
    Other,
}

/// From 400 GiB on `gp3` volumes of PostgreSQL take I/O figures; smaller ones have the baseline and refuse any.
const GP3_TAKES_FIGURES: i32 = 400;

/// The storage that is asked for: the source's, where the backup's is the same or at least a tenth less, else the backup's,
/// since RDS takes nothing in between.
pub fn storage(source: Option<i32>, backup: Option<i32>) -> Option<i32> {
    match (source, backup) {
        (Some(source), Some(backup)) if source == backup || i64::from(source) * 10 >= i64::from(backup) * 11 => {
            Some(source)
        }
        (_, Some(backup)) => Some(backup),
        (source, None) => source,
    }
}

/// Whether the storage takes figures for operations and throughput.
fn takes_figures(storage_type: Option<&str>, allocated: Option<i32>) -> bool {
    match storage_type {
        Some("io1" | "io2") => true,
        Some("gp3") => allocated.is_some_and(|gib| gib >= GP3_TAKES_FIGURES),
        _ => false,
    }
}

/// A group that AWS itself keeps in every region, such as `default.postgres15`; those of the account's own are in one only.
fn found_in(locality: Locality, group: Option<&String>) -> Option<String> {
    let ours = |group: &&String| locality == Locality::Same || group.starts_with("default");
    group.filter(ours).cloned()
}

/// The restore itself. Deletion protection comes after the watch, so that the target can be taken back until then; IAM roles are
/// withheld, so that what runs inside the database cannot reach production.
pub fn restore(
    source: &Instance,
    target: &str,
    origin: &Origin<'_>,
    locality: Locality,
    backup_storage: Option<i32>,
    restore: &Restore,
    tags: Vec<Tag>,
) -> Request {
    let here = locality == Locality::Same;
    let allocated = storage(source.allocated_storage, backup_storage);
    let figures = takes_figures(source.storage_type.as_deref(), allocated);
    let like_source = RestoreInstanceToPointInTime {
        target_db_instance_identifier: target.to_owned(),
        db_instance_class: Some(class(restore, source)),
        multi_az: Some(source.multi_az.unwrap_or(false)),
        port: source.port,
        db_subnet_group_name: source.subnet_group.clone().filter(|_| here),
        network_type: source.network_type.clone(),
        publicly_accessible: Some(false),
        db_parameter_group_name: found_in(locality, source.parameter_groups.first().map(|group| &group.name)),
        option_group_name: found_in(locality, source.option_group.as_ref()),
        ca_certificate_identifier: source.ca_certificate_identifier.clone(),
        storage_type: source.storage_type.clone(),
        allocated_storage: allocated,
        iops: source.iops.filter(|_| figures),
        storage_throughput: source.storage_throughput.filter(|_| figures),
        dedicated_log_volume: source.dedicated_log_volume,
        enable_iam_database_authentication: Some(source.iam_database_authentication.unwrap_or(false)),
        enable_cloudwatch_logs_exports: source.log_exports.clone(),
        auto_minor_version_upgrade: source.auto_minor_version_upgrade,
        deletion_protection: Some(false),
        copy_tags_to_snapshot: source.copy_tags_to_snapshot,
        backup_retention_period: source.backup_retention_period,
        preferred_backup_window: source.preferred_backup_window.clone(),
        engine_lifecycle_support: source.engine_lifecycle_support.clone(),
        max_allocated_storage: source.max_allocated_storage,
        tags,
        ..RestoreInstanceToPointInTime::default()
    };
    match *origin {
        Origin::Live(name, time) => Request::PointInTime(Box::new(RestoreInstanceToPointInTime {
            source_db_instance_identifier: Some(name.to_owned()),
            restore_time: Some(time),
            ..like_source
        })),
        Origin::Retained(id, time) => Request::PointInTime(Box::new(RestoreInstanceToPointInTime {
            source_dbi_resource_id: Some(id.to_owned()),
            restore_time: Some(time),
            ..like_source
        })),
        Origin::Replicated(arn, time) => Request::PointInTime(Box::new(RestoreInstanceToPointInTime {
            source_db_instance_automated_backups_arn: Some(arn.to_owned()),
            restore_time: Some(time),
            ..like_source
        })),
        Origin::Snapshot(name) => Request::Snapshot(Box::new(RestoreInstanceFromSnapshot {
            db_instance_identifier: like_source.target_db_instance_identifier,
            db_snapshot_identifier: name.to_owned(),
            db_instance_class: like_source.db_instance_class,
            multi_az: like_source.multi_az,
            port: like_source.port,
            db_subnet_group_name: like_source.db_subnet_group_name,
            network_type: like_source.network_type,
            publicly_accessible: like_source.publicly_accessible,
            vpc_security_group_ids: like_source.vpc_security_group_ids,
            db_parameter_group_name: like_source.db_parameter_group_name,
            option_group_name: like_source.option_group_name,
            ca_certificate_identifier: like_source.ca_certificate_identifier,
            storage_type: like_source.storage_type,
            allocated_storage: like_source.allocated_storage,
            iops: like_source.iops,
            storage_throughput: like_source.storage_throughput,
            dedicated_log_volume: like_source.dedicated_log_volume,
            enable_iam_database_authentication: like_source.enable_iam_database_authentication,
            enable_cloudwatch_logs_exports: like_source.enable_cloudwatch_logs_exports,
            auto_minor_version_upgrade: like_source.auto_minor_version_upgrade,
            deletion_protection: like_source.deletion_protection,
            copy_tags_to_snapshot: like_source.copy_tags_to_snapshot,
            backup_retention_period: like_source.backup_retention_period,
            preferred_backup_window: like_source.preferred_backup_window,
            engine_lifecycle_support: like_source.engine_lifecycle_support,
            tags: like_source.tags,
        })),
    }
}

/// The class the target gets.
pub fn class(restore: &Restore, source: &Instance) -> String {
    match &restore.instance_class {
        InstanceClass::Named(class) => class.clone(),
        InstanceClass::Source => source.class.clone(),
    }
}

/// The copy of a snapshot that a target in another region, or under another key, is restored from. Its tags name the run.
pub fn copy(source_arn: &str, copy: &str, key: Option<&str>, tags: Vec<Tag>) -> CopyInstanceSnapshot {
    CopyInstanceSnapshot {
        source_db_snapshot_identifier: source_arn.to_owned(),
        target_db_snapshot_identifier: copy.to_owned(),
        kms_key_id: key.map(str::to_owned),
        copy_tags: false,
        tags,
    }
}

/// The settings that a restore does not take, or nothing when the source says none of them. `restored` is the restore
/// itself: one from a snapshot takes no limit of the storage's growth.
pub fn after_restore(
    source: &Instance,
    target: &str,
    restored: &Request,
    locality: Locality,
) -> Option<ModifyInstance> {
    let monitoring = source.monitoring_interval.filter(|seconds| *seconds > 0);
    let insights = source.performance_insights.filter(|on| *on);
    let key = source.performance_insights_kms_key_id.clone();
    let request = ModifyInstance {
        db_instance_identifier: target.to_owned(),
        apply_immediately: true,
        preferred_maintenance_window: source.preferred_maintenance_window.clone(),
        max_allocated_storage: source.max_allocated_storage.filter(|_| matches!(restored, Request::Snapshot(_))),
        monitoring_interval: monitoring,
        monitoring_role_arn: source.monitoring_role_arn.clone().filter(|_| monitoring.is_some()),
        database_insights_mode: source.database_insights_mode.clone().filter(|mode| mode == "advanced"),
        enable_performance_insights: insights,
        performance_insights_kms_key_id: key.filter(|_| insights.is_some() && locality == Locality::Same),
        performance_insights_retention_period: source
            .performance_insights_retention_period
            .filter(|_| insights.is_some()),
        ..ModifyInstance::default()
    };
    let nothing = ModifyInstance {
        db_instance_identifier: target.to_owned(),
        apply_immediately: true,
        ..ModifyInstance::default()
    };
    (request != nothing).then_some(request)
}

/// The change of security groups alone.
pub fn security_groups(target: &str, groups: Vec<String>) -> ModifyInstance {
    ModifyInstance {
        db_instance_identifier: target.to_owned(),
        apply_immediately: true,
        vpc_security_group_ids: groups,
        ..ModifyInstance::default()
    }
}

/// Deletion protection, where the source has it.
pub fn protection(source: &Instance, target: &str) -> Option<ModifyInstance> {
    (source.deletion_protection == Some(true)).then(|| ModifyInstance {
        db_instance_identifier: target.to_owned(),
        apply_immediately: true,
        deletion_protection: Some(true),
        ..ModifyInstance::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_the_sources_where_rds_takes_it() {
        for (source, backup, asked) in [
            (Some(100), Some(100), Some(100)),
            (Some(110), Some(100), Some(110)),
            (Some(109), Some(100), Some(100)),
            (Some(90), Some(100), Some(100)),
            (Some(90), None, Some(90)),
            (None, Some(100), Some(100)),
            (None, None, None),
        ] {
            assert_eq!(storage(source, backup), asked, "{source:?} from {backup:?}");
        }
    }

    #[test]
    fn figures_are_given_only_where_storage_takes_them() {
        let asked = |storage_type: &str, gib: i32| {
            let source = Instance {
                storage_type: Some(storage_type.to_owned()),
                allocated_storage: Some(gib),
                iops: Some(3000),
                storage_throughput: Some(125),
                ..Instance::default()
            };
            let origin = Origin::Snapshot("snapshot");
            match restore(&source, "target", &origin, Locality::Same, None, &Restore::default(), Vec::new()) {
                Request::Snapshot(request) => (request.iops, request.storage_throughput),
                Request::PointInTime(_) => unreachable!("it is from a snapshot"),
            }
        };
        assert_eq!(asked("gp3", 399), (None, None));
        assert_eq!(asked("gp3", 400), (Some(3000), Some(125)));
        assert_eq!(asked("io1", 100), (Some(3000), Some(125)));
        assert_eq!(asked("gp2", 1000), (None, None));
    }
}
