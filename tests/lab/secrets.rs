//! The cutover by secret: what is changed in it, what is not, and when it is refused.

use serde_json::Value;

use crate::support::{
    Scene, Source, assert_refused,
    aws::wait,
    scene::profile,
    source::ALL_ROWS,
    sql::{DATABASE, MASTER, PASSWORD, Sql},
    until,
};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// Recovers with this secret and compares the new value with the old one in which only the source's endpoint was
/// replaced, byte for byte.
fn moves(value: &str, cutover: &str) {
    let scene = Scene::with_secret(value, cutover);
    let result = scene.recovered("cutover");
    let (target, cluster) = (text(&result, "/target/endpoint"), text(&result, "/target/identifier"));
    let expected = value.replace(&scene.source.sql.host, target).replace("loans-prod", cluster);
    assert_ne!(expected, value);
    assert_eq!(scene.lab.aws.secret(&scene.secret), expected);
    let moved_to = text(&result, "/cutover/secrets/0/to_version").to_owned();
    assert_eq!(text(&result, "/cutover/secrets/0/from_version"), scene.version);
    let mut versions =
        vec![(scene.version.clone(), vec!["AWSPREVIOUS".to_owned()]), (moved_to, vec!["AWSCURRENT".to_owned()])];
    versions.sort();
    assert_eq!(scene.lab.aws.versions(&scene.secret), versions, "two versions, and no label left behind");
    let target = Sql::new(target, 5444, &scene.lab.ca);
    assert_eq!(target.rows(ALL_ROWS), scene.source.rows);

    let run = text(&result, "/run");
    let rolled_back = scene.run(&["rollback", run, "--yes", "--output", "json"]);
    assert_eq!(rolled_back.code, Some(0), "{rolled_back}");
    assert_eq!(text(&rolled_back.json(), "/outcome"), "rolled_back");
    assert_eq!(scene.lab.aws.secret(&scene.secret), value);
    assert_eq!(
        scene.lab.aws.version_with(&scene.secret, "AWSCURRENT"),
        Some(scene.version.clone()),
        "the exact version"
    );
}

#[test]
fn a_secret_as_rds_writes_it() {
    moves(&Source::shared().rds_secret(), "");
}

#[test]
fn json_with_a_url_under_a_key() {
    let value = format!(
        "{{\n\t\"region\" : \"eu\\u002dwest-1\",\"url\":\"{}\",\n\"retries\": 3.0e0 }}\n",
        Source::shared().url()
    );
    moves(&value, "secret_key = \"url\"");
}

#[test]
fn a_plain_url() {
    moves(&Source::shared().url(), "");
}

/// The refusal names the secret and a way out, and nothing was changed.
fn refused(scene: &Scene, words: &[&str]) {
    let ended = scene.recover(&["--yes"]);
    assert_refused(&ended, 3);
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is not in {ended}");
    }
    assert!(ended.stderr.contains("\n  next: "), "{ended}");
    assert_eq!(scene.changes(), Vec::<String>::new(), "{ended}");
    assert_eq!(scene.runs(), Vec::<String>::new(), "{ended}");
}

