//! What a plan says, and when there is none.

use daybreak::{
    aws::rds::model::{Cluster, ServerlessV2Scaling},
    recovery::{freshness, refusal::Refusal},
    run::clock::Clock,
    steps::{brief::Brief, create_instance::CreateInstance, step::Step},
};

use crate::support::{ACCOUNT, CONFIG, SOURCE, Scene};

const TO: &str = "2026-11-20T14:22:05Z";

async fn brief(scene: &Scene) -> Brief {
    scene.plan().await.brief
}

async fn refusal(scene: &Scene, config: &str, to: &str) -> Refusal {
    let refusal = scene.plan_for(config, to).await.unwrap_err();
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "a refusal leaves nothing behind");
    refusal
}

#[tokio::test]
async fn the_window_is_open_from_its_first_second_to_just_before_its_last() {
    let scene = Scene::new();
    for (to, possible) in [
        ("2026-11-12T23:59:59Z", false),
        ("2026-11-13T00:00:00Z", true),
        ("2026-11-20T14:54:59Z", true),
        ("2026-11-20T14:55:00Z", false),
    ] {
        assert_eq!(scene.plan_for(CONFIG, to).await.is_ok(), possible, "{to}");
    }
    let latest = scene.plan_for(CONFIG, "latest").await.unwrap().brief.requested_time;
    assert_eq!(latest, "2026-11-20T14:54:59Z".parse().unwrap());
}

#[tokio::test]
async fn a_time_outside_the_window_names_the_nearest_that_can_be_had() {
    let scene = Scene::new();
    let early = refusal(&scene, CONFIG, "2026-11-01T00:00:00Z").await;
    assert!(early.hint().unwrap().contains("2026-11-13 00:00:00 UTC"), "{:?}", early.hint());
    let late = refusal(&scene, CONFIG, "2026-11-20T14:59:00Z").await;
    assert!(late.hint().unwrap().contains("2026-11-20 14:54:59 UTC"), "{:?}", late.hint());
}

#[tokio::test]
async fn the_time_given_up_is_counted_from_the_time_asked_for_to_now() {
    assert_eq!(brief(&Scene::new()).await.given_up_seconds, 37 * 60 + 55);
}

#[tokio::test]
async fn every_setting_of_the_source_is_passed_explicitly() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| {
        *cluster = Cluster {
            subnet_group: Some("private".to_owned()),
            parameter_group: Some("tuned".to_owned()),
            storage_encrypted: Some(true),
            kms_key_id: Some("arn:aws:kms:eu-west-1:123456789012:key/1".to_owned()),
            storage_type: Some("aurora-iopt1".to_owned()),
            iam_database_authentication: Some(true),
            log_exports: vec!["postgresql".to_owned()],
            backup_retention_period: Some(14),
            engine_lifecycle_support: Some("open-source-rds-extended-support-disabled".to_owned()),
            serverless_v2_scaling: Some(ServerlessV2Scaling { min_capacity: Some(0.5), ..Default::default() }),
            ..cluster.clone()
        };
    });
    let plan = scene.plan().await;
    let Step::RestoreCluster(restore) = &plan.steps[0].step else { panic!("the first step restores") };
    let call = restore.request.call().parameters;
    assert_eq!(
        call,
        serde_json::json!({
            "DBClusterIdentifier": "loans-prod-db-k3fa",
            "SourceDBClusterIdentifier": "loans-prod",
            "RestoreType": "full-copy",
            "RestoreToTime": TO,
            "Port": 5433,
            "DBSubnetGroupName": "private",
            "VpcSecurityGroupIds": ["sg-0aaaaaaaaaaaaaaaa"],
            "DBClusterParameterGroupName": "tuned",
            "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
            "StorageType": "aurora-iopt1",
            "EnableIAMDatabaseAuthentication": true,
            "EnableCloudwatchLogsExports": ["postgresql"],
            "DeletionProtection": false,
            "BackupRetentionPeriod": 14,
            "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
            "ServerlessV2ScalingConfiguration": { "MinCapacity": 0.5 },
            "Tags": [
                { "Key": "daybreak:run", "Value": "20261120-150000-k3fa" },
                { "Key": "daybreak:source", "Value": "loans-prod" },
                { "Key": "daybreak:purpose", "Value": "recovery" },
            ],
        })
    );
}

