//! Connection URLs with the places of their parts, for editing in place.
//!
//! A general URL library normalises what it reads; here every byte that is not the address
//! has to survive. What clients read differently is refused.

use std::net::Ipv6Addr;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::DEFAULT_PORT;
use super::error::SecretValueError;

/// Parameters by which clients are told another address than the one before the path.
const ADDRESS_PARAMETERS: [&str; 5] = ["host", "hostaddr", "port", "service", "servicefile"];

/// What stands for itself in a host name.
const IN_HOST: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A connection URL, taken apart and decoded.
pub(super) struct ConnectionUrl {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) host: String,
    /// Where the host stands, brackets included.
    pub(super) host_at: Range<usize>,
    pub(super) port: u16,
    /// Where the port's digits stand; `None` where there is not even a colon.
    pub(super) port_at: Option<Range<usize>>,
    pub(super) database: Option<String>,
}

/// Whether the text begins like a URL of any kind.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':'))
    })
}

/// Takes `SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?PARAMETERS]` apart. The schemes
/// are `postgres`, `postgresql`, either with a `+driver`, and `jdbc:postgresql`.
///
/// # Errors
///
/// When the URL is of another kind, or clients would not agree on the address it names.
pub(super) fn parse(text: &str) -> Result<ConnectionUrl, SecretValueError> {
    let (scheme, rest) = text.split_once("://").filter(|_| is_url(text)).ok_or(SecretValueError::NotAConnection)?;
    let scheme = scheme.to_ascii_lowercase();
    let jdbc = scheme == "jdbc:postgresql";
    let base = scheme.split_once('+').map_or(scheme.as_str(), |(base, _)| base);
    if !jdbc && !matches!(base, "postgres" | "postgresql") {
        return Err(SecretValueError::NotPostgres);
    }

    let authority_at = text.len() - rest.len();
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (path, parameters) = tail.split_once('?').unwrap_or((tail, ""));
    let parameters = parameters.split_once('#').map_or(parameters, |(parameters, _)| parameters);
    let (userinfo, address) = match authority.rsplit_once('@') {
        Some((userinfo, address)) => (Some(userinfo), address),
        None => (None, authority),
    };
    // `postgres://app:12/34@db/loans` would otherwise read as the host `app` with port 12.
    // JDBC has its user among the parameters, where an `@` is a plain character.
    let beyond = if jdbc { path } else { tail };
    if userinfo.is_none() && beyond.contains('@') {
        return Err(SecretValueError::MisplacedAt);
    }

    let address_at = authority_at + authority.len() - address.len();
    let (host, host_len, port) = split_address(address)?;
    let (port, port_at) = match port {
        None => (DEFAULT_PORT, None),
        Some(digits) => {
            let start = address_at + address.len() - digits.len();
            (parse_port(digits)?, Some(start..start + digits.len()))
        }
    };

    let (user, password) = match userinfo.map(|userinfo| userinfo.split_once(':').unwrap_or((userinfo, ""))) {
        Some((user, password)) => (decode(user)?, decode(password)?),
        None => (None, None),
    };
    let database = path.strip_prefix('/').unwrap_or_default();
    let database = database.split_once('#').map_or(database, |(database, _)| database);
    let mut url = ConnectionUrl {
        user,
        password,
        host,
        host_at: address_at..address_at + host_len,
        port,
        port_at,
        database: decode(database)?,
    };
    read_parameters(&mut url, parameters, jdbc)?;
    Ok(url)
}

/// Writes a host the way a URL has it: IPv6 addresses in brackets.
pub(super) fn written_host(host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { utf8_percent_encode(host, IN_HOST).to_string() }
}

/// Whether the text is a host name, or an address without brackets.
pub(super) fn is_host(text: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (!text.is_empty() && text.bytes().all(name)) || text.parse::<Ipv6Addr>().is_ok()
}

/// Reads a port; nothing at all is PostgreSQL's own.
pub(super) fn parse_port(digits: &str) -> Result<u16, SecretValueError> {
    if digits.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SecretValueError::BadPort);
    }
    digits.parse().ok().filter(|port| *port > 0).ok_or(SecretValueError::BadPort)
}

/// Splits `HOST[:PORT]` into the decoded host, the length it is written in, and the port.
fn split_address(address: &str) -> Result<(String, usize, Option<&str>), SecretValueError> {
    if address.contains(',') {
        return Err(SecretValueError::MultipleHosts);
    }
    if let Some(inner) = address.strip_prefix('[') {
        let (inner, rest) = inner.split_once(']').ok_or(SecretValueError::BadHost)?;
        let port = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':').ok_or(SecretValueError::BadHost)?),
        };
        if inner.parse::<Ipv6Addr>().is_err() {
            return Err(SecretValueError::BadHost);
        }
        return Ok((inner.to_owned(), inner.len() + 2, port));
    }
    let (written, port) = match address.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    };
    let host = decode(written)?.ok_or(SecretValueError::NoUrlHost)?;
    if host.starts_with('/') {
        return Err(SecretValueError::NoUrlHost);
    }
    if !is_host(&host) {
        return Err(SecretValueError::BadHost);
    }
    Ok((host, written.len(), port))
}

