//! What can be restored, from where, to when.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Lab, Scene, Source, assert_refused, scene::beside};

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no time"))
}

/// The windows of a document that are continuous backups.
fn continuous(document: &Value) -> Vec<&Value> {
    let windows = document["windows"].as_array().expect("a list");
    windows.iter().filter(|window| window["kind"] == "continuous").collect()
}

#[test]
fn the_window_as_json() {
    let scene = Scene::new();
    let ended = scene.run(&["windows", "loans", "--output", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let document = ended.json();
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["wanted", "asked", "windows", "regions", "unseen", "left_out"]);
    assert_eq!((&document["asked"], &document["regions"]), (&json!(false), &json!(["eu-west-1"])));
    let [window] = continuous(&document)[..] else { panic!("{document}") };
    let fixed = ["database", "kind", "family", "source", "region", "call"].map(|name| window[name].clone());
    let call = "RestoreDBClusterToPointInTime";
    assert_eq!(fixed, ["loans", "continuous", "cluster", "loans-prod", "eu-west-1", call].map(|text| json!(text)));
    let described = scene.source.described(scene.lab);
    let earliest = described.earliest_restorable_time.expect("AWS knows it");
    assert_eq!(time(&window["earliest"]).as_millisecond(), earliest.to_millis().expect("in range"));
    assert!(time(&window["latest"]) >= scene.source.moment, "{window}");
    assert_eq!((&window["retention_days"], &window["usable"]), (&json!(3), &json!(true)));
    assert_eq!(scene.changes(), Vec::<String>::new());
}

/// The time that a window is said to give is one that a plan is made for.
#[test]
fn a_wanted_time_is_given_without_loss_and_the_plan_agrees() {
    let scene = Scene::new();
    let moment = scene.source.moment.to_string();
    let ended = scene.run(&["windows", "loans", "--to", &moment, "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let document = ended.json();
    let best = &document["windows"][0];
    assert_eq!((&best["kind"], &best["loses"]), (&json!("continuous"), &json!({ "what": "nothing" })), "{best}");
    assert_eq!((time(&best["restore_point"]), time(&document["wanted"])), (scene.source.moment, scene.source.moment));
    scene.plan();
}

/// The same at the edge of the window: what it offers as nearest to now can be planned for, and the loss is the way there.
#[test]
fn the_nearest_point_to_now_can_be_planned_for() {
    let scene = Scene::new();
    let ended = scene.run(&["windows", "loans", "--output", "json"]);
    let document = ended.json();
    let [window] = continuous(&document)[..] else { panic!("{document}") };
    let point = time(&window["restore_point"]);
    let loses = match time(&document["wanted"]).as_second() - point.as_second() {
        0 => json!({ "what": "nothing" }),
        lost => json!({ "what": "before", "seconds": lost, "bound": "exact" }),
    };
    assert_eq!(window["loses"], loses, "{window}");
    assert!(point < time(&window["latest"]), "RDS takes no time that is not before the latest: {window}");
    let ended = scene.run(&["plan", "loans", "--to", &point.to_string(), "--save", "edge.plan.json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
}

#[test]
fn the_window_as_a_page() {
    let scene = Scene::new();
    let ended = scene.run(&["windows", "--to", &scene.source.moment.to_string()]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "loans: loans-prod in eu-west-1");
    assert!(lines[1].ends_with(" ago; what loses least comes first"), "{ended}");
    assert_eq!(lines[3], "  1. continuous backup of cluster loans-prod, eu-west-1");
    assert!(lines[4].starts_with("     loses    nothing: it gives ") && lines[4].ends_with(" UTC itself"), "{ended}");
    assert!(lines[5].starts_with("     window   "), "{ended}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{ended}");
}

#[test]
fn a_cluster_without_a_profile_is_named_by_its_identifier() {
    Source::shared();
    let daybreak = beside(Lab::shared(), "windows-bare").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "loans-prod", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(ended.json()["windows"][0]["database"], json!("loans-prod"));
}

#[test]
fn all_databases_of_the_region() {
    Source::shared();
    let daybreak = beside(Lab::shared(), "windows-all").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "--all", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let document = ended.json();
    assert!(continuous(&document).iter().any(|window| window["source"] == "loans-prod"), "{document}");
}

/// A cluster that was deleted with its backups kept is found by the name it had, and so is its final snapshot.
#[test]
fn a_deleted_cluster_is_found_by_its_name() {
    let lab = Lab::start(&[]);
    let source = Source::create(&lab, "loans-gone");
    let id = source.described(&lab).db_cluster_resource_id.expect("an id");
    lab.aws.delete_cluster_keeping_backups("loans-gone", "loans-gone-final");
    let daybreak = beside(&lab, "windows-gone").with("AWS_REGION", "eu-west-1");
    let moment = source.moment.to_string();
    let ended = daybreak.run(["windows", "loans-gone", "--to", &moment, "--output", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let document = ended.json();
    let (best, last) = (&document["windows"][0], &document["windows"][1]);
    assert_eq!((&best["kind"], &best["resource_id"]), (&json!("retained"), &json!(id)), "{best}");
    assert_eq!(best["loses"], json!({ "what": "nothing" }), "{best}");
    let final_snapshot = (&last["kind"], &last["source"], &last["loses"]["what"], &last["usable"]);
    let expected = (&json!("manual-snapshot"), &json!("loans-gone-final"), &json!("later"), &json!(true));
    assert_eq!(final_snapshot, expected, "it was taken after the moment: {last}");
}

/// Denials, throttling and a second region: what could not be seen is said, and everything else is there.
#[test]
fn what_could_not_be_seen_is_said() {
    let lab = Lab::start(&[]);
    Source::create(&lab, "loans-seen");
    let rule = |kind: &str, action: &str| json!({ "service": "rds", "action": action, "kind": kind });
    let mut throttled = rule("throttle", "DescribeDBInstances");
    throttled["times"] = json!(2);
    lab.faults(&json!([rule("access-denied", "DescribeDBClusterSnapshots"), throttled]));
    let daybreak = beside(&lab, "windows-denied").with("AWS_REGION", "eu-west-1");
    let arguments = ["windows", "loans-seen", "--regions", "eu-central-1", "--output", "json"];
    let ended = daybreak.run(arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let document = ended.json();
    assert_eq!(continuous(&document).len(), 1, "{document}");
    let denied: Vec<(&str, &str)> = document["unseen"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|unseen| unseen["code"] == "AccessDenied")
        .filter_map(|unseen| Some((unseen["region"].as_str()?, unseen["action"].as_str()?)))
        .collect();
    let action = "rds:DescribeDBClusterSnapshots";
    assert_eq!(denied, [("eu-central-1", action), ("eu-west-1", action)], "{document}");
    assert!(!document["unseen"].to_string().contains("DescribeDBInstances\""), "throttled calls are repeated");
    let page = daybreak.run(["windows", "loans-seen"]);
    let said = "  ! cluster snapshots of eu-west-1 could not be seen: AccessDenied:";
    assert!(page.stdout.contains(said) && page.stdout.contains(action), "{page}");

    lab.faults(&json!([rule("access-denied", "*")]));
    let ended = daybreak.run(["windows", "loans-seen"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.starts_with("error: list the clusters of eu-west-1\n"), "{ended}");
}

#[test]
fn an_unknown_cluster_is_refused_with_those_that_are_there() {
    Source::shared();
    let daybreak = beside(Lab::shared(), "windows-unknown").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "loans-prd"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("error: there is no cluster loans-prd in eu-west-1\n"), "{ended}");
    let next = ended.stderr.lines().find(|line| line.starts_with("  next: ")).expect("a way on");
    assert!(next.contains("loans-prod"), "{ended}");
}

#[test]
fn a_region_without_clusters_is_said_to_have_none() {
    let daybreak = beside(Lab::shared(), "windows-elsewhere");
    let ended = daybreak.run(["windows", "loans-prod", "--region", "ap-south-1"]);
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.stderr.contains("there is no cluster at all in this region"), "{ended}");
}

#[test]
fn what_is_no_region_is_refused_before_any_call() {
    let daybreak = beside(Lab::shared(), "windows-typo").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "loans-prod", "--regions", "eu-central-1,frankfurt"]);
    assert_refused(&ended, 2);
    assert!(ended.stderr.contains("\"frankfurt\" is not the name of a region"), "{ended}");
    assert_eq!(Lab::shared().calls("windows-typo"), Vec::<Value>::new());
}
