//! The default file, the reference and the schema say the same.

use std::path::Path;

use super::*;

fn valid(text: &str) -> Config {
    Config::parse(text, Path::new("daybreak.toml")).unwrap_or_else(|error| panic!("{error}"))
}

/// The default configuration with its examples switched on. An explanation's `#` is followed
/// by a space or by nothing.
fn uncommented_default() -> String {
    let example = |line: &'static str| {
        line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line)
    };
    DEFAULT.lines().map(|line| example(line).to_owned() + "\n").collect()
}

/// Every key path of the schema, with `*` for a name and `[]` for an item.
pub(super) fn schema_keys() -> Vec<String> {
    fn walk(at: &str, schema: &serde_json::Value, keys: &mut Vec<String>) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            keys.push(at.clone());
            walk(&at, schema, keys);
        }
        if schema["additionalProperties"].is_object() {
            walk(&format!("{at}.*"), &schema["additionalProperties"], keys);
        }
        if schema["items"].is_object() {
            walk(&format!("{at}[]"), &schema["items"], keys);
        }
    }
    let mut keys = Vec::new();
    walk("", &schema(), &mut keys);
    keys
}

#[test]
fn the_default_is_valid_and_sets_nothing() {
    assert!(valid(DEFAULT).databases.is_empty());
}

#[test]
fn the_examples_of_the_default_are_valid_and_show_the_true_defaults() {
    let config = valid(&uncommented_default());
    let loans = &config.databases["loans"];
    assert_eq!(loans.source, Source::Cluster("loanserve-prod-aurora".to_owned()));
    assert_eq!(config.databases["archive"].source, Source::Instance("archive-prod".to_owned()));
    assert_eq!(loans.checks.len(), 2);
    assert_eq!(loans.connect.credentials, Credentials::Secret("prod/loans/db".to_owned()));
    let user = "daybreak_validator".to_owned();
    assert_eq!(config.databases["ledger"].connect.credentials, Credentials::Iam { user });

    let quarantine_security_groups = loans.restore.quarantine_security_groups.clone();
    let kms_key = loans.restore.kms_key.clone();
    assert_eq!(loans.restore, Restore { quarantine_security_groups, kms_key, ..Restore::default() });
    assert_eq!(loans.regions.keys().collect::<Vec<_>>(), ["eu-central-1"]);
    assert_eq!(loans.connect.connect_timeout, Connect::default().connect_timeout);
    let Proof { statement_timeout, lock_timeout, compare_with_source, .. } = Proof::default();
    assert_eq!(loans.proof, Proof { statement_timeout, lock_timeout, compare_with_source, ..loans.proof.clone() });
    let (sql, pages) = (loans.watch.sql.clone(), loans.watch.pages.clone());
    assert_eq!(loans.watch, Watch { sql, pages, ..Watch::default() });
    let (secrets, dns) = (loans.cutover.secrets.clone(), loans.cutover.dns.clone());
    assert_eq!(loans.cutover, Cutover { secrets, dns, ..Cutover::default() });
    assert_eq!(loans.promote, Promote::default());
    assert_eq!(loans.deadlines, Deadlines { run: loans.deadlines.run, ..Deadlines::default() });
}

#[test]
fn the_default_shows_every_key() {
    let examples: toml::Table = uncommented_default().parse().expect("valid TOML");
    for key in schema_keys() {
        let mut found = vec![&examples["databases"]];
        for part in key.split('.').skip(1) {
            found = found.into_iter().flat_map(|value| children(value, part)).collect();
        }
        assert!(!found.is_empty(), "default.toml does not show {key}");
    }
}

/// The values under one part of a path as [`schema_keys`] writes it.
fn children<'v>(value: &'v toml::Value, part: &str) -> Vec<&'v toml::Value> {
    let name = part.trim_end_matches("[]");
    let values: Vec<_> = match (value, name) {
        (toml::Value::Table(table), "*") => table.values().collect(),
        (toml::Value::Table(table), name) => table.get(name).into_iter().collect(),
        _ => Vec::new(),
    };
    if part == name {
        return values;
    }
    values.into_iter().filter_map(toml::Value::as_array).flatten().collect()
}

#[test]
fn the_reference_explains_every_key_in_its_section() {
    let reference = include_str!("../../docs/configuration.md");
    let sections: Vec<_> = reference.split("\n## ").collect();
    for key in schema_keys() {
        let written = key.replace('*', "NAME").replace("[]", "");
        let is_table = sections.iter().any(|section| {
            let heading = section.lines().next().unwrap_or_default();
            heading.contains(&format!("[{written}")) && heading.starts_with('`')
        });
        let explained = written.rsplit_once('.').is_some_and(|(table, name)| {
            sections.iter().any(|section| {
                section.starts_with('`')
                    && section.contains(&format!("[{table}]"))
                    && section.contains(&format!("\n| `{name}` |"))
            })
        });
        assert!(is_table || explained, "docs/configuration.md does not explain {key}");
    }
}

#[test]
fn the_schema_describes_every_key_in_terms_of_toml() {
    fn walk(at: &str, schema: &serde_json::Value) {
        assert!(schema["type"].is_string() || at.ends_with(".readers"), "{at}: {}", schema["type"]);
        for absent in ["default", "format", "$ref", "anyOf"] {
            assert!(schema.get(absent).is_none(), "{at} has {absent}");
        }
        assert!(schema["type"] != "object" || schema.get("additionalProperties").is_some(), "{at} is open");
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}.{name}");
            assert!(schema["description"].is_string(), "{at} is not described");
            walk(&at, schema);
        }
        for below in ["additionalProperties", "items"] {
            if schema[below].is_object() {
                walk(&format!("{at}.{below}"), &schema[below]);
            }
        }
    }
    walk("", &schema());
    let one = |key: &str| serde_json::json!({ "required": [key] });
    let either = serde_json::json!([one("cluster"), one("instance")]);
    assert_eq!(schema()["properties"]["databases"]["additionalProperties"]["oneOf"], either);
}
