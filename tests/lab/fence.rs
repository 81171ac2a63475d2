//! The fence, seen by clients that write without pause: no write is acknowledged on the source once it is fenced, and after a
//! rollback the same roles write to it again.

use std::sync::LazyLock;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{
    Lab, Scene, Source, assert_refused,
    clients::{Clients, ROLES, lost, order},
    sql::{PASSWORD, Sql},
    until,
    zone::Zone,
};

/// All that can be seen of roles.
const WHO: &str = "
SELECT oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolvaliduntil,
       rolbypassrls FROM pg_roles ORDER BY 1;
SELECT roleid, member, admin_option FROM pg_auth_members ORDER BY 1, 2;
";

/// A source with an application's roles.
pub(crate) fn source(name: &str) -> &'static Source {
    let mut source = Source::create(Lab::shared(), name);
    source.sql.rows(ROLES);
    let now: i64 = source.sql.rows("SELECT extract(epoch FROM clock_timestamp())::bigint + 1").parse().expect("a time");
    source.moment = until("a window with the roles", || {
        let latest = source.described(Lab::shared()).latest_restorable_time.expect("a window").secs();
        (latest > now + 1).then(|| jiff::Timestamp::from_second(now + 1).expect("a time"))
    });
    Box::leak(Box::new(source))
}

/// A scene whose application logs in as `shop`, and whose fence logs in as the master does.
pub(crate) fn scene(source: &'static Source, more: &str) -> Scene {
    let value = source.rds_secret().replace("\"master\"", "\"shop\"");
    let scene = Scene::of(source, &value, "");
    let admin = format!("{}/admin", scene.identity());
    scene.lab.aws.create_secret(&admin, &source.rds_secret());
    configure(&scene, &admin, more);
    scene
}

pub(crate) fn configure(scene: &Scene, secret: &str, more: &str) {
    configure_with(scene, "", secret, more);
}

/// The same with a line about the cutover.
fn configure_with(scene: &Scene, cutover: &str, secret: &str, more: &str) {
    let text = format!("[databases.loans.watch]\nfor = \"0s\"\n[databases.loans.fence]\nsecret = {secret:?}\n{more}");
    scene.configure(cutover, &text);
    // The damage has left ten loans.
    let path = scene.daybreak.path("daybreak.toml");
    let profile = std::fs::read_to_string(&path).expect("the profile");
    scene.daybreak.write("daybreak.toml", &profile.replace(">= 1000", ">= 1"));
}

pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

#[test]
fn writing_clients_never_write_to_both_sides_and_come_back_after_a_rollback() {
    let source = source("fence-clients");
    let scene = scene(source, "");
    let before = source.sql.rows(WHO);
    let clients = Clients::start(scene.lab, &scene.secret);
    clients.write_to(&source.sql.host);
    let result = scene.recovered("cutover");
    let (target, run) = (text(&result, "/target/endpoint").to_owned(), text(&result, "/run").to_owned());
    clients.write_to(&target);
    let logins = source.sql.rows("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin");
    assert_eq!(logins, "master rdsadmin", "administrators keep their way in");
    let written = source.sql.rows("SELECT count(*) FROM orders");
    let shown = scene.run(&["status", &run]);
    assert!(shown.stdout.contains("is fenced: application, batch, shop, weak"), "{shown}");
    assert_eq!(source.sql.rows("SELECT count(*) FROM orders"), written, "nobody writes to it");

    let back = scene.run(&["rollback", &run, "--yes", "--accept-loss", "1000000", "--output", "json"]);
    assert_eq!(back.code, Some(0), "{back}");
    clients.write_to(&source.sql.host);
    assert_eq!(source.sql.rows(WHO), before, "exactly what was there, role by role");
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&source.sql.host, &target, &source.sql.host], "never both at once");
    assert_eq!(lost(&source.sql, &acknowledged), Vec::<i64>::new());
    assert_eq!(lost(&Sql::new(&target, 5444, &scene.lab.ca), &acknowledged), Vec::<i64>::new());

    let again = scene.run(&["cutover", &run, "--yes", "--output", "json"]);
    assert_eq!(again.code, Some(0), "{again}");
    let clients = Clients::start(scene.lab, &scene.secret);
    clients.write_to(&target);
    clients.stop();
}

