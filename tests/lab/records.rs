//! The application follows a DNS record, by real DNS: the lab's name server answers for its zones, and clients resolve by it.

use serde_json::{Value, json};

use crate::support::{Scene, assert_refused, scene::profile, source::ALL_ROWS, sql::Sql, until, zone::Zone};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let ended = scene.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended}");
    ended.json()
}

/// A scene whose application follows a record of a zone of its own, and its secret.
fn scene() -> (Scene, Zone) {
    let scene = Scene::new();
    let zone = Zone::create(scene.lab, &format!("{}.internal", scene.identity()));
    zone.put(vec![zone.alias(&scene.source.sql.host)]);
    scene.configure(&zone.line(""), "[databases.loans.watch]\nfor = \"0s\"\n");
    (scene, zone)
}

/// What a client reads that resolves the record.
fn read_by_name(scene: &Scene, zone: &Zone) -> String {
    let (alias, address) = zone.resolve();
    assert_eq!(alias, address, "names of databases are addresses in the lab");
    Sql::new(&address, scene.source.sql.port, &scene.lab.ca).rows(ALL_ROWS)
}

fn calls(scene: &Scene, action: &str) -> usize {
    scene.lab.calls(scene.identity()).iter().filter(|call| call["action"] == action).count()
}

#[test]
fn a_client_that_resolves_the_name_follows_the_cutover_and_the_way_back() {
    let (scene, zone) = scene();
    let before = zone.aliases();
    assert_ne!(read_by_name(&scene, &zone), scene.source.rows, "the source is damaged");

    let recovered = scene.recovered("cutover");
    let target = text(&recovered, "/target/identifier").to_owned();
    let endpoint = scene.lab.aws.cluster(&target).endpoint.expect("an endpoint");
    assert_eq!(zone.resolve().0, endpoint);
    assert_eq!(read_by_name(&scene, &zone), scene.source.rows);
    assert_eq!(scene.application().host, endpoint, "the secret was moved, too");
    assert_eq!(text(&recovered, "/cutover/record"), zone.record());
    assert_eq!(calls(&scene, "ChangeResourceRecordSets"), 1, "one batch");
    assert!(calls(&scene, "GetChange") >= 1, "it asks whether the change is in sync");

    let back = json(&scene, &["rollback", "--yes", text(&recovered, "/run")]);
    assert_eq!(text(&back, "/outcome"), "rolled_back");
    assert_eq!(zone.aliases(), before);
    assert_eq!(zone.resolve().0, scene.source.sql.host, "the way back ends in sync");
    assert_eq!(scene.application().host, scene.source.sql.host);
}

#[test]
fn a_record_changed_since_the_proof_moves_nothing() {
    let (scene, zone) = scene();
    let validated = scene.recovered("validated");
    let mut theirs = zone.alias(&scene.source.sql.host);
    theirs.ttl = Some(2);
    zone.put(vec![theirs.clone()]);

    let ended = scene.run(&["cutover", "--yes", "--output", "json", text(&validated, "/run")]);
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("rolled_back", "move-record"));
    assert!(text(&result, "/failure/message").contains("somebody changed the record meanwhile"), "{result:#}");
    assert_eq!(zone.aliases(), [theirs]);
    assert_eq!(scene.lab.aws.version_with(&scene.secret, "AWSCURRENT"), Some(scene.version.clone()));
    assert_eq!(calls(&scene, "ChangeResourceRecordSets"), 0);
}

#[test]
fn of_weighted_records_in_a_private_zone_only_the_one_that_is_named_moves() {
    let scene = Scene::new();
    let zone = Zone::private(scene.lab, &format!("{}.internal", scene.identity()));
    let host = &scene.source.sql.host;
    let other = zone.weighted("127.0.0.1", "other", 0);
    zone.put(vec![zone.weighted(host, "own", 10), other.clone()]);
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let write = |more: &str| {
        let watch = "[databases.loans.watch]\nfor = \"1s\"\ninterval = \"1s\"\n";
        scene.daybreak.write("daybreak.toml", &profile(scene.source, &connect, &zone.line(more), watch));
    };

    write("");
    let refused = scene.recover(&["--yes"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("several records of that name: set other, set own"), "{refused}");
    scene.assert_untouched(&refused);

    write(", set_identifier = \"own\"");
    let recovered = scene.recovered("cutover");
    let endpoint = scene.lab.aws.cluster(text(&recovered, "/target/identifier")).endpoint.expect("an endpoint");
    let moved = zone.weighted(&endpoint, "own", 10);
    let mut there = zone.aliases();
    there.sort_by(|one, other| one.set_identifier.cmp(&other.set_identifier));
    assert_eq!(there, [other, moved]);
    assert_eq!(read_by_name(&scene, &zone), scene.source.rows);
    assert_eq!(scene.lab.aws.versions(&scene.secret).len(), 1, "no secret is moved");
}

#[test]
fn a_process_that_ends_before_the_change_is_in_sync_is_gone_on_from() {
    let (scene, zone) = scene();
    let identity = scene.identity();
    scene.lab.faults(&json!([
        { "service": "route53", "action": "GetChange", "kind": "hold-before", "identity": identity }
    ]));
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    until("a question whether it is in sync", || (!scene.lab.held(identity).is_empty()).then_some(()));
    running.kill().expect("kill daybreak");
    running.wait().expect("daybreak's end");
    scene.lab.forgive(identity);

    let run = scene.runs().pop().expect("a run");
    let resumed = json(&scene, &["resume", &run]);
    assert_eq!(text(&resumed, "/outcome"), "recovered");
    scene.assert_recovered(text(&resumed, "/target/identifier"));
    assert_eq!(zone.resolve().0, scene.application().host);
    assert_eq!(calls(&scene, "ChangeResourceRecordSets"), 2, "the second asks when the first is in sync");
}

#[test]
fn what_would_fail_at_the_cutover_is_refused_before_anything_is_made() {
    let (scene, zone) = scene();
    let host = &scene.source.sql.host;
    let rule = json!([{
        "service": "route53", "action": "ListResourceRecordSets", "kind": "access-denied", "identity": scene.identity(),
    }]);
    let refused = |why: &str, hint: &str| {
        let ended = scene.recover(&["--yes"]);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(why) && ended.stderr.contains(hint), "{ended}");
        scene.assert_untouched(&ended);
    };
    scene.lab.faults(&rule);
    refused("AccessDenied", "allow route53:ListResourceRecordSets");
    scene.lab.forgive(scene.identity());

    zone.put(vec![zone.alias("elsewhere.example.com")]);
    refused("it leads to elsewhere.example.com, which is no endpoint of", "name that record");
    let mut day = zone.alias(host);
    day.ttl = Some(86_400);
    zone.put(vec![day]);
    refused("clients remember it for 1 day", "lower its TTL");
    zone.put(vec![zone.alias(host)]);

    let twin = Zone::private(scene.lab, &zone.name);
    let by_name = zone.line("").replace(&zone.id, &zone.name);
    scene.configure(&by_name, "");
    refused("several zones have that name", &twin.id);
}
