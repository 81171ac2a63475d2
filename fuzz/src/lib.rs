//! What is read from outside, and what must hold of it whatever is read: one function for each sort of input. cargo-fuzz calls
//! them with bytes it finds by itself, `tests/inputs` with bytes that proptest makes.
//!
//! None of them returns anything: an input is bad news when one panics.

use std::path::Path;

use daybreak::{
    config::Config,
    expect::{Expect, Judged, Value},
    moment::{self, Moment},
    pointer::{Address, Names, SecretValue, Shape},
    run::{id::RunId, plan::Plan, record::Record},
    steps::step::Step,
};
use jiff::{Timestamp, tz::TimeZone};
use secrecy::{ExposeSecret, SecretString};

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn said(error: &dyn std::error::Error) {
    assert!(!error.to_string().is_empty(), "an error that says nothing");
}

/// `daybreak.toml`: what is accepted is accepted again, as the same.
pub fn config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Config::parse(text, Path::new("daybreak.toml")) {
        Ok(config) => {
            let again = Config::parse(text, Path::new("daybreak.toml")).expect("what was accepted is accepted again");
            assert_eq!(format!("{again:?}"), format!("{config:?}"));
        }
        Err(error) => said(&error),
    }
}

/// A plan file: what is accepted is written as a file that is read as the same plan.
pub fn plan_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Plan::<Step>::from_file(text) {
        Ok(plan) => assert_eq!(Plan::from_file(&plan.to_file()).ok(), Some(plan)),
        Err(error) => said(&error),
    }
}

/// The run whose records are read.
pub fn run() -> RunId {
    "20261120-150000-k3fa".parse().expect("a run id")
}

/// What a record says of its own place: its number, and the digest of the record before it.
pub fn place(data: &[u8]) -> (u64, Option<String>) {
    let envelope: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let previous = envelope["record"]["previous"].as_str().map(str::to_owned);
    (envelope["record"]["number"].as_u64().unwrap_or_default(), previous)
}

/// A record of a journal: what is accepted is written as bytes that are read as the same record.
pub fn journal_record(data: &[u8]) {
    let (number, previous) = place(data);
    match Record::<Step>::decode(data, &run(), number, previous.as_deref()) {
        Ok((record, _)) => {
            let (bytes, digest) = record.encode().expect("what was read can be written");
            let again = Record::<Step>::decode(&bytes, &run(), number, previous.as_deref()).expect("and read again");
            assert_eq!(again, (record, digest));
        }
        Err(error) => said(&error),
    }
}

/// A name that stands in no input by chance.
const ELSEWHERE: &str = "zz9-elsewhere.example";

/// A secret's text, with the key of a URL before the first newline where there is one: pointed elsewhere, it points there, and
/// every byte but the address is what it was.
pub fn secret_value(data: &[u8]) {
    let Some(text) = text(data) else { return };
    pointed_elsewhere(text, None);
    if let Some((key, text)) = text.split_once('\n') {
        pointed_elsewhere(text, Some(key));
    }
}

fn pointed_elsewhere(text: &str, key: Option<&str>) {
    let parse = |text: &str| SecretValue::parse(SecretString::from(text), key);
    let value = match parse(text) {
        Ok(value) => value,
        Err(error) => return said(&error),
    };
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let cluster = json["dbClusterIdentifier"].as_str().unwrap_or_default().to_owned();
    let (host, port) = (value.points_at().0.to_owned(), value.points_at().1);
    let here = Address { host, port, names: Names::Cluster, identifier: cluster.clone() };
    assert_eq!(value.retarget(&here).expose_secret(), text, "pointed where it points, it changes");
    if text.contains(ELSEWHERE) {
        return;
    }

    let moved =
        value.retarget(&Address { host: ELSEWHERE.to_owned(), port, names: Names::Cluster, identifier: cluster });
    let moved = moved.expose_secret();
    let (before, after) = moved.split_once(ELSEWHERE).expect("it names the new host");
    assert!(text.starts_with(before) && text.ends_with(after), "more than the host has changed");
    assert!(before.len() + after.len() <= text.len(), "something was doubled");

    let port = if port == 6_543 { 7_654 } else { 6_543 };
    let address = Address { host: ELSEWHERE.to_owned(), port, names: Names::Cluster, identifier: "zz9".to_owned() };
    let moved = parse(value.retarget(&address).expose_secret()).expect("what was edited can be read");
    assert_eq!(moved.points_at(), (ELSEWHERE, port));
    let rest = |value: &SecretValue| {
        let connection = value.connection();
        let password = connection.password.as_ref().map(|password| password.expose_secret().to_owned());
        (value.shape(), connection.user.clone(), password, connection.database.clone())
    };
    assert_eq!(rest(&moved), rest(&value));
}

