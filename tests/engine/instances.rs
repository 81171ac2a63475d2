//! Instances outside clusters: planned from every kind of window, recovered, removed, and refused.

use std::path::Path;

use daybreak::{
    aws::rds::model::Instance,
    config::Config,
    recovery::{
        freshness,
        recipe::furthest,
        refusal::Refusal,
        survey, validate,
        windows::window::{Kind, Window},
    },
    run::{
        clock::Clock,
        plan::Plan,
        record::{Outcome, Scope},
        state::Stage,
        step::{Step as _, Until},
    },
    steps::{
        compare_settings::{self, ReadBack},
        restore_instance::Request,
        step::Step,
    },
};
use serde_json::{Value, json};

use crate::support::{
    ROLE, SOURCE, Scene, Source, actor,
    source::{self, INSTANCE_CONFIG, NEW_KEY, window},
};

const TARGET: &str = "loans-prod-db-k3fa";
const TO: &str = "2026-11-20T14:22:05Z";

fn steps(plan: &Plan<Step>) -> Vec<String> {
    plan.steps.iter().map(|planned| planned.step.id().0).collect()
}

/// What the call of step `id` sends.
fn sent(plan: &Plan<Step>, id: &str) -> Value {
    let step = plan.steps.iter().find(|planned| planned.step.id().0 == id).unwrap();
    step.step.describe().calls[0].parameters.clone()
}

fn row<'a>(plan: &'a Plan<Step>, name: &str) -> (&'a str, &'a str, &'a str) {
    let row = plan.brief.settings.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name}"));
    (row.source.as_str(), row.target.as_str(), row.when.as_str())
}

async fn refused(scene: &Scene, config: &str, to: &str) -> Refusal {
    let refusal = scene.plan_for(config, to).await.unwrap_err();
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "nothing was created");
    refusal
}

async fn unfit(edit: impl FnOnce(&mut Instance)) -> (String, String) {
    let scene = Scene::of(Source::Instance);
    scene.cloud.edit_instance(SOURCE, edit);
    let Refusal::InstanceUnfit { why, hint, .. } = refused(&scene, INSTANCE_CONFIG, TO).await else {
        panic!("another refusal")
    };
    (why, hint)
}