#[test]
fn clients_that_resolve_a_record_never_write_to_both_sides_either() {
    let source = source("fence-resolved");
    let scene = scene(source, "");
    let zone = Zone::create(scene.lab, "fence-resolved.internal");
    zone.put(vec![zone.alias(&source.sql.host)]);
    let admin = format!("{}/admin", scene.identity());
    configure_with(&scene, &zone.line(""), &admin, "");
    let clients = Clients::following(scene.lab, &scene.secret, &zone);
    clients.write_to(&source.sql.host);
    let result = scene.recovered("cutover");
    let target = text(&result, "/target/endpoint").to_owned();
    clients.write_to(&target);
    let run = text(&result, "/run");
    let back = scene.run(&["rollback", run, "--yes", "--accept-loss", "1000000", "--output", "json"]);
    assert_eq!(back.code, Some(0), "{back}");
    clients.write_to(&source.sql.host);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&source.sql.host, &target, &source.sql.host], "never both at once");
    assert_eq!(lost(&source.sql, &acknowledged), Vec::<i64>::new());
    assert_eq!(lost(&Sql::new(&target, 5444, &scene.lab.ca), &acknowledged), Vec::<i64>::new());
}

#[test]
fn a_daybreak_killed_between_fence_and_record_goes_on_and_back() {
    let source = source("fence-killed");
    let scene = scene(source, "roles = [\"shop\", \"batch\"]\n");
    let before = source.sql.rows(WHO);
    let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
    until("the fence", || {
        let marked = source.sql.rows("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'daybreak-fence-%'");
        (marked == "1").then_some(())
    });
    let pid = i32::try_from(running.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, Signal::KILL).expect("kill daybreak");
    running.wait().expect("daybreak's end");
    let resumed = scene.run(&["resume", "--output", "json"]);
    assert_eq!(resumed.code, Some(0), "{resumed}");
    let result = resumed.json();
    assert_eq!(text(&result, "/outcome"), "recovered");
    let logins = source.sql.rows("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin");
    assert_eq!(logins, "application master rdsadmin weak");
    let back = scene.run(&["rollback", text(&result, "/run"), "--yes"]);
    assert_eq!(back.code, Some(0), "{back}");
    assert_eq!(source.sql.rows(WHO), before);
    assert!(!back.stderr.contains(PASSWORD) && !resumed.stderr.contains(PASSWORD));
}

#[test]
fn a_fence_that_cannot_be_is_refused_before_anything_is_made() {
    static SOURCE: LazyLock<&'static Source> = LazyLock::new(|| source("fence-refused"));
    let scene = scene(&SOURCE, "");
    let before = SOURCE.sql.rows(WHO);
    let weak = format!("{}/weak", scene.identity());
    scene.lab.aws.create_secret(&weak, &SOURCE.rds_secret().replace("\"master\"", "\"weak\""));
    let admin = format!("{}/admin", scene.identity());
    for (secret, more, words) in [
        (weak.as_str(), "", "cannot be fenced"),
        (admin.as_str(), "roles = [\"shop\", \"bacth\"]", "there is no role bacth"),
        (admin.as_str(), "roles = [\"shop\", \"rdsadmin\"]", "role rdsadmin is a superuser"),
        (admin.as_str(), "roles = [\"batch\"]", "the application logs in as shop"),
        (scene.secret.as_str(), "", "would shut itself out"),
    ] {
        configure(&scene, secret, more);
        let ended = scene.recover(&["--until", "cutover"]);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(words), "{words}: {ended}");
    }
    assert_eq!(SOURCE.sql.rows(WHO), before);
    assert_eq!(scene.lab.aws.names("fence-refused-db-"), Vec::<String>::new());
}
