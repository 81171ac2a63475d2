//! Secrets in all shapes: read, retargeted, refused.

use proptest::prelude::*;

use super::*;

const OLD: &str = "loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com";
const NEW: &str = "loanserve-prod-aurora-db-a2b3.cluster-c1.eu-west-1.rds.amazonaws.com";

fn parse(text: &str, key: Option<&str>) -> Result<SecretValue, SecretValueError> {
    SecretValue::parse(text.into(), key)
}

fn address(host: &str, port: u16) -> Address {
    Address { host: host.to_owned(), port, names: Names::Cluster, identifier: "target".to_owned() }
}

fn retargeted(text: &str, key: Option<&str>, host: &str, port: u16) -> String {
    let value = parse(text, key).unwrap_or_else(|error| panic!("{text}: {error}"));
    value.retarget(&address(host, port)).expose_secret().to_owned()
}

#[test]
fn json_of_rds_is_read() {
    let text = format!(
        r#"{{"engine":"aurora-postgresql","host":"{OLD}","username":"app","password":"p\"\u00e4","dbname":"loans","port":5433}}"#
    );
    let value = parse(&text, None).expect("a connection");
    let connection = value.connection();
    assert_eq!(value.shape(), Shape::Json);
    assert_eq!(value.points_at(), (OLD, 5433));
    assert_eq!(connection.user.as_deref(), Some("app"));
    assert_eq!(connection.password.as_ref().map(ExposeSecret::expose_secret), Some("p\"ä"));
    assert_eq!(connection.database.as_deref(), Some("loans"));
    assert_eq!(retargeted(&text, None, NEW, 5433), text.replace(OLD, NEW));
}

#[test]
fn only_host_port_and_cluster_change_in_json() {
    let text = "\n{ \"password\":\"x\\/y\",  \"host\" : \"old\",\n\t\"port\": \"5432\", \"sslmode\": null,\
                \"dbClusterIdentifier\":\"source\", \"pool\": {\"max\": 1.50, \"host\": \"old\"} }\n";
    let edited = "\n{ \"password\":\"x\\/y\",  \"host\" : \"new\",\n\t\"port\": \"6000\", \"sslmode\": null,\
                  \"dbClusterIdentifier\":\"target\", \"pool\": {\"max\": 1.50, \"host\": \"old\"} }\n";
    assert_eq!(retargeted(text, None, "new", 6000), edited);
}

