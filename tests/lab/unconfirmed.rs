//! Where AWS does not say what it answers, either answer does: recoveries and `windows` come out the same under both.

use std::thread;

use aws_sdk_rds::types::{DbCluster, DbInstance};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    Lab, Source,
    aws::wait,
    daybreak::Daybreak,
    fitted::{MONITORING, fitted, secret_of_the_application},
    promotion::{AWAY, HERE, Site, rows},
    scene::{beside, profile},
    source::{ALL_ROWS, APPLICATION, APPLICATION_PASSWORD},
    sql::Sql,
    until,
};

/// The lab's questions with their answers, the default first. A question that the lab has and this list lacks fails the
/// test.
const QUESTIONS: &[(&str, [&str; 2])] = &[
    ("cluster_insights", ["separate", "inherited"]),
    ("copied_cluster_snapshot_time", ["changes", "survives"]),
    ("global_lag_dimensions", ["cluster", "cluster-and-source-region"]),
    ("instance_in_creating_cluster", ["refused", "accepted"]),
    ("live_cluster_backups", ["unlisted", "listed"]),
    ("local_copy_source", ["untold", "told"]),
    // A third answer, that it waits for an instance, comes to the same once there is one.
    ("password_without_instance", ["effective", "lost"]),
    ("point_in_time_port", ["default", "inherited"]),
    ("restored_serverless_scaling", ["none", "inherited"]),
    ("snapshot_restore_iam_authentication", ["off", "inherited"]),
    ("unknown_cluster_endpoint", ["refused", "empty"]),
];

/// A source with everything set, and a snapshot of it.
struct Ground<'l> {
    lab: &'l Lab,
    source: Source,
    /// The snapshot's name.
    snapshot: String,
    taken: Timestamp,
    /// The rows in the snapshot.
    kept: String,
}

impl<'l> Ground<'l> {
    fn new(lab: &'l Lab, name: &str) -> Self {
        let source = fitted(lab, name);
        let more = "INSERT INTO loans (amount, note) SELECT g, 'again ' || g FROM generate_series(1, 1200) g";
        let (user, password) = managed(lab, &source.described(lab));
        source.sql.rows_as(&user, &password, more);
        let kept = source.sql.rows_as(&user, &password, ALL_ROWS);
        let snapshot = format!("{name}-nightly");
        let (_, taken) = lab.aws.take_snapshot(name, &snapshot);
        source.sql.rows_as(&user, &password, "INSERT INTO loans (amount, note) VALUES (7, 'after the snapshot')");
        Self { lab, source, snapshot, taken, kept }
    }

    /// Sets what the first or second answers bear upon: IAM authentication, which the snapshot has, and monitoring, which is
    /// an instance's own or follows the cluster's.
    fn set(&self, pass: usize) {
        let (rds, cluster) = (&self.lab.aws.rds, &self.source.cluster);
        if pass == 0 {
            let reader = rds.modify_db_instance().db_instance_identifier(format!("{cluster}-2"));
            let reader = reader.monitoring_interval(15).monitoring_role_arn(MONITORING).apply_immediately(true);
            wait(reader.send()).expect("monitor the reader");
        }
        let modify = rds.modify_db_cluster().db_cluster_identifier(cluster).apply_immediately(true);
        let modify = modify.enable_iam_database_authentication(pass == 0);
        wait(modify.monitoring_interval(60).monitoring_role_arn(MONITORING).send()).expect("set the settings");
        self.lab.aws.await_cluster(cluster);
    }

    fn recovered_from_the_backup(&self, key: &str) {
        self.recovered(key, &["--to", &self.source.moment.to_string()], &self.source.rows);
    }

    fn recovered_from_the_snapshot(&self, key: &str) {
        let wanted = self.taken + SignedDuration::from_secs(1);
        until("the second that is asked for", || (Timestamp::now() > wanted).then_some(()));
        let wanted = wanted.to_string();
        self.recovered(key, &["--from", &self.snapshot, "--to", &wanted], &self.kept);
    }

