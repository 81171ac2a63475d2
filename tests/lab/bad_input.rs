//! What a person can get wrong: one clear error each, with the next command, the right exit code, and nothing created.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{
    Lab, Scene, Source, assert_refused,
    aws::wait,
    daybreak::Ended,
    scene::{beside, profile},
    sql::{MASTER, PASSWORD},
    until,
};

/// The error must begin with `words`, name something to do next, and nothing may have come of the call.
fn refused(scene: &Scene, ended: &Ended, code: i32, words: &str) {
    assert_refused(ended, code);
    assert!(ended.stderr.starts_with(&format!("error: {words}")), "{words:?} does not begin {ended}");
    assert_eq!(ended.stderr.matches("error: ").count(), 1, "one error: {ended}");
    assert!(ended.stderr.contains("\n  now: nothing was created or changed\n  next: "), "{ended}");
    scene.assert_untouched(ended);
}

/// The same for `plan` and for `recover`.
fn refused_time(scene: &Scene, time: &str, code: i32, words: &str) {
    refused(scene, &scene.run(&["plan", "loans", "--to", time]), code, words);
    refused(scene, &scene.run(&["recover", "loans", "--to", time, "--yes"]), code, words);
}

#[test]
fn times_outside_the_window() {
    let scene = Scene::new();
    let described = scene.source.described(scene.lab);
    let earliest = described.earliest_restorable_time.expect("a window");
    let early = Timestamp::from_second(earliest.secs() - 1).expect("a time");
    let shown = early.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    refused_time(&scene, &shown, 3, &format!("{shown} is before the earliest restorable time, "));
    refused_time(&scene, "3000d ago", 3, "");
}

#[test]
fn a_time_that_is_not_in_the_backups_yet() {
    // While a cluster has no instance, the end of its window stands still.
    let lab = Lab::shared();
    let create = lab.aws.rds.create_db_cluster().db_cluster_identifier("loans-asleep").engine("aurora-postgresql");
    wait(create.master_username(MASTER).master_user_password(PASSWORD).send()).expect("create a cluster");
    let latest = lab.aws.await_cluster("loans-asleep").latest_restorable_time.expect("a window").secs() + 1;
    let late = Timestamp::from_second(latest).expect("a time");
    until("a time after the window", || (Timestamp::now() > late).then_some(()));
    let shown = late.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let daybreak = beside(lab, "asleep").with("AWS_REGION", "eu-west-1");
    let ended = daybreak.run(["recover", "loans-asleep", "--to", &shown, "--until", "restored"]);
    assert_refused(&ended, 3);
    assert!(
        ended.stderr.starts_with(&format!("error: {shown} is not yet restorable: the latest restorable time is ")),
        "{ended}"
    );
    assert!(
        ended.stderr.contains("\n  next: RDS lags a few minutes behind: try again shortly, or take --to '"),
        "{ended}"
    );
    assert_eq!(lab.aws.names("loans-asleep"), ["loans-asleep"]);
}

#[test]
fn times_that_no_clock_shows() {
    let scene = Scene::new();
    refused_time(
        &scene,
        "2026-11-20 14:22:05",
        2,
        "`2026-11-20 14:22:05` has no time zone: write `2026-11-20T14:22:05Z` if it is UTC",
    );
    refused_time(&scene, "2026-02-30T00:00:00Z", 2, "`2026-02-30T00:00:00Z` does not exist");
    refused_time(&scene, "yesterday", 2, "`yesterday` is not a time");
    let future = Timestamp::now() + SignedDuration::from_hours(24);
    refused_time(
        &scene,
        &future.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        2,
        &future.strftime("%Y-%m-%d %H:%M:%S UTC is in the future").to_string(),
    );
}

#[test]
fn a_cluster_that_is_not_there() {
    let scene = Scene::new();
    let ended = scene.run(&["recover", "loans-prd", "--to", "latest", "--until", "restored", "--region", "eu-west-1"]);
    refused(&scene, &ended, 3, "there is no cluster loans-prd in eu-west-1");
    assert!(ended.stderr.contains("loans-prod"), "the clusters that are there: {ended}");
}

#[test]
fn a_region_that_is_not_one() {
    let scene = Scene::new();
    let ended = scene.run(&["recover", "loans", "--to", "latest", "--yes", "--region", "Ireland"]);
    assert_refused(&ended, 2);
    assert!(ended.stderr.contains("\"Ireland\" is not the name of a region, which looks like eu-west-1"), "{ended}");
    scene.assert_untouched(&ended);
}

