//! Source and target swap names: clients that know nothing but the production endpoint's address find the target there, and after
//! a rollback the source again, and every acknowledged write is on the side that acknowledged it.

use serde_json::{Value, json};

use crate::support::{
    Lab, Scene, Source, assert_refused,
    aws::wait,
    clients::{Clients, ROLES, order},
    scene::profile,
    sql::{MASTER, PASSWORD, Sql},
    until,
};

/// The source is on its first timeline, what was restored from it on the next.
const SOURCE: &str = "timeline 1";
const TARGET: &str = "timeline 2";

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// A scene of a source of its own, whose application logs in as `shop` and `batch` and knows the endpoint by heart.
fn scene(name: &str) -> Scene {
    let mut source = Source::create(Lab::shared(), name);
    source.sql.rows(ROLES);
    let now: i64 = source.sql.rows("SELECT extract(epoch FROM clock_timestamp())::bigint + 1").parse().expect("a time");
    source.moment = until("a window with the roles", || {
        let latest = source.described(Lab::shared()).latest_restorable_time.expect("a window").secs();
        (latest > now + 1).then(|| jiff::Timestamp::from_second(now + 1).expect("a time"))
    });
    let source: &'static Source = Box::leak(Box::new(source));
    let scene = Scene::of(source, &source.rds_secret().replace("\"master\"", "\"shop\""), "");
    let admin = format!("{}/admin", scene.identity());
    scene.lab.aws.create_secret(&admin, &source.rds_secret());
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let more = format!(
        "[databases.loans.watch]\nfor = \"1s\"\ninterval = \"1s\"\n[databases.loans.fence]\nsecret = {admin:?}\nroles = [\"shop\", \"batch\"]\n"
    );
    // The damage has left ten loans.
    let text = profile(source, &connect, "rename = true", &more).replace(">= 1000", ">= 1");
    scene.daybreak.write("daybreak.toml", &text);
    scene
}

/// The resource id of whoever is called so.
fn called(scene: &Scene, name: &str) -> Option<String> {
    scene.lab.aws.find_cluster(name)?.db_cluster_resource_id
}

fn aside(scene: &Scene, run: &str) -> String {
    format!("{}-aside-{}", scene.source.cluster, run.rsplit('-').next().expect("a suffix"))
}

fn target(scene: &Scene, run: &str) -> String {
    format!("{}-db-{}", scene.source.cluster, run.rsplit('-').next().expect("a suffix"))
}

fn json(scene: &Scene, arguments: &[&str], code: i32) -> Value {
    let ended = scene.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(code), "{arguments:?}: {ended}");
    ended.json()
}

/// The writes that `side` acknowledged and that `sql` does not have.
fn lost(sql: &Sql, acknowledged: &[(String, i64)], side: &str) -> Vec<i64> {
    let there: Vec<i64> = sql.rows("SELECT id FROM orders").lines().map(|line| line.parse().expect("an id")).collect();
    let wanted = acknowledged.iter().filter(|(by, _)| by == side).map(|(_, id)| *id);
    wanted.filter(|id| !there.contains(id)).collect()
}

#[test]
fn clients_of_the_endpoint_follow_the_name_to_the_target_and_back() {
    let scene = scene("rename-clients");
    let source = scene.source;
    let id = called(&scene, &source.cluster).expect("the source");
    let clients = Clients::at(scene.lab, &source.sql.host, source.sql.port);
    clients.write_to(SOURCE);
    let result = scene.recovered("cutover");
    let run = text(&result, "/run").to_owned();
    clients.write_to(TARGET);
    assert_eq!(called(&scene, &aside(&scene, &run)), Some(id.clone()));
    assert_eq!(called(&scene, &source.cluster), result["target"]["resource_id"].as_str().map(str::to_owned));
    assert_eq!(called(&scene, &target(&scene, &run)), None);
    assert_eq!(text(&result, "/cutover/leads_to"), format!("{}:{}", source.sql.host, source.sql.port));
    assert!(result["cutover"]["name"]["certified_as"].is_string(), "the certificate keeps the former name: {result:#}");
    let shown = scene.run(&["status", &run]);
    assert!(shown.stdout.contains(&format!("the target bears the name {}", source.cluster)), "{shown}");
    let kept = scene.run(&["cleanup", "--output", "json"]);
    assert_eq!(kept.code, Some(0), "{kept}");
    assert!(kept.stdout.contains(&format!("it bears the name {}", source.cluster)), "{kept}");

    let back = json(&scene, &["rollback", &run, "--yes", "--accept-loss", "1000000"], 0);
    assert_eq!(text(&back, "/outcome"), "rolled_back");
    clients.write_to(SOURCE);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [SOURCE, TARGET, SOURCE], "never both at once");
    assert_eq!(called(&scene, &source.cluster), Some(id.clone()));
    let endpoint = scene.lab.aws.cluster(&target(&scene, &run)).endpoint.expect("an endpoint");
    assert_eq!(lost(&source.sql, &acknowledged, SOURCE), Vec::<i64>::new());
    assert_eq!(lost(&Sql::new(&endpoint, source.sql.port, &scene.lab.ca), &acknowledged, TARGET), Vec::<i64>::new());

    let undone = json(&scene, &["cancel", &run, "--yes"], 0);
    assert_eq!(text(&undone, "/outcome"), "undone");
    assert_eq!(called(&scene, &source.cluster), Some(id), "the source is never removed");
    assert_eq!(called(&scene, &target(&scene, &run)), None);
}

