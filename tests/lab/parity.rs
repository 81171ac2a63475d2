//! A source with all that a restore drops: the target gets it back, the report says what was found, and a way back leaves none
//! of it. And captures, which remember it.

use std::fs;

use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use aws_sdk_rds::types::DbCluster;
use serde_json::Value;

use crate::support::{
    Lab, Source,
    aws::wait,
    daybreak::Daybreak,
    fitted::{EXPORT, MONITORING, fitted, secret_of_the_application},
    scene::{beside, profile},
    source::{ALL_ROWS, APPLICATION_PASSWORD},
    sql::{PASSWORD, Sql},
};

/// daybreak with a profile whose application does not log in as the master user.
fn daybreak(lab: &Lab, source: &Source, key: &str) -> (Daybreak, String) {
    let secret = format!("{key}/db");
    lab.aws.create_secret(&secret, &secret_of_the_application(source));
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    let text = profile(source, &connect, &format!("secret = {secret:?}\n"), "[databases.loans.watch]\nfor = \"0s\"\n");
    (beside(lab, key).with_file("daybreak.toml", &text), secret)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// The custom endpoints whose names begin with `prefix`.
fn endpoints(lab: &Lab, prefix: &str) -> Vec<(String, Vec<String>)> {
    let endpoints = lab.aws.cluster_endpoints().into_iter();
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
