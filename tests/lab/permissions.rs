//! An identity that lacks a permission is told which, before anything is created.

use std::process::Command;

use serde_json::Value;

use crate::support::{
    Lab, Source, assert_refused, daybreak::Daybreak, lab::python, proxy::Proxy, scene::profile, zone::Zone,
};

/// Makes a user with a policy, as an administrator would; prints its access key.
const MAKE_USER: &str = r#"
import json, sys, boto3
endpoint, name, policy = sys.argv[1:]
iam = boto3.client("iam", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="lab-admin", aws_secret_access_key="lab-admin")
iam.create_user(UserName=name)
iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=policy)
key = iam.create_access_key(UserName=name)["AccessKey"]
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"#;

/// What a recovery needs, but for what is left out.
fn policy(without: &str) -> String {
    let allowed: Vec<&str> = RECOVERY.into_iter().filter(|action| *action != without).collect();
    allowing(&allowed)
}

const RECOVERY: [&str; 16] = [
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeEvents",
    "rds:ListTagsForResource",
    "rds:RestoreDBClusterToPointInTime",
    "rds:CreateDBInstance",
    "rds:ModifyDBCluster",
    "rds:ModifyDBInstance",
    "rds:AddTagsToResource",
    "rds:DeleteDBCluster",
    "rds:DeleteDBInstance",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
    "secretsmanager:ListSecretVersionIds",
];

fn allowing(allowed: &[&str]) -> String {
    serde_json::json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": allowed, "Resource": "*" }] }).to_string()
}

/// daybreak as a new user with this policy.
pub(crate) fn user(lab: &Lab, name: &str, policy: &str) -> Daybreak {
    let output =
        Command::new(python()).args(["-c", MAKE_USER, &lab.endpoint, name, policy]).output().expect("start Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let key: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let part = |index: usize| key[index].as_str().expect("a key").to_owned();
    Daybreak::new()
        .with("AWS_ENDPOINT_URL", lab.endpoint.clone())
        .with("AWS_ACCESS_KEY_ID", part(0))
        .with("AWS_SECRET_ACCESS_KEY", part(1))
}

#[test]
fn the_action_that_is_missing_is_named() {
    let lab = Lab::start(&["--iam"]);
    let source = Source::create(&lab, "loans-guarded");
    lab.aws.create_secret("guarded/db", &source.rds_secret());
    let connect = format!("secret = \"guarded/db\"\nca = {:?}\n", lab.ca);
    let profile = profile(&source, &connect, "secret = \"guarded/db\"\n", "[databases.loans.watch]\nfor = \"0s\"\n");
    let moment = source.moment.to_string();
    let recover = ["recover", "loans", "--to", &moment, "--yes", "--output", "json"];

    for (number, action) in [
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
    ]
    .iter()
    .enumerate()
    {
        let daybreak = user(&lab, &format!("reader-{number}"), &policy(action)).with_file("daybreak.toml", &profile);
        let ended = daybreak.run(recover);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(&format!("\n  next: allow {action} to ")), "{action}: {ended}");
        assert!(ended.stderr.contains("\n  now: nothing was created or changed\n"), "{ended}");
    }

    for (number, (action, step)) in [
        ("rds:RestoreDBClusterToPointInTime", "restore-cluster"),
        ("rds:CreateDBInstance", "create-writer"),
        ("secretsmanager:PutSecretValue", "stage-secret"),
    ]
    .iter()
    .enumerate()
    {
        let daybreak = user(&lab, &format!("writer-{number}"), &policy(action)).with_file("daybreak.toml", &profile);
        let ended = daybreak.run(recover);
        assert_eq!(ended.code, Some(1), "{action}: {ended}");
        let result = ended.json();
        assert_eq!(result["failure"]["step"], *step, "{action}: {result:#}");
        assert!(result["failure"].to_string().contains(action), "{action} is not named: {result:#}");
        if result["outcome"] == "undone" {
            let target = result["target"]["identifier"].as_str().expect("a target");
            assert_eq!(lab.aws.names(target), Vec::<String>::new(), "{action}");
        }
    }
    assert_eq!(lab.aws.versions("guarded/db").len(), 1, "the application is where it was");

    let daybreak = user(&lab, "operator", &policy("")).with_file("daybreak.toml", &profile);
    let ended = daybreak.run(recover);
    assert_eq!(ended.code, Some(0), "with all of them it is recovered: {ended}");
}

