//! What runs left: listed with the reason, and removed only where a journal of this state says that it may.

use aws_sdk_rds::types::Tag;
use serde_json::{Value, json};

use crate::support::{Scene, assert_refused, aws::wait, until};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let ended = scene.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended}");
    ended.json()
}

/// The leftover of this name.
fn leftover(scene: &Scene, name: &str) -> Value {
    let listed = json(scene, &["cleanup"]);
    let leftovers = listed["leftovers"].as_array().expect("a list").clone();
    leftovers.into_iter().find(|leftover| leftover["name"] == name).unwrap_or_else(|| panic!("no {name} in {listed:#}"))
}

fn assert_kept(scene: &Scene, name: &str, reason: &str) {
    let leftover = leftover(scene, name);
    assert_eq!(text(&leftover, "/verdict"), "kept", "{leftover:#}");
    assert!(text(&leftover, "/reason").contains(reason), "{reason:?} is not in {leftover:#}");
    let before = scene.changes();
    let refused = scene.run(&["cleanup", "--remove", name, "--yes"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains(reason), "{refused}");
    assert_eq!(scene.changes(), before, "{refused}");
}

/// Recovers and rolls back; run and target.
fn rolled_back(scene: &Scene) -> (String, String) {
    let result = scene.recovered("cutover");
    let run = text(&result, "/run").to_owned();
    assert_eq!(json(scene, &["rollback", &run, "--yes"])["outcome"], "rolled_back");
    (run, text(&result, "/target/identifier").to_owned())
}

fn tag(scene: &Scene, name: &str, tags: &[(&str, &str)]) {
    let cluster = scene.lab.aws.cluster(name);
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect();
    let arn = cluster.db_cluster_arn().expect("an ARN");
    wait(scene.lab.aws.rds.add_tags_to_resource().resource_name(arn).set_tags(Some(tags)).send()).expect("tag it");
}

/// The snapshots that a removed target leaves: of its cutover, and of its end.
fn left(target: &str) -> [String; 2] {
    [format!("{target}-cutover"), format!("{target}-final")]
}

#[test]
fn a_rolled_back_target_is_removed_with_a_final_snapshot() {
    let scene = Scene::new();
    let before = scene.source.fingerprint(scene.lab);
    let (run, target) = rolled_back(&scene);
    let listed = leftover(&scene, &target);
    assert_eq!((text(&listed, "/verdict"), text(&listed, "/outcome")), ("removable", "rolled back"), "{listed:#}");
    assert_eq!(text(&listed, "/final_snapshot"), format!("{target}-final"));
    assert_eq!(listed["monthly_cost"], json!({ "usd_per_month": 379.0, "at_least": false }), "two db.r6g.large");
    assert_eq!(listed["instances"], json!([format!("{target}-1"), format!("{target}-2")]));

    let page = scene.run(&["cleanup"]);
    assert_eq!(page.code, Some(0), "{page}");
    assert!(page.stdout.contains(&format!("daybreak cleanup --remove {target}")), "{page}");
    let unseen = scene.run(&["cleanup", "--yes"]);
    assert_refused(&unseen, 2);
    let undecided = scene.run(&["cleanup", "--remove", &target]);
    assert_refused(&undecided, 2);
    assert_eq!(scene.lab.aws.names(&target).len(), 3, "listing and refusing removes nothing");

    let removed = json(&scene, &["cleanup", "--remove", &run, "--yes"]);
    assert_eq!(text(&removed, "/removed/0/outcome"), "removed", "{removed:#}");
    assert_eq!(text(&removed, "/removed/0/final_snapshot"), format!("{target}-final"));
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
    assert_eq!(scene.source.fingerprint(scene.lab), before);
    assert_eq!(scene.lab.aws.secret(&scene.secret), scene.value);

    let status = json(&scene, &["status", &run]);
    assert_eq!((text(&status, "/outcome"), &status["target"]["exists"]), ("rolled_back", &json!(false)));
    assert!(status["removal"]["done"].is_string(), "{status:#}");
    assert_refused(&scene.run(&["cutover", &run, "--yes"]), 3);
    assert_refused(&scene.run(&["cancel", &run, "--yes"]), 3);
    assert_kept(&scene, &format!("{target}-final"), "never removes a snapshot");
    assert_refused(&scene.run(&["cleanup", "--remove", &target, "--yes"]), 3);
}

#[test]
fn what_the_application_uses_is_kept_until_it_has_left() {
    let scene = Scene::new();
    let result = scene.recovered("cutover");
    let target = text(&result, "/target/identifier").to_owned();
    assert_kept(&scene, &target, "the application uses it");
    // Somebody moves the application away, and not by daybreak.
    scene.lab.aws.put_secret(&scene.secret, &scene.value);
    let listed = leftover(&scene, &target);
    assert_eq!(text(&listed, "/verdict"), "removable", "{listed:#}");
    assert!(text(&listed, "/reason").contains("leads to loans-prod"), "{listed:#}");
    let removed = json(&scene, &["cleanup", "--remove", &target, "--yes"]);
    assert_eq!(
        text(&removed, "/removed/0/final_snapshot"),
        format!("{target}-final"),
        "deletion protection went with it"
    );
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
}

#[test]
fn what_other_journals_tell_of_is_listed_and_kept() {
    let scene = Scene::new();
    let (_, target) = rolled_back(&scene);
    let elsewhere = Scene::new();
    assert_kept(&elsewhere, &target, "is not in");
    assert_eq!(scene.lab.aws.names(&target).len(), 3);
}

#[test]
fn an_unfinished_run_a_source_and_what_lost_its_tag_are_kept() {
    let scene = Scene::new();
    let validated = scene.recovered("validated");
    let (run, waiting) = (text(&validated, "/run").to_owned(), text(&validated, "/target/identifier").to_owned());
    assert_kept(&scene, &waiting, "still needs it");
    assert_eq!(text(&leftover(&scene, &waiting), "/next"), format!("daybreak cancel {run}"));

    // A later profile recovers from the target: it has become a source.
    let (_, target) = rolled_back(&scene);
    let profile = format!("[databases.loans]\ncluster = {target:?}\nregion = \"eu-west-1\"\n");
    let mine = std::fs::read_to_string(scene.daybreak.path("daybreak.toml")).expect("the profile");
    scene.daybreak.write("daybreak.toml", &profile);
    assert_kept(&scene, &target, "it is the source of a profile");
    scene.daybreak.write("daybreak.toml", &mine);

    let arn = scene.lab.aws.cluster(&target).db_cluster_arn().expect("an ARN").to_owned();
    wait(scene.lab.aws.rds.remove_tags_from_resource().resource_name(arn).tag_keys("daybreak:run").send())
        .expect("remove the tag");
    assert_kept(&scene, &target, "carries no daybreak:run tag");
    let untagged = scene.run(&["cleanup", "--remove", "loans-prod", "--yes"]);
    assert_refused(&untagged, 3);
    assert!(untagged.stderr.contains("no earlier run left anything of this name"), "{untagged}");
}

#[test]
fn an_instance_that_daybreak_did_not_make_keeps_its_cluster() {
    let scene = Scene::new();
    let (_, target) = rolled_back(&scene);
    scene.lab.aws.create_instance(&target, &format!("{target}-analytics"));
    assert_kept(&scene, &target, &format!("instance {target}-analytics in it was not made by run"));
    let analytics = scene.lab.aws.rds.delete_db_instance().db_instance_identifier(format!("{target}-analytics"));
    wait(analytics.skip_final_snapshot(true).send()).expect("delete the instance");
}

#[test]
fn a_pointer_that_cannot_be_read_keeps_everything() {
    let scene = Scene::new();
    let (_, target) = rolled_back(&scene);
    scene.lab.aws.put_secret(&scene.secret, "not a connection any more");
    assert_kept(&scene, &target, "cannot be read");
}

#[test]
fn a_drill_goes_without_a_snapshot_once_it_has_expired() {
    let scene = Scene::new();
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let profile = crate::support::scene::profile(scene.source, &connect, "", "");
    scene.daybreak.write("daybreak.toml", &profile);
    let target = text(&scene.recovered("cutover"), "/target/identifier").to_owned();
    let unclaimed = leftover(&scene, &target);
    assert_eq!(text(&unclaimed, "/verdict"), "only-if-named", "no pointer tells: {unclaimed:#}");

    tag(&scene, &target, &[("daybreak:purpose", "drill")]);
    assert_kept(&scene, &target, "no tag daybreak:expires");
    tag(&scene, &target, &[("daybreak:expires", "tomorrow")]);
    assert_kept(&scene, &target, "is no time");
    tag(&scene, &target, &[("daybreak:expires", "2999-01-01T00:00:00Z")]);
    assert_kept(&scene, &target, "until 2999-01-01");
    tag(&scene, &target, &[("daybreak:expires", "2026-01-01T00:00:00Z")]);
    let expired = leftover(&scene, &target);
    assert_eq!((text(&expired, "/verdict"), &expired["final_snapshot"]), ("removable", &Value::Null), "{expired:#}");

    let removed = json(&scene, &["cleanup", "--remove", &target, "--yes"]);
    assert_eq!(
        (text(&removed, "/removed/0/outcome"), &removed["removed"][0]["final_snapshot"]),
        ("removed", &Value::Null)
    );
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
    assert_eq!(scene.lab.aws.snapshots(&target), Vec::<String>::new());
}

#[test]
fn a_cleanup_that_was_killed_is_gone_on_with() {
    for records in [1, 3, 5, 7] {
        let scene = Scene::new();
        let (run, target) = rolled_back(&scene);
        let before = scene.records();
        let arguments = ["cleanup", "--remove", &run, "--yes", "--output", "json"].map(str::to_owned);
        let mut running = scene.start(&arguments);
        until(&format!("record {records} of the removal"), || (scene.records() >= before + records).then_some(()));
        running.kill().expect("kill daybreak");
        assert_eq!(running.wait().expect("its end").code(), None, "killed, not done");
        let removed = json(&scene, &["cleanup", "--remove", &target, "--yes"]);
        assert_eq!(text(&removed, "/removed/0/outcome"), "removed", "{records}: {removed:#}");
        assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new(), "{records}");
        assert_eq!(scene.lab.aws.snapshots(&target), left(&target), "{records}");
    }
}