#[tokio::test]
async fn every_value_is_passed_to_a_restore_to_a_time() {
    let plan = Scene::of(Source::Instance).plan().await;
    assert_eq!(
        steps(&plan),
        [
            "restore-instance",
            "apply-settings",
            "prove",
            "guard-cutover",
            "lift-quarantine",
            "tag-instance",
            "add-role-s3Export",
            "manage-password",
            "stage-secret",
            "move-secret",
            "watch",
            "settle",
            "take-snapshot",
            "compare-settings"
        ]
    );
    assert_eq!(
        sent(&plan, "restore-instance"),
        json!({
            "TargetDBInstanceIdentifier": TARGET,
            "SourceDBInstanceIdentifier": SOURCE,
            "RestoreTime": TO,
            "MaxAllocatedStorage": 500,
            "DBInstanceClass": "db.m6g.large",
            "MultiAZ": true,
            "Port": 5433,
            "DBSubnetGroupName": "private",
            "PubliclyAccessible": false,
            "VpcSecurityGroupIds": ["sg-0aaaaaaaaaaaaaaaa"],
            "DBParameterGroupName": "loans-15",
            "StorageType": "gp3",
            "AllocatedStorage": 100,
            "EnableIAMDatabaseAuthentication": false,
            "DeletionProtection": false,
            "BackupRetentionPeriod": 7,
            "Tags": [
                { "Key": "daybreak:run", "Value": "20261120-150000-k3fa" },
                { "Key": "daybreak:source", "Value": SOURCE },
                { "Key": "daybreak:purpose", "Value": "recovery" }
            ]
        })
    );
    assert_eq!(
        sent(&plan, "apply-settings"),
        json!({
            "DBInstanceIdentifier": TARGET,
            "ApplyImmediately": true,
            "PreferredMaintenanceWindow": "mon:03:00-mon:04:00",
            "MonitoringInterval": 60,
            "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
            "EnablePerformanceInsights": true
        })
    );
    let target = &plan.brief.target;
    assert_eq!((target.identifier.as_str(), target.writer.as_str()), (TARGET, TARGET));
    assert_eq!(plan.brief.point_of_no_return.as_deref(), Some("settle"));
    let actions: Vec<&str> =
        plan.brief.policies.iter().flat_map(|policy| &policy.actions).map(String::as_str).collect();
    for action in ["rds:RestoreDBInstanceToPointInTime", "rds:ModifyDBInstance", "rds:DeleteDBInstance", "iam:PassRole"]
    {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    assert!(!actions.contains(&"rds:RestoreDBClusterToPointInTime"), "{actions:?}");
    assert_eq!(Plan::<Step>::from_file(&plan.to_file()).unwrap(), plan);
}

#[tokio::test]
async fn the_table_tells_what_becomes_of_each_setting() {
    let scene = Scene::of(Source::Instance);
    scene.cloud.edit_instance(SOURCE, |instance| {
        instance.read_replicas = vec!["loans-replica".to_owned()];
        instance.publicly_accessible = Some(true);
    });
    let plan = scene.plan().await;
    assert_eq!(row(&plan, "Multi-AZ"), ("on", "on", "at restore"));
    assert_eq!(row(&plan, "storage"), ("100 GiB", "100 GiB", "at restore"));
    assert_eq!(row(&plan, "storage grows up to"), ("500 GiB", "500 GiB", "at restore"));
    assert_eq!(row(&plan, "public access"), ("on", "off", "at restore"));
    assert_eq!(row(&plan, "Enhanced Monitoring"), ("every 60 s", "every 60 s", "after restore"));
    assert_eq!(row(&plan, "deletion protection"), ("on", "on", "after the watch"));
    assert_eq!(row(&plan, "RDS-managed password"), ("managed", "managed", "at cutover"));
    let role = format!("{ROLE} for s3Export");
    assert_eq!(row(&plan, "IAM roles"), (role.as_str(), role.as_str(), "at cutover"));
    assert_eq!(sent(&plan, "add-role-s3Export")["DBInstanceIdentifier"], json!(format!("{SOURCE}-db-k3fa")));
    assert_eq!(row(&plan, "read replicas"), ("loans-replica", "none", "not carried over"));
    let groups = "sg-0aaaaaaaaaaaaaaaa until proven, then sg-0bbbbbbbbbbbbbbbb";
    assert_eq!(row(&plan, "security groups"), ("sg-0bbbbbbbbbbbbbbbb", groups, "at cutover"));
    assert!(plan.brief.warnings.iter().any(|warning| warning.starts_with("loans-replica will go on replicating")));
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("public address")));
    assert_eq!(sent(&plan, "manage-password")["ManageMasterUserPassword"], json!(true));
    let at = |id: &str| steps(&plan).iter().position(|step| step == id).unwrap();
    assert!(at("prove") < at("add-role-s3Export") && at("manage-password") < at("move-secret"), "{:?}", steps(&plan));
}

#[tokio::test]
async fn the_target_is_read_back_in_the_words_of_the_plan() {
    let scene = Scene::of(Source::Instance);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let back: ReadBack = scene.state().await.outputs.of(compare_settings::ID).unwrap();
    let found = |name: &str| back.found.iter().find(|found| found.name == name).map(|found| found.value.clone());
    assert_eq!(found("IAM roles"), Some(format!("{ROLE} for s3Export")));
    assert_eq!(found("RDS-managed password").as_deref(), Some("managed"));
    assert_eq!(found("deletion protection").as_deref(), Some("on"));
    assert_eq!(found("security groups").as_deref(), Some("sg-0bbbbbbbbbbbbbbbb"));
}

#[tokio::test]
async fn rds_is_not_handed_the_password_that_the_application_logs_in_with() {
    let scene = Scene::of(Source::Instance);
    scene.cloud.edit_instance(SOURCE, |instance| {
        instance.master_username = Some("app".to_owned());
    });
    let plan = scene.plan().await;
    assert!(!steps(&plan).contains(&"manage-password".to_owned()));
    assert_eq!(row(&plan, "RDS-managed password"), ("managed", "no", "not carried over"));
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("is not handed to RDS")));
}

