//! A source with all that a restore drops: the target gets it back, the report says what was found, and a way back leaves none
//! of it. And captures, which remember it.

use std::fs;

use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Statistic};
use aws_sdk_rds::types::DbCluster;
use serde_json::Value;

use crate::support::{
    Lab, Source,
    aws::wait,
    daybreak::Daybreak,
    scene::{beside, profile},
    source::{ALL_ROWS, APPLICATION, APPLICATION_PASSWORD},
    sql::{PASSWORD, Sql},
    until,
};

const EXPORT: &str = "arn:aws:iam::123456789012:role/export";
const MONITORING: &str = "arn:aws:iam::123456789012:role/monitoring";

/// A source with everything set.
fn fitted(lab: &Lab, name: &str) -> Source {
    let source = Source::create(lab, name);
    let (rds, reader) = (&lab.aws.rds, format!("{name}-2"));
    let zones = lab.aws.cluster(name).availability_zones.expect("zones");
    let create = rds.create_db_instance().db_cluster_identifier(name).db_instance_identifier(&reader);
    let create = create.engine("aurora-postgresql").db_instance_class("db.r6g.xlarge").promotion_tier(3);
    wait(create.availability_zone(&zones[1]).send()).expect("create the reader");
    let settled = || {
        let cluster = lab.aws.await_cluster(name);
        until("the instances", || {
            let all = lab.aws.instances(name);
            (all.len() == 2 && all.iter().all(|one| one.db_instance_status() == Some("available"))).then_some(())
        });
        cluster
    };
    settled();
    let modify = rds.modify_db_cluster().db_cluster_identifier(name).apply_immediately(true);
    let modify = modify
        .preferred_maintenance_window("tue:04:00-tue:05:00")
        .auto_minor_version_upgrade(false)
        .copy_tags_to_snapshot(true)
        .enable_performance_insights(true)
        .performance_insights_retention_period(465)
        .database_insights_mode("advanced".into())
        .monitoring_interval(60)
        .monitoring_role_arn(MONITORING)
        .manage_master_user_password(true);
    wait(modify.send()).expect("set the settings");
    settled();
    let role = rds.add_role_to_db_cluster().db_cluster_identifier(name).role_arn(EXPORT).feature_name("s3Export");
    wait(role.send()).expect("add the role");
    let arn = settled().db_cluster_arn.expect("an ARN");
    wait(rds.enable_http_endpoint().resource_arn(arn).send()).expect("enable the Data API");
    let endpoint = rds.create_db_cluster_endpoint().db_cluster_identifier(name);
    let endpoint = endpoint.db_cluster_endpoint_identifier(format!("{name}-reports")).endpoint_type("READER");
    wait(endpoint.static_members(&reader).send()).expect("create the endpoint");
    let (resource, dimension) = (format!("cluster:{name}"), ScalableDimension::RdsClusterReadReplicaCount);
    let target = lab.aws.scaling.register_scalable_target().service_namespace(ServiceNamespace::Rds);
    let target = target.resource_id(&resource).scalable_dimension(dimension.clone()).min_capacity(1).max_capacity(4);
    wait(target.send()).expect("register the scaling");
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::RdsReaderAverageCpuUtilization)
        .build()
        .expect("a metric");
    let rule = TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(60.0)
        .predefined_metric_specification(metric)
        .scale_in_cooldown(300)
        .build()
        .expect("a rule");
    let policy = lab.aws.scaling.put_scaling_policy().policy_name("cpu").service_namespace(ServiceNamespace::Rds);
    let policy = policy.resource_id(&resource).scalable_dimension(dimension);
    let policy = policy.policy_type(PolicyType::TargetTrackingScaling);
    wait(policy.target_tracking_scaling_policy_configuration(rule).send()).expect("put the policy");
    let alarm = lab.aws.cloudwatch.put_metric_alarm().alarm_name(format!("{name}-cpu")).namespace("AWS/RDS");
    let alarm = alarm.metric_name("CPUUtilization").statistic(Statistic::Average).period(60).evaluation_periods(1);
    let alarm = alarm.threshold(90.0).comparison_operator(ComparisonOperator::GreaterThanThreshold);
    let alarm = alarm.dimensions(Dimension::builder().name("DBClusterIdentifier").value(name).build());
    wait(alarm.send()).expect("put the alarm");
    until("the role", || {
        let roles = lab.aws.cluster(name).associated_roles.unwrap_or_default();
        roles.iter().all(|role| role.status() == Some("ACTIVE")).then_some(())
    });
    source
}

