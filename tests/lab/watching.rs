//! The watch after the cutover: probes that hold, and probes that bring the application back.

use serde_json::Value;

use crate::support::{Scene, site::Site, until};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

#[test]
fn a_site_that_breaks_brings_the_application_back() {
    let scene = Scene::new();
    let site = Site::start();
    let watch = format!(
        "[databases.loans.watch]\nfor = \"5m\"\ninterval = \"1s\"\nfailures = 2\nhttp = [{:?}]\n",
        site.address
    );
    scene.configure("", &watch);
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    // The first one is of the look before the cutover.
    until("a probe", || (site.asked() > 1).then_some(()));
    assert_ne!(scene.application().host, scene.source.sql.host, "the application was moved before it is watched");
    site.breaks();
    let status = running.wait().expect("daybreak's end");
    let ended = scene.streams(status.code());
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("rolled_back", "watch"));
    assert!(text(&result, "/failure/message").contains("2 probe rounds in a row failed"), "{result:#}");
    assert!(text(&result, "/failure/message").contains("503"), "{result:#}");
    assert_eq!(scene.lab.aws.secret(&scene.secret), scene.value);
    assert_eq!(scene.lab.aws.version_with(&scene.secret, "AWSCURRENT"), Some(scene.version.clone()));
    assert!(scene.lab.aws.find_cluster(text(&result, "/target/identifier")).is_some(), "the target is kept");
    assert!(ended.stderr.contains("rolled back") || ended.stderr.contains("roll"), "it says so: {ended}");
}

#[test]
fn probes_that_hold_end_in_a_recovery() {
    let scene = Scene::new();
    let site = Site::start();
    let watch = format!(
        "[databases.loans.watch]\nfor = \"2s\"\ninterval = \"1s\"\nhttp = [{:?}]\nsql = [\"SELECT count(*) = 1500 FROM loans\"]\n",
        site.address
    );
    scene.configure("", &watch);
    let result = scene.recovered("cutover");
    assert_eq!(text(&result, "/outcome"), "recovered");
    assert!(site.asked() >= 2, "asked {} times", site.asked());
}