/// What the bundle `cutover-dns` allows, but that a zone named by its id is not looked for by its name.
const BY_DNS: [&str; 4] = [
    "route53:GetHostedZone",
    "route53:ListResourceRecordSets",
    "route53:ChangeResourceRecordSets",
    "route53:GetChange",
];

#[test]
fn each_action_that_moves_a_record_is_needed_and_no_other_is() {
    let lab: &'static Lab = Box::leak(Box::new(Lab::start(&["--iam"])));
    let source = Source::create(lab, "loans-named");
    lab.aws.create_secret("named/db", &source.rds_secret());
    let zone = Zone::create(lab, "named.internal");
    zone.put(vec![zone.alias(&source.sql.host)]);
    let connect = format!("secret = \"named/db\"\nca = {:?}\n", lab.ca);
    let cutover = format!("secret = \"named/db\"\n{}\n", zone.line(""));
    let profile = profile(&source, &connect, &cutover, "[databases.loans.watch]\nfor = \"0s\"\n");
    let moment = source.moment.to_string();
    let recover = ["recover", "loans", "--to", &moment, "--yes", "--output", "json"];
    let needed: Vec<&str> = RECOVERY.into_iter().chain(BY_DNS).collect();
    let user = |name: &str, without: &str| {
        let actions: Vec<&str> = needed.iter().copied().filter(|action| *action != without).collect();
        user(lab, name, &allowing(&actions)).with_file("daybreak.toml", &profile)
    };

    for action in &BY_DNS[..2] {
        let ended = user(&action.replace(':', "-"), action).run(recover);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(&format!("\n  next: allow {action} to ")), "{action}: {ended}");
    }
    let before = zone.aliases();
    for (action, step) in [(BY_DNS[2], "move-record"), (BY_DNS[3], "await-record")] {
        let ended = user(&action.replace(':', "-"), action).run(recover);
        let result = ended.json();
        assert_eq!(result["failure"]["step"], step, "{action}: {ended}");
        assert!(result["failure"].to_string().contains(action), "{action} is not named: {result:#}");
        assert_eq!((&result["outcome"], zone.aliases()), (&"rolled_back".into(), before.clone()), "{action}: {ended}");
    }
    let ended = user("operator", "").run(recover);
    assert_eq!(ended.code, Some(0), "with all of them it is recovered: {ended}");
    assert_ne!(zone.resolve().0, source.sql.host);
}

/// What the bundle `cutover-proxy` allows, but what only a target with a subnet group of its own needs.
const BY_PROXY: [&str; 5] = [
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargets",
    "rds:DescribeDBProxyTargetGroups",
    "rds:DeregisterDBProxyTargets",
    "rds:RegisterDBProxyTargets",
];

