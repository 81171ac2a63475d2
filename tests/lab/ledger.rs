//! The ledger, beside clients that write without pause: what it tells of each side is exactly what the other side lacks.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    fence::{configure, scene, source, text},
    support::{
        Scene, assert_refused,
        clients::{Clients, lost, order},
        daybreak::Ended,
        sql::Sql,
        until,
    },
};

const ORDERS: &str = "SELECT id FROM orders";

fn ids(sql: &Sql) -> BTreeSet<i64> {
    sql.rows(ORDERS).lines().map(|line| line.parse().expect("an id")).collect()
}

/// The ids of the orders in a ledger of JSON lines.
fn told(ledger: &Ended, side: &str) -> BTreeSet<i64> {
    assert_eq!(ledger.code, Some(0), "{ledger}");
    let lines: Vec<Value> = ledger.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["side"] == side), "{ledger}");
    let rows = lines.iter().filter(|line| line["kind"] == "row" && line["table"] == "public.orders");
    rows.map(|line| {
        assert_eq!(line["certain"], true, "{line}");
        line["row"]["id"].as_i64().expect("an id")
    })
    .collect()
}

/// Lets clients write to the source for a while, and returns a moment in the midst of it that can be restored.
fn moment(scene: &Scene, clients: &Clients) -> String {
    let sql = &scene.source.sql;
    clients.write_to(&sql.host);
    let now: i64 = sql.rows("SELECT extract(epoch FROM clock_timestamp())::bigint + 1").parse().expect("a time");
    let moment = until("a window with what was written", || {
        clients.write_to(&sql.host);
        let latest = scene.source.described(scene.lab).latest_restorable_time.expect("a window").secs();
        (latest > now + 1).then(|| jiff::Timestamp::from_second(now).expect("a time"))
    });
    moment.to_string()
}

/// The target of a run, as the master sees it.
fn target(scene: &Scene, result: &Value) -> Sql {
    Sql::new(text(result, "/target/endpoint"), 5444, &scene.lab.ca)
}

