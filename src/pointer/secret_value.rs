//! The text of a secret: read as a connection, pointed somewhere else.

use std::net::IpAddr;
use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

use super::DEFAULT_PORT;
use super::error::SecretValueError;
use super::json::{self, Member};
use super::url::{self, ConnectionUrl};

/// Where a pointer is to point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host name, for a cluster its writer endpoint.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What `identifier` names.
    pub names: Names,
    /// The `DBClusterIdentifier` or `DBInstanceIdentifier`.
    pub identifier: String,
}

/// What a secret names beside its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// A cluster.
    Cluster,
    /// An instance that is no part of a cluster.
    Instance,
}

impl Names {
    /// The key under which the console writes the identifier.
    const fn key(self) -> &'static str {
        match self {
            Self::Cluster => "dbClusterIdentifier",
            Self::Instance => "dbInstanceIdentifier",
        }
    }
}

/// How a secret holds its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// JSON with `host`, `port`, `username`, `password` and `dbname`, as RDS writes it.
    Json,
    /// JSON with a connection URL under a key.
    UrlInJson,
    /// Nothing but a connection URL.
    Url,
}

/// What a client gets from the secret, percent-encoding and escapes undone.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The user, where the secret has one.
    pub user: Option<String>,
    /// The password, where the secret has one.
    pub password: Option<SecretString>,
    /// The host name or address, IPv6 without brackets.
    pub host: String,
    /// The port, PostgreSQL's own where the secret has none.
    pub port: u16,
    /// The database, where the secret has one.
    pub database: Option<String>,
}

/// The text of a secret that holds one connection.
///
/// Neither `Debug` nor any error shows the text.
#[derive(Debug, Clone)]
pub struct SecretValue {
    text: SecretString,
    shape: Shape,
    connection: Connection,
    slots: Slots,
    leftovers: Vec<String>,
}

/// The places of what changes.
#[derive(Debug, Clone)]
struct Slots {
    host: Range<usize>,
    port: PortSlot,
    /// The JSON strings with the identifiers of a cluster and an instance, quotes included, and their content.
    identifiers: Vec<(Names, Range<usize>, String)>,
}

/// The form in which the port is written, and where.
#[derive(Debug, Clone)]
enum PortSlot {
    /// The digits alone: in a URL, or as a JSON number. JSON's `null` is replaced like a number.
    Bare(Range<usize>),
    /// A JSON string, quotes included.
    Quoted(Range<usize>),
    /// Nowhere; a new one goes here, after this text.
    Absent(usize, &'static str),
}

/// A key whose value the connection is made of, by RDS's names.
const CONNECTION_KEYS: [&str; 6] = ["engine", "host", "port", "username", "password", "dbname"];

/// Keys that name the old database by something else than its host: its identifier, and the master
/// secret with which rotation compares the host.
const TIED_KEYS: [&str; 3] = [Names::Cluster.key(), Names::Instance.key(), "masterarn"];

impl SecretValue {
    /// Reads a secret's text. With `url_key`, the text is JSON that has a connection URL under
    /// that key; without, it is JSON as RDS writes it, or a connection URL and nothing else.
    ///
    /// # Errors
    ///
    /// When the text is nothing of the kind, or names an address on which clients would not
    /// agree. No error contains any of the text.
    pub fn parse(text: SecretString, url_key: Option<&str>) -> Result<Self, SecretValueError> {
        let plain = text.expose_secret();
        let json = plain.trim_start().starts_with('{');
        let (shape, connection, slots, leftovers) = match (json, url_key) {
            (true, None) => {
                let members = json::members(plain)?;
                let (connection, slots) = rds_json(plain, &members)?;
                let leftovers = leftovers(&members, &connection.host, &CONNECTION_KEYS);
                (Shape::Json, connection, slots, leftovers)
            }
            (true, Some(key)) => {
                let members = json::members(plain)?;
                let (connection, slots) = url_in_json(&members, key)?;
                let leftovers = leftovers(&members, &connection.host, &[key]);
                (Shape::UrlInJson, connection, slots, leftovers)
            }
            (false, Some(key)) => return Err(SecretValueError::NoKeys(key.to_owned())),
            (false, None) => {
                let (connection, slots) = plain_url(plain)?;
                (Shape::Url, connection, slots, Vec::new())
            }
        };
        Ok(Self { text, shape, connection, slots, leftovers })
    }