/// daybreak with a profile whose application does not log in as the master user.
fn daybreak(lab: &Lab, source: &Source, key: &str) -> (Daybreak, String) {
    let Sql { host, port, .. } = &source.sql;
    let value = format!(
        r#"{{"engine":"postgres","host":"{host}","port":{port},"username":"{APPLICATION}","password":"{APPLICATION_PASSWORD}","dbname":"loans"}}"#
    );
    let secret = format!("{key}/db");
    lab.aws.create_secret(&secret, &value);
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    let text = profile(source, &connect, &format!("secret = {secret:?}\n"), "[databases.loans.watch]\nfor = \"0s\"\n");
    (beside(lab, key).with_file("daybreak.toml", &text), secret)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// The custom endpoints whose names begin with `prefix`.
fn endpoints(lab: &Lab, prefix: &str) -> Vec<(String, Vec<String>)> {
    let answer = wait(lab.aws.rds.describe_db_cluster_endpoints().send()).expect("list the endpoints");
    let endpoints = answer.db_cluster_endpoints.unwrap_or_default().into_iter();
    endpoints
        .filter_map(|one| Some((one.db_cluster_endpoint_identifier?, one.static_members.unwrap_or_default())))
        .filter(|(name, _)| name.starts_with(prefix))
        .collect()
}

fn scaled(lab: &Lab, cluster: &str) -> Vec<(i32, i32)> {
    let call = lab.aws.scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Rds);
    let answer = wait(call.resource_ids(format!("cluster:{cluster}")).send()).expect("list the targets");
    answer.scalable_targets.unwrap_or_default().iter().map(|one| (one.min_capacity, one.max_capacity)).collect()
}

/// The rows, with the password that RDS manages; and that password.
fn seen_by_the_master(lab: &Lab, made: &DbCluster) -> (String, String) {
    let managed = made.master_user_secret().and_then(|secret| secret.secret_arn()).expect("a managed secret");
    let login: Value = serde_json::from_str(&lab.aws.secret(managed)).expect("RDS's shape");
    let port = made.port().and_then(|port| u16::try_from(port).ok()).expect("a port");
    let sql = Sql::new(made.endpoint().expect("an endpoint"), port, &lab.ca);
    (sql.rows_as(text(&login, "/username"), text(&login, "/password"), ALL_ROWS), text(&login, "/password").to_owned())
}

