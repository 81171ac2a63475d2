//! What can be restored, from when to when.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Lab, Scene, Source, assert_refused, scene::beside};

fn time(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no time"))
}

#[test]
fn the_window_as_json() {
    let scene = Scene::new();
    let ended = scene.run(&["windows", "loans", "--output", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let document = ended.json();
    assert_eq!(document.as_object().map(|object| object.len()), Some(1));
    let [window] = document["windows"].as_array().expect("a list").as_slice() else { panic!("{document}") };
    let fixed = ["database", "kind", "source", "region"].map(|name| window[name].clone());
    assert_eq!(fixed, [json!("loans"), json!("continuous"), json!("loans-prod"), json!("eu-west-1")]);
    let described = scene.source.described(scene.lab);
    let earliest = described.earliest_restorable_time.expect("AWS knows it");
    assert_eq!(time(&window["earliest"]).as_millisecond(), earliest.to_millis().expect("in range"));
    assert!(time(&window["latest"]) >= scene.source.moment, "{window}");
    assert_eq!(window["retention_days"], json!(3));
}

#[test]
fn the_window_as_a_table() {
    let scene = Scene::new();
    let ended = scene.run(&["windows"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let rows: Vec<(&str, &str)> =
        ended.stdout.lines().skip(1).map(|line| line.trim().split_once("  ").expect("two columns")).collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["source", "earliest", "latest", "kept for"]);
    assert_eq!(ended.stdout.lines().next(), Some("loans"));
    assert_eq!(rows[0].1.trim(), "loans-prod in eu-west-1 (continuous)");
    assert!(rows[2].1.contains(" UTC, ") && rows[2].1.ends_with(" ago"), "{ended}");
    assert_eq!(rows[3].1.trim(), "3 days");
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
fn an_unknown_cluster_is_refused_with_those_that_are_there() {
    Source::shared();
    let daybreak = beside(Lab::shared(), "windows-unknown").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["windows", "loans-prd"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.starts_with("error: there is no cluster loans-prd in eu-west-1\n"), "{ended}");
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