    /// How the secret holds its connection.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// What a client that reads the secret connects with.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The host and port a client that reads the secret connects to.
    pub fn points_at(&self) -> (&str, u16) {
        (&self.connection.host, self.connection.port)
    }

    /// The names of keys that are left as they are and still name the old database when the secret is pointed at another of
    /// the same kind: a reader endpoint, the master secret, an instance of a cluster. Empty for a plain URL.
    pub fn leftovers(&self, names: Names) -> Vec<&str> {
        let edited = self.slots.identifiers.iter().any(|(of, ..)| *of == names);
        let kept = |key: &&str| !(edited && *key == names.key());
        self.leftovers.iter().map(String::as_str).filter(kept).collect()
    }

    /// Returns the text pointed at another address. Host, port and `dbClusterIdentifier`, or `dbInstanceIdentifier`
    /// of an instance, change where they differ; every other byte stays. A port that is not written is only added if
    /// the new one is not PostgreSQL's own.
    pub fn retarget(&self, address: &Address) -> SecretString {
        let mut edits = Vec::new();
        if address.host != self.connection.host {
            let host = match self.shape {
                Shape::Json => quoted(&address.host),
                // Percent-encoded, so it needs no escapes inside JSON either.
                Shape::UrlInJson | Shape::Url => url::written_host(&address.host),
            };
            edits.push((self.slots.host.clone(), host));
        }
        if address.port != self.connection.port {
            let port = address.port;
            edits.push(match &self.slots.port {
                PortSlot::Bare(at) => (at.clone(), port.to_string()),
                PortSlot::Quoted(at) => (at.clone(), format!("\"{port}\"")),
                PortSlot::Absent(at, before) => (*at..*at, format!("{before}{port}")),
            });
        }
        for (names, at, identifier) in &self.slots.identifiers {
            if *names == address.names && *identifier != address.identifier {
                edits.push((at.clone(), quoted(&address.identifier)));
            }
        }
        apply(self.text.expose_secret(), edits).into()
    }
}

/// Replaces ranges of a text that do not overlap.
fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(at, _)| (at.start, at.end));
    let mut edited = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (at, replacement) in edits {
        edited.push_str(&text[done..at.start]);
        edited.push_str(&replacement);
        done = at.end;
    }
    edited.push_str(&text[done..]);
    edited
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn member<'m, 't>(members: &'m [Member<'t>], key: &str) -> Option<&'m Member<'t>> {
    members.iter().find(|member| member.key == key)
}

