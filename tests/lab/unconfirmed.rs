//! Where AWS does not say what it answers, either answer does: recoveries and `windows` come out the same under both.

use serde_json::{Value, json};

use crate::support::{
    Lab, Source,
    aws::wait,
    daybreak::Daybreak,
    scene::{beside, profile},
    source::ALL_ROWS,
    sql::Sql,
    until,
};

/// The lab's questions with their answers, the default first. A question that the lab has and this list lacks fails the
/// test.
const QUESTIONS: &[(&str, [&str; 2])] = &[
    ("cluster_insights", ["separate", "inherited"]),
    ("copied_cluster_snapshot_time", ["changes", "survives"]),
    ("instance_in_creating_cluster", ["refused", "accepted"]),
    ("live_cluster_backups", ["unlisted", "listed"]),
    // A third answer, that it waits for an instance, comes to the same once there is one.
    ("password_without_instance", ["effective", "lost"]),
    ("point_in_time_port", ["default", "inherited"]),
    ("snapshot_restore_iam_authentication", ["off", "inherited"]),
    ("unknown_cluster_endpoint", ["refused", "empty"]),
];

/// The recoveries, by what they are asked for beside the database; `MOMENT` is the second before the damage.
const WAYS: &[&[&str]] = &[&["--to", "MOMENT"]];

/// daybreak with a profile of the source, signing with `key`.
fn daybreak(lab: &Lab, source: &Source, key: &str) -> Daybreak {
    let secret = format!("{key}/loans/db");
    lab.aws.create_secret(&secret, &source.rds_secret());
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    let watch = "[databases.loans.watch]\nfor = \"0s\"\n";
    let daybreak = beside(lab, key);
    daybreak.write("daybreak.toml", &profile(source, &connect, &format!("secret = {secret:?}\n"), watch));
    daybreak
}

/// Recovers, and compares rows and those settings that AWS may or may not inherit.
fn recovers(lab: &Lab, source: &Source, key: &str, way: &[&str]) {
    let moment = source.moment.to_string();
    let way = way.iter().map(|&argument| if argument == "MOMENT" { moment.as_str() } else { argument });
    let arguments: Vec<&str> =
        ["recover", "loans", "--until", "cutover", "--output", "json"].into_iter().chain(way).collect();
    let ended = daybreak(lab, source, key).run(&arguments);
    assert_eq!(ended.code, Some(0), "{key}: {ended}");
    let result = ended.json();
    assert_eq!(result["outcome"], "recovered", "{key}: {ended}");
    let target = result["target"]["identifier"].as_str().expect("a name");
    let (made, theirs) = (lab.aws.cluster(target), source.described(lab));
    assert_eq!(made.port(), theirs.port(), "{key}");
    assert_eq!(made.iam_database_authentication_enabled(), theirs.iam_database_authentication_enabled(), "{key}");
    let port = result["target"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    let sql = Sql::new(result["target"]["endpoint"].as_str().expect("an endpoint"), port, &lab.ca);
    assert_eq!(sql.rows(ALL_ROWS), source.rows, "{key}");
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
    let lab = Lab::start(&[]);
    let known = lab.control("GET", "/_lab/unconfirmed", &Value::Null);
    let mut asked: Vec<&str> = known.as_object().expect("an object").keys().map(String::as_str).collect();
    asked.sort_unstable();
    let named: Vec<&str> = QUESTIONS.iter().map(|(question, _)| *question).collect();
    assert_eq!(asked, named, "each question is listed here");
    let source = Source::create(&lab, "loans-open");
    lab.aws.create_instance("loans-open", "loans-open-2");
    for pass in 0..2 {
        let answers: Value =
            QUESTIONS.iter().map(|(question, answers)| ((*question).to_owned(), json!(answers[pass]))).collect();
        lab.control("POST", "/_lab/unconfirmed", &answers);
        let found = windows(&lab, &format!("open-windows-{pass}"));
        let kinds = |kind: &str| found.iter().filter(|window| window["kind"] == kind).count();
        assert_eq!((kinds("continuous"), kinds("retained")), (1, 0), "a live cluster is not listed twice: {found:?}");
        for (number, way) in WAYS.iter().enumerate() {
            recovers(&lab, &source, &format!("open-{pass}-{number}"), way);
        }
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
    for answer in ["changes", "survives"] {
        lab.control("POST", "/_lab/unconfirmed", &json!({ "copied_cluster_snapshot_time": answer }));
        let (original, copy) = (format!("original-{answer}"), format!("copy-{answer}"));
        let taken = rds.create_db_cluster_snapshot().db_cluster_identifier("loans-open");
        let taken = wait(taken.db_cluster_snapshot_identifier(&original).send()).expect("take a snapshot");
        await_snapshot(rds, &original);
        let arn = taken.db_cluster_snapshot.and_then(|taken| taken.db_cluster_snapshot_arn).expect("an ARN");
        let copied = abroad.copy_db_cluster_snapshot().source_db_cluster_snapshot_identifier(arn);
        wait(copied.target_db_cluster_snapshot_identifier(&copy).send()).expect("copy it");
        await_snapshot(&abroad, &copy);
        let of = |found: &[Value], name: &str| {
            found.iter().find(|window| window["source"] == name).unwrap_or_else(|| panic!("{name}: {found:?}")).clone()
        };
        let found = windows(&lab, &format!("open-seen-{answer}"));
        assert_eq!(of(&found, &copy)["restore_point"], of(&found, &original)["restore_point"], "{answer}");
        wait(rds.delete_db_cluster_snapshot().db_cluster_snapshot_identifier(&original).send())
            .expect("delete the original");
        // Until the second in which it was copied is over, its time is after the present one.
        let window = until("the next second", || {
            let window = of(&windows(&lab, &format!("open-bound-{answer}")), &copy);
            (window["loses"]["what"] != "unknown").then_some(window)
        });
        let bound = (&window["loses"]["what"], &window["loses"]["bound"]);
        assert_eq!(bound, (&json!("before"), &json!("at-least")), "{answer}: {window}");
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
    recovers(&lab, &source, "late", WAYS[0]);
    let calls = lab.calls("late");
    let asked: Vec<&Value> = calls.iter().filter(|call| call["action"] == "CreateDBInstance").collect();
    assert!(asked.len() >= 3 && asked[2]["status"] == 200, "twice refused, then taken: {asked:?}");
}