#[test]
fn what_each_side_lacks_is_told_row_by_row() {
    let source = source("ledger-rows");
    let scene = scene(source, "");
    let clients = Clients::start(scene.lab, &scene.secret);
    let moment = moment(&scene, &clients);
    let proven = scene.run(&["recover", "loans", "--to", &moment, "--until", "validated", "--output", "json"]);
    assert_eq!(proven.code, Some(0), "{proven}");
    let (run, target) = (text(&proven.json(), "/run").to_owned(), target(&scene, &proven.json()));
    let restored = ids(&target);
    clients.write_to(&source.sql.host);

    let cut = scene.run(&["cutover", &run, "--yes", "--output", "json"]);
    assert_eq!(cut.code, Some(0), "{cut}");
    clients.write_to(&target.host);
    let lacking: BTreeSet<i64> = ids(&source.sql).difference(&restored).copied().collect();
    assert!(lacking.len() >= 5 && !restored.is_empty(), "{lacking:?} beside {restored:?}");
    let ledger = scene.run(&["report", &run, "--ledger", "json-lines"]);
    assert_eq!(told(&ledger, "source"), lacking, "what the source was written after {moment}");
    let side = &cut.json()["ledger"]["source"];
    assert_eq!((&side["given_up"], side["doubtful"].as_u64()), (&Value::Bool(true), Some(0)), "{side:#}");
    assert!(side["account"]["open"].is_null() && side["account"]["unasked"].is_null(), "{side:#}");
    assert!(side["rows"].as_u64() >= Some(lacking.len() as u64), "{side:#}");
    assert!(cut.stderr.contains("close-ledger"), "{cut}");

    let refused = scene.run(&["rollback", &run, "--yes"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains(" row changes written to ledger-rows-db-"), "{refused}");
    assert!(refused.stderr.contains(&format!("daybreak rollback {run} --accept-loss ")), "{refused}");
    assert_refused(&scene.run(&["rollback", &run, "--yes", "--accept-loss", "1"]), 3);
    assert_refused(&scene.run(&["rollback", &run, "--yes", "--accept-loss", "unknown"]), 3);
    clients.write_to(&target.host);

    let back = scene.run(&["rollback", &run, "--yes", "--accept-loss", "1000000", "--output", "json"]);
    assert_eq!(back.code, Some(0), "{back}");
    clients.write_to(&source.sql.host);
    let acknowledged = clients.stop();
    let lacking: BTreeSet<i64> = ids(&target).difference(&restored).copied().collect();
    let kept: BTreeSet<i64> = acknowledged.iter().filter(|(host, _)| *host == target.host).map(|(_, id)| *id).collect();
    assert!(kept.is_subset(&lacking), "acknowledged, and not there: {:?}", kept.difference(&lacking));
    let ledger = scene.run(&["report", &run, "--ledger", "json-lines"]);
    assert_eq!(told(&ledger, "target"), lacking, "what the target was written until the rollback");
    let side = &back.json()["ledger"]["target"];
    assert_eq!(
        (&side["given_up"], side["rows"].as_u64()),
        (&Value::Bool(true), Some(lacking.len() as u64)),
        "{side:#}"
    );
    assert!(side["account"]["open"].is_null(), "the target was shut: {side:#}");
    // A session that was ended in the midst of a write has counted what was not committed.
    let counted = side["counted"][0].as_u64().expect("counts");
    assert!((lacking.len() as u64..=lacking.len() as u64 + 3).contains(&counted), "{side:#}");
    assert_eq!(back.json()["ledger"]["source"]["given_up"], false);

    let sql = scene.run(&["report", &run, "--ledger", "sql", "--side", "target"]);
    assert_eq!(sql.code, Some(0), "{sql}");
    let statements: Vec<&str> =
        sql.stdout.lines().filter(|line| line.starts_with("INSERT INTO public.orders")).collect();
    assert_eq!(statements.len(), lacking.len(), "{sql}");
    assert!(sql.stdout.lines().all(|line| line.starts_with("INSERT") || line.starts_with("-- ")), "{sql}");
    // Given back under ids of the source's own, they are all there.
    let before = ids(&source.sql).len();
    let renumbered: Vec<String> = statements
        .iter()
        .enumerate()
        .map(|(number, statement)| {
            let (_, client) = statement.split_once("', '").expect("two values");
            format!("INSERT INTO public.orders (id, client) VALUES ('{}', '{client}", 1_000_000 + number)
        })
        .collect();
    source.sql.rows(&renumbered.join("\n"));
    assert_eq!(ids(&source.sql).len(), before + lacking.len());
    let report = scene.run(&["report", &run]);
    assert!(report.stdout.contains("Ledger") && report.stdout.contains("public.orders"), "{report}");
    assert!(report.stdout.contains("of 1000000 that were accepted"), "{report}");
}

#[test]
fn a_watch_that_holds_leaves_new_writes_to_a_person() {
    let source = source("ledger-holds");
    let scene = scene(source, "");
    let admin = format!("{}/admin", scene.identity());
    let watch = "[databases.loans.watch]\nfor = \"5m\"\ninterval = \"1s\"\nfailures = 1\non_new_writes = \"hold\"\n\
                 sql = [\"SELECT count(*) = 0 FROM orders\"]\n";
    configure(&scene, &admin, "");
    let path = scene.daybreak.path("daybreak.toml");
    let profile = std::fs::read_to_string(&path).expect("the profile");
    scene.daybreak.write("daybreak.toml", &profile.replace("[databases.loans.watch]\nfor = \"0s\"\n", watch));
    let clients = Clients::start(scene.lab, &scene.secret);
    clients.write_to(&source.sql.host);
    let ended = scene.recover(&["--until", "cutover"]);
    assert_eq!(ended.code, Some(4), "{ended}");
    let result = ended.json();
    let (run, target) = (text(&result, "/run").to_owned(), target(&scene, &result));
    let hint = text(&result, "/failure/hint");
    assert!(hint.contains(&format!("daybreak resume {run}")), "{hint}");
    assert!(hint.contains(&format!("daybreak rollback {run} --accept-loss ")), "{hint}");
    clients.write_to(&target.host);
    let back = scene.run(&["rollback", &run, "--yes", "--accept-loss", "1000000", "--output", "json"]);
    assert_eq!(back.code, Some(0), "{back}");
    clients.write_to(&source.sql.host);
    clients.stop();
    let told = told(&scene.run(&["report", &run, "--ledger", "json-lines"]), "target");
    assert_eq!(told, ids(&target), "there was none before the switch");
}

/// The profile of a scene on probation, watched by this probe.
fn on_probation(scene: &Scene, probe: &str) {
    let path = scene.daybreak.path("daybreak.toml");
    let watch = format!("[databases.loans.watch]\nfor = \"2s\"\ninterval = \"1s\"\nfailures = 2\n{probe}\n");
    let profile = std::fs::read_to_string(&path).expect("the profile");
    let profile = profile
        .replace("[databases.loans.watch]\nfor = \"0s\"\n", &watch)
        .replace("[databases.loans.cutover]\n", "[databases.loans.cutover]\nprobation = true\n");
    scene.daybreak.write("daybreak.toml", &profile);
}

#[test]
fn on_probation_nothing_is_written_that_a_rollback_could_give_up() {
    let source = source("ledger-probation");
    let scene = scene(source, "");
    let settings = "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2; \
                    SELECT rolname FROM pg_roles WHERE rolname LIKE 'daybreak-%'";
    // Nobody listens there. A query that fails on the target is met before the cutover.
    let page = "http = [\"http://127.0.0.1:9/\"]";
    on_probation(&scene, page);
    let clients = Clients::start(scene.lab, &scene.secret);
    clients.write_to(&source.sql.host);
    let ended = scene.recover(&["--until", "cutover"]);
    assert_eq!(ended.code, Some(1), "{ended}");
    assert_eq!(text(&ended.json(), "/failure/step"), "lift-probation");
    clients.write_to(&source.sql.host);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&source.sql.host], "the target has acknowledged nothing");
    assert_eq!(lost(&source.sql, &acknowledged), Vec::<i64>::new());
    let side = &ended.json()["ledger"]["target"];
    assert_eq!((&side["counted"], side["rows"].as_u64()), (&serde_json::json!([0, 0, 0]), Some(0)), "{side:#}");
    let left = target(&scene, &ended.json());
    assert!(!left.rows(settings).contains("default_transaction_read_only"), "{}", left.rows(settings));
    assert!(!left.rows(settings).contains("daybreak-probation"), "{}", left.rows(settings));

    let path = scene.daybreak.path("daybreak.toml");
    let profile = std::fs::read_to_string(&path).expect("the profile");
    scene.daybreak.write("daybreak.toml", &profile.replace(page, "sql = [\"SELECT count(*) = 11 FROM loans\"]"));
    let clients = Clients::start(scene.lab, &scene.secret);
    clients.write_to(&source.sql.host);
    let result = scene.recovered("cutover");
    let target = target(&scene, &result);
    clients.write_to(&target.host);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&source.sql.host, &target.host]);
    assert!(!target.rows(settings).contains("default_transaction_read_only"), "{}", target.rows(settings));
}