#[tokio::test]
async fn each_window_is_restored_from_by_its_own_name() {
    let scene = Scene::of(Source::Instance);
    let id = "SourceDbiResourceId";
    let arn = "SourceDBInstanceAutomatedBackupsArn";
    for (kind, key, value) in [
        (Kind::Continuous, "SourceDBInstanceIdentifier", json!(SOURCE)),
        (Kind::Retained, id, json!("db-SOURCE")),
        (Kind::Replicated, arn, json!("arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-1")),
        (Kind::AutomatedSnapshot, "DBSnapshotIdentifier", json!("loans-before")),
        (Kind::ManualSnapshot, "DBSnapshotIdentifier", json!("loans-before")),
        (Kind::AwsBackupSnapshot, "DBSnapshotIdentifier", json!("loans-before")),
    ] {
        let plan = scene.plan_from(&window(kind), "eu-west-1", None).await.unwrap();
        let request = sent(&plan, "restore-instance");
        assert_eq!(request[key], value, "{kind:?}");
        assert_eq!(request["RestoreTime"].is_null(), key == "DBSnapshotIdentifier", "{kind:?}");
        assert_eq!((plan.brief.window.kind, plan.brief.window.why.as_str()), (kind, "somebody chose it"));
        assert_eq!(plan.brief.data_time(), window(kind).restore_point.unwrap());
        assert_eq!(
            steps(&plan).iter().filter(|step| step.starts_with("restore") || step.starts_with("copy")).count(),
            1
        );
    }
    let plan = scene.plan_from(&window(Kind::ManualSnapshot), "eu-west-1", None).await.unwrap();
    assert_eq!(sent(&plan, "apply-settings")["MaxAllocatedStorage"], json!(500), "the restore takes none");
}

#[tokio::test]
async fn a_shared_snapshot_is_named_by_its_arn_and_copied_where_it_is_encrypted() {
    let scene = Scene::of(Source::Instance);
    let encrypted = window(Kind::SharedSnapshot);
    let plain = Window { kms_key_id: None, ..encrypted.clone() };
    let plan = scene.plan_from(&plain, "eu-west-1", None).await.unwrap();
    assert_eq!(sent(&plan, "restore-instance")["DBSnapshotIdentifier"], json!(source::snapshot().arn));
    let plan = scene.plan_from(&encrypted, "eu-west-1", None).await.unwrap();
    assert_eq!(
        sent(&plan, "copy-instance-snapshot"),
        json!({
            "SourceDBSnapshotIdentifier": source::snapshot().arn,
            "TargetDBSnapshotIdentifier": format!("{TARGET}-copy"),
            "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/old",
            "CopyTags": false,
            "Tags": [
                { "Key": "daybreak:run", "Value": "20261120-150000-k3fa" },
                { "Key": "daybreak:source", "Value": SOURCE },
                { "Key": "daybreak:purpose", "Value": "recovery" }
            ]
        })
    );
    assert_eq!(sent(&plan, "restore-instance")["DBSnapshotIdentifier"], json!(format!("{TARGET}-copy")));
}

#[tokio::test]
async fn in_another_region_nothing_that_is_bound_to_the_sources_is_asked_for() {
    let scene = Scene::of(Source::Instance);
    let region = "eu-central-1";
    let plan = scene.plan_from(&window(Kind::ManualSnapshot), region, Some(NEW_KEY)).await.unwrap();
    assert_eq!(sent(&plan, "copy-instance-snapshot")["KmsKeyId"], json!(NEW_KEY));
    let request = sent(&plan, "restore-instance");
    assert_eq!(request["DBSubnetGroupName"], json!("private-there"));
    assert_eq!(request["VpcSecurityGroupIds"], json!(["sg-0cccccccccccccccc"]));
    assert!(request["DBParameterGroupName"].is_null(), "{request}");
    assert_eq!(plan.brief.target.region, region);
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("are the default ones")));
    assert!(!steps(&plan).contains(&"lift-quarantine".to_owned()), "the quarantine's groups are not there");
    assert_eq!(row(&plan, "encryption key").1, NEW_KEY);

    let nowhere = Window { region: "eu-north-1".to_owned(), ..window(Kind::Replicated) };
    let refused = scene.plan_from(&nowhere, "eu-north-1", None).await.unwrap_err();
    assert!(refused.to_string().contains("subnet_group and security_groups"), "{refused}");
    let replicated = Window { region: region.to_owned(), ..window(Kind::Replicated) };
    let plan = scene.plan_from(&replicated, region, None).await.unwrap();
    assert_eq!(sent(&plan, "restore-instance")["DBSubnetGroupName"], json!("private-there"));
}