/// A connection URL reads the same by itself and inside JSON.
pub fn connection_url(data: &[u8]) {
    let Some(text) = text(data) else { return };
    pointed_elsewhere(text, None);
    if text.trim() != text || text.starts_with('{') {
        return;
    }
    let alone = SecretValue::parse(SecretString::from(text), None);
    let json = serde_json::json!({ "url": text }).to_string();
    pointed_elsewhere(&json, Some("url"));
    let inside = SecretValue::parse(SecretString::from(json), Some("url"));
    match (alone, inside) {
        (Ok(alone), Ok(inside)) => {
            assert_eq!((alone.shape(), inside.shape()), (Shape::Url, Shape::UrlInJson));
            assert_eq!(alone.points_at(), inside.points_at());
            assert_eq!(alone.connection().user, inside.connection().user);
            assert_eq!(alone.connection().database, inside.connection().database);
        }
        (Err(_), Err(_)) => {}
        (alone, inside) => panic!("alone {:?}, inside JSON {:?}", alone.is_ok(), inside.is_ok()),
    }
}

/// A restore time: a whole second that is not in the future, and printed so that it is read back.
pub fn time(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let now: Timestamp = "2026-11-20T15:00:00.5Z".parse().expect("a time");
    for zone in [TimeZone::UTC, TimeZone::fixed(jiff::tz::offset(-3))] {
        match moment::parse(text, now, &zone) {
            Ok(Moment::At(at)) => {
                assert!(at <= now && at.subsec_nanosecond() == 0);
                if at.as_second() >= -62_135_596_800 {
                    assert_eq!(moment::parse(&moment::show(at), now, &zone), Ok(Moment::At(at)));
                }
            }
            Ok(Moment::Latest) => {}
            Err(error) => said(&error),
        }
    }
}

/// A span: printed in its shortest form it is read as the same.
pub fn span(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match moment::parse_span(text) {
        Ok(span) => {
            assert_eq!(moment::parse_span(&moment::show_span(span)), Ok(span));
            assert!(!moment::ago(span).is_empty() && !moment::in_words(span).is_empty());
        }
        Err(error) => said(&error),
    }
}

/// A plain decimal of few enough digits, times 10¹².
fn exact(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |digits: &str| (1..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return None;
    }
    let parts: i128 = format!("{whole}{fraction:0<12}").parse().ok()?;
    Some(sign * parts)
}

/// How a sign compares.
type Holds = fn(&i128, &i128) -> bool;

/// What plain arithmetic says of an expectation that compares plain numbers.
fn expected(expectation: &str, found: i128, source: i128) -> Option<bool> {
    let signs: [(&str, Holds); 6] =
        [(">=", i128::ge), ("<=", i128::le), ("!=", i128::ne), ("=", i128::eq), (">", i128::gt), ("<", i128::lt)];
    if let Some(percent) = expectation.strip_prefix("within ") {
        let percent = exact(percent.strip_suffix("% of source")?)?;
        let distance = (found - source).checked_abs()?.checked_mul(100)?.checked_mul(1_000_000_000_000)?;
        return Some(distance <= source.abs().checked_mul(percent)?);
    }
    let (operand, holds) =
        signs.iter().find_map(|(sign, holds)| Some((expectation.strip_prefix(sign)?.trim_start(), holds)))?;
    let against = if operand == "source" { source } else { exact(operand)? };
    Some(holds(&found, &against))
}

/// Three lines: an expectation, the value found, and the source's. The expectation's canonical form is read as the same, and
/// it is judged as plain arithmetic judges it.
pub fn expect(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let (line, found, source) =
        (lines.next().unwrap_or_default(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let expect = match Expect::parse(line) {
        Ok(expect) => expect,
        Err(error) => return said(&error),
    };
    assert_eq!(Expect::parse(&expect.to_string()).as_ref(), Ok(&expect), "{expect}");
    let judged = expect.judge(&Value::numeric(found), Some(&Value::numeric(source)));
    assert_eq!(expect.judge(&Value::numeric(found), Some(&Value::numeric(source))), judged);
    assert_ne!(expect.judge(&Value::Null, Some(&Value::Null)), Judged::Met, "NULL meets an expectation");
    if expect.needs_source() {
        assert_ne!(expect.judge(&Value::numeric(found), None), Judged::Met, "met without the source");
    }
    if let (Some(found), Some(source)) = (exact(found), exact(source))
        && let Some(expected) = expected(line.trim(), found, source)
    {
        assert!(matches!(judged, Judged::Unjudged(_)) || (judged == Judged::Met) == expected, "{judged:?}");
    }
}