/// Takes user, password and database from the parameters and refuses another address there.
fn read_parameters(url: &mut ConnectionUrl, parameters: &str, jdbc: bool) -> Result<(), SecretValueError> {
    for parameter in parameters.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = decode(name)?.unwrap_or_default();
        if let Some(address) = ADDRESS_PARAMETERS.iter().find(|address| **address == name) {
            return Err(SecretValueError::AddressInQuery(address));
        }
        let slot = match name.as_str() {
            "user" => &mut url.user,
            "password" => &mut url.password,
            "dbname" if !jdbc => &mut url.database,
            _ => continue,
        };
        // Java's decoding takes a plus for a space, that of libpq does not.
        *slot = if jdbc { decode(&value.replace('+', " "))? } else { decode(value)? };
    }
    Ok(())
}

/// Undoes percent-encoding; `None` for an empty text.
fn decode(text: &str) -> Result<Option<String>, SecretValueError> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| SecretValueError::BadEncoding)?;
    Ok((!decoded.is_empty()).then(|| decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_found_and_decoded() {
        for (text, user, password, host, port, database) in [
            ("postgres://app:s3cret@db.example.com:5433/loans", "app", "s3cret", "db.example.com", "5433", "loans"),
            ("POSTGRESQL://db.example.com", "", "", "db.example.com", "", ""),
            ("postgresql+asyncpg://a%40b:p%2F%3A@db/l%C3%A4?ssl=true#x", "a@b", "p/:", "db", "", "lä"),
            ("postgres://app:p@ss@db:1/x", "app", "p@ss", "db", "1", "x"),
            ("postgres://app:a:b@[::1]:5432/x", "app", "a:b", "::1", "5432", "x"),
            ("postgres://[fe80::1]", "", "", "fe80::1", "", ""),
            ("postgres://app@db:/x", "app", "", "db", "", "x"),
            ("postgres://db?user=app&password=a%26b&dbname=x", "app", "a&b", "db", "", "x"),
            ("jdbc:postgresql://db:5432/x?user=me@corp&password=a+b", "me@corp", "a b", "db", "5432", "x"),
        ] {
            let url = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(url.user.as_deref().unwrap_or_default(), user, "{text}");
            assert_eq!(url.password.as_deref().unwrap_or_default(), password, "{text}");
            assert_eq!(url.host, host, "{text}");
            assert_eq!(written_host(&url.host), &text[url.host_at], "{text}");
            assert_eq!(url.port_at.map(|at| &text[at]).unwrap_or_default(), port, "{text}");
            assert_eq!(url.port, if port.is_empty() { 5432 } else { port.parse().expect("a port") });
            assert_eq!(url.database.as_deref().unwrap_or_default(), database, "{text}");
        }
    }

    #[test]
    fn what_clients_read_differently_is_refused() {
        for (text, error) in [
            ("mysql://db/x", SecretValueError::NotPostgres),
            ("jdbc:mysql://db/x", SecretValueError::NotPostgres),
            ("postgres://a,b/x", SecretValueError::MultipleHosts),
            ("postgres://app:p@a:1,b:2/x", SecretValueError::MultipleHosts),
            ("postgres:///x", SecretValueError::NoUrlHost),
            ("postgres://%2Fvar%2Frun/x", SecretValueError::NoUrlHost),
            ("postgres://app:p@/x", SecretValueError::NoUrlHost),
            ("postgres://db/x?host=other", SecretValueError::AddressInQuery("host")),
            ("postgres://db/x?sslmode=require&ho%73taddr=10.0.0.1", SecretValueError::AddressInQuery("hostaddr")),
            ("postgres://app:12/34@db/x", SecretValueError::MisplacedAt),
            ("postgres://app:12#34@db/x", SecretValueError::MisplacedAt),
            ("postgres://app:12?34@db/x", SecretValueError::MisplacedAt),
            ("postgres://app:p/34@db/x", SecretValueError::MisplacedAt),
            ("postgres://db:0/x", SecretValueError::BadPort),
            ("postgres://db:65536/x", SecretValueError::BadPort),
            ("postgres://db:+1/x", SecretValueError::BadPort),
            ("postgres://d b/x", SecretValueError::BadHost),
            ("postgres://[db]/x", SecretValueError::BadHost),
            ("postgres://[::1/x", SecretValueError::BadHost),
            ("postgres://[::1]5432/x", SecretValueError::BadHost),
            ("postgres://app:%FF@db/x", SecretValueError::BadEncoding),
        ] {
            assert_eq!(parse(text).err(), Some(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|(jdbc:)?postgres(ql)?://[a-z0-9@:/?#%\\[\\],.é=&-]*") {
            if let Ok(url) = parse(&text) {
                prop_assert!(text.get(url.host_at).is_some());
                if let Some(port_at) = url.port_at {
                    prop_assert_eq!(parse_port(&text[port_at]), Ok(url.port));
                }
            }
        }
    }
}