#[tokio::test]
async fn windows_that_cannot_make_the_instance_are_refused_with_the_way_out() {
    let scene = Scene::of(Source::Instance);
    let why = async |window: Window, region: &str, key: Option<&str>| {
        let Refusal::WindowUnfit { why, .. } = scene.plan_from(&window, region, key).await.unwrap_err() else {
            panic!("another refusal")
        };
        why
    };
    let there = "eu-central-1";
    assert!(why(window(Kind::Continuous), there, None).await.contains("not in eu-central-1"));
    assert!(why(window(Kind::Retained), "eu-west-1", Some(NEW_KEY)).await.contains("keeps the key"));
    assert!(why(window(Kind::ManualSnapshot), there, None).await.contains("no key of eu-central-1"));
    assert!(why(window(Kind::Replica), "eu-west-1", None).await.contains("promoted"));
    let copying =
        Window { usable: false, obstacles: vec!["it is copying, 12 %".to_owned()], ..window(Kind::ManualSnapshot) };
    assert_eq!(why(copying, "eu-west-1", None).await, "it is copying, 12 %");
    let foreign = Window { engine: Some("mysql".to_owned()), ..window(Kind::ManualSnapshot) };
    assert_eq!(why(foreign, "eu-west-1", None).await, "it is of mysql");
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn storage_that_has_grown_a_little_is_that_of_the_backup_and_said_to_be() {
    let scene = Scene::of(Source::Instance);
    let smaller = Window { size_gib: Some(95), ..window(Kind::ManualSnapshot) };
    let plan = scene.plan_from(&smaller, "eu-west-1", None).await.unwrap();
    assert_eq!(sent(&plan, "restore-instance")["AllocatedStorage"], json!(95));
    assert!(plan.brief.warnings.iter().any(|warning| warning.contains("95 GiB")), "{:?}", plan.brief.warnings);
}

#[tokio::test]
async fn an_instance_that_cannot_be_restored_to_a_time_is_refused_with_the_alternative() {
    let (why, hint) = unfit(|instance| instance.backup_retention_period = Some(0)).await;
    assert!(why.contains("BackupRetentionPeriod is 0") && hint.contains("daybreak windows loans"), "{why}: {hint}");
    let (why, hint) = unfit(|instance| {
        instance.backup_retention_period = Some(0);
        instance.read_replica_source_instance = Some("loans-primary".to_owned());
    })
    .await;
    assert!(why.contains("read replica of loans-primary") && hint.contains("daybreak promote loans"), "{why}: {hint}");
    let (why, _) = unfit(|instance| instance.engine = "mysql".to_owned()).await;
    assert!(why.contains("it runs mysql"), "{why}");
    let (why, hint) = unfit(|instance| instance.cluster = Some("loans-cluster".to_owned())).await;
    assert!(why.contains("part of cluster loans-cluster") && hint.contains("loans-cluster"), "{why}: {hint}");
    let (why, _) = unfit(|instance| {
        instance.latest_restorable_time = None;
        instance.status = "creating".into();
    })
    .await;
    assert!(why.contains("no restorable time while it is creating"), "{why}");
}

#[tokio::test]
async fn a_time_outside_the_window_is_refused() {
    let scene = Scene::of(Source::Instance);
    let early = refused(&scene, INSTANCE_CONFIG, "2026-11-12T00:00:00Z").await;
    assert!(matches!(early, Refusal::TooEarly { .. }), "{early}");
    let late = refused(&scene, INSTANCE_CONFIG, "2026-11-20T14:55:00Z").await;
    assert!(matches!(late, Refusal::TooLate { .. }), "{late}");
    let latest = scene.plan_for(INSTANCE_CONFIG, "latest").await.unwrap();
    assert_eq!(sent(&latest, "restore-instance")["RestoreTime"], json!("2026-11-20T14:54:59Z"));
}

#[tokio::test]
async fn a_bare_name_is_a_cluster_or_else_an_instance() {
    let bare = Config::parse("", Path::new("daybreak.toml")).unwrap().database(SOURCE).unwrap();
    for (source, family) in [(Source::Cluster, "cluster"), (Source::Instance, "instance")] {
        let scene = Scene::of(source);
        let now = "2026-11-20T15:00:00Z".parse().unwrap();
        let survey = survey::survey(&scene.world, "eu-west-1", &bare, Until::Restored, now).await.unwrap();
        assert_eq!((survey.source.family().word(), survey.source.identifier()), (family, SOURCE));
    }
    let missing = Config::parse("[databases.loans]\ninstance = 'nowhere'", Path::new("daybreak.toml")).unwrap();
    let missing = missing.database("loans").unwrap();
    let scene = Scene::of(Source::Instance);
    let now = "2026-11-20T15:00:00Z".parse().unwrap();
    let refusal = survey::survey(&scene.world, "eu-west-1", &missing, Until::Restored, now).await.unwrap_err();
    assert!(matches!(&refusal, Refusal::NoSuchInstance { others, .. } if others == &[SOURCE.to_owned()]), "{refusal}");
    let cluster = Config::parse("[databases.loans]\ncluster = 'loans-prod'", Path::new("daybreak.toml")).unwrap();
    let cluster = cluster.database("loans").unwrap();
    let refusal = survey::survey(&scene.world, "eu-west-1", &cluster, Until::Restored, now).await.unwrap_err();
    assert!(matches!(refusal, Refusal::NoSuchCluster { .. }), "a profile means what it says: {refusal}");
}

#[tokio::test]
async fn the_secret_must_lead_to_the_instance() {
    let scene = Scene::of(Source::Instance);
    scene.cloud.add_instance(Instance {
        identifier: "other".to_owned(),
        address: Some("other.instance.example".to_owned()),
        ..source::instance()
    });
    scene.cloud.secret_is_written_by_somebody("other.instance.example");
    let refusal = refused(&scene, INSTANCE_CONFIG, TO).await;
    assert!(matches!(&refusal, Refusal::PointsElsewhere { other, .. } if other == "instance other"), "{refusal}");
}

#[tokio::test]
async fn an_instance_is_recovered_rolled_back_and_removed_with_a_final_snapshot() {
    let scene = Scene::of(Source::Instance);
    let source_before = scene.cloud.instances().remove(0);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.secret_points_at(), format!("{TARGET}.instance.example"));
    let target = scene.cloud.instances().into_iter().find(|one| one.identifier == TARGET).unwrap();
    assert_eq!(target.security_group_ids(), ["sg-0bbbbbbbbbbbbbbbb"]);
    assert_eq!((target.deletion_protection, target.tag("production")), (Some(true), Some("true")));
    assert_eq!(target.monitoring_interval, Some(60));

    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.secret_points_at(), Source::Instance.host());
    let mut executor = scene.executor(scene.open().await);
    let kept = Some(format!("{TARGET}-final"));
    executor.turn_back_keeping(Scope::Everything, kept, actor()).await.unwrap();
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone));
    let left: Vec<String> = scene.cloud.instances().into_iter().map(|one| one.identifier).collect();
    assert_eq!(left, [SOURCE]);
    let snapshots: Vec<String> = scene.cloud.instance_snapshots().into_iter().map(|one| one.identifier).collect();
    assert_eq!(snapshots, ["loans-before", "loans-prod-db-k3fa-cutover", "loans-prod-db-k3fa-final"]);
    assert_eq!(scene.cloud.instances().remove(0), source_before, "the source is sacred");
}

