//! The published JSON Schema, which is also what the shape of a file is compared with.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use super::raw::RawConfig;

/// Returns the JSON Schema (draft 2020-12) of `daybreak.toml`, self-contained, with a
/// description of every key.
pub fn schema() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<RawConfig>();
    RecursiveTransform(as_toml_has_it).transform(&mut schema);
    schema.insert("title".to_owned(), "daybreak.toml".into());
    schema.to_value()
}

/// Drops what the Rust types bring along: TOML has no null, the defaults of the raw types are
/// not those of daybreak (descriptions name these), and names of integer types say nothing.
fn as_toml_has_it(schema: &mut Schema) {
    for foreign in ["default", "format"] {
        schema.remove(foreign);
    }
    let Some(Value::Array(types)) = schema.get_mut("type") else {
        return;
    };
    types.retain(|kind| kind != "null");
    if let [only] = types.as_mut_slice() {
        let only = only.take();
        schema.insert("type".to_owned(), only);
    }
}