#[tokio::test]
async fn what_the_target_will_lack_is_said() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| {
        cluster.activity_stream_status = Some("started".to_owned());
        cluster.global_cluster_identifier = Some("loans-global".to_owned());
    });
    let brief = brief(&scene).await;
    let lacking = "not carried over to the target: activity stream, global database";
    assert!(brief.warnings.iter().any(|warning| warning == lacking), "{:?}", brief.warnings);
}

fn instances(steps: &[daybreak::run::plan::Planned<Step>]) -> Vec<(String, String)> {
    let requests = steps.iter().filter_map(|planned| match &planned.step {
        Step::CreateInstance(CreateInstance { request, .. }) => Some(request),
        _ => None,
    });
    requests.map(|request| (request.db_instance_identifier.clone(), request.db_instance_class.clone())).collect()
}

#[tokio::test]
async fn readers_and_class_are_the_sources_or_as_configured() {
    let scene = Scene::new();
    let named = |number: usize, class: &str| (format!("loans-prod-db-k3fa-{number}"), class.to_owned());
    let like_source = scene.plan().await;
    assert_eq!(instances(&like_source.steps), [named(1, "db.r6g.large"), named(2, "db.r6g.large")]);
    let config = CONFIG.replace("quarantine", "instance_class = \"db.r6g.xlarge\"\nreaders = 2\nquarantine");
    let configured = scene.plan_for(&config, TO).await.unwrap();
    let class = "db.r6g.xlarge";
    assert_eq!(instances(&configured.steps), [named(1, class), named(2, class), named(3, class)]);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_answered_with_those_that_are() {
    let config = CONFIG.replace("cluster = \"loans-prod\"", "cluster = \"loan-prod\"");
    let refusal = refusal(&Scene::new(), &config, TO).await;
    assert!(matches!(refusal, Refusal::NoSuchCluster { .. }));
    assert!(refusal.hint().unwrap().contains("loans-prod"));
}

#[tokio::test]
async fn another_engine_is_refused() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.engine = "aurora-mysql".to_owned());
    assert!(matches!(refusal(&scene, CONFIG, TO).await, Refusal::WrongEngine { .. }));
}

#[tokio::test]
async fn a_cluster_without_a_backup_yet_is_refused() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.earliest_restorable_time = None);
    assert!(matches!(refusal(&scene, CONFIG, TO).await, Refusal::NoWindow { .. }));
}

#[tokio::test]
async fn secrets_that_could_not_be_moved_back_are_refused_with_the_way_out() {
    type Edit = fn(&mut daybreak::aws::secrets::model::SecretDescription);
    let unfit: [(&str, Edit); 4] = [
        ("rds manages it", |secret| secret.owning_service = Some("rds".to_owned())),
        ("rotation", |secret| {
            secret.versions.insert("v2".to_owned(), vec!["AWSPENDING".to_owned()]);
        }),
        ("deletion", |secret| secret.deleted = Some("2026-11-20T00:00:00Z".parse().unwrap())),
        ("replica", |secret| secret.primary_region = Some("us-east-1".to_owned())),
    ];
    for (why, edit) in unfit {
        let scene = Scene::new();
        scene.cloud.edit_secret(edit);
        let refusal = refusal(&scene, CONFIG, TO).await;
        assert!(refusal.to_string().contains(why), "{refusal}");
        assert!(refusal.hint().is_some(), "{why}");
    }
}

#[tokio::test]
async fn a_secret_that_leads_to_another_cluster_is_refused() {
    let scene = Scene::new();
    let other = Cluster {
        identifier: "loans-prod-db-aaaa".to_owned(),
        endpoint: Some(format!("{SOURCE}.cluster.example")),
        ..Cluster::default()
    };
    scene.cloud.add_cluster(other, Vec::new());
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.endpoint = Some("elsewhere.example".to_owned()));
    let Refusal::PointsElsewhere { other, .. } = refusal(&scene, CONFIG, TO).await else {
        panic!("it was not refused")
    };
    assert_eq!(other, "cluster loans-prod-db-aaaa");
}