/// The text under a key of RDS's shape; `None` where it is absent or null.
fn text_of(members: &[Member<'_>], key: &'static str) -> Result<Option<String>, SecretValueError> {
    match member(members, key).filter(|member| !member.is_null()) {
        None => Ok(None),
        Some(member) => member.text().map(Some).ok_or(SecretValueError::BadField(key)),
    }
}

fn rds_json(text: &str, members: &[Member<'_>]) -> Result<(Connection, Slots), SecretValueError> {
    let engine = text_of(members, "engine")?;
    if engine.is_some_and(|engine| !matches!(engine.as_str(), "postgres" | "postgresql" | "aurora-postgresql")) {
        return Err(SecretValueError::NotPostgres);
    }
    let user = text_of(members, "username")?;
    let password = text_of(members, "password")?;
    let database = text_of(members, "dbname")?;
    let Some(host_member) = member(members, "host").filter(|member| !member.is_null()) else {
        let managed = user.is_some() && password.is_some();
        return Err(if managed { SecretValueError::OnlyCredentials } else { SecretValueError::NoHost });
    };
    let host = host_member.text().ok_or(SecretValueError::BadField("host"))?;
    if host.contains(',') {
        return Err(SecretValueError::MultipleHosts);
    }
    if !url::is_host(&host) {
        return Err(SecretValueError::BadHost);
    }
    let (port, port_slot) = match member(members, "port") {
        None => {
            // In the style of the text around it.
            let spaced = text[..host_member.at.start].ends_with(char::is_whitespace);
            let before = if spaced { ", \"port\": " } else { ",\"port\":" };
            (DEFAULT_PORT, PortSlot::Absent(host_member.at.end, before))
        }
        Some(member) if member.is_null() => (DEFAULT_PORT, PortSlot::Bare(member.at.clone())),
        Some(member) => match member.text() {
            Some(digits) => (url::parse_port(&digits)?, PortSlot::Quoted(member.at.clone())),
            None => (url::parse_port(member.raw)?, PortSlot::Bare(member.at.clone())),
        },
    };
    let slots = Slots { host: host_member.at.clone(), port: port_slot, identifiers: identifiers(members) };
    Ok((Connection { user, password: password.map(Into::into), host, port, database }, slots))
}

fn url_in_json(members: &[Member<'_>], key: &str) -> Result<(Connection, Slots), SecretValueError> {
    let member = member(members, key).ok_or_else(|| SecretValueError::NoSuchKey(key.to_owned()))?;
    let decoded = member.decoded().ok_or_else(|| SecretValueError::KeyNotText(key.to_owned()))?;
    let url = url::parse(&decoded.text)?;
    let host = decoded.written(&url.host_at);
    let port = url_port(&url, |at| decoded.written(at));
    Ok((url.into(), Slots { host, port, identifiers: identifiers(members) }))
}

fn plain_url(text: &str) -> Result<(Connection, Slots), SecretValueError> {
    let leading = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    if !url::is_url(trimmed) {
        return Err(SecretValueError::NotAConnection);
    }
    let url = url::parse(trimmed)?;
    let written = |at: &Range<usize>| at.start + leading..at.end + leading;
    let slots = Slots { host: written(&url.host_at), port: url_port(&url, written), identifiers: Vec::new() };
    Ok((url.into(), slots))
}

fn url_port(url: &ConnectionUrl, written: impl Fn(&Range<usize>) -> Range<usize>) -> PortSlot {
    match &url.port_at {
        Some(at) => PortSlot::Bare(written(at)),
        None => PortSlot::Absent(written(&url.host_at).end, ":"),
    }
}

fn identifiers(members: &[Member<'_>]) -> Vec<(Names, Range<usize>, String)> {
    let found = [Names::Cluster, Names::Instance].into_iter().filter_map(|names| {
        let member = member(members, names.key())?;
        Some((names, member.at.clone(), member.text()?))
    });
    found.collect()
}

impl From<ConnectionUrl> for Connection {
    fn from(url: ConnectionUrl) -> Self {
        Self {
            user: url.user,
            password: url.password.map(Into::into),
            host: url.host,
            port: url.port,
            database: url.database,
        }
    }
}

/// The keys besides those read whose value still names the cluster that `host` belongs to.
fn leftovers(members: &[Member<'_>], host: &str, read: &[&str]) -> Vec<String> {
    let host = host.to_ascii_lowercase();
    // A cluster's reader and instance endpoints begin with the same label as its writer's,
    // then differ.
    let label = host.split_once('.').map(|(label, _)| label);
    let label = label.filter(|label| !label.is_empty() && host.parse::<IpAddr>().is_err());
    let names_cluster = |value: &str| {
        let value = value.to_ascii_lowercase();
        value.contains(&host)
            || label.is_some_and(|label| {
                value.match_indices(label).any(|(at, _)| value[at + label.len()..].starts_with(['.', '-']))
            })
    };
    members
        .iter()
        .filter(|member| !read.contains(&member.key.as_str()) && !member.is_null())
        .filter(|member| {
            TIED_KEYS.contains(&member.key.as_str())
                || names_cluster(&member.text().unwrap_or_else(|| member.raw.to_owned()))
        })
        .map(|member| member.key.clone())
        .collect()
}

#[cfg(test)]
mod tests;