#[test]
fn the_port_keeps_its_form_and_stays_absent_where_it_can() {
    for (text, port, edited) in [
        (r#"{"host":"a","port":5432}"#, 6000, r#"{"host":"b","port":6000}"#),
        (r#"{"host":"a","port":"5432"}"#, 6000, r#"{"host":"b","port":"6000"}"#),
        (r#"{"host":"a","port":null}"#, 5432, r#"{"host":"b","port":null}"#),
        (r#"{"host":"a","port":null}"#, 6000, r#"{"host":"b","port":6000}"#),
        (r#"{"host":"a","port":""}"#, 5432, r#"{"host":"b","port":""}"#),
        (r#"{"host":"a"}"#, 5432, r#"{"host":"b"}"#),
        (r#"{"host":"a"}"#, 6000, r#"{"host":"b","port":6000}"#),
        (r#"{"host": "a", "x": 1}"#, 6000, r#"{"host": "b", "port": 6000, "x": 1}"#),
        ("postgres://u:p@a/x", 5432, "postgres://u:p@b/x"),
        ("postgres://u:p@a/x", 6000, "postgres://u:p@b:6000/x"),
        ("postgres://u:p@a:/x", 5432, "postgres://u:p@b:/x"),
        ("postgres://u:p@a:/x", 6000, "postgres://u:p@b:6000/x"),
        ("postgres://u:p@a:6000/x", 5432, "postgres://u:p@b:5432/x"),
        ("postgres://a?sslmode=require", 6000, "postgres://b:6000?sslmode=require"),
    ] {
        assert_eq!(retargeted(text, None, "b", port), edited);
    }
}

#[test]
fn a_url_is_edited_in_place_in_json_and_alone() {
    for (text, key, edited) in [
        (
            " postgres://a%40b:p%2f@OLD:1/x?options=-c%20a%3Db\n",
            None,
            " postgres://a%40b:p%2f@NEW:2/x?options=-c%20a%3Db\n",
        ),
        ("postgresql+psycopg://u:OLD@OLD:1/OLD", None, "postgresql+psycopg://u:OLD@NEW:2/OLD"),
        (
            r#"{"URL" : "postgres:\/\/u:\u0070@OLD:\u0031/x?a=\"é", "other": 1}"#,
            Some("URL"),
            r#"{"URL" : "postgres:\/\/u:\u0070@NEW:2/x?a=\"é", "other": 1}"#,
        ),
        (
            r#"{"url":"jdbc:postgresql://OLD:1/x?user=u&password=p","dbClusterIdentifier":"source"}"#,
            Some("url"),
            r#"{"url":"jdbc:postgresql://NEW:2/x?user=u&password=p","dbClusterIdentifier":"target"}"#,
        ),
    ] {
        assert_eq!(retargeted(text, key, "NEW", 2), edited);
    }
}

#[test]
fn an_instance_is_named_by_its_own_key() {
    let text = r#"{"host":"OLD", "dbInstanceIdentifier" : "source","dbClusterIdentifier":"left"}"#;
    let address =
        Address { host: "NEW".to_owned(), port: 5432, names: Names::Instance, identifier: "target".to_owned() };
    let edited = parse(text, None).expect("a connection").retarget(&address);
    let wanted = r#"{"host":"NEW", "dbInstanceIdentifier" : "target","dbClusterIdentifier":"left"}"#;
    assert_eq!(edited.expose_secret(), wanted);
}

#[test]
fn addresses_of_ipv6_are_bracketed_in_urls_only() {
    assert_eq!(retargeted("postgres://[::1]:1/x", None, "::2", 1), "postgres://[::2]:1/x");
    assert_eq!(retargeted("postgres://a/x", None, "::2", 1), "postgres://[::2]:1/x");
    assert_eq!(retargeted(r#"{"host":"::1"}"#, None, "::2", 5432), r#"{"host":"::2"}"#);
}

#[test]
fn what_still_names_the_old_cluster_is_listed() {
    let text = format!(
        r#"{{"username":"loanserve-prod-aurora.x","password":"{OLD}","host":"{OLD}",
        "readerHost":"loanserve-prod-aurora.cluster-ro-c1.eu-west-1.rds.amazonaws.com",
        "replica":"LOANSERVE-prod-aurora-2.c1.eu-west-1.rds.amazonaws.com",
        "urls":["postgres://{OLD}/x"],"dbInstanceIdentifier":"i-1","masterarn":"arn:x",
        "dbClusterIdentifier":"loanserve-prod-aurora","service":"loanserve","note":null}}"#
    );
    let value = parse(&text, None).expect("a connection");
    assert_eq!(value.leftovers(Names::Cluster), ["readerHost", "replica", "urls", "dbInstanceIdentifier", "masterarn"]);

    assert_eq!(
        value.leftovers(Names::Instance),
        ["readerHost", "replica", "urls", "masterarn", "dbClusterIdentifier"],
        "of an instance its own identifier is written"
    );

    let lab =
        parse(r#"{"host":"127.0.0.2","metrics":"127.0.0.1:9000","copy":"127.0.0.2"}"#, None).expect("a connection");
    assert_eq!(lab.leftovers(Names::Cluster), ["copy"]);

    let url = parse(r#"{"A":"postgres://db.x/y","B":"postgres://db.x/z"}"#, Some("A")).expect("a connection");
    assert_eq!(url.leftovers(Names::Cluster), ["B"]);
}

#[test]
fn secrets_that_are_no_pointer_are_refused() {
    for (text, key, error) in [
        ("", None, SecretValueError::NotAConnection),
        ("hunter2", None, SecretValueError::NotAConnection),
        ("host=db password=hunter2", None, SecretValueError::NotAConnection),
        ("[\"hunter2\"]", None, SecretValueError::NotAConnection),
        ("{\"password\":\"hunter2\"", None, SecretValueError::BadJson { line: 1, column: 21 }),
        ("{\"a\":1,\"a\":2}", None, SecretValueError::RepeatedKey),
        ("{\"username\":\"app\",\"password\":\"hunter2\"}", None, SecretValueError::OnlyCredentials),
        ("{\"host\":null,\"username\":\"app\",\"password\":\"hunter2\"}", None, SecretValueError::OnlyCredentials),
        ("{\"DATABASE_URL\":\"postgres://db/x\"}", None, SecretValueError::NoHost),
        ("{\"host\":\"db\"}", Some("URL"), SecretValueError::NoSuchKey("URL".to_owned())),
        ("{\"URL\":1}", Some("URL"), SecretValueError::KeyNotText("URL".to_owned())),
        ("{\"URL\":\"hunter2\"}", Some("URL"), SecretValueError::NotAConnection),
        ("{\"URL\":\"\\ud800://hunter2\"}", Some("URL"), SecretValueError::KeyNotText("URL".to_owned())),
        ("postgres://db/x", Some("URL"), SecretValueError::NoKeys("URL".to_owned())),
        ("mysql://u:hunter2@db/x", None, SecretValueError::NotPostgres),
        ("{\"engine\":\"mysql\",\"host\":\"db\"}", None, SecretValueError::NotPostgres),
        ("{\"host\":5}", None, SecretValueError::BadField("host")),
        ("{\"host\":\"db\",\"password\":5}", None, SecretValueError::BadField("password")),
        ("{\"host\":\"a,b\"}", None, SecretValueError::MultipleHosts),
        ("{\"host\":\"/var/run\"}", None, SecretValueError::BadHost),
        ("{\"host\":\"db:5432\"}", None, SecretValueError::BadHost),
        ("{\"host\":\"\"}", None, SecretValueError::BadHost),
        ("{\"host\":\"db\",\"port\":5432.0}", None, SecretValueError::BadPort),
        ("{\"host\":\"db\",\"port\":0}", None, SecretValueError::BadPort),
        ("{\"host\":\"db\",\"port\":\"x\"}", None, SecretValueError::BadPort),
        ("postgres://app:hunter2/@db/x", None, SecretValueError::MisplacedAt),
    ] {
        let found = parse(text, key).expect_err(text);
        assert_eq!(found, error, "{text}");
        assert!(!format!("{found} {found:?}").contains("hunter2"), "{found}");
    }
}

#[test]
fn debug_output_shows_no_secret() {
    for (text, key) in [
        (r#"{"host":"db","username":"app","password":"hunter2"}"#, None),
        ("postgres://app:hunter2@db/x", None),
        (r#"{"URL":"postgres://app:hunter2@db/x"}"#, Some("URL")),
    ] {
        let value = parse(text, key).expect("a connection");
        let shown = format!("{value:?} {:?} {:?}", value.connection(), value.retarget(&address("new", 1)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

/// A secret written for any address, the rest of it arbitrary.
#[derive(Debug, Clone)]
struct Template {
    shape: Shape,
    before: String,
    after: String,
    space: &'static str,
    port_as_text: bool,
}

impl Template {
    fn write(&self, host: &str, port: u16, cluster: &str) -> String {
        let Self { before, after, space, .. } = self;
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let url = format!(
            "postgres://{}:{}@{host}:{port}/{}?application_name={}",
            encode(before),
            encode(after),
            encode(after),
            encode(before)
        );
        let (before, after) = (quoted(before), quoted(after));
        let port = if self.port_as_text { format!("\"{port}\"") } else { port.to_string() };
        match self.shape {
            Shape::Json => format!(
                "{{{space}\"x\":{before},\"host\":{space}\"{host}\"{space},\"password\":{after},\
                 \"port\":{space}{port},{space}\"dbClusterIdentifier\":\"{cluster}\",\"y\":[{after}]}}{space}"
            ),
            Shape::UrlInJson => format!(
                "{{\"a\":{before},{space}\"URL\":{},\"dbClusterIdentifier\":{space}\"{cluster}\",\"b\":{after}}}",
                quoted(&url)
            ),
            Shape::Url => format!("{space}{url}{space}"),
        }
    }

    fn key(&self) -> Option<&'static str> {
        (self.shape == Shape::UrlInJson).then_some("URL")
    }
}

fn any_template() -> impl Strategy<Value = Template> {
    let shape = prop::sample::select(vec![Shape::Json, Shape::UrlInJson, Shape::Url]);
    let space = prop::sample::select(vec!["", " ", "\n\t"]);
    (shape, any::<String>(), any::<String>(), space, any::<bool>())
        .prop_map(|(shape, before, after, space, port_as_text)| Template { shape, before, after, space, port_as_text })
}

fn any_address() -> impl Strategy<Value = (String, u16, String)> {
    ("[a-z][a-z0-9-]{0,20}(\\.[a-z0-9-]{1,10}){0,3}", 1..=u16::MAX, "[a-z][a-z0-9]{0,20}")
}

proptest! {
    #[test]
    fn nothing_but_the_address_changes(template in any_template(), from in any_address(), to in any_address()) {
        let text = template.write(&from.0, from.1, &from.2);
        let target = Address { host: to.0.clone(), port: to.1, names: Names::Cluster, identifier: to.2.clone() };
        let value = parse(&text, template.key()).expect("a connection");
        prop_assert_eq!(value.points_at(), (from.0.as_str(), from.1));
        prop_assert_eq!(
            value.connection().password.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default(),
            template.after.as_str()
        );

        let edited = value.retarget(&target);
        let expected = template.write(&to.0, to.1, &to.2);
        prop_assert_eq!(edited.expose_secret(), expected.as_str());

        let source = Address { host: from.0, port: from.1, names: Names::Cluster, identifier: from.2 };
        let back = SecretValue::parse(edited, template.key()).expect("a connection").retarget(&source);
        prop_assert_eq!(back.expose_secret(), text.as_str());
    }

    #[test]
    fn no_text_makes_the_parser_panic(
        text in "\\PC*|[{}\\[\\]\":,\\\\u0-9a-z/@ ]*|\\{\"host\":\"[^\"]*\",\"port\":\"?[0-9]{0,6}\"?\\}|\\{\"k\":\"postgres://[^\"]*\"\\}|postgres://.*",
        key in prop::option::of("[a-z]|k"),
        to in any_address(),
    ) {
        if let Ok(value) = parse(&text, key.as_deref()) {
            let target = Address { host: to.0, port: to.1, names: Names::Cluster, identifier: to.2 };
            let edited = value.retarget(&target);
            let read = SecretValue::parse(edited, key.as_deref()).expect("still a connection");
            prop_assert_eq!(read.points_at(), (target.host.as_str(), target.port));
        }
    }
}
