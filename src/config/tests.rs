//! The configuration from text to model, and its faults.

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::documented::schema_keys;
use super::*;

const ORIGIN: &str = "daybreak.toml";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new(ORIGIN))
}

fn valid(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The faults of a text, one a line as they are shown.
fn faults(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Invalid { faults, .. }) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("not invalid: {other:?}"),
    }
}

#[test]
fn a_profile_is_read_with_its_own_values() {
    let config = valid(
        r#"
        [databases.loans]
        cluster = "LoanServe-prod"
        [databases.loans.restore]
        instance_class = "db.r6g.large"
        readers = 2
        [databases.loans.connect]
        via = "[::1]:15432"
        ca = "ca.pem"
        [[databases.loans.checks]]
        name = "paid"
        query = "SELECT status FROM loans"
        expect = '"paid"'
        timeout = "10m"
        [databases.loans.watch]
        for = "0s"
        [databases.loans.deadlines]
        restore = "1h30m"
        run = "4h"
        "#,
    );
    let loans = &config.databases["loans"];
    assert_eq!(config.origin.as_deref(), Some(Path::new(ORIGIN)));
    assert_eq!(loans.source, Source::Cluster("loanserve-prod".to_owned()), "as RDS stores it");
    assert_eq!(loans.restore.instance_class, InstanceClass::Named("db.r6g.large".to_owned()));
    assert_eq!(loans.restore.readers, Readers::Count(2));
    assert_eq!(loans.deadlines.restore, Duration::from_secs(5400));
    assert_eq!(loans.deadlines.run, Some(Duration::from_secs(4 * 3600)));
    assert_eq!(loans.deadlines.pointer, Duration::from_secs(300), "as it is by default");
    assert_eq!(loans.connect.via, Some(HostPort { host: "::1".to_owned(), port: 15432 }));
    assert_eq!(loans.checks[0].expect.to_string(), "= \"paid\"");
    assert_eq!(loans.checks[0].timeout, Some(Duration::from_secs(600)));
    assert!(loans.watch.duration.is_zero());
}

#[test]
fn a_fence_is_asked_for_by_its_table() {
    let fence = |more: &str| valid(&format!("[databases.a]\ncluster = \"a\"\n{more}")).databases["a"].fence.clone();
    assert_eq!(fence("").mode, FenceMode::Unset);
    assert_eq!(fence("fence = {}").mode, FenceMode::Roles);
    assert_eq!(fence("fence.mode = \"none\"").mode, FenceMode::None);
    let own = fence("fence = { roles = [\"app\"], secret = \"admin\", when_unreachable = \"go-on\" }");
    let expected = Fence {
        mode: FenceMode::Roles,
        roles: vec!["app".to_owned()],
        secret: Some("admin".to_owned()),
        when_unreachable: Unreachable::GoOn,
    };
    assert_eq!(own, expected);
}

#[test]
fn the_certificate_file_is_beside_the_configuration() {
    let text = "[databases.a]\ncluster = \"a\"\nconnect = { ca = \"ca.pem\" }\n\
                [databases.b]\ncluster = \"b\"\nconnect = { ca = \"/etc/ca.pem\" }\n";
    let config = Config::parse(text, Path::new("/etc/daybreak/daybreak.toml")).expect("valid");
    let ca = |name: &str| config.databases[name].connect.ca.clone().expect("set");
    assert_eq!(ca("a"), Path::new("/etc/daybreak/ca.pem"));
    assert_eq!(ca("b"), Path::new("/etc/ca.pem"));
}