    /// Recovers, compares the rows and all settings whose answers are open, and goes all the way back.
    fn recovered(&self, key: &str, way: &[&str], expected: &str) {
        let Self { lab, source, .. } = self;
        let daybreak = daybreak(lab, source, key);
        let fixed = ["recover", "loans", "--until", "cutover", "--output", "json"];
        let ended = daybreak.run(fixed.iter().chain(way));
        assert_eq!(ended.code, Some(0), "{key}: {ended}");
        let result = ended.json();
        assert_eq!(result["outcome"], "recovered", "{key}: {ended}");
        let [run, target, endpoint] = ["/run", "/target/identifier", "/target/endpoint"].map(|path| {
            result.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{key}: no {path} in {result:#}"))
        });
        let (made, theirs) = (lab.aws.cluster(target), source.described(lab));
        assert_eq!(made.port(), theirs.port(), "{key}");
        assert_eq!(made.iam_database_authentication_enabled(), theirs.iam_database_authentication_enabled(), "{key}");
        assert!(theirs.serverless_v2_scaling_configuration().is_some());
        assert_eq!(made.serverless_v2_scaling_configuration(), theirs.serverless_v2_scaling_configuration(), "{key}");
        assert_eq!(observed(&made), observed(&theirs), "{key}");
        let each = |cluster: &str| lab.aws.instances(cluster).iter().map(observed_alone).collect::<Vec<_>>();
        assert_eq!(each(target), each(&source.cluster), "{key}");
        assert_eq!(custom_endpoints(lab, target).len(), 1, "{key}");
        let calls = lab.calls(key);
        let asked: Vec<&Value> = calls.iter().filter(|call| call["action"] == "CreateDBInstance").collect();
        assert!(
            asked.len() == 2 && asked.iter().all(|call| call["error"].is_null()),
            "{key}: not too early: {asked:?}"
        );
        let port = result["target"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let sql = Sql::new(endpoint, port, &lab.ca);
        let (user, password) = managed(lab, &made);
        for (user, password) in [(user.as_str(), password.as_str()), (APPLICATION, APPLICATION_PASSWORD)] {
            assert_eq!(sql.rows_as(user, password, ALL_ROWS), expected, "{key}: as {user}");
        }
        for back in ["rollback", "cancel"] {
            let ended = daybreak.run([back, run, "--yes"]);
            assert_eq!(ended.code, Some(0), "{key}: {ended}");
        }
        assert_eq!((lab.aws.names(target), custom_endpoints(lab, target)), (Vec::new(), Vec::new()), "{key}");
    }
}

/// A cluster's monitoring: interval, role, insights, for how long, and the mode.
fn observed(cluster: &DbCluster) -> impl PartialEq + std::fmt::Debug + '_ {
    (
        cluster.monitoring_interval(),
        cluster.monitoring_role_arn(),
        cluster.performance_insights_enabled(),
        cluster.performance_insights_retention_period(),
        cluster.database_insights_mode(),
    )
}

/// The same of an instance.
fn observed_alone(instance: &DbInstance) -> (Option<i32>, Option<String>, Option<bool>, Option<i32>) {
    (
        instance.monitoring_interval(),
        instance.monitoring_role_arn().map(str::to_owned),
        instance.performance_insights_enabled(),
        instance.performance_insights_retention_period(),
    )
}

/// The master user of a cluster and its password, as RDS keeps them.
fn managed(lab: &Lab, cluster: &DbCluster) -> (String, String) {
    let arn = cluster.master_user_secret().and_then(|secret| secret.secret_arn()).expect("a managed secret");
    let value: Value = serde_json::from_str(&lab.aws.secret(arn)).expect("RDS's shape");
    let part = |name: &str| value[name].as_str().expect("text").to_owned();
    (part("username"), part("password"))
}

/// The names of a cluster's custom endpoints; none once it is gone.
fn custom_endpoints(lab: &Lab, cluster: &str) -> Vec<String> {
    let of_it = lab.aws.cluster_endpoints().into_iter();
    let of_it = of_it.filter(|one| one.db_cluster_identifier.as_deref() == Some(cluster));
    of_it.filter_map(|one| one.db_cluster_endpoint_identifier).collect()
}

/// daybreak with a profile of the source, signing with `key`.
fn daybreak(lab: &Lab, source: &Source, key: &str) -> Daybreak {
    let secret = format!("{key}/loans/db");
    lab.aws.create_secret(&secret, &secret_of_the_application(source));
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    let watch = "[databases.loans.watch]\nfor = \"0s\"\n";
    let daybreak = beside(lab, key);
    daybreak.write("daybreak.toml", &profile(source, &connect, &format!("secret = {secret:?}\n"), watch));
    daybreak
}

/// A secondary whose servers nobody can log in to: how far it is behind is CloudWatch's to tell, and it is detached.
fn detached_by_the_metric(lab: &Lab, name: &str) {
    let site = Site::global(lab, name);
    site.daybreak.write("daybreak.toml", &format!("[databases.loans]\ncluster = {name:?}\nregion = {HERE:?}\n"));
    let lag = until("the lag", || {
        let ended = site.daybreak.run(["windows", "loans", "--output", "json"]);
        assert_eq!(ended.code, Some(0), "{ended}");
        let found = ended.json()["windows"].as_array().expect("a list").clone();
        let secondary = found.iter().find(|window| window["kind"] == "global-secondary").expect("the secondary");
        (secondary["lag"]["what"] == "measured").then(|| secondary["lag"].clone())
    });
    assert_eq!(lag["metric"], "AuroraGlobalDBRPOLag", "{lag}");
    let planned = site.promote(&["--to-region", AWAY, "--detach", "--old-primary-keeps-writing", "--save", "p.json"]);
    assert_eq!(planned.code, Some(0), "{name}: {planned}");
    assert!(planned.stdout.contains("by AuroraGlobalDBRPOLag of CloudWatch"), "{name}: {planned}");
    let ended = site.daybreak.run(["recover", "--plan", "p.json", "--yes"]);
    assert_eq!(ended.code, Some(0), "{name}: {ended}");
    site.put(&site.away(), 4);
    site.put(&site.primary(), 5);
    assert_eq!((rows(&site.away()), rows(&site.primary())), ("{1,2,3,4}".to_owned(), "{1,2,3,5}".to_owned()), "{name}");
}

/// The windows of the cluster, copies in another region included.
fn windows(lab: &Lab, key: &str) -> Vec<Value> {
    let daybreak = beside(lab, key).with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "loans-open", "--regions", "eu-central-1", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.json()["windows"].as_array().expect("a list").clone()
}

/// Waits until a cluster snapshot can be used.
fn await_snapshot(rds: &aws_sdk_rds::Client, name: &str) {
    until(name, || {
        let found = wait(rds.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name).send());
        let found = found.expect("describe it");
        (found.db_cluster_snapshots()[0].status() == Some("available")).then_some(())
    });
}