#[test]
fn each_action_that_moves_a_proxy_is_needed_and_no_other_is() {
    let lab: &'static Lab = Box::leak(Box::new(Lab::start(&["--iam"])));
    let source = Source::create(lab, "loans-fronted");
    lab.aws.create_secret("fronted/db", &source.rds_secret());
    let proxy = Proxy::create(lab, "fronted-proxy", &["fronted/db"], "loans-fronted");
    let connect = format!("secret = \"fronted/db\"\nca = {:?}\n", lab.ca);
    let cutover = "proxy = \"fronted-proxy\"\n";
    let profile = profile(&source, &connect, cutover, "[databases.loans.watch]\nfor = \"0s\"\n");
    let moment = source.moment.to_string();
    let recover = ["recover", "loans", "--to", &moment, "--yes", "--output", "json"];
    let needed: Vec<&str> = RECOVERY.into_iter().chain(BY_PROXY).collect();
    let user = |name: &str, without: &str| {
        let actions: Vec<&str> = needed.iter().copied().filter(|action| *action != without).collect();
        user(lab, name, &allowing(&actions)).with_file("daybreak.toml", &profile)
    };

    for action in &BY_PROXY[..3] {
        let ended = user(&action.replace(':', "-"), action).run(recover);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(&format!("\n  next: allow {action} to ")), "{action}: {ended}");
    }
    let ended = user("taker", "rds:DeregisterDBProxyTargets").run(recover);
    let result = ended.json();
    assert_eq!((&result["outcome"], &result["failure"]["step"]), (&"rolled_back".into(), &"release-proxy".into()));
    assert_eq!(proxy.leads_to(), ["loans-fronted"]);
    // Who may take and may not give leaves the application without a database, and is told what to type.
    let ended = user("giver", "rds:RegisterDBProxyTargets").run(recover);
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(ended.stdout.contains("aws rds register-db-proxy-targets --db-proxy-name fronted-proxy"), "{ended}");
    assert_eq!(proxy.leads_to(), Vec::<String>::new());
    proxy.register("loans-fronted");
    let ended = user("operator", "").run(recover);
    assert_eq!(ended.code, Some(0), "with all of them it is recovered: {ended}");
}

#[test]
fn cleanup_needs_exactly_what_its_help_says() {
    let lab: &'static Lab = Box::leak(Box::new(Lab::start(&["--iam"])));
    let source = Source::create(lab, "loans-tidied");
    lab.aws.create_secret("tidied/db", &source.rds_secret());
    // Of a proxy, whoever's, it is asked where it leads.
    Proxy::create(lab, "tidied-proxy", &["tidied/db"], "loans-tidied");
    let connect = format!("secret = \"tidied/db\"\nca = {:?}\n", lab.ca);
    let profile = profile(&source, &connect, "secret = \"tidied/db\"\n", "[databases.loans.watch]\nfor = \"0s\"\n");
    let operator = user(lab, "operator", &policy("")).with_file("daybreak.toml", &profile);
    let moment = source.moment.to_string();
    let recovered = operator.run(["recover", "loans", "--to", &moment, "--yes", "--output", "json"]);
    assert_eq!(recovered.code, Some(0), "{recovered}");
    let result = recovered.json();
    let (run, target) =
        (result["run"].as_str().expect("a run"), result["target"]["identifier"].as_str().expect("a target"));
    assert_eq!(operator.run(["rollback", run, "--yes"]).code, Some(0));

    let help = operator.run(["cleanup", "--help"]).stdout;
    let needed: Vec<&str> = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("rds:") || line.starts_with("secretsmanager:"))
        .collect();
    assert_eq!(needed.len(), 15, "{help}");
    // What a cluster needs; the rest is for instances outside clusters.
    let of_instances = ["rds:ModifyDBInstance", "rds:DeleteDBSnapshot", "rds:CreateDBSnapshot"];
    let state = operator.path(".local/state/daybreak").display().to_string();
    let remove = ["cleanup", "--state", &state, "--remove", target, "--yes", "--output", "json"];
    // Tags of a snapshot are only set where the cluster copies them.
    for (number, action) in
        needed.iter().filter(|action| !action.ends_with("ToResource") && !of_instances.contains(action)).enumerate()
    {
        let others: Vec<&str> = needed.iter().copied().filter(|other| other != action).collect();
        let lacking = user(lab, &format!("tidier-{number}"), &allowing(&others)).with_file("daybreak.toml", &profile);
        let ended = lacking.run(remove);
        assert!(matches!(ended.code, Some(3 | 4)), "{action}: {ended}");
        assert!(lab.aws.find_cluster(target).is_some(), "{action}: {ended}");
    }
    let tidier = user(lab, "tidier", &allowing(&needed)).with_file("daybreak.toml", &profile);
    let ended = tidier.run(remove);
    assert_eq!(ended.code, Some(0), "with all of them it is removed: {ended}");
    assert_eq!(lab.aws.names(target), Vec::<String>::new());
}