#[test]
fn a_key_that_no_profile_has() {
    let scene = Scene::new();
    scene.configure("", "[databases.loans.wacth]\nfor = \"5m\"\n");
    let ended = scene.recover(&["--yes"]);
    assert_refused(&ended, 2);
    assert!(ended.stderr.contains("databases.loans.wacth: unknown key, did you mean `watch`?"), "{ended}");
    scene.assert_untouched(&ended);
}

#[test]
fn a_secret_that_is_no_connection() {
    for (value, why) in [
        ("correct horse battery staple", "holds no connection that daybreak understands"),
        ("{\"api_key\": \"hunter2-hunter2\"}", "holds no connection that daybreak understands"),
        (
            "{\"host\": 1, \"username\": \"master\", \"password\": \"hunter2-hunter2\"}",
            "holds no connection that daybreak understands",
        ),
        ("mysql://master:hunter2-hunter2@db.example/loans", "holds no connection that daybreak understands"),
    ] {
        let scene = Scene::with_secret(value, "");
        let ended = scene.recover(&["--yes"]);
        refused(&scene, &ended, 3, &format!("secret {} {why}", scene.secret));
        assert!(!ended.stderr.contains("hunter2") && !ended.stderr.contains("staple"), "{ended}");
    }
}

#[test]
fn a_secret_that_is_not_there() {
    let scene = Scene::new();
    let lab = scene.lab;
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, lab.ca);
    scene.daybreak.write("daybreak.toml", &profile(scene.source, &connect, "secret = \"no/such/secret\"\n", ""));
    refused(&scene, &scene.recover(&["--yes"]), 3, "there is no secret no/such/secret in eu-west-1");
}

#[test]
fn a_secret_of_another_cluster() {
    let lab = Lab::shared();
    let other = Source::shared().rds_secret().replace(&Source::shared().sql.host, "other.example");
    let scene = Scene::with_secret(&other, "");
    // Whose host it is cannot be told, so the plan says so and the person decides; nothing is connected to it.
    let ended = scene.run(&["plan", "loans", "--to", &scene.source.moment.to_string(), "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let warnings = ended.json()["plan"]["brief"]["warnings"].to_string();
    assert!(warnings.contains("points at other.example, which is no endpoint of loans-prod"), "{warnings}");
    assert_eq!(lab.aws.versions(&scene.secret).len(), 1);
}

#[test]
fn a_check_whose_sql_is_wrong() {
    for (query, sqlstate) in [
        ("SELEC count(*) FROM loans", "42601"),
        ("SELECT count(*), 1 FROM loans", "2 columns"),
        ("DELETE FROM loans", "returns nothing"),
    ] {
        let scene = Scene::new();
        scene.configure(
            "",
            &format!("[[databases.loans.checks]]\nname = \"wrong\"\nquery = {query:?}\nexpect = \"= 0\"\n"),
        );
        let ended = scene.recover(&["--yes"]);
        refused(&scene, &ended, 2, "check `wrong` cannot be asked");
        assert!(ended.stderr.contains(sqlstate), "{sqlstate}: {ended}");
    }
}

#[test]
fn no_credentials() {
    let scene = Scene::new().with("AWS_ACCESS_KEY_ID", "").with("AWS_SECRET_ACCESS_KEY", "");
    let ended = scene.recover(&["--yes"]);
    refused(&scene, &ended, 2, "aws credentials: none found");
    assert!(ended.stderr.contains("AWS_ACCESS_KEY_ID"), "{ended}");
}

#[test]
fn nobody_to_ask() {
    let scene = Scene::new();
    refused(&scene, &scene.recover(&[]), 2, "there is no terminal to ask at");
    assert_eq!(scene.lab.calls(scene.identity()), Vec::<serde_json::Value>::new(), "nothing was even read");
}

#[test]
fn an_unreachable_service() {
    let scene = Scene::new().with("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let ended = scene.recover(&["--yes"]);
    assert_refused(&ended, 3);
    assert!(
        ended.stderr.contains("the service cannot be reached") && ended.stderr.contains("\n  next: check the network"),
        "{ended}"
    );
    assert_eq!(json!(scene.runs()), json!([]));
}
