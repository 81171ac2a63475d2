//! The application connects to a proxy: a real forwarder, which lets go of the source and takes the target under clients that
//! write through it without pause.

use serde_json::{Value, json};

use crate::{
    fence,
    support::{
        Scene, Source, assert_refused,
        aws::wait,
        clients::{Clients, lost, order},
        proxy::Proxy,
        scene::profile,
        sql::{PASSWORD, Sql},
        until,
    },
};

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

fn json(scene: &Scene, arguments: &[&str]) -> Value {
    let ended = scene.run(&[arguments, &["--output", "json"]].concat());
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended}");
    ended.json()
}

fn calls(scene: &Scene) -> Vec<String> {
    let made = scene.changes().into_iter();
    made.filter(|action| action.ends_with("DBProxyTargets")).collect()
}

const FENCED: &str = "[databases.loans.watch]\nfor = \"0s\"\n[databases.loans.fence]\n";
const UNFENCED: &str = "[databases.loans.watch]\nfor = \"2s\"\ninterval = \"1s\"\n";

/// A scene whose application connects to a proxy of its own, as `shop` and as `batch`.
fn scene(source: &'static Source, more: &str) -> (Scene, Proxy) {
    let scene = Scene::of(source, &source.rds_secret(), "");
    let secret = |user: &str| {
        let name = format!("{}/{user}", scene.identity());
        scene.lab.aws.create_secret(&name, &json!({ "username": user, "password": PASSWORD }).to_string());
        name
    };
    let (shop, batch) = (secret("shop"), secret("batch"));
    let proxy = Proxy::create(scene.lab, &format!("{}-proxy", source.cluster), &[&shop, &batch], &source.cluster);
    configure(&scene, &format!("proxy = {:?}", proxy.name), more);
    (scene, proxy)
}

fn configure(scene: &Scene, cutover: &str, more: &str) {
    let connect = format!("secret = {:?}\nca = {:?}\n", scene.secret, scene.lab.ca);
    // The damage has left ten loans.
    let text = profile(scene.source, &connect, cutover, more).replace(">= 1000", ">= 1");
    scene.daybreak.write("daybreak.toml", &text);
}

#[test]
fn clients_of_the_proxy_follow_the_cutover_and_the_way_back_and_lose_nothing() {
    let source = fence::source("proxied");
    let (scene, proxy) = scene(source, FENCED);
    let clients = Clients::through(scene.lab, &proxy);
    clients.write_to(&source.sql.host);

    let result = scene.recovered("cutover");
    let (target, run) = (text(&result, "/target/identifier").to_owned(), text(&result, "/run").to_owned());
    let endpoint = text(&result, "/target/endpoint").to_owned();
    clients.write_to(&endpoint);
    assert_eq!(proxy.leads_to(), [target.as_str()]);
    assert_eq!(text(&result, "/cutover/proxy"), proxy.name);
    assert_eq!(calls(&scene), ["DeregisterDBProxyTargets", "RegisterDBProxyTargets"]);
    let shown = scene.run(&["status", &run]);
    let told = format!("proxy {}, which leads to cluster {target}", proxy.name);
    assert!(shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(&told), "{shown}");

    let back = json(&scene, &["rollback", &run, "--yes", "--accept-loss", "1000000"]);
    assert_eq!(text(&back, "/outcome"), "rolled_back");
    clients.write_to(&source.sql.host);
    assert_eq!(proxy.leads_to(), [source.cluster.as_str()]);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&source.sql.host, &endpoint, &source.sql.host], "never both at once");
    assert_eq!(lost(&source.sql, &acknowledged), Vec::<i64>::new());
    assert_eq!(lost(&Sql::new(&endpoint, 5444, &scene.lab.ca), &acknowledged), Vec::<i64>::new());
}

#[test]
fn a_daybreak_killed_in_the_gap_goes_on_and_another_goes_back() {
    for (name, command) in [("proxied-on", "resume"), ("proxied-back", "rollback")] {
        let source = fence::source(name);
        let (scene, proxy) = scene(source, UNFENCED);
        let identity = scene.identity();
        scene.lab.faults(&json!([
            { "service": "rds", "action": "RegisterDBProxyTargets", "kind": "hold-before", "identity": identity }
        ]));
        let clients = Clients::through(scene.lab, &proxy);
        clients.write_to(&source.sql.host);
        let mut running = scene.start(&scene.recovery(&["--until", "cutover"]));
        until("the gap", || (!scene.lab.held(identity).is_empty()).then_some(()));
        running.kill().expect("kill daybreak");
        running.wait().expect("daybreak's end");
        assert_eq!(proxy.leads_to(), Vec::<String>::new());
        scene.lab.forgive(identity);

        let run = scene.runs().pop().expect("a run");
        let forward: &[&str] = &["resume", &run];
        let back: &[&str] = &["rollback", &run, "--yes", "--accept-loss", "1000000"];
        let ended = json(&scene, if command == "resume" { forward } else { back });
        let endpoint = match command {
            "resume" => text(&ended, "/target/endpoint").to_owned(),
            _ => source.sql.host.clone(),
        };
        clients.write_to(&endpoint);
        let acknowledged = clients.stop();
        assert_eq!(lost(&source.sql, &acknowledged), Vec::<i64>::new(), "{command}");
        assert_eq!(lost(&Sql::new(&endpoint, 5444, &scene.lab.ca), &acknowledged), Vec::<i64>::new(), "{command}");
    }
}