#[test]
fn a_target_is_its_source_in_all_but_time_and_a_way_back_leaves_nothing() {
    let lab = Lab::shared();
    let source = fitted(lab, "loans-fitted");
    let before = source.described(lab);
    let (daybreak, secret) = daybreak(lab, &source, "fitted");
    let moment = source.moment.to_string();
    let ended = daybreak.run(["recover", "loans", "--to", &moment, "--yes", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    let (run, target) = (text(&result, "/run"), text(&result, "/target/identifier"));

    // By the lab, and not by what daybreak says.
    let made = lab.aws.cluster(target);
    let roles: Vec<_> = made.associated_roles().iter().map(|role| (role.role_arn(), role.status())).collect();
    assert_eq!(roles, [(Some(EXPORT), Some("ACTIVE"))]);
    assert_eq!(made.http_endpoint_enabled(), Some(true));
    assert_eq!(made.preferred_maintenance_window(), before.preferred_maintenance_window());
    assert_eq!(made.auto_minor_version_upgrade(), before.auto_minor_version_upgrade());
    assert_eq!(made.database_insights_mode(), before.database_insights_mode());
    assert_eq!(made.performance_insights_retention_period(), Some(465));
    assert_eq!((made.monitoring_interval(), made.monitoring_role_arn()), (Some(60), Some(MONITORING)));
    assert_eq!(made.deletion_protection(), Some(true));
    let described = lab.aws.instances(target);
    let reader = described.iter().find(|one| one.db_instance_identifier() == Some(&format!("{target}-2")));
    let reader = reader.expect("a reader");
    assert_eq!((reader.db_instance_class(), reader.promotion_tier()), (Some("db.r6g.xlarge"), Some(3)));
    assert_eq!(reader.availability_zone(), Some(before.availability_zones()[1].as_str()));
    let suffix = run.rsplit('-').next().expect("letters");
    let endpoint = format!("loans-fitted-reports-db-{suffix}");
    assert_eq!(endpoints(lab, &endpoint), [(endpoint.clone(), vec![format!("{target}-2")])]);
    assert_eq!(scaled(lab, target), [(1, 4)]);
    let managed = made.master_user_secret().and_then(|secret| secret.secret_arn()).expect("a managed secret");
    assert_ne!(Some(managed), before.master_user_secret().and_then(|secret| secret.secret_arn()));
    let (rows, password) = seen_by_the_master(lab, &made);
    assert_eq!(rows, source.rows);

    // What the report says it found.
    let report = daybreak.run(["report", run, "--output", "json"]).json();
    let rows = report["read_back"].as_array().expect("settings that were read back");
    let unlike: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| row["likeness"] != "same" || !row["why"].is_null())
        .map(|row| (text(row, "/name"), text(row, "/likeness")))
        .collect();
    let names = ["custom endpoints", "alarms"];
    assert!(unlike.iter().all(|(name, likeness)| names.contains(name) && *likeness == "as-planned"), "{rows:#?}");
    assert_eq!(unlike.len(), names.len(), "{rows:#?}");

    // The run captured its source, without a password.
    let capture = daybreak.path(&format!(
        ".local/state/daybreak/captures/eu-west-1/loans-fitted/{}/{run}.json",
        before.db_cluster_resource_id().expect("an id")
    ));
    let captured = fs::read_to_string(capture).expect("a capture of the run");
    for secret in [PASSWORD, APPLICATION_PASSWORD, &password] {
        assert!(!captured.contains(secret), "a password in {captured}");
    }

    let ended = daybreak.run(["rollback", run, "--yes", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(lab.aws.secret(&secret).contains(&source.sql.host));
    let ended = daybreak.run(["cancel", run, "--yes", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(lab.aws.names(target), Vec::<String>::new());
    assert_eq!(endpoints(lab, &endpoint), []);
    assert_eq!(scaled(lab, target), []);
    let gone = wait(lab.aws.secrets.get_secret_value().secret_id(managed).send());
    assert!(gone.is_err(), "RDS removes the secret with the cluster");
    assert_eq!(scaled(lab, "loans-fitted"), [(1, 4)], "the source is scaled as before");
}

#[test]
fn a_deleted_source_is_rebuilt_from_its_capture() {
    let lab = Lab::shared();
    let source = fitted(lab, "loans-captured");
    let (daybreak, _) = daybreak(lab, &source, "captured");
    let first = daybreak.run(["capture", "loans"]);
    assert_eq!(first.code, Some(0), "{first}");
    assert!(first.stdout.contains("it is the first one"), "{first}");
    let second = daybreak.run(["capture", "loans", "--output", "json"]);
    assert_eq!(second.code, Some(0), "{second}");
    let second = second.json();
    assert!(second["captured"][0]["previous"].is_string(), "{second:#}");
    assert_eq!(second["captured"][0]["unseen"], serde_json::json!([]), "{second:#}");
    lab.aws.delete_cluster_keeping_backups("loans-captured", "loans-captured-final");

    let path = format!(".local/state/daybreak/{}", text(&second, "/captured/0/document"));
    let kept: Value = serde_json::from_str(&fs::read_to_string(daybreak.path(&path)).expect("kept")).expect("JSON");
    let cluster = &kept["source"]["cluster"];
    assert_eq!(text(cluster, "/associated_roles/0/role_arn"), EXPORT);
    assert_eq!(text(cluster, "/preferred_maintenance_window"), "tue:04:00-tue:05:00");
    assert_eq!(text(cluster, "/parameter_group"), "loans-captured-parameters");
    assert_eq!(kept["source"]["instances"].as_array().map(Vec::len), Some(2));
    let around = &kept["source"]["surroundings"];
    assert_eq!(text(around, "/endpoints/0/identifier"), "loans-captured-reports");
    assert_eq!(around["scalable_target"]["max_capacity"], 4);
    assert_eq!(text(around, "/scaling_policies/0/name"), "cpu");
    assert_eq!(text(around, "/alarms/0/name"), "loans-captured-cpu");
    assert!(!kept.to_string().contains(PASSWORD));

    // The profile says nothing of network, class or groups.
    let moment = source.moment.to_string();
    let ended = daybreak.run(["recover", "loans", "--to", &moment, "--until", "cutover", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    let target = text(&result, "/target/identifier");
    let made = lab.aws.cluster(target);
    assert_eq!(seen_by_the_master(lab, &made).0, source.rows);
    assert_eq!(made.db_cluster_parameter_group(), Some("loans-captured-parameters"));
    assert_eq!(made.preferred_maintenance_window(), Some("tue:04:00-tue:05:00"));
    assert_eq!(lab.aws.instances(target).len(), 2);
    assert_eq!(scaled(lab, target), [(1, 4)]);
    let report = daybreak.run(["report", text(&result, "/run")]);
    assert!(report.stdout.contains("captured"), "{report}");
}
