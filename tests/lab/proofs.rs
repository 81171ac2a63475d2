//! The proof, over the wire: what fails it, what cannot be asked, and how daybreak logs in.

use std::{
    fs,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::{Value, json};

use crate::support::{Lab, Scene, assert_refused, forwarder::Forwarder, scene::profile, sql::PASSWORD};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn check(name: &str, query: &str, expect: &str) -> String {
    format!("[[databases.loans.checks]]\nname = {name:?}\nquery = {query:?}\nexpect = {expect:?}\n")
}

fn verdict<'a>(proof: &'a Value, name: &str) -> &'a Value {
    let checks = proof["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name} in {proof:#}"))
}

#[test]
fn a_failing_check_undoes_everything() {
    let scene = Scene::new();
    scene.configure("", &check("nothing lost", "SELECT count(*) FROM payments", "= 501"));
    let before = scene.source.fingerprint(scene.lab);
    let ended = scene.recover(&["--yes"]);
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("undone", "prove"));
    assert_eq!(verdict(&result["proof"], "nothing lost")["found"], json!("500"));
    assert_eq!((&result["proof"]["failed"], &result["cutover"]), (&json!(1), &Value::Null));
    assert_eq!(scene.lab.aws.names(text(&result, "/target/identifier")), Vec::<String>::new());
    assert_eq!(scene.lab.aws.versions(&scene.secret), [(scene.version.clone(), vec!["AWSCURRENT".to_owned()])]);
    assert_eq!(scene.source.fingerprint(scene.lab), before);
}