#[test]
fn a_password_changed_since_the_restore_point_moves_nothing_and_can_be_mended() {
    let source = fence::source("proxied-stale");
    let (scene, proxy) = scene(source, FENCED);
    let validated = scene.recovered("validated");
    let run = text(&validated, "/run").to_owned();
    let new = "an0ther-Tr0ub4dor";
    source.sql.rows(&format!("ALTER ROLE batch PASSWORD '{new}'"));
    let batch = format!("{}/batch", scene.identity());
    let value = json!({ "username": "batch", "password": new }).to_string();
    let put = scene.lab.aws.secrets.put_secret_value().secret_id(&batch).secret_string(value);
    wait(put.send()).expect("change the secret");

    let ended = scene.run(&["cutover", "--yes", "--output", "json", &run]);
    assert_eq!(ended.code, Some(1), "{ended}");
    let result = ended.json();
    assert_eq!((text(&result, "/outcome"), text(&result, "/failure/step")), ("rolled_back", "rehearse-proxy"));
    assert!(text(&result, "/failure/hint").contains("give role batch there the password"), "{result:#}");
    assert!(!ended.stdout.contains(new) && !ended.stderr.contains(new), "{ended}");
    assert_eq!((proxy.leads_to(), calls(&scene)), (vec![source.cluster.clone()], Vec::new()));
    let marked = source.sql.rows("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'daybreak-fence-%'");
    assert_eq!(marked, "0", "the fence was not begun");

    let endpoint = text(&result, "/target/endpoint");
    Sql::new(endpoint, 5444, &scene.lab.ca).rows(&format!("ALTER ROLE batch PASSWORD '{new}'"));
    let again = json(&scene, &["cutover", &run, "--yes"]);
    assert_eq!(text(&again, "/outcome"), "recovered");
    assert_eq!(proxy.leads_to(), [text(&again, "/target/identifier")]);
}

#[test]
fn what_would_fail_at_the_cutover_is_refused_before_anything_is_made() {
    let source = fence::source("proxied-refused");
    let (scene, proxy) = scene(source, FENCED);
    let refused = |why: &str, hint: &str| {
        let ended = scene.recover(&["--yes"]);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(why) && ended.stderr.contains(hint), "{why}: {ended}");
        scene.assert_untouched(&ended);
    };
    let own = format!("proxy = {:?}", proxy.name);
    configure(&scene, "proxy = \"absent\"", FENCED);
    refused("there is no such proxy in eu-west-1", "aws rds describe-db-proxies");

    let subnets = scene.lab.ec2("Action=CreateVpc&CidrBlock=10.8.0.0%2F16", "vpcId");
    let subnet = scene.lab.ec2(&format!("Action=CreateSubnet&VpcId={subnets}&CidrBlock=10.8.0.0%2F24"), "subnetId");
    let group = scene.lab.aws.rds.create_db_subnet_group().db_subnet_group_name("proxied-apart");
    wait(group.db_subnet_group_description("apart").subnet_ids(subnet).send()).expect("make the subnet group");
    let apart = "[databases.loans.regions.eu-west-1]\nsubnet_group = \"proxied-apart\"\n";
    configure(&scene, &own, &format!("{FENCED}{apart}"));
    refused("with subnet group proxied-apart", "a proxy leads to databases of its own VPC only");

    configure(&scene, &own, &format!("{FENCED}roles = [\"batch\"]\n"));
    refused("the application logs in as shop", "name shop in roles");
    configure(&scene, &format!("{own}\nproxy_via = \"127.0.0.1:9\""), FENCED);
    refused("a client cannot log in through it", "proxy_via");

    configure(&scene, &own, FENCED);
    proxy.deregister(&source.cluster);
    refused(&format!("it leads to nothing, not to cluster {}", source.cluster), "name that proxy");
    let other = Source::shared();
    proxy.register(&other.cluster);
    refused(&format!("it leads to cluster {}, not to", other.cluster), "name that proxy");
}