#[test]
fn either_answer_does() {
    let lab = Lab::start(&["--lag", "0.2"]);
    let known = lab.control("GET", "/_lab/unconfirmed", &Value::Null);
    let mut asked: Vec<&str> = known.as_object().expect("an object").keys().map(String::as_str).collect();
    asked.sort_unstable();
    let named: Vec<&str> = QUESTIONS.iter().map(|(question, _)| *question).collect();
    assert_eq!(asked, named, "each question is listed here");
    let ground = Ground::new(&lab, "loans-open");
    for pass in 0..2 {
        let answers: Value =
            QUESTIONS.iter().map(|(question, answers)| ((*question).to_owned(), json!(answers[pass]))).collect();
        lab.control("POST", "/_lab/unconfirmed", &answers);
        ground.set(pass);
        let found = windows(&lab, &format!("open-windows-{pass}"));
        let kinds = |kind: &str| found.iter().filter(|window| window["kind"] == kind).count();
        assert_eq!((kinds("continuous"), kinds("retained")), (1, 0), "a live cluster is not listed twice: {found:?}");
        thread::scope(|scope| {
            scope.spawn(|| ground.recovered_from_the_backup(&format!("open-backup-{pass}")));
            scope.spawn(|| ground.recovered_from_the_snapshot(&format!("open-snapshot-{pass}")));
            scope.spawn(|| detached_by_the_metric(&lab, &format!("open-{pass}")));
        });
    }
}