#[test]
fn all_faults_are_told_at_once_each_with_its_line() {
    let text = r#"[databases.loans]
region = "europe"
[databases.loans.cutover]
secert = "prod/loans/db"
[databases.loans.restore]
readers = true
[[databases.loans.checks]]
name = "loans"
query = " "
expect = "1000"
[[databases.loans.checks]]
name = "loans"
query = "SELECT 1"
timeout = "10"
[database.users]
cluster = "users"
"#;
    insta::assert_snapshot!(parse(text).expect_err("faults"), @r#"
    daybreak.toml has 10 faults:
      daybreak.toml:1: databases.loans.cluster: missing, and so is `instance`: one of them names the source
      daybreak.toml:2: databases.loans.region: `europe` is not the name of an AWS region, such as `eu-west-1`
      daybreak.toml:4: databases.loans.cutover.secert: unknown key, did you mean `secret`?
      daybreak.toml:6: databases.loans.restore.readers: expected a text in quotes or a whole number, found true or false
      daybreak.toml:9: databases.loans.checks[0].query: empty
      daybreak.toml:10: databases.loans.checks[0].expect: `1000` is not an expectation: write `= 0`, `>= 1000`, `= source`, `within 1% of source` or `= "text"`
      daybreak.toml:11: databases.loans.checks[1].expect: missing, it has no default
      daybreak.toml:12: databases.loans.checks[1].name: `loans` is the name of an earlier check
      daybreak.toml:14: databases.loans.checks[1].timeout: `10` has no unit: write `10s` for seconds or `10m` for minutes
      daybreak.toml:15: database: unknown key, did you mean `databases`?
    "#);
}

#[test]
fn each_fault_of_a_value_is_found() {
    for (setting, problem) in [
        (
            "cluster = 'a--b'",
            "cluster: the identifier of a cluster or instance has no hyphen at its end and no two in a row",
        ),
        (
            "restore.quarantine_security_groups = ['sg-0a1b2c3d', 'default']",
            "restore.quarantine_security_groups[1]: `default` is not the id",
        ),
        ("restore.instance_class = 'r6g.large'", "restore.instance_class: `r6g.large` is neither `source` nor"),
        ("fence.mode = 'role'", "fence.mode: "),
        ("fence.roles = [' ']", "fence.roles[0]: empty"),
        ("fence.when_unreachable = 'wait'", "fence.when_unreachable: "),
        ("restore.readers = 16", "restore.readers: write `\"source\"` or a number from 0 to 15"),
        ("restore.readers = 'all'", "restore.readers: write `\"source\"` or a number from 0 to 15"),
        (
            "restore.readers = 1.5",
            "restore.readers: expected a text in quotes or a whole number, found a number with a fraction",
        ),
        ("deadlines.restore = '0s'", "deadlines.restore: zero is not a length of time to wait"),
        ("deadlines.run = 3600", "deadlines.run: expected a text in quotes, found a whole number"),
        ("restore.kms_key = 'loans'", "restore.kms_key: `loans` is neither the ARN nor the id of a KMS key"),
        ("regions.frankfurt.kms_key = 'alias/a'", "regions.frankfurt: `frankfurt` is not the name of an AWS region"),
        ("regions.eu-central-1.kms_key = 'a b'", "regions.eu-central-1.kms_key: `a b` is neither"),
        (
            "regions.eu-central-1.security_groups = ['app']",
            "regions.eu-central-1.security_groups[0]: `app` is not the id",
        ),
        ("regions.eu-central-1.subnets = 'a'", "regions.eu-central-1.subnets: unknown key"),
        ("regions.eu-central-1.connect_secret = 'a b'", "regions.eu-central-1.connect_secret: this is not the name"),
        ("restore = 'source'", "restore: expected a table, found a text in quotes"),
        ("connect = { secret = 'a', iam_user = 'b' }", "connect.iam_user: set together with `secret`"),
        ("connect.secret = 'postgres://app:hunter2@db/loans'", "connect.secret: this is not the name of a secret"),
        ("connect.iam_user = ''", "connect.iam_user: empty"),
        ("connect.via = 'localhost'", "connect.via: write a host and a port"),
        ("connect.passwrod = 'hunter2'", "connect.passwrod: unknown key"),
        ("checks = [1]", "checks[0]: expected a table, found a whole number"),
        ("checks = [{ name = 'a', query = 'SELECT 1' }]", "checks[0].expect: missing, it has no default"),
        (
            "checks = [{ name = 'a', query = 'SELECT 1', expect = '> \"a\"' }]",
            "checks[0].expect: `> \"a\"` orders texts",
        ),
        (
            "proof = { newest = 1, newest_within = '5m' }",
            "proof.newest: expected a text in quotes, found a whole number",
        ),
        ("proof.newest_within = '0s'", "proof.newest_within: zero is not a length of time to wait"),
        ("proof.lock_timeout = '10 s'", "proof.lock_timeout: `10 s` is not a duration"),
        (
            "proof.compare_with_source = 'no'",
            "proof.compare_with_source: expected true or false, found a text in quotes",
        ),
        ("cutover.secret_key = 'URL'", "cutover.secret_key: needs `secret`"),
        ("cutover.secrets = []", "cutover.secrets: names no secret"),
        ("cutover.secrets = ['a/b', 'a/b']", "cutover.secrets: names `a/b` twice"),
        ("cutover = { secret = 'a', secrets = ['b'] }", "cutover.secrets: is written instead of `secret`"),
        (
            "cutover.nothing = 'loans'",
            "cutover.nothing: unknown key, the keys here are secret, secrets, secret_key, proxy, proxy_via, proof_within",
        ),
        ("cutover.proxy = 'no proxy'", "cutover.proxy: "),
        ("cutover.proxy_via = '127.0.0.1:15433'", "cutover.proxy_via: needs `proxy`"),
        ("cutover = { proxy = 'loans', proxy_via = 'nowhere' }", "cutover.proxy_via: "),
        ("cutover.dns = { zone = 'corp.internal' }", "cutover.dns.record: missing"),
        (
            "cutover.dns = { zone = 'corp.internal', record = 'db.corp.example' }",
            "cutover.dns.record: `db.corp.example` is not in the zone",
        ),
        ("cutover.dns = { zone = 'Z1', record = 'db' }", "cutover.dns.record: write a whole DNS name"),
        ("cutover.dns = { zone = 'corp', record = 'db.corp' }", "cutover.dns.zone: write a whole DNS name"),
        (
            "cutover.dns = { zone = 'Z1', record = 'db.x.y', resolver = 'ns.x.y' }",
            "cutover.dns.resolver: write the address of a name server",
        ),
        ("cutover.probation = true", "cutover.probation: needs a fence"),
        ("watch.on_new_writes = 'stop'", "watch.on_new_writes: write `\"roll-back\"` or `\"hold\"`"),
        ("cutover = { rename = true, secret = 'prod/loans' }", "cutover.rename: not together with `secret`"),
        (
            "cutover = { rename = true, dns = { zone = 'Z1', record = 'db.x.y' } }",
            "cutover.rename: not together with `dns`",
        ),
        ("watch.failures = 0", "watch.failures: write a number from 1 to 1000"),
        ("watch.for = 2026-11-20", "watch.for: expected a text in quotes, found a date"),
        ("watch = { for = '3s' }", "watch.for: watching for 3s has no room for an interval of 5s"),
        ("watch.http = ['ftp://example.com']", "watch.http[0]: write a complete address"),
        ("watch.pages = [{ status = 200 }]", "watch.pages[0].url: missing"),
        ("watch.pages = [{ url = 'https://example.com', status = 7 }]", "watch.pages[0].status: write an HTTP status"),
        ("watch.pages = [{ url = 'https://example.com', within = '0s' }]", "watch.pages[0].within: zero is not"),
        ("watch.http = ['https://u:hunter2@example.com']", "watch.http[0]: an address with a user or a password"),
        ("watch.http = ['https://example.com/health?token=hunter2']", "watch.http[0]: an address with a query"),
        ("watch.failures = 99999999999999999999", "watch.failures: "),
    ] {
        let cluster = if setting.starts_with("cluster") { "" } else { "cluster = 'a'\n" };
        let found = faults(&format!("[databases.loans]\n{cluster}{setting}\n"));
        let line = if cluster.is_empty() { 2 } else { 3 };
        let expected = format!("{ORIGIN}:{line}: databases.loans.{problem}");
        assert_eq!(found.len(), 1, "{setting}: {found:?}");
        assert!(found[0].starts_with(&expected), "{setting}: {}", found[0]);
        assert!(!found[0].contains("hunter2"), "{}", found[0]);
    }
}

#[test]
fn what_is_no_toml_is_told_without_repeating_it() {
    let text = "[databases.loans]\npassword = hunter2\ncluster = \n";
    let found = faults(text);
    assert!(found.len() >= 2, "each line with an error is told: {found:?}");
    assert!(found[0].starts_with("daybreak.toml:2: not valid TOML: "), "{found:?}");
    assert!(found.iter().all(|fault| !fault.contains("hunter2")), "{found:?}");
}

#[test]
fn names_are_checked_and_quoted() {
    let found = faults("[databases.'my db']\ncluster = 'a'\n[databases.'--help']\ncluster = 'a'\n");
    assert!(found[0].starts_with("daybreak.toml:1: databases.\"my db\": a database's name has only"), "{found:?}");
    assert!(found[1].starts_with("daybreak.toml:3: databases.--help: a database's name"), "{found:?}");
}

#[test]
fn the_source_is_a_cluster_or_an_instance_and_not_both() {
    let archive = valid("[databases.archive]\ninstance = 'Archive-Prod'\n").databases["archive"].clone();
    assert_eq!(archive.source, Source::Instance("archive-prod".to_owned()));
    let text = "[databases.a]\ncluster = 'a'\ninstance = 'b'\n[databases.b]\ninstance = 'b--c'\n\
                [databases.c]\ninstance = 'c'\n[databases.c.restore]\nreaders = 1\n";
    assert_eq!(
        faults(text),
        [
            "daybreak.toml:3: databases.a.instance: set together with `cluster`: the source is one of them",
            "daybreak.toml:5: databases.b.instance: the identifier of a cluster or instance has no hyphen at its end and no two in a row",
            "daybreak.toml:9: databases.c.restore.readers: only a cluster has readers: the source is an instance",
        ]
    );
}

#[test]
fn a_database_is_a_profile_or_a_bare_cluster() {
    let config = valid("[databases.loans]\ncluster = 'loanserve-prod-aurora'\nregion = 'eu-west-1'\n");
    assert_eq!(config.database("loans").expect("profile").region.as_deref(), Some("eu-west-1"));
    let bare = config.database("Other-Cluster").expect("cluster");
    assert_eq!(bare.source, Source::Either("other-cluster".to_owned()));
    assert_eq!(bare.connect.credentials, Credentials::None);

    let error = config.database("loans_").expect_err("neither");
    assert_eq!(
        error.to_string(),
        "`loans_` is neither a profile in daybreak.toml nor an identifier: \
         the identifier of a cluster or instance has only letters, digits and hyphens"
    );
    assert_eq!(error.hint(), "did you mean `loans`?");
}

#[test]
fn the_nearest_profile_is_found_by_name_or_cluster() {
    let config =
        valid("[databases.loans]\ncluster = 'loanserve-prod-aurora'\n[databases.users]\ncluster = 'iam-prod'\n");
    for (name, nearest) in [
        ("laons", Some("loans")),
        ("LOAN", Some("loans")),
        ("loanserve-prod-auroa", Some("loans")),
        ("user", Some("users")),
        ("inventory", None),
    ] {
        assert_eq!(config.nearest(name), nearest, "{name}");
    }
}

/// TOML with known and unknown keys, right and wrong values.
fn any_file() -> impl Strategy<Value = String> {
    let keys: Vec<_> = schema_keys().into_iter().filter(|key| key.contains(".*.")).collect();
    let key = prop_oneof![
        4 => prop::sample::select(keys).prop_map(|key| key.replace("*", "loans").replace("[]", "")),
        1 => "[a-z]{1,8}(\\.[a-z]{1,8})?".prop_map(|key| format!("databases.loans.{key}")),
    ];
    let value = prop_oneof![
        Just("\"5m\"".to_owned()),
        Just("[]".to_owned()),
        Just("[{}, {name = \"a\"}]".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,25}",
        "'[ -&(-~]{0,20}'",
        "\\PC{0,20}",
    ];
    prop::collection::vec((key, value), 0..6)
        .prop_map(|lines| lines.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect())
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*|[\\[\\]a-z.=\"'# \n0-9{},-]*") {
        let _: Result<Config, ConfigError> = parse(&text);
    }

    #[test]
    fn every_file_is_either_read_or_refused_with_faults(text in any_file()) {
        match parse(&text) {
            Ok(config) => prop_assert!(config.databases.len() <= 1),
            Err(ConfigError::Invalid { faults, .. }) => prop_assert!(faults.iter().len() > 0),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

/// What only one region has does not follow a recovery into another.
#[test]
fn a_profile_holds_in_a_region_as_that_region_says() {
    let config = valid(
        "[databases.loans]
        cluster = 'loans'
        restore = { quarantine_security_groups = ['sg-0a1b2c3d'], kms_key = 'alias/home', instance_class = 'db.r6g.large' }
        connect.secret = 'home/db'
        cutover = { secrets = ['home/app', 'home/rotation'], secret_key = 'URL' }
        [databases.loans.regions.eu-central-1]
        quarantine_security_groups = ['sg-0b1b2c3d']
        kms_key = 'alias/there'
        instance_class = 'db.r6g.xlarge'
        connect_secret = 'there/db'
        cutover_secret = 'there/app'",
    );
    let loans = &config.databases["loans"];
    let home = loans.in_region("eu-west-1", "eu-west-1");
    assert_eq!((&home.restore, &home.connect, &home.cutover), (&loans.restore, &loans.connect, &loans.cutover));
    let there = loans.in_region("eu-central-1", "eu-west-1");
    assert_eq!(there.restore.quarantine_security_groups, ["sg-0b1b2c3d"]);
    assert_eq!(there.restore.kms_key.as_deref(), Some("alias/there"));
    assert_eq!(there.restore.instance_class, InstanceClass::Named("db.r6g.xlarge".to_owned()));
    assert_eq!(there.connect.credentials, Credentials::Secret("there/db".to_owned()));
    let secret = |id: &str| CutoverSecret { id: id.to_owned(), key: Some("URL".to_owned()) };
    assert_eq!(there.cutover.secrets, [secret("there/app")]);
    assert_eq!(home.cutover.secrets, [secret("home/app"), secret("home/rotation")]);
    let promoted = loans.promoted_in("eu-central-1");
    assert_eq!(promoted.connect.credentials, there.connect.credentials);
    assert_eq!(promoted.cutover.secrets, there.cutover.secrets);
    let unset = loans.promoted_in("us-east-1");
    assert_eq!(
        (unset.connect, unset.cutover),
        (home.connect.clone(), home.cutover.clone()),
        "it takes the old one's place"
    );
    let elsewhere = loans.in_region("us-east-1", "eu-west-1");
    assert_eq!((elsewhere.restore.quarantine_security_groups.len(), &elsewhere.restore.kms_key), (0, &None));
    assert_eq!((elsewhere.cutover.secrets.len(), &elsewhere.connect), (0, &loans.connect));
}

/// All that the application follows is moved, or nothing is.
#[test]
fn a_record_is_moved_into_a_region_whose_secret_is_moved_or_that_needs_none() {
    let dns = "dns = { zone = 'Corp.Internal.', record = 'DB.corp.internal', resolver = '127.0.0.1:5353' }";
    let there = |cutover: &str, set: &str| {
        let config = valid(&format!(
            "[databases.loans]\ncluster = 'loans'\ncutover = {{ {cutover} }}\n[databases.loans.regions.eu-central-1]\n{set}"
        ));
        config.databases["loans"].in_region("eu-central-1", "eu-west-1").cutover.dns
    };
    let moved = CutoverDns {
        zone: Zone::Name("corp.internal".to_owned()),
        record: "db.corp.internal".to_owned(),
        set_identifier: None,
        resolver: Some("127.0.0.1:5353".parse().expect("an address")),
    };
    assert_eq!(there(dns, ""), Some(moved.clone()));
    let both = format!("secret = 'home/app', {dns}");
    assert_eq!(there(&both, ""), None);
    assert_eq!(there(&both, "cutover_secret = 'there/app'"), Some(moved));
}
