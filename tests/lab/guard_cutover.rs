//! What is looked at before the application is moved: asked for by itself, and by every cutover.

use serde_json::{Value, json};

use crate::support::{Scene, site::Site};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn list(value: &Value, path: &str) -> String {
    value.pointer(path).unwrap_or_else(|| panic!("nothing at {path} in {value:#}")).to_string()
}

#[test]
fn a_dry_run_says_what_a_cutover_would_meet_and_changes_nothing() {
    let scene = Scene::new();
    let watch =
        "[databases.loans.watch]\nfor = \"2s\"\ninterval = \"1s\"\nsql = [\"SELECT count(*) = 1500 FROM loans\"]\n";
    scene.configure("", watch);
    let validated = scene.recovered("validated");
    let run = text(&validated, "/run");
    let (records, changes) = (scene.records(), scene.changes());

    let dry = scene.run(&["cutover", run, "--dry-run", "--output", "json"]);
    assert_eq!(dry.code, Some(0), "{dry}");
    let found = dry.json();
    assert_eq!(found["ready"], json!(true), "{found:#}");
    assert!(list(&found, "/steps").starts_with("[\"guard-cutover\",\"lift-quarantine\""), "{found:#}");
    assert_eq!(found.pointer("/probes/0/target"), Some(&json!("holds")), "{found:#}");
    assert!(list(&found, "/probes/0/source").contains("fails"), "the damage is known: {found:#}");
    let shown = scene.run(&["cutover", run, "--dry-run"]);
    assert!(
        shown.stdout.contains("Nothing stands against it") && shown.stdout.contains("nothing was changed"),
        "{shown}"
    );
    assert_eq!((scene.records(), scene.changes()), (records, changes.clone()), "nothing was recorded or changed");

    scene.lab.aws.put_secret(&scene.secret, &scene.value.replace("master", "someone"));
    let dry = scene.run(&["cutover", run, "--dry-run"]);
    assert_eq!(dry.code, Some(3), "{dry}");
    assert!(dry.stdout.contains("What stands against it") && dry.stdout.contains("AWSCURRENT of secret"), "{dry}");
    assert_eq!(scene.changes(), changes);
}

#[test]
fn a_probe_that_does_not_hold_on_the_target_stops_the_cutover_before_it() {
    let scene = Scene::new();
    let watch =
        "[databases.loans.watch]\nfor = \"1m\"\ninterval = \"1s\"\nsql = [\"SELECT count(*) = 7 FROM loans\"]\n";
    scene.configure("", watch);
    let ended = scene.recover(&["--yes"]);
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("rolled_back", "guard-cutover"));
    assert!(
        list(&result, "/failure/causes").contains("does not hold on the target, and would roll back"),
        "{result:#}"
    );
    assert_eq!(scene.application().host, scene.source.sql.host);
    assert_eq!(scene.lab.aws.versions(&scene.secret).len(), 1, "nothing was staged");
}

#[test]
fn a_page_must_answer_with_its_status_body_and_in_time() {
    let site = Site::start();
    for (wanted, why) in [
        ("status = 204", "status 200, not 204"),
        ("body = \"database: ok\"", "its body does not hold `database: ok`"),
        ("status = 200", ""),
    ] {
        let scene = Scene::new();
        scene.configure("", &format!("[databases.loans.watch]\nfor = \"1s\"\ninterval = \"1s\"\nfailures = 1\n[[databases.loans.watch.pages]]\nurl = {:?}\n{wanted}\nwithin = \"5s\"\n", site.address));
        let ended = scene.recover(&["--yes"]);
        let result = ended.json();
        if why.is_empty() {
            assert_eq!(ended.code, Some(0), "{wanted}: {ended}");
            continue;
        }
        assert_eq!(text(&result, "/outcome"), "rolled_back", "{wanted}: {ended}");
        assert!(text(&result, "/failure/message").contains(why), "{wanted}: {result:#}");
        assert!(list(&result, "/cutover/guard/notes").contains("fails on the source"), "{wanted}: {result:#}");
    }
}