#[test]
fn a_snapshot_of_another_cluster_under_the_name_stops_the_removal() {
    let scene = Scene::new();
    let (_, target) = rolled_back(&scene);
    // The deletion of another cluster leaves a snapshot of the name that ours would get.
    let other = format!("{target}-other");
    let create = scene.lab.aws.rds.create_db_cluster().db_cluster_identifier(&other).engine("aurora-postgresql");
    wait(create.master_username("other").master_user_password("a-password").send()).expect("create a cluster");
    scene.lab.aws.await_cluster(&other);
    let delete = scene.lab.aws.rds.delete_db_cluster().db_cluster_identifier(&other);
    wait(delete.final_db_snapshot_identifier(format!("{target}-final")).send()).expect("delete it");
    until("its end", || scene.lab.aws.find_cluster(&other).is_none().then_some(()));

    let stopped = scene.run(&["cleanup", "--remove", &target, "--yes", "--output", "json"]);
    assert_eq!(stopped.code, Some(4), "{stopped}");
    let end = stopped.json()["removed"][0].clone();
    assert_eq!(text(&end, "/outcome"), "failed", "{stopped}");
    assert!(text(&end, "/how").contains(&format!("of cluster {other}")), "{stopped}");
    assert!(scene.lab.aws.find_cluster(&target).is_some(), "no data went");
    let removed = json(&scene, &["cleanup", "--remove", &target, "--no-final-snapshot", "--yes"]);
    assert_eq!(text(&removed, "/removed/0/outcome"), "removed");
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
}

#[test]
fn a_cancel_after_a_rollback_keeps_the_data() {
    let scene = Scene::new();
    let (run, target) = rolled_back(&scene);
    assert_eq!(json(&scene, &["cancel", &run, "--yes"])["outcome"], "undone");
    assert_eq!(scene.lab.aws.snapshots(&target), left(&target));
    assert_eq!(scene.lab.aws.names(&target), Vec::<String>::new());
    let report = scene.run(&["report", &run]);
    assert!(report.stdout.contains(&format!("{target}-final")), "{report}");

    let (run, target) = rolled_back(&scene);
    assert_eq!(json(&scene, &["cancel", &run, "--no-final-snapshot", "--yes"])["outcome"], "undone");
    assert_eq!(scene.lab.aws.snapshots(&target), [format!("{target}-cutover")]);
}