#[tokio::test]
async fn a_copy_is_deleted_with_all_else_that_the_run_made() {
    let scene = Scene::of(Source::Snapshot);
    let before = scene.what_exists();
    assert_eq!(scene.recover(Until::Validated).await, Stage::Stopped(Until::Validated));
    let copy = scene.cloud.instance_snapshots().into_iter().find(|one| one.identifier.ends_with("-copy")).unwrap();
    assert_eq!(copy.kms_key_id.as_deref(), Some(NEW_KEY));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
}

#[tokio::test]
async fn what_a_stranger_made_under_our_names_is_left_alone() {
    for (source, name, what) in
        [(Source::Instance, TARGET, "instance"), (Source::Snapshot, "loans-prod-db-k3fa-copy", "snapshot")]
    {
        let scene = Scene::of(source);
        let journal = scene.begin(Until::Cutover).await;
        match what {
            "instance" => scene.cloud.add_instance(Instance { identifier: name.to_owned(), ..source::instance() }),
            _ => scene.cloud.add_instance_snapshot(daybreak::aws::rds::backups::model::InstanceSnapshot {
                identifier: name.to_owned(),
                ..source::snapshot()
            }),
        }
        let before = scene.what_exists();
        let mut executor = scene.executor(journal);
        scene.drive(&mut executor).await.unwrap();
        assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Undone), "{what}");
        assert_eq!(scene.what_exists(), before, "{what}");
        assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "{what}");
    }
}