/// A copy in another region is as old as its original, where that can be seen; where it cannot, its own time is a bound,
/// whichever it is.
#[test]
fn the_time_of_a_copy_is_its_originals_or_a_bound() {
    let lab = Lab::start(&[]);
    let create = lab.aws.rds.create_db_cluster().db_cluster_identifier("loans-open").engine("aurora-postgresql");
    let create = create.master_username("master").master_user_password("secret-Password1").database_name("loans");
    wait(create.send()).expect("create the cluster");
    lab.aws.await_cluster("loans-open");
    let (rds, abroad) = (&lab.aws.rds, lab.aws.rds_in("eu-central-1"));
    let note = json!("if it was copied within its region, its data is older than its time, which RDS does not tell");
    for (time, source) in [("changes", "untold"), ("changes", "told"), ("survives", "told")] {
        lab.control(
            "POST",
            "/_lab/unconfirmed",
            &json!({ "copied_cluster_snapshot_time": time, "local_copy_source": source }),
        );
        let answer = format!("{time}-{source}");
        let [original, copy, near] = ["original", "copy", "near"].map(|kind| format!("{kind}-{answer}"));
        let taken = rds.create_db_cluster_snapshot().db_cluster_identifier("loans-open");
        let taken = wait(taken.db_cluster_snapshot_identifier(&original).send()).expect("take a snapshot");
        await_snapshot(rds, &original);
        let arn = taken.db_cluster_snapshot.and_then(|taken| taken.db_cluster_snapshot_arn).expect("an ARN");
        for (region, name) in [(&abroad, &copy), (rds, &near)] {
            let copied = region.copy_db_cluster_snapshot().source_db_cluster_snapshot_identifier(&arn);
            wait(copied.target_db_cluster_snapshot_identifier(name).send()).expect("copy it");
            await_snapshot(region, name);
        }
        let of = |found: &[Value], name: &str| {
            found.iter().find(|window| window["source"] == name).unwrap_or_else(|| panic!("{name}: {found:?}")).clone()
        };
        let found = windows(&lab, &format!("open-seen-{answer}"));
        let doubted = |window: &Value| window["notes"].as_array().is_some_and(|notes| notes.contains(&note));
        assert_eq!(of(&found, &copy)["restore_point"], of(&found, &original)["restore_point"], "{answer}");
        match source {
            "told" => {
                assert_eq!(of(&found, &near)["restore_point"], of(&found, &original)["restore_point"], "{answer}")
            }
            _ => assert!(doubted(&of(&found, &near)), "{found:?}"),
        }
        wait(rds.delete_db_cluster_snapshot().db_cluster_snapshot_identifier(&original).send())
            .expect("delete the original");
        // Until the second in which they were copied is over, their times are after the present one.
        let found = until("the next second", || {
            let found = windows(&lab, &format!("open-bound-{answer}"));
            let past = |name: &String| of(&found, name)["loses"]["what"] == "before";
            (past(&copy) && past(&near)).then_some(found)
        });
        let bound = |name: &str| of(&found, name)["loses"]["bound"].clone();
        assert_eq!(bound(&copy), json!("at-least"), "{answer}: {found:?}");
        assert_eq!(bound(&near) == json!("at-least"), source == "told", "{answer}: {found:?}");
        assert_eq!(doubted(&of(&found, &near)), source != "told", "{answer}: {found:?}");
    }
}

/// A cluster may still be called in no state for an instance just after it is described as available.
#[test]
fn a_writer_refused_just_after_the_cluster_is_available_is_asked_for_again() {
    let lab = Lab::start(&[]);
    let source = Source::create(&lab, "loans-late");
    lab.faults(&json!([{
        "service": "rds", "action": "CreateDBInstance", "kind": "code", "code": "InvalidDBClusterStateFault",
        "identity": "late", "times": 2,
    }]));
    let moment = source.moment.to_string();
    let daybreak = daybreak(&lab, &source, "late");
    let ended = daybreak.run(["recover", "loans", "--to", &moment, "--until", "validated", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    let made = lab.aws.cluster(result["target"]["identifier"].as_str().expect("a name"));
    let sql = Sql::new(made.endpoint().expect("an endpoint"), source.sql.port, &lab.ca);
    assert_eq!(sql.rows(ALL_ROWS), source.rows);
    let calls = lab.calls("late");
    let asked: Vec<&Value> = calls.iter().filter(|call| call["action"] == "CreateDBInstance").collect();
    assert!(asked.len() >= 3 && asked[2]["status"] == 200, "twice refused, then taken: {asked:?}");
}
