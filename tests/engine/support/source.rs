//! What the recoveries of a scene begin from: a cluster, or an instance outside clusters in each way that it is restored.

use daybreak::{
    aws::rds::{
        backups::model::{InstanceBackup, InstanceSnapshot},
        model::{AssociatedRole, Instance, MasterUserSecret, ParameterGroup, SecurityGroup, Tag},
    },
    recovery::windows::window::{Estimate, Family, Kind, Loss, Window},
};

use super::{Cloud, ROLE, SOURCE};

/// The profile of an instance, with all that the one of a cluster has.
pub(crate) const INSTANCE_CONFIG: &str = r#"
    [databases.loans]
    instance = "loans-prod"
    [databases.loans.restore]
    quarantine_security_groups = ["sg-0aaaaaaaaaaaaaaaa"]
    [databases.loans.connect]
    secret = "prod/loans/db"
    [databases.loans.cutover]
    secret = "prod/loans/db"
    [databases.loans.watch]
    for = "30s"
    interval = "5s"
    failures = 3
"#;

/// The key that a snapshot is copied with.
pub(crate) const NEW_KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/new";

/// What is recovered, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A cluster, to a time.
    Cluster,
    /// An instance, to a time.
    Instance,
    /// An instance, from a snapshot that is copied first, under another key.
    Snapshot,
}

impl Source {
    /// The host that the secret names before a recovery.
    pub(crate) fn host(self) -> String {
        match self {
            Self::Cluster => format!("{SOURCE}.cluster.example"),
            Self::Instance | Self::Snapshot => format!("{SOURCE}.instance.example"),
        }
    }
}

impl Source {
    /// The host of the target that the plans of scenes make.
    pub(crate) fn target_host(self) -> String {
        match self {
            Self::Cluster => format!("{SOURCE}-db-k3fa.cluster.example"),
            Self::Instance | Self::Snapshot => format!("{SOURCE}-db-k3fa.instance.example"),
        }
    }
}

/// A test for each of the sources, each under its own name.
macro_rules! of_every_source {
    ($($test:ident),* $(,)?) => {
        mod of_a_cluster { $(#[tokio::test] async fn $test() { super::$test(crate::support::Source::Cluster).await; })* }
        mod of_an_instance { $(#[tokio::test] async fn $test() { super::$test(crate::support::Source::Instance).await; })* }
        mod of_a_snapshot { $(#[tokio::test] async fn $test() { super::$test(crate::support::Source::Snapshot).await; })* }
    };
}
pub(crate) use of_every_source;

/// An instance with everything that a restore drops.
pub(crate) fn instance() -> Instance {
    Instance {
        identifier: SOURCE.to_owned(),
        arn: format!("arn:aws:rds:eu-west-1:123456789012:db:{SOURCE}"),
        resource_id: "db-SOURCE".to_owned(),
        status: "available".into(),
        engine: "postgres".to_owned(),
        engine_version: Some("15.10".to_owned()),
        class: "db.m6g.large".to_owned(),
        address: Some(Source::Instance.host()),
        port: Some(5433),
        latest_restorable_time: Some("2026-11-20T14:55:00Z".parse().unwrap()),
        backup_retention_period: Some(7),
        allocated_storage: Some(100),
        max_allocated_storage: Some(500),
        storage_type: Some("gp3".to_owned()),
        storage_encrypted: Some(true),
        kms_key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/old".to_owned()),
        multi_az: Some(true),
        subnet_group: Some("private".to_owned()),
        parameter_groups: vec![ParameterGroup { name: "loans-15".to_owned(), status: None }],
        vpc_security_groups: vec![SecurityGroup {
            id: "sg-0bbbbbbbbbbbbbbbb".to_owned(),
            status: Some("active".to_owned()),
        }],
        deletion_protection: Some(true),
        monitoring_interval: Some(60),
        monitoring_role_arn: Some("arn:aws:iam::123456789012:role/monitoring".to_owned()),
        performance_insights: Some(true),
        preferred_maintenance_window: Some("mon:03:00-mon:04:00".to_owned()),
        associated_roles: vec![AssociatedRole {
            role_arn: ROLE.to_owned(),
            feature_name: Some("s3Export".to_owned()),
            status: Some("ACTIVE".to_owned()),
        }],
        master_username: Some("postgres".to_owned()),
        master_user_secret: Some(MasterUserSecret {
            arn: Some("arn:aws:secretsmanager:eu-west-1:123456789012:secret:of-the-source".to_owned()),
            status: Some("active".to_owned()),
            kms_key_id: None,
        }),
        tags: vec![Tag::new("production", "true")],
        ..Instance::default()
    }
}

/// The instance's snapshot.
pub(crate) fn snapshot() -> InstanceSnapshot {
    InstanceSnapshot {
        identifier: "loans-before".to_owned(),
        arn: "arn:aws:rds:eu-west-1:123456789012:snapshot:loans-before".to_owned(),
        instance: SOURCE.to_owned(),
        instance_resource_id: Some("db-SOURCE".to_owned()),
        kind: Some("manual".to_owned()),
        status: "available".to_owned(),
        database_time: Some("2026-11-20T12:00:00Z".parse().unwrap()),
        engine: Some("postgres".to_owned()),
        allocated_storage: Some(100),
        encrypted: Some(true),
        kms_key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/old".to_owned()),
        ..InstanceSnapshot::default()
    }
}

/// Puts the instance into the cloud, with its backup and its snapshot.
pub(crate) fn add_instance(cloud: &Cloud) {
    cloud.add_instance(instance());
    cloud.add_instance_backup(InstanceBackup {
        instance_resource_id: "db-SOURCE".to_owned(),
        instance: SOURCE.to_owned(),
        status: Some("active".to_owned()),
        earliest: Some("2026-11-13T00:00:00Z".parse().unwrap()),
        latest: Some("2026-11-20T14:55:00Z".parse().unwrap()),
        ..InstanceBackup::default()
    });
    cloud.add_instance_snapshot(snapshot());
}

/// A window of the instance, of this kind: a backup that gives 14:22:05, or a snapshot of 12:00.
pub(crate) fn window(kind: Kind) -> Window {
    let of_backup = matches!(kind, Kind::Continuous | Kind::Retained | Kind::Replicated);
    let (source, arn) = match kind {
        _ if of_backup => (SOURCE.to_owned(), "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-1".to_owned()),
        _ => (snapshot().identifier, snapshot().arn),
    };
    let time = |text: &str| Some(text.parse().unwrap());
    let (earliest, latest, point) = match of_backup {
        true => (time("2026-11-13T00:00:00Z"), time("2026-11-20T14:55:00Z"), time("2026-11-20T14:22:05Z")),
        false => (time("2026-11-20T12:00:00Z"), time("2026-11-20T12:00:00Z"), time("2026-11-20T12:00:00Z")),
    };
    Window {
        database: "loans".to_owned(),
        kind,
        family: Family::Instance,
        source,
        arn: Some(arn),
        resource_id: Some("db-SOURCE".to_owned()),
        region: "eu-west-1".to_owned(),
        earliest,
        latest,
        retention_days: Some(7),
        latest_age_seconds: None,
        restore_point: point,
        loses: Loss::Nothing,
        lag: None,
        takes: Estimate { seconds: None, basis: String::new() },
        size_gib: Some(100),
        engine: Some("postgres".to_owned()),
        engine_version: Some("15.10".to_owned()),
        kms_key_id: snapshot().kms_key_id,
        status: Some("available".to_owned()),
        call: kind.call(Family::Instance),
        usable: true,
        obstacles: Vec::new(),
        notes: Vec::new(),
    }
}
