//! The parameters of a call, as short as they can be read.

use serde_json::Value;

use crate::ui::words::clean;

/// Parameters as `Name=value`, separated by spaces so that they wrap between parameters.
pub(super) fn parameters(parameters: &Value) -> String {
    match parameters {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", compact(value))).collect::<Vec<_>>().join(" ")
        }
        other => compact(other),
    }
}

/// A value as short as it can be without becoming ambiguous: words bare, texts with other characters quoted.
fn compact(value: &Value) -> String {
    match value {
        Value::String(text) if is_word(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        // Tags are many, and known by this shape: `key=value` says it all.
        Value::Object(fields) => {
            match (fields.get("Key").and_then(Value::as_str), fields.get("Value").and_then(Value::as_str)) {
                (Some(key), Some(value)) if fields.len() == 2 && is_word(key) && is_word(value) => {
                    format!("{key}={value}")
                }
                _ => format!(
                    "{{{}}}",
                    fields
                        .iter()
                        .map(|(name, value)| format!("{name}={}", compact(value)))
                        .collect::<Vec<_>>()
                        .join(",")
                ),
            }
        }
        other => clean(&other.to_string()),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/@+()#%".contains(c))
}
