//! Names and their rules: AWS identifiers, and which known name a misspelt one resembles.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::model::{HostPort, Zone};

/// How much alike two names must be, from 0 to 1, for one to be suggested for the other.
const RESEMBLANCE: f64 = 0.75;

/// Returns the candidate most like `name`, if any is alike enough to be suggested.
pub(super) fn nearest_by<C>(
    name: &str,
    candidates: impl IntoIterator<Item = C>,
    key: impl Fn(&C) -> &str,
) -> Option<C> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = key(&candidate);
            // Jaro-Winkler sees swapped and missing letters; a name that is contained
            // (`loan` for `loans-prod`) is meant just as often.
            let contained = name.len() >= 3 && (other.contains(&name) || name.contains(other) && other.len() >= 3);
            let likeness = if contained { 0.95 } else { strsim::jaro_winkler(&name, other) };
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= RESEMBLANCE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Checks a `DBClusterIdentifier` or `DBInstanceIdentifier`, which have the same rules, and returns it in lower case, as RDS
/// stores it.
pub(super) fn identifier(text: &str) -> Result<String, String> {
    let rule = |rule: &str| Err(format!("the identifier of a cluster or instance {rule}"));
    if text.is_empty() || text.len() > 63 {
        return rule("has 1 to 63 characters");
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return rule("has only letters, digits and hyphens");
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return rule("starts with a letter");
    }
    if text.ends_with('-') || text.contains("--") {
        return rule("has no hyphen at its end and no two in a row");
    }
    Ok(text.to_ascii_lowercase())
}

/// Checks the form of a region name, such as `eu-west-1` or `us-gov-east-1`.
pub(super) fn region(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let area = parts.next().is_some_and(|area| area.len() == 2 && is_lower(area));
    let number =
        parts.next_back().is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty());
    let mut between = parts.peekable();
    if area && number && between.peek().is_some() && between.all(is_lower) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not the name of an AWS region, such as `eu-west-1`"))
    }
}

fn is_lower(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Checks the form of a security group id: `sg-` and 8 to 17 hexadecimal digits.
pub(super) fn security_group(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sg-").unwrap_or_default();
    if (8..=17).contains(&digits.len()) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not the id of a security group, such as `sg-0a1b2c3d4e5f67890`"))
    }
}

/// Checks the form of a KMS key: an ARN, an id, or `alias/` and a name.
pub(super) fn kms_key(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte);
    let id = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        || text.strip_prefix("mrk-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let named = text.starts_with("alias/") || text.starts_with("arn:") && text.contains(":kms:");
    if (id || named && text.len() > "alias/".len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither the ARN nor the id of a KMS key, nor `alias/` and a name"))
    }
}

/// Checks the form of a `DBInstanceClass`: `db.r6g.large`, `db.serverless`.
pub(super) fn instance_class(text: &str) -> Result<String, String> {
    let mut parts = text.split('.');
    let valid = parts.next() == Some("db")
        && (2..=3).contains(&text.split('.').count())
        && parts
            .all(|part| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')));
    if valid {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither `source` nor an instance class, such as `db.r6g.large`"))
    }
}

/// Checks the name or ARN of a Secrets Manager secret. The text is never repeated: what fails
/// here may be a connection string that was pasted in the place of its name.
pub(super) fn secret_id(text: &str) -> Result<String, String> {
    if text.contains("://") || text.contains(['{', ' ']) {
        return Err("this is not the name of a secret, it looks like the content of one: \
                    put it into Secrets Manager and write its name or ARN here"
            .to_owned());
    }
    let arn = text.starts_with("arn:");
    // `!` is in the names that AWS services give to secrets of theirs: `rds!cluster-…`.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&byte) || (arn && byte == b':');
    if text.is_empty() || text.len() > 2048 || !text.bytes().all(allowed) {
        return Err(
            "this is not the name or ARN of a secret: a name has only letters, digits and `/_+=.@-!`".to_owned()
        );
    }
    Ok(text.to_owned())
}

/// Checks `HOST:PORT`, where an IPv6 address stands in brackets.
pub(super) fn host_port(text: &str) -> Result<HostPort, String> {
    let refused = || Err("write a host and a port, such as `127.0.0.1:15432` or `[::1]:15432`".to_owned());
    let Some((host, port)) = text.rsplit_once(':') else {
        return refused();
    };
    let Some(port) = port.parse().ok().filter(|number| *number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return refused();
    };
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) if inner.parse::<Ipv6Addr>().is_ok() => inner,
        None if is_host_name(host) => host,
        _ => return refused(),
    };
    Ok(HostPort { host: host.to_owned(), port })
}

/// Checks the address of a name server, with a port where that is not 53.
pub(super) fn name_server(text: &str) -> Result<SocketAddr, &'static str> {
    const PORT: u16 = 53;
    let alone = || text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, PORT));
    text.parse().ok().filter(|server: &SocketAddr| server.port() > 0).or_else(alone).ok_or(
        "write the address of a name server, such as `10.0.0.2` or `127.0.0.1:5353`: a name would have to be resolved first",
    )
}

