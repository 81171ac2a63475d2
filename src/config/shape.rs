//! The shape of a file, compared with the schema: unknown keys, missing keys, wrong types.
//!
//! Serde would stop at the first of these. The walk goes on, and cuts what it finds wrong out of
//! the tree, so that the rest can be read and its values be checked in the same run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Fault;
use super::names;

/// The beginnings of a text's lines.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(after_breaks).collect())
    }

    /// The line, counted from 1, of a byte offset.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

/// The line of every key path of a file.
pub(super) type Places = BTreeMap<String, usize>;

/// Compares a file with the schema and removes from it what does not fit.
pub(super) fn prune(file: &Path, lines: &Lines, table: &mut DeTable<'_>, schema: &Value) -> (Places, Vec<Fault>) {
    let mut walk = Walk { file, lines, places: Places::new(), faults: Vec::new() };
    walk.table("", None, table, schema);
    (walk.places, walk.faults)
}

struct Walk<'a> {
    file: &'a Path,
    lines: &'a Lines,
    places: Places,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn table(&mut self, at: &str, line: Option<usize>, table: &mut DeTable<'_>, schema: &Value) {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required.filter(|name| !table.contains_key(*name)) {
            self.fault(line, &join(at, name), "missing, it has no default".to_owned());
        }
        for (key, mut value) in std::mem::take(table) {
            let name = key.get_ref();
            let path = join(at, name);
            let line = self.lines.at(key.span().start);
            let known = schema["properties"].get(name.as_ref());
            let by_any_name = Some(&schema["additionalProperties"]).filter(|schema| schema.is_object());
            match known.or(by_any_name) {
                Some(schema) => {
                    self.places.insert(path.clone(), line);
                    if self.value(&path, line, &mut value, schema) {
                        table.insert(key, value);
                    }
                }
                None => self.fault(Some(line), &path, unknown(name, schema)),
            }
        }
    }

    /// Whether the value, once its faults are removed, can be read as the schema has it.
    fn value(&mut self, at: &str, line: usize, value: &mut Spanned<DeValue<'_>>, schema: &Value) -> bool {
        let found = kind(value.get_ref());
        let expected = kinds(&schema["type"]);
        if !expected.contains(&found) {
            let expected: Vec<_> = expected.into_iter().map(in_toml).collect();
            let problem = format!("expected {}, found {}", expected.join(" or "), in_toml(found));
            self.fault(Some(line), at, problem);
            return false;
        }
        match value.get_mut() {
            DeValue::Table(table) => {
                self.table(at, Some(line), table, schema);
                true
            }
            DeValue::Array(items) => {
                let mut all_fit = true;
                for (index, item) in items.iter_mut().enumerate() {
                    let at = format!("{at}[{index}]");
                    let line = self.lines.at(item.span().start);
                    self.places.insert(at.clone(), line);
                    all_fit &= self.value(&at, line, item, &schema["items"]);
                }
                all_fit
            }
            _ => true,
        }
    }

    fn fault(&mut self, line: Option<usize>, at: &str, problem: String) {
        self.faults.push(Fault::new(self.file, line, at, problem));
    }
}

fn unknown(key: &str, schema: &Value) -> String {
    let names = || schema["properties"].as_object().into_iter().flat_map(|known| known.keys().map(String::as_str));
    match names::nearest_by(key, names(), |name| name) {
        Some(nearest) => format!("unknown key, did you mean `{nearest}`?"),
        None => format!("unknown key, the keys here are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

/// Appends a key to a path, quoted where TOML wants it quoted.
pub(super) fn join(at: &str, key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let dot = if at.is_empty() { "" } else { "." };
    if !key.is_empty() && key.bytes().all(bare) { format!("{at}{dot}{key}") } else { format!("{at}{dot}{key:?}") }
}

/// The JSON Schema type of a TOML value; those that JSON lacks keep TOML's name.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "float",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn kinds(schema_type: &Value) -> Vec<&str> {
    match schema_type {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn in_toml(kind: &str) -> &str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "float" => "a number with a fraction",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let lines = Lines::new("a\nbc\n\nd");
        let at: Vec<_> = (0..8).map(|offset| lines.at(offset)).collect();
        assert_eq!(at, [1, 1, 2, 2, 2, 3, 4, 4]);
        assert_eq!(Lines::new("").at(0), 1);
    }

    #[test]
    fn keys_are_quoted_where_toml_quotes_them() {
        assert_eq!(join("", "databases"), "databases");
        assert_eq!(join("databases", "my db"), "databases.\"my db\"");
        assert_eq!(join("databases", ""), "databases.\"\"");
    }
}