#[tokio::test]
async fn a_secret_that_leads_to_an_unknown_host_is_warned_about() {
    let scene = Scene::new();
    scene.cloud.edit_cluster(SOURCE, |cluster| cluster.endpoint = Some("elsewhere.example".to_owned()));
    let warnings = brief(&scene).await.warnings;
    assert!(warnings.iter().any(|warning| warning.contains("is no endpoint of loans-prod")), "{warnings:?}");
}

#[tokio::test]
async fn a_check_with_wrong_sql_is_refused_but_one_that_misses_a_table_is_not() {
    let config =
        format!("{CONFIG}\n[[databases.loans.checks]]\nname = \"loans\"\nquery = \"SELECT 1\"\nexpect = \"= 1\"");
    let scene = Scene::new();
    scene.servers.check_is_faulty("42601");
    assert!(matches!(refusal(&scene, &config, TO).await, Refusal::FaultyCheck { .. }));
    // The missing table may be the very damage.
    scene.servers.check_is_faulty("42P01");
    let warnings = scene.plan_for(&config, TO).await.unwrap().brief.warnings;
    assert!(warnings.iter().any(|warning| warning.contains("may be the damage")), "{warnings:?}");
}

#[tokio::test]
async fn without_a_way_to_log_in_nothing_is_proven_and_so_nothing_is_planned_beyond_the_restore() {
    let scene = Scene::new();
    let config = CONFIG.replace("[databases.loans.connect]\n    secret = \"prod/loans/db\"", "");
    assert!(matches!(refusal(&scene, &config, TO).await, Refusal::NoAccess { .. }));
}

#[tokio::test]
async fn credentials_of_another_account_are_refused() {
    let source = brief(&Scene::new()).await.source;
    freshness::same_account(&source, ACCOUNT).unwrap();
    let refusal = freshness::same_account(&source, "210987654321").unwrap_err();
    assert!(refusal.to_string().contains("210987654321"), "{refusal}");
}

#[tokio::test]
async fn a_secret_that_leads_to_the_readers_is_refused() {
    let scene = Scene::new();
    scene
        .cloud
        .edit_cluster(SOURCE, |cluster| cluster.reader_endpoint = cluster.endpoint.replace("w.example".to_owned()));
    assert!(matches!(refusal(&scene, CONFIG, TO).await, Refusal::SecretUnfit { .. }));
}

#[tokio::test]
async fn a_plan_is_stale_once_its_source_its_secret_or_its_name_is_another() {
    type Change = fn(&Scene);
    let changes: [(&str, Change); 4] = [
        ("cluster-OTHER", |scene| {
            scene.cloud.edit_cluster(SOURCE, |cluster| cluster.resource_id = "cluster-OTHER".to_owned());
        }),
        ("theirs", |scene| scene.cloud.secret_is_written_by_somebody("elsewhere.example")),
        ("exists already", |scene| scene.cloud.somebody_makes("loans-prod-db-k3fa")),
        ("before the earliest", |scene| {
            let later = Some("2026-11-20T14:30:00Z".parse().unwrap());
            scene.cloud.edit_cluster(SOURCE, |cluster| cluster.earliest_restorable_time = later);
        }),
    ];
    for (what, change) in changes {
        let scene = Scene::new();
        let plan = scene.plan().await;
        freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap();
        change(&scene);
        let refusal = freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap_err();
        assert!(refusal.to_string().contains(what), "{refusal}");
    }
}

/// Each call that a plan shows must be allowed by one of the bundles it names.
#[tokio::test]
async fn the_bundles_of_a_plan_allow_every_call_it_shows() {
    let plan = Scene::new().plan().await;
    let allowed: Vec<&String> = plan.brief.policies.iter().flat_map(|policy| &policy.actions).collect();
    let calls = plan.steps.iter().flat_map(|planned| planned.step.describe().calls);
    let denied: Vec<String> = calls
        .map(|call| format!("{}:{}", call.service, call.action))
        .filter(|action| !allowed.contains(&action))
        .collect();
    assert_eq!(denied, Vec::<String>::new());
}
