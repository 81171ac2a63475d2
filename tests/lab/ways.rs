//! Every way back of a cluster other than its own continuous backup, each with real rows compared: snapshots here, elsewhere and
//! of another account, the backup of a deleted cluster, clones; which of them is chosen, and what is refused.

use std::{
    ops::Deref,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_rds::types::DbCluster;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{
    Lab, Source, assert_refused,
    aws::{Aws, wait},
    daybreak::{Daybreak, Ended},
    lab::Caller,
    scene::{beside, profile},
    source::ALL_ROWS,
    sql::Sql,
    until,
};

const HOME: &str = "eu-west-1";
const AWAY: &str = "eu-central-1";
const NIGHTLY: &str = "loans-ways-nightly";

/// An encrypted source with a snapshot, in a lab whose regions have newer default versions than the source.
struct Ground {
    lab: Lab,
    away: Aws,
    source: Source,
    /// A key of the other region.
    far_key: String,
    /// Groups of the other region: quarantine and application.
    far_groups: [String; 2],
    /// The snapshot's ARN.
    arn: String,
    taken: Timestamp,
    /// The rows in the snapshot.
    rows: String,
}

/// daybreak, and the access key that it signs with.
struct Station {
    daybreak: Daybreak,
    key: String,
}

impl Deref for Station {
    type Target = Daybreak;

    fn deref(&self) -> &Daybreak {
        &self.daybreak
    }
}

impl Ground {
    fn shared() -> &'static Self {
        static SHARED: LazyLock<Ground> = LazyLock::new(Ground::new);
        &SHARED
    }

    fn new() -> Self {
        let lab = Lab::start(&[]);
        let admin = Caller::default();
        let there = Caller { region: AWAY, ..Caller::default() };
        let [group, quarantine] = groups(&lab, &admin, "ways");
        let key = lab.key(&admin);
        let source = Source::encrypted(&lab, "loans-ways", group, quarantine, Some(&key));
        let rows = source.sql.rows(ALL_ROWS);
        let (arn, taken) = lab.aws.take_snapshot("loans-ways", NIGHTLY);
        source.sql.rows("INSERT INTO loans (amount, note) VALUES (7, 'after the snapshot')");
        lab.newer_default_versions(&[HOME, AWAY]);
        until("the second that is asked for", || (Timestamp::now().as_second() > taken.as_second() + 1).then_some(()));
        Self {
            away: Aws::of(&lab.endpoint, admin.credentials, AWAY),
            far_key: lab.key(&there),
            far_groups: groups(&lab, &there, "ways"),
            lab,
            source,
            arn,
            taken,
            rows,
        }
    }

    /// daybreak with a profile `loans` for `cluster`.
    fn daybreak(&self, cluster: &str) -> Station {
        let Self { lab, source, far_key, far_groups: [far_quarantine, far_group], .. } = self;
        let key = identity();
        let secret = format!("{key}/db");
        lab.aws.create_secret(&secret, &source.rds_secret());
        let far = self.away.create_secret(&secret, &source.rds_secret());
        assert!(!far.is_empty());
        let daybreak = beside(lab, &key);
        let subnets = source.described(lab).db_subnet_group.expect("a subnet group");
        let (group, quarantine) = (&source.group, &source.quarantine);
        daybreak.write(
            "daybreak.toml",
            &format!(
                "[databases.loans]\ncluster = {cluster:?}\nregion = {HOME:?}\n\
                 [databases.loans.connect]\nsecret = {secret:?}\nca = {:?}\n\
                 [databases.loans.watch]\nfor = \"0s\"\n\
                 [databases.loans.restore]\nquarantine_security_groups = [{quarantine:?}]\ninstance_class = \"db.r6g.large\"\nreaders = 0\n\
                 [databases.loans.regions.{HOME}]\nsubnet_group = {subnets:?}\nsecurity_groups = [{group:?}]\n\
                 [databases.loans.regions.{AWAY}]\nsubnet_group = \"default\"\nkms_key = {far_key:?}\n\
                 security_groups = [{far_group:?}]\nquarantine_security_groups = [{far_quarantine:?}]\n",
                lab.ca
            ),
        );
        Station { daybreak, key }
    }

    /// The time that recoveries from the snapshot ask for, a little after it.
    fn wanted(&self) -> String {
        (self.taken + jiff::SignedDuration::from_secs(1)).to_string()
    }

    /// The rows of a result's target, as a client reaches it.
    fn rows_of(&self, result: &Value) -> String {
        let port = result["target"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Sql::new(result["target"]["endpoint"].as_str().expect("an endpoint"), port, &self.lab.ca).rows(ALL_ROWS)
    }
}

/// A new access key.
fn identity() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("ways-{:03}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Two security groups of a region.
fn groups(lab: &Lab, caller: &Caller, name: &str) -> [String; 2] {
    let ec2 = |query: &str, element: &str| lab.query(caller, "ec2", &format!("{query}&Version=2016-11-15"), element);
    let vpc = ec2("Action=DescribeVpcs", "vpcId");
    ["app", "quarantine"].map(|role| {
        let query = format!("Action=CreateSecurityGroup&GroupName={name}-{role}&GroupDescription={role}&VpcId={vpc}");
        ec2(&query, "groupId")
    })
}

/// Ends well, and returns the result.
fn done(ended: &Ended) -> Value {
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.json()
}

fn recover(daybreak: &Daybreak, to: &str, more: &[&str]) -> Ended {
    let fixed = ["recover", "loans", "--to", to, "--until", "validated", "--output", "json"];
    daybreak.run(fixed.iter().chain(more))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// The changing calls that daybreak made.
fn changes(lab: &Lab, station: &Station) -> Vec<String> {
    let calls = lab.calls(&station.key);
    let named = calls.iter().filter_map(|call| call["action"].as_str()).map(str::to_owned);
    named.filter(|action| !["Describe", "List", "Get"].iter().any(|read| action.starts_with(read))).collect()
}

fn has_version_of(made: &DbCluster, source: &DbCluster) {
    assert_eq!(made.engine_version(), source.engine_version(), "not the region's default one");
}

#[test]
fn a_snapshot_is_restored_in_its_region_with_its_version_and_time() {
    let ground = Ground::shared();
    let daybreak = ground.daybreak("loans-ways");
    let result = done(&recover(&daybreak, &ground.wanted(), &["--from", NIGHTLY]));
    assert_eq!(ground.rows_of(&result), ground.rows);
    let data: Timestamp = text(&result, "/data_time").parse().expect("a time");
    assert_eq!(data.as_second(), ground.taken.as_second());
    assert_eq!(text(&result, "/requested_time"), ground.wanted());
    let made = ground.lab.aws.cluster(text(&result, "/target/identifier"));
    has_version_of(&made, &ground.source.described(&ground.lab));
    assert_eq!(made.kms_key_id(), ground.source.described(&ground.lab).kms_key_id());
    let page = daybreak.run(["status", text(&result, "/run")]);
    assert!(page.stdout.contains("asked for"), "{page}");
    let cancelled = daybreak.run(["cancel", text(&result, "/run"), "--yes"]);
    assert_eq!(cancelled.code, Some(0), "{cancelled}");
    assert_eq!(ground.lab.aws.names(text(&result, "/target/identifier")), Vec::<String>::new());
    assert!(ground.lab.aws.snapshots(NIGHTLY).contains(&NIGHTLY.to_owned()), "what was restored is not touched");
}

#[test]
fn a_snapshot_is_copied_into_another_region_with_a_key_of_it_and_taken_back() {
    let ground = Ground::shared();
    let daybreak = ground.daybreak("loans-ways");
    let result = done(&recover(&daybreak, &ground.wanted(), &["--from", &ground.arn, "--into", AWAY]));
    assert_eq!(ground.rows_of(&result), ground.rows);
    let target = text(&result, "/target/identifier").to_owned();
    assert_eq!(text(&result, "/target/region"), AWAY);
    let made = ground.away.cluster(&target);
    has_version_of(&made, &ground.source.described(&ground.lab));
    assert_eq!(made.kms_key_id(), Some(ground.far_key.as_str()));
    assert_eq!(made.vpc_security_groups()[0].vpc_security_group_id(), Some(ground.far_groups[0].as_str()));
    assert!(ground.lab.aws.find_cluster(&target).is_none());
    let copy = format!("{target}-copy");
    assert_eq!(ground.away.snapshots(&copy), std::slice::from_ref(&copy), "it is kept for another attempt");
    let cleanup = daybreak.run(["cleanup"]);
    assert!(cleanup.stdout.contains(&copy), "{cleanup}");
    let cancelled = daybreak.run(["cancel", text(&result, "/run"), "--yes"]);
    assert_eq!(cancelled.code, Some(0), "{cancelled}");
    assert_eq!((ground.away.names(&target), ground.away.snapshots(&copy)), (Vec::new(), Vec::new()));
}

#[test]
fn a_copy_that_is_in_the_other_region_already_is_used_as_it_is() {
    let ground = Ground::shared();
    let copying = ground.away.rds.copy_db_cluster_snapshot().source_db_cluster_snapshot_identifier(&ground.arn);
    let copying = copying.target_db_cluster_snapshot_identifier("loans-ways-there").kms_key_id(&ground.far_key);
    wait(copying.send()).expect("copy the snapshot");
    ground.away.await_snapshot("loans-ways-there");
    let daybreak = ground.daybreak("loans-ways");
    let refused = recover(&daybreak, &ground.wanted(), &["--into", AWAY]);
    assert_refused(&refused, 3);
    let named = refused.stderr.contains("--from loans-ways-") && refused.stderr.contains(&format!(" --into {AWAY} "));
    assert!(named, "what loses anything must be named: {refused}");
    assert_eq!(changes(&ground.lab, &daybreak), Vec::<String>::new());
    let result = done(&recover(&daybreak, &ground.wanted(), &["--from", "loans-ways-there", "--into", AWAY]));
    assert_eq!(ground.rows_of(&result), ground.rows);
    assert!(!changes(&ground.lab, &daybreak).contains(&"CopyDBClusterSnapshot".to_owned()));
}

#[test]
fn another_accounts_snapshot_is_restored_by_its_arn_with_a_key_of_ours() {
    let ground = Ground::shared();
    let (lab, source) = (&ground.lab, &ground.source);
    const PARTNER: &str = "210987654321";
    let partner = lab.other_account(PARTNER);
    let aws = Aws::of(&lab.endpoint, partner.credentials.clone(), HOME);
    let shared = lab.aws.rds.modify_db_cluster_snapshot_attribute().db_cluster_snapshot_identifier(NIGHTLY);
    wait(shared.attribute_name("restore").values_to_add(PARTNER).send()).expect("share the snapshot");
    let [group, quarantine] = groups(lab, &partner, "theirs");
    aws.create_secret("theirs/db", &source.rds_secret());
    let key = lab.key(&partner);
    let credentials = &partner.credentials;
    let daybreak = beside(lab, credentials.access_key_id())
        .with("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key())
        .with("AWS_SESSION_TOKEN", credentials.session_token().expect("a session"));
    let configure = |restore: &str| {
        let text = format!(
            "[databases.loans]\ncluster = \"their-loans\"\nregion = {HOME:?}\n\
             [databases.loans.connect]\nsecret = \"theirs/db\"\nca = {:?}\n\
             [databases.loans.restore]\nquarantine_security_groups = [{quarantine:?}]\ninstance_class = \"db.r6g.large\"\n{restore}\n\
             [databases.loans.regions.{HOME}]\nsubnet_group = \"default\"\nsecurity_groups = [{group:?}]\n",
            lab.ca
        );
        daybreak.write("daybreak.toml", &text);
    };
    configure("");
    let refused = recover(&daybreak, &ground.wanted(), &["--from", &ground.arn]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("set kms_key under [databases.loans.restore]"), "{refused}");
    configure(&format!("kms_key = {key:?}"));
    let result = done(&recover(&daybreak, &ground.wanted(), &["--from", &ground.arn]));
    assert_eq!(ground.rows_of(&result), ground.rows);
    let made = aws.cluster(text(&result, "/target/identifier"));
    assert_eq!(made.kms_key_id(), Some(key.as_str()));
    has_version_of(&made, &source.described(lab));
}

#[test]
fn a_deleted_cluster_comes_back_beside_and_then_under_its_old_name() {
    let ground = Ground::shared();
    let lab = &ground.lab;
    let (group, quarantine) = (ground.source.group.clone(), ground.source.quarantine.clone());
    let source = Source::with_groups(lab, "loans-lost", group, quarantine);
    let (moment, before) = (source.moment.to_string(), source.described(lab));
    lab.aws.delete_cluster_keeping_backups("loans-lost", "loans-lost-final");
    let daybreak = ground.daybreak("loans-lost");
    let result = done(&recover(&daybreak, &moment, &[]));
    assert_eq!(ground.rows_of(&result), source.rows);
    assert_ne!(text(&result, "/target/identifier"), "loans-lost");
    has_version_of(&lab.aws.cluster(text(&result, "/target/identifier")), &before);

    let again = ["recover", "loans", "--to", &moment, "--as-before", "--until", "cutover", "--output", "json"];
    let result = done(&daybreak.run(again));
    assert_eq!((text(&result, "/target/identifier"), text(&result, "/outcome")), ("loans-lost", "recovered"));
    // The client has been told nothing.
    assert_eq!(source.sql.rows(ALL_ROWS), source.rows);
    let made = lab.aws.cluster("loans-lost");
    assert_eq!((made.endpoint(), made.port()), (before.endpoint(), before.port()));
    assert_ne!(made.db_cluster_resource_id(), before.db_cluster_resource_id());
    let refused = daybreak.run(again);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("there is a cluster loans-lost"), "{refused}");
}

#[test]
fn a_clone_has_the_present_rows_and_nothing_is_moved_to_it() {
    let ground = Ground::shared();
    let daybreak = ground.daybreak("loans-ways");
    let present = ground.source.sql.rows(ALL_ROWS);
    let refused = daybreak.run(["recover", "loans", "--to", "now", "--until", "validated"]);
    assert_refused(&refused, 2);
    assert!(refused.stderr.contains("--to now --clone"), "{refused}");
    let refused = daybreak.run(["recover", "loans", "--to", "now", "--clone", "--until", "cutover"]);
    assert_refused(&refused, 3);
    let ended = daybreak.run(["recover", "loans", "--to", "now", "--clone", "--yes", "--output", "json"]);
    let result = done(&ended);
    assert_eq!(ground.rows_of(&result), present);
    assert_eq!(changes(&ground.lab, &daybreak), ["RestoreDBClusterToPointInTime", "CreateDBInstance"]);
    assert_eq!(result["cutover"], Value::Null);
}

#[test]
fn what_is_asked_for_and_cannot_be_had_is_refused_with_the_way_out() {
    let ground = Ground::shared();
    let daybreak = ground.daybreak("loans-ways");
    let wanted = ground.wanted();
    for (more, words) in [
        (&["--from", "loans-nightly"][..], "there is no window loans-nightly of loans"),
        (&["--from", "loans-ways", "--into", AWAY], "only snapshots can be taken into another region"),
        (&["--as-before"], "there is a cluster loans-ways"),
    ] {
        let refused = recover(&daybreak, &wanted, more);
        assert_refused(&refused, 3);
        assert!(refused.stderr.contains(words), "{refused}");
    }
    let refused = recover(&daybreak, &wanted, &["--into", "frankfurt"]);
    assert_refused(&refused, 2);
    assert_eq!(changes(&ground.lab, &daybreak), Vec::<String>::new());
}

/// A plan's window closes: the snapshot goes, or is not complete.
#[test]
fn a_snapshot_that_is_gone_or_incomplete_is_refused_before_anything_is_made() {
    let ground = Ground::shared();
    let lab = &ground.lab;
    lab.aws.take_snapshot("loans-ways", "loans-ways-brief");
    let daybreak = ground.daybreak("loans-ways");
    let now = Timestamp::now();
    until("the present in the window", || {
        let latest = ground.source.described(lab).latest_restorable_time.expect("a window");
        (latest.secs() > now.as_second() + 1).then_some(())
    });
    let wanted = Timestamp::from_second(now.as_second()).expect("a time").to_string();
    let planned = daybreak.run(["plan", "loans", "--to", &wanted, "--from", "loans-ways-brief", "--save", "p.json"]);
    assert_eq!(planned.code, Some(0), "{planned}");
    wait(lab.aws.rds.delete_db_cluster_snapshot().db_cluster_snapshot_identifier("loans-ways-brief").send())
        .expect("delete the snapshot");
    let refused = daybreak.run(["recover", "--plan", "p.json", "--until", "validated"]);
    assert_refused(&refused, 3);
    assert!(refused.stderr.contains("snapshot loans-ways-brief is gone"), "{refused}");
    assert_eq!(changes(lab, &daybreak), Vec::<String>::new());
}

/// Quotas, and a key that cannot be used: the run turns back, and leaves nothing.
#[test]
fn what_rds_refuses_in_mid_run_is_taken_back_and_a_key_that_is_off_is_refused_before() {
    let lab = Lab::start(&[]);
    let admin = Caller::default();
    let key = lab.key(&admin);
    let [group, quarantine] = groups(&lab, &admin, "refused");
    let source = Source::encrypted(&lab, "loans-refused", group, quarantine, Some(&key));
    lab.aws.take_snapshot("loans-refused", "loans-refused-1");
    let key_name = identity();
    let secret = format!("{key_name}/db");
    lab.aws.create_secret(&secret, &source.rds_secret());
    let daybreak = beside(&lab, &key_name);
    let connect = format!("secret = {secret:?}\nca = {:?}\n", lab.ca);
    daybreak.write("daybreak.toml", &profile(&source, &connect, "", ""));
    let wanted = source.moment.to_string();
    let run = |code: i32, words: &str| {
        let ended = recover(&daybreak, &wanted, &["--from", "loans-refused-1"]);
        assert_eq!(ended.code, Some(code), "{ended}");
        assert!(ended.stderr.contains(words) || ended.stdout.contains(words), "{words}: {ended}");
        assert_eq!(lab.aws.names("loans-refused"), ["loans-refused", "loans-refused-1"], "{ended}");
    };
    lab.quotas(&json!({ "clusters": 1 }));
    run(1, "DBClusterQuotaExceededFault");
    lab.quotas(&json!({ "clusters": null }));
    let id = key.rsplit('/').next().expect("an id");
    lab.kms(&admin, "DisableKey", &json!({ "KeyId": id }));
    run(3, "its KMS key is Disabled");
}