/// Starts a recovery, and kills it once the source has been put aside and the target has not taken its place.
fn killed_in_the_gap(scene: &Scene) -> String {
    let identity = scene.identity();
    scene.lab.faults(&json!([{
        "service": "rds", "action": "ModifyDBCluster", "kind": "hold-before", "identity": identity,
        "match": { "NewDBClusterIdentifier": format!("^{}$", scene.source.cluster) }
    }]));
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    until("the second rename", || (!scene.lab.held(identity).is_empty()).then_some(()));
    running.kill().expect("kill daybreak");
    running.wait().expect("daybreak's end");
    assert_eq!(called(scene, &scene.source.cluster), None, "nothing bears the name");
    scene.runs().pop().expect("a run")
}

#[test]
fn a_daybreak_killed_in_the_gap_goes_on() {
    let scene = scene("rename-killed");
    let id = called(&scene, &scene.source.cluster);
    let run = killed_in_the_gap(&scene);
    scene.lab.forgive(scene.identity());
    let resumed = json(&scene, &["resume", &run], 0);
    assert_eq!(text(&resumed, "/outcome"), "recovered");
    assert_eq!(called(&scene, &aside(&scene, &run)), id);
}

#[test]
fn a_daybreak_killed_in_the_gap_is_turned_back() {
    let scene = scene("rename-returned");
    let id = called(&scene, &scene.source.cluster);
    let run = killed_in_the_gap(&scene);
    scene.lab.forgive(scene.identity());
    let back = json(&scene, &["rollback", &run, "--yes", "--accept-loss", "1000000"], 0);
    assert_eq!(text(&back, "/outcome"), "rolled_back");
    assert_eq!(called(&scene, &scene.source.cluster), id);
    assert!(called(&scene, &target(&scene, &run)).is_some(), "the target is kept, under its own name");
}

#[test]
fn a_stranger_who_takes_the_name_in_the_gap_is_left_alone_and_said() {
    let scene = scene("rename-stranger");
    let name = &scene.source.cluster;
    let id = called(&scene, name);
    let run = killed_in_the_gap(&scene);
    let theirs = scene.lab.aws.rds.create_db_cluster().db_cluster_identifier(name).engine("aurora-postgresql");
    wait(theirs.master_username(MASTER).master_user_password(PASSWORD).send()).expect("a stranger's cluster");
    scene.lab.aws.await_cluster(name);
    let stranger = called(&scene, name);
    scene.lab.forgive(scene.identity());

    let stuck = scene.run(&["resume", &run]);
    assert_eq!(stuck.code, Some(4), "{stuck}");
    assert!(stuck.stderr.contains("which this run knows nothing of"), "{stuck}");
    assert!(stuck.stdout.contains(&aside(&scene, &run)), "{stuck}");
    assert_eq!((called(&scene, name), called(&scene, &aside(&scene, &run))), (stranger, id.clone()));
    scene.lab.aws.delete_cluster(name);
    until("the stranger to be gone", || called(&scene, name).is_none().then_some(()));
    let resumed = scene.run(&["resume", &run, "--output", "json"]);
    assert_eq!(text(&resumed.json(), "/outcome"), "rolled_back", "{resumed}");
    assert_eq!(called(&scene, name), id);
}

#[test]
fn a_swap_that_cannot_be_is_refused_before_anything_is_made() {
    let scene = Scene::new();
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let secret = format!("secret = {:?}\nrename = true", scene.secret);
    let fence = "[databases.loans.fence]\nmode = \"roles\"\n";
    for (cutover, more, code, words) in [
        (secret.as_str(), "", 2, "not together with `secret`"),
        ("rename = \"yes\"", "", 2, "expected true or false"),
        ("rename = true", fence, 3, "nothing says whom the application logs in as"),
    ] {
        scene.daybreak.write("daybreak.toml", &profile(scene.source, &connect, cutover, more));
        let ended = scene.recover(&["--yes"]);
        assert_refused(&ended, code);
        assert!(ended.stderr.contains(words), "{words}: {ended}");
        scene.assert_untouched(&ended);
    }
}