#[test]
fn a_secret_that_rds_manages() {
    let scene = Scene::new();
    let aws = &scene.lab.aws;
    let managed = aws.rds.create_db_cluster().db_cluster_identifier("loans-managed").engine("aurora-postgresql");
    let managed = managed.master_username(MASTER).manage_master_user_password(true).database_name(DATABASE);
    wait(managed.send()).expect("create a cluster whose password RDS manages");
    let described = aws.await_cluster("loans-managed");
    let secret = described.master_user_secret().and_then(|secret| secret.secret_arn()).expect("its secret").to_owned();
    let profile = format!(
        "[databases.loans]\ncluster = \"loans-managed\"\nregion = \"eu-west-1\"\n\
         [databases.loans.connect]\nsecret = {secret:?}\n[databases.loans.cutover]\nsecret = {secret:?}\n"
    );
    aws.create_instance("loans-managed", "loans-managed-1");
    scene.daybreak.write("daybreak.toml", &profile);
    let ended = scene.run(&["recover", "loans", "--to", "latest", "--yes"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains("cannot be moved: ") && ended.stderr.contains("\n  next: "), "{ended}");
    scene.assert_untouched(&ended);
    assert_eq!(aws.versions(&secret).len(), 1);
}

#[test]
fn a_secret_in_mid_rotation() {
    let scene = Scene::new();
    let aws = &scene.lab.aws;
    // What a rotation looks like between its first step and its last: a version that is pending and not current.
    let pending = aws.secrets.put_secret_value().secret_id(&scene.secret).secret_string(&scene.value);
    wait(pending.version_stages("AWSPENDING").send()).expect("begin a rotation");
    refused(&scene, &[&format!("secret {} cannot be moved: ", scene.secret), "rotation"]);
    assert_eq!(aws.versions(&scene.secret).len(), 2);
}

#[test]
fn a_secret_that_changed_while_the_run_was_stopped_is_not_overwritten() {
    let scene = Scene::new();
    let stopped = scene.recovered("validated");
    let changed = scene.value.replace("\"note\": \"κ\"", "\"note\": \"λ\"");
    let version = scene.lab.aws.put_secret(&scene.secret, &changed);
    let versions = scene.lab.aws.versions(&scene.secret);
    let ended = scene.run(&["cutover", text(&stopped, "/run"), "--yes", "--output", "json"]);
    assert!(matches!(ended.code, Some(1 | 3 | 4)), "{ended}");
    assert_eq!(scene.lab.aws.secret(&scene.secret), changed, "{ended}");
    assert_eq!(scene.lab.aws.version_with(&scene.secret, "AWSCURRENT"), Some(version));
    assert_eq!(scene.lab.aws.versions(&scene.secret), versions, "no version was added: {ended}");
    assert!(ended.stderr.contains(&scene.version), "the version it expected is named: {ended}");
    assert!(!ended.stderr.contains(PASSWORD) && !ended.stdout.contains(PASSWORD));
}

/// Writes the profile of a scene whose application follows these secrets.
fn follow(scene: &Scene, secrets: &[&str]) {
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    let text =
        profile(scene.source, &connect, &format!("secrets = {secrets:?}\n"), "[databases.loans.watch]\nfor = \"0s\"\n");
    scene.daybreak.write("daybreak.toml", &text);
}

#[test]
fn several_secrets_and_the_replicas_of_one_follow_the_cutover_and_the_way_back() {
    let scene = Scene::new();
    let rotation = format!("{}/loans/rotation", scene.identity());
    scene.lab.aws.create_secret(&rotation, &scene.source.rds_secret());
    scene.lab.aws.replicate(&scene.secret, "eu-central-1");
    follow(&scene, &[&scene.secret, &rotation]);
    let replica = || scene.lab.aws.secret_in("eu-central-1", &scene.secret);

    let recovered = scene.recovered("cutover");
    let target = text(&recovered, "/target/endpoint");
    for secret in [&scene.secret, &rotation] {
        assert!(scene.lab.aws.secret(secret).contains(target), "{secret}");
    }
    assert_eq!(replica(), scene.lab.aws.secret(&scene.secret), "it was waited for");
    assert!(text(&recovered, "/cutover/secrets/1/secret").contains(&rotation));

    let back = scene.run(&["rollback", text(&recovered, "/run"), "--yes", "--output", "json"]);
    assert_eq!(back.code, Some(0), "{back}");
    for secret in [&scene.secret, &rotation] {
        assert_eq!(scene.lab.aws.secret(secret), scene.value, "{secret}");
    }
    until("the replica to follow", || (replica() == scene.value).then_some(()));
}

#[test]
fn a_secret_whose_replica_has_failed() {
    let scene = Scene::new();
    scene.lab.aws.takes_the_name(&scene.secret, "eu-central-1");
    scene.lab.aws.replicate(&scene.secret, "eu-central-1");
    refused(&scene, &["its replica in eu-central-1 has failed", "remove-regions-from-replication"]);
}
