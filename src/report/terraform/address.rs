//! Addresses of resources in a Terraform configuration: `module.db["a"].aws_rds_cluster.loans[0]`.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// Where a configuration has a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The path of modules, with their keys; empty in the root module.
    pub module: String,
    /// The type: `aws_rds_cluster`.
    pub kind: String,
    /// The name.
    pub name: String,
    /// Which one, where the resource has `count` or `for_each`.
    pub key: Option<Key>,
}

/// Which of the instances of a resource; by number before by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Of `count`.
    Number(u64),
    /// Of `for_each`.
    Name(String),
}

/// What is no address of a managed resource.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no address of a resource, such as aws_rds_cluster.loans or module.db.aws_rds_cluster.this[0]")]
pub struct AddressError(String);

impl Address {
    /// A resource of the root module without keys.
    pub fn root(kind: &str, name: &str) -> Self {
        Self { module: String::new(), kind: kind.to_owned(), name: name.to_owned(), key: None }
    }

    /// The same resource without a key, which is how a `removed` block names it.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    /// The same place under another name.
    #[must_use]
    pub fn renamed(&self, name: String) -> Self {
        Self { name, ..self.clone() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_empty() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}.{}", self.kind, self.name)?;
        match &self.key {
            None => Ok(()),
            Some(Key::Number(number)) => write!(f, "[{number}]"),
            Some(Key::Name(name)) => write!(f, "[{}]", quoted(name)),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let segments = segments(text).ok_or_else(wrong)?;
        let [modules @ .., kind, name] = segments.as_slice() else { return Err(wrong()) };
        let pairs = modules.chunks(2);
        if !pairs.clone().all(|pair| pair.len() == 2 && pair[0] == "module" && is_word(split_key(pair[1]).0)) {
            return Err(wrong());
        }
        let (name, key) = split_key(name);
        let key = key.map(|key| key_of(key).ok_or_else(wrong)).transpose()?;
        if !is_word(kind) || !is_word(name) {
            return Err(wrong());
        }
        Ok(Self { module: modules.join("."), kind: (*kind).to_owned(), name: name.to_owned(), key })
    }
}

/// A text as HCL writes it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// What stands between the dots, but for those inside brackets; none where a bracket does not end.
fn segments(text: &str) -> Option<Vec<&str>> {
    let (mut segments, mut begin) = (Vec::new(), 0);
    let (mut inside, mut in_quotes, mut escaped) = (false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' if inside => in_quotes = !in_quotes,
            '[' if !inside => inside = true,
            ']' if inside && !in_quotes => inside = false,
            '.' if !inside => {
                segments.push(text.get(begin..at)?);
                begin = at + 1;
            }
            _ => {}
        }
    }
    segments.push(text.get(begin..)?);
    (!inside).then_some(segments)
}

fn split_key(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('[').map(|(name, rest)| (name, rest.strip_suffix(']'))) {
        Some((name, Some(key))) => (name, Some(key)),
        _ => (segment, None),
    }
}

fn key_of(text: &str) -> Option<Key> {
    text.parse().map(Key::Number).ok().or_else(|| serde_json::from_str(text).map(Key::Name).ok())
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in [
            "aws_rds_cluster.loans",
            "aws_rds_cluster_instance.loans[12]",
            r#"module.db.module.inner["eu.west"].aws_rds_cluster.this["a\"].b"]"#,
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), text);
        }
        let address: Address = "module.db[0].aws_rds_cluster.this[1]".parse().expect("an address");
        assert_eq!((address.module.as_str(), address.key), ("module.db[0]", Some(Key::Number(1))));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in
            ["", "loans", "aws_rds_cluster.", "data.aws_rds_cluster.loans", "aws_rds_cluster.loans[", "a b.c", "a.b[x]"]
        {
            assert_eq!(text.parse::<Address>(), Err(AddressError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn keys_of_count_come_in_the_order_of_their_numbers() {
        let mut addresses: Vec<Address> =
            ["a.b[10]", "a.b[9]", "a.b"].iter().map(|text| text.parse().expect("an address")).collect();
        addresses.sort();
        assert_eq!(addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.b", "a.b[9]", "a.b[10]"]);
    }

    #[test]
    fn nothing_in_a_text_is_taken_for_a_template() {
        assert_eq!(quoted("${x} %{y}"), r#""$${x} %%{y}""#);
    }
}
