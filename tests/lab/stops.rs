//! Runs that stop on the way, and the commands that go on with them.

use serde_json::{Value, json};

use crate::support::{Scene, assert_refused, aws::own_tags, source::ALL_ROWS, sql::Sql};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let ended = scene.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended}");
    ended.json()
}

#[test]
fn restored_then_validated_then_cut_over_then_rolled_back_then_cancelled() {
    let scene = Scene::new();
    let before = scene.source.fingerprint(scene.lab);
    let restored = scene.recovered("restored");
    let run = text(&restored, "/run").to_owned();
    let target = text(&restored, "/target/identifier").to_owned();
    assert_eq!(
        (text(&restored, "/outcome"), &restored["proof"], &restored["cutover"]),
        ("stopped", &Value::Null, &Value::Null)
    );
    assert_eq!(restored["next"][0], json!(format!("daybreak resume {run} --until validated")));

    let early = scene.run(&["cutover", &run, "--yes"]);
    assert_refused(&early, 3);
    assert!(
        early.stderr.contains(&format!("next: prove it first: daybreak resume {run} --until validated")),
        "{early}"
    );

    let validated = json(&scene, &["resume", "--until", "validated"]);
    assert_eq!((text(&validated, "/outcome"), &validated["proof"]["failed"]), ("stopped", &json!(0)));
    assert_eq!(scene.lab.aws.versions(&scene.secret).len(), 1, "the application is where it was");
    assert_eq!(json(&scene, &["status"]), json(&scene, &["status", &run]));
    assert_eq!(json(&scene, &["status"])["outcome"], json!("stopped"));

    let moved = json(&scene, &["cutover", "--yes"]);
    assert_eq!(text(&moved, "/outcome"), "recovered");
    assert_eq!(scene.application().rows(ALL_ROWS), scene.source.rows);

    let refused = scene.run(&["cancel", &run, "--yes"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains(&format!("daybreak rollback {run}")), "{refused}");

    let back = json(&scene, &["rollback", &run, "--yes"]);
    assert_eq!(text(&back, "/outcome"), "rolled_back");
    assert_eq!(scene.application().host, scene.source.sql.host);
    assert!(scene.lab.aws.find_cluster(&target).is_some(), "the target is kept");

    let cancelled = json(&scene, &["cancel", &run, "--yes"]);
    assert_eq!(text(&cancelled, "/outcome"), "undone");
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
    assert_eq!(scene.lab.aws.secret(&scene.secret), scene.value);
    assert_eq!(scene.source.fingerprint(scene.lab), before);

    let again = scene.run(&["resume", &run]);
    assert_refused(&again, 3);
}

#[test]
fn a_rolled_back_run_can_be_cut_over_again() {
    let scene = Scene::new();
    let result = scene.recovered("cutover");
    let run = text(&result, "/run");
    json(&scene, &["rollback", run, "--yes"]);
    let again = json(&scene, &["cutover", run, "--yes"]);
    assert_eq!(text(&again, "/outcome"), "recovered");
    assert_eq!(scene.application().host, text(&again, "/target/endpoint"));
    let target = scene.lab.aws.cluster(text(&again, "/target/identifier"));
    assert_eq!(own_tags(target.tag_list()), ["environment=production", "team=loans"]);
}

#[test]
fn a_cancelled_recovery_leaves_nothing() {
    let scene = Scene::new();
    let restored = scene.recovered("restored");
    let (run, target) = (text(&restored, "/run"), text(&restored, "/target/identifier"));
    assert_eq!(scene.lab.aws.names(target).len(), 3, "a cluster, its writer and its reader");
    let cancelled = json(&scene, &["cancel", run, "--yes"]);
    assert_eq!(text(&cancelled, "/outcome"), "undone");
    assert_eq!(scene.lab.aws.names(target), Vec::<String>::new());
    assert_eq!(scene.lab.aws.versions(&scene.secret).len(), 1);
}

#[test]
fn what_happened_can_be_read_afterwards() {
    let scene = Scene::new();
    let second = scene.recovered("restored");
    let first = scene.recovered("cutover");
    let (first_run, second_run) = (text(&first, "/run"), text(&second, "/run"));

    let runs = json(&scene, &["runs"]);
    let listed: Vec<&str> = runs["runs"].as_array().expect("runs").iter().map(|run| text(run, "/run")).collect();
    let mut expected = vec![first_run, second_run];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    let table = scene.run(&["runs"]);
    assert_eq!((table.code, table.stdout.lines().count()), (Some(0), 2), "{table}");

    let evidence = json(&scene, &["report", first_run]);
    assert_eq!(evidence["result"], first, "the report holds the result, from the journal alone");
    let report = scene.run(&["report", first_run]);
    assert_eq!((report.code, report.stderr.as_str()), (Some(0), ""), "{report}");
    for word in [
        "loans-prod",
        text(&first, "/target/identifier"),
        "loans exist",
        "1500",
        "RTO",
        "RPO",
        &scene.secret,
        &scene.version,
    ] {
        assert!(report.stdout.contains(word), "{word:?} is not in {report}");
    }
    let status = scene.run(&["status"]);
    assert!(
        status.code == Some(0) && status.stdout.contains(second_run),
        "the unfinished one is meant, not the latest: {status}"
    );
    // Reading asks nobody.
    let offline = scene.with("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    assert_eq!(offline.run(&["report", first_run]).code, Some(0));
}

#[test]
fn a_database_without_a_pointer_ends_with_its_proof() {
    let scene = Scene::new();
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let profile = crate::support::scene::profile(scene.source, &connect, "", "");
    scene.daybreak.write("daybreak.toml", &profile);
    let result = scene.recovered("cutover");
    assert_eq!((text(&result, "/outcome"), &result["cutover"]), ("recovered", &Value::Null));
    assert_eq!(scene.lab.aws.versions(&scene.secret).len(), 1);
    let target = Sql::new(text(&result, "/target/endpoint"), 5444, &scene.lab.ca);
    assert_eq!(target.rows(ALL_ROWS), scene.source.rows);
}