#[tokio::test]
async fn an_instance_that_rds_gives_up_is_removed_and_its_words_told() {
    let scene = Scene::of(Source::Instance);
    let before = scene.what_exists();
    scene.cloud.restores_end_as("incompatible-restore");
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
    let records = format!("{:?}", scene.history().await.records);
    assert!(records.contains("incompatible-restore") && records.contains("storage volume could not be read"));
}

#[tokio::test]
async fn a_protection_that_somebody_else_put_on_is_respected() {
    let scene = Scene::of(Source::Instance);
    assert_eq!(scene.recover(Until::Validated).await, Stage::Stopped(Until::Validated));
    scene.cloud.edit_instance(TARGET, |target| target.deletion_protection = Some(true));
    let stage = scene.turn_back(Scope::Everything).await;
    assert!(matches!(stage, Stage::Stuck(_)), "{stage:?}");
    let records = format!("{:?}", scene.history().await.records);
    assert!(
        records.contains("modify-db-instance --db-instance-identifier loans-prod-db-k3fa --no-deletion-protection")
    );
}

#[tokio::test]
async fn a_saved_plan_is_refused_once_its_world_has_moved() {
    let scene = Scene::of(Source::Instance);
    let plan = scene.plan().await;
    freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap();
    let moved = async |scene: &Scene, plan: &Plan<Step>| {
        freshness::check(&scene.world, plan, scene.clock.now()).await.unwrap_err().to_string()
    };
    scene.cloud.edit_instance(SOURCE, |source| source.resource_id = "db-ANOTHER".to_owned());
    assert!(moved(&scene, &plan).await.contains("db-ANOTHER now"));
    scene.cloud.edit_instance(SOURCE, |source| {
        source.resource_id = "db-SOURCE".to_owned();
        source.latest_restorable_time = Some("2026-11-20T14:00:00Z".parse().unwrap());
    });
    assert!(moved(&scene, &plan).await.contains("not yet restorable"));
    scene.cloud.add_instance(source::instance());
    scene.cloud.add_instance(Instance { identifier: TARGET.to_owned(), ..source::instance() });
    assert!(moved(&scene, &plan).await.contains("an instance named loans-prod-db-k3fa exists already"));

    let scene = Scene::of(Source::Snapshot);
    let plan = scene.plan().await;
    freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap();
    let copying =
        daybreak::aws::rds::backups::model::InstanceSnapshot { status: "copying".to_owned(), ..source::snapshot() };
    scene.cloud.add_instance_snapshot(copying);
    assert!(moved(&scene, &plan).await.contains("is copying now"));
}

#[tokio::test]
async fn without_a_login_an_instance_is_restored_and_no_further() {
    let scene = Scene::of(Source::Instance);
    let config = "[databases.loans]\ninstance = \"loans-prod\"\n";
    let plan = scene.plan_as_far_as(Until::Restored, config, TO).await.unwrap();
    assert_eq!(steps(&plan), ["restore-instance", "apply-settings"]);
    assert_eq!(furthest(&plan), Until::Restored);
    let Step::RestoreInstance(step) = &plan.steps[0].step else { panic!("it restores an instance") };
    assert!(matches!(step.request, Request::PointInTime(_)));
}

#[tokio::test]
async fn an_instance_is_validated_where_it_serves() {
    let scene = Scene::of(Source::Instance);
    let config = Config::parse(INSTANCE_CONFIG, Path::new("daybreak.toml")).unwrap();
    let database = config.database("loans").unwrap();
    let request = validate::request(&scene.world, "eu-west-1", &database, &validate::Subject::Own).await.unwrap();
    assert_eq!((request.target.host, request.target.port), (Source::Instance.host(), 5433));
}