#[test]
fn what_was_not_checked_has_not_passed() {
    let scene = Scene::new();
    let more = check("as many as the source", "SELECT count(*) FROM loans", ">= source");
    scene.configure("", &format!("{more}[databases.loans.proof]\ncompare_with_source = false\n"));
    let result = scene.recovered("validated");
    let proof = &result["proof"];
    for name in ["as many as the source", "tables"] {
        assert_eq!(verdict(proof, name)["verdict"], json!("unchecked"), "{name}");
        assert!(verdict(proof, name)["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{name}");
    }
    let passed =
        proof["checks"].as_array().expect("checks").iter().filter(|check| check["verdict"] == "passed").count();
    assert_eq!((&proof["passed"], proof["failed"].as_u64()), (&json!(passed), Some(0)));
    assert!(proof["unchecked"].as_u64() >= Some(2), "{proof:#}");
    let report = scene.run(&["report", text(&result, "/run")]);
    assert!(report.stdout.contains("unchecked"), "{report}");
}

#[test]
fn checks_compare_with_the_source() {
    let scene = Scene::new();
    let more = [
        check("more than the source", "SELECT count(*) FROM loans", "> source"),
        check("the largest", "SELECT max(amount) FROM loans", "= 1500"),
        check("a text", "SELECT note FROM loans WHERE id = 7", "= \"loan 7\""),
    ];
    scene.configure("", &more.concat());
    let result = scene.recovered("validated");
    for name in ["more than the source", "the largest", "a text"] {
        assert_eq!(verdict(&result["proof"], name)["verdict"], json!("passed"), "{:#}", result["proof"]);
    }
}

/// A profile that connects with these settings.
fn connecting(scene: &Scene, settings: &str) {
    let connect = format!("secret = {:?}\n{settings}\n", scene.secret);
    let cutover = format!("secret = {:?}\n", scene.secret);
    scene
        .daybreak
        .write("daybreak.toml", &profile(scene.source, &connect, &cutover, "[databases.loans.watch]\nfor = \"0s\"\n"));
}

#[test]
fn a_server_of_another_authority_is_not_trusted() {
    let scene = Scene::new();
    scene.daybreak.write("other.pem", &other_authority());
    connecting(&scene, "ca = \"other.pem\"");
    for ended in [scene.run(&["validate", "loans", "--output", "json"]), scene.recover(&["--yes"])] {
        assert_refused(&ended, 3);
        assert!(
            ended.stderr.contains("the server's certificate comes from an authority that is not trusted"),
            "{ended}"
        );
        assert!(
            ended.stderr.contains("\n  next: RDS certificates come from") && !ended.stderr.contains(PASSWORD),
            "{ended}"
        );
        scene.assert_untouched(&ended);
    }
}

#[test]
fn trust_that_is_lost_in_mid_run_holds_the_run_until_a_person_decides() {
    let scene = Scene::new();
    let trusted = fs::read_to_string(&scene.lab.ca).expect("the lab's authority");
    scene.daybreak.write("authority.pem", &trusted);
    connecting(&scene, "ca = \"authority.pem\"");
    let (_, target) = scene.plan();
    scene.daybreak.write("authority.pem", &other_authority());
    let ended = scene.execute();
    assert_eq!(ended.code, Some(4), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("stuck", "prove"));
    assert_eq!((&result["proof"], scene.lab.aws.versions(&scene.secret).len()), (&Value::Null, 1));
    scene.daybreak.write("authority.pem", &trusted);
    let resumed = scene.run(&["resume"]);
    assert_eq!(resumed.code, Some(0), "{resumed}");
    scene.assert_recovered(&target);
}

/// The certificate of an authority that vouches for nobody here.
fn other_authority() -> String {
    let mut other = CertificateParams::new(Vec::new()).expect("parameters");
    other.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    other.self_signed(&key).expect("an authority").pem()
}

#[test]
fn a_server_under_another_name_is_not_trusted() {
    let scene = Scene::new();
    let server: SocketAddr =
        format!("{}:{}", scene.source.sql.host, scene.source.sql.port).parse().expect("an address");
    let tunnel = Forwarder::to(server);
    let ended = scene.run(&["validate", "loans", "--endpoint", &format!("127.0.0.1:{}", tunnel.port)]);
    assert_eq!(ended.code, Some(3), "the certificate is not for the tunnel's name: {ended}");
    assert!(tunnel.connections() > 0, "it was asked");
}

#[test]
fn a_live_database_is_validated() {
    let scene = Scene::new();
    let ended = scene.run(&["validate", "loans", "--output", "json"]);
    // The damage is what the profile's check finds.
    assert_eq!(ended.code, Some(1), "{ended}");
    let proof = ended.json()["proof"].clone();
    assert_eq!(verdict(&proof, "loans exist")["found"], json!("11"));
    assert_eq!(
        (verdict(&proof, "loans exist")["verdict"].clone(), proof["failed"].clone()),
        (json!("failed"), json!(1))
    );
    scene.assert_untouched(&ended);
}

#[test]
fn a_tunnel_is_gone_through_and_tls_still_verifies_the_real_name() {
    let scene = Scene::new();
    let stopped = scene.recovered("restored");
    let (run, host) = (text(&stopped, "/run"), text(&stopped, "/target/endpoint"));
    let tunnel = Forwarder::to(format!("{host}:5444").parse().expect("an address"));
    connecting(&scene, &format!("ca = {:?}\nvia = \"127.0.0.1:{}\"", scene.lab.ca, tunnel.port));
    let ended = scene.run(&["validate", "loans", "--endpoint", &format!("{host}:5444"), "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(verdict(&ended.json()["proof"], "loans exist")["found"], json!("1500"));
    assert!(tunnel.connections() > 0, "it went another way");
    assert_eq!(scene.run(&["cancel", run, "--yes"]).code, Some(0));
}

#[test]
fn a_recovery_is_proven_through_a_tunnel() {
    let scene = Scene::new();
    let (lab, known) = (scene.lab, Arc::new(OnceLock::<String>::new()));
    let name = Arc::clone(&known);
    let tunnel = Forwarder::following(move || {
        let host = lab.aws.find_cluster(name.get()?)?.endpoint?;
        format!("{host}:5444").parse().ok()
    });
    connecting(&scene, &format!("ca = {:?}\nvia = \"127.0.0.1:{}\"", scene.lab.ca, tunnel.port));
    let (_, target) = scene.plan();
    known.set(target.clone()).expect("it is set once");
    let ended = scene.run(&["recover", "--plan", "loans.plan.json", "--until", "validated", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/target/identifier"), &result["proof"]["failed"]), (target.as_str(), &json!(0)));
    assert!(tunnel.connections() > 0, "it went another way");
}

#[test]
fn an_iam_token_that_the_server_does_not_take_is_told_and_not_shown() {
    let scene = Scene::new();
    let settings = format!("iam_user = \"master\"\nca = {:?}\n", scene.lab.ca);
    scene.daybreak.write("daybreak.toml", &profile(scene.source, &settings, "", ""));
    // PostgreSQL in the lab cannot verify tokens: it takes this one for a password, and a wrong one.
    let ended = scene.run(&["validate", "loans", "--verbose"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("28P01"), "the server was asked: {ended}");
    assert!(!ended.stderr.contains("X-Amz-"), "{ended}");
}

#[test]
fn the_bundle_of_the_command_line_is_used_where_the_profile_names_none() {
    let scene = Scene::new();
    connecting(&scene, "");
    let bundle = Lab::shared().ca.display().to_string();
    let ended = scene.run(&["validate", "loans", "--ca-bundle", &bundle, "--output", "json"]);
    assert_eq!(ended.code, Some(1), "the damage: {ended}");
    let unknown = scene.run(&["validate", "loans"]);
    assert_eq!(unknown.code, Some(3), "the machine does not know the lab's authority: {unknown}");
    assert!(fs::metadata(&bundle).is_ok());
}