/// Checks the whole name of a record or zone and returns it as DNS compares names: in lower case, without the dot at its end.
pub(super) fn domain(text: &str) -> Result<String, &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let labels = name.split('.');
    if !is_host_name(&name) || !name.contains('.') || labels.into_iter().any(|label| label.len() > 63) {
        return Err("write a whole DNS name, such as `db.corp.internal`");
    }
    Ok(name)
}

/// Checks a hosted zone's id, such as `Z0123456789ABCDEFGHIJ`, or its name.
pub(super) fn zone(text: &str) -> Result<Zone, String> {
    let is_id =
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id {
        return Ok(Zone::Id(text.to_owned()));
    }
    domain(text)
        .map(Zone::Name)
        .map_err(|problem| format!("{problem}, or a zone's id, such as `Z0123456789ABCDEFGHIJ`"))
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_follow_the_rules_of_rds() {
        assert_eq!(identifier("LoanServe-prod-1"), Ok("loanserve-prod-1".to_owned()));
        assert!(identifier(&"a".repeat(63)).is_ok());
        for wrong in ["", "1a", "-a", "a-", "a--b", "a_b", "a b", "ä", &"a".repeat(64)] {
            assert!(identifier(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn regions_are_told_by_their_form() {
        for right in ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "eu-isoe-west-1"] {
            assert!(region(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "eu", "eu-1", "eu-west", "eu-west-", "EU-west-1", "eu_west_1", "eu-west-1a", "europe-west-1", "eu--1"]
        {
            assert!(region(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn security_groups_and_instance_classes_are_told_by_their_form() {
        for right in ["sg-0a1b2c3d", "sg-0a1b2c3d4e5f67890"] {
            assert!(security_group(right).is_ok(), "{right}");
        }
        for wrong in ["", "sg-", "sg-0a1b2c3", "sg-0A1B2C3D", "sg_0a1b2c3d", "0a1b2c3d", "sg-0a1b2c3d4e5f678901"] {
            assert!(security_group(wrong).is_err(), "{wrong}");
        }
        for right in ["db.r6g.large", "db.serverless", "db.t4g.medium", "db.r8gd.metal-24xl"] {
            assert!(instance_class(right).is_ok(), "{right}");
        }
        for wrong in ["", "db", "db.", "r6g.large", "db.r6g.", "db.r6g.large.x", "db.R6g.large", "Source"] {
            assert!(instance_class(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_are_told_by_their_form() {
        for right in [
            "alias/loans",
            "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
        ] {
            assert!(kms_key(right).is_ok(), "{right}");
        }
        for wrong in ["", "loans", "alias/", "alias/a b", "arn:aws:s3:::loans", "1234abcd"] {
            assert!(kms_key(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_pasted_secret_is_refused_without_being_repeated() {
        for right in ["prod/loans/db", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans-AbCdEf"] {
            assert!(secret_id(right).is_ok(), "{right}");
        }
        for wrong in ["postgres://app:hunter2@db/loans", "{\"password\":\"hunter2\"}", "hunter2:x", "", "hunter2\n"] {
            let error = secret_id(wrong).expect_err(wrong);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn hosts_and_ports_are_split() {
        for (text, host, port) in [
            ("127.0.0.1:15432", "127.0.0.1", 15432),
            ("[::1]:5432", "::1", 5432),
            ("bastion.example.com:65535", "bastion.example.com", 65535),
        ] {
            let read = host_port(text).expect(text);
            assert_eq!(read, HostPort { host: host.to_owned(), port });
            assert_eq!(read.to_string(), text);
        }
        for wrong in [
            "",
            "localhost",
            ":5432",
            "localhost:",
            "localhost:0",
            "localhost:65536",
            "localhost:+1",
            "::1:5432",
            "[localhost]:1",
            "u:p@h:1",
            "a..b:1",
        ] {
            assert!(host_port(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_names_that_resemble_are_suggested() {
        let nearest = |name: &str| nearest_by(name, ["secret", "secret_key", "for", "interval"], |c| c);
        assert_eq!(nearest("secert"), Some("secret"));
        assert_eq!(nearest("secretkey"), Some("secret_key"));
        assert_eq!(nearest("intervall"), Some("interval"));
        assert_eq!(nearest("dns"), None);
        assert_eq!(nearest(""), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_rule_panic(text in "\\PC*|[-a-zA-Z0-9:./\\[\\]]*") {
            let _: (Result<_, _>, Result<_, _>, Result<_, _>) = (identifier(&text), region(&text), security_group(&text));
            let _: (Result<_, _>, Result<_, _>, Option<_>) = (instance_class(&text), secret_id(&text), nearest_by(&text, ["secret", ""], |c| c));
            if let Ok(read) = host_port(&text) {
                prop_assert_eq!(host_port(&read.to_string()), Ok(read));
            }
        }
    }
}
