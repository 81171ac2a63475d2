//! Terraform's state, as `terraform show -json` and as `terraform state pull` write it: which resources there are.
//!
//! A state holds passwords. Nothing here is ever shown but addresses, and what is compared are identifiers.

use serde_json::Value;

use super::address::{Address, Key};

/// The managed resources of a state.
#[derive(Default)]
pub struct State {
    resources: Vec<Managed>,
}

/// One of them.
pub struct Managed {
    /// Where it is in the configuration.
    pub address: Address,
    values: Value,
}

/// A file that holds no state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No JSON at all. The parser's complaint is left out: it can quote the file, which holds passwords.
    #[error("it is no JSON (line {line})")]
    NotJson {
        /// Where the parser gave up.
        line: usize,
    },
    /// Other JSON.
    #[error("it is JSON, but neither of `terraform show -json` nor of `terraform state pull`")]
    NotState,
}

impl State {
    /// Reads either form.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let document: Value = serde_json::from_str(text).map_err(|error| StateError::NotJson { line: error.line() })?;
        let mut resources = Vec::new();
        if let Some(root) = document.pointer("/values/root_module") {
            shown(root, "", &mut resources);
        } else if let Some(list) = document.get("resources").and_then(Value::as_array) {
            list.iter().for_each(|resource| pulled(resource, &mut resources));
        } else if document.get("format_version").is_none() {
            return Err(StateError::NotState);
        }
        resources.sort_by(|one, other| one.address.cmp(&other.address));
        Ok(Self { resources })
    }

    /// All resources, by address.
    pub fn resources(&self) -> impl Iterator<Item = &Managed> + Clone {
        self.resources.iter()
    }
}

impl Managed {
    /// An attribute that is a text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.values.get(attribute).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether `wanted` is true of any text in it, with the attribute that the text is in.
    pub(super) fn any(&self, wanted: &dyn Fn(&str, &str) -> bool) -> bool {
        any("", &self.values, wanted)
    }
}

fn any(attribute: &str, value: &Value, wanted: &dyn Fn(&str, &str) -> bool) -> bool {
    match value {
        Value::String(text) => wanted(attribute, text),
        Value::Array(list) => list.iter().any(|item| any(attribute, item, wanted)),
        Value::Object(map) => map.iter().any(|(name, item)| any(name, item, wanted)),
        _ => false,
    }
}

/// A module of `terraform show -json`, and those in it.
fn shown(module: &Value, path: &str, found: &mut Vec<Managed>) {
    let list = |name: &str| module.get(name).and_then(Value::as_array).into_iter().flatten();
    for resource in list("resources") {
        found.extend(managed(resource, path, resource.get("index"), resource.get("values")));
    }
    for inner in list("child_modules") {
        shown(inner, inner.get("address").and_then(Value::as_str).unwrap_or_default(), found);
    }
}

/// A resource of `terraform state pull`, with its instances.
fn pulled(resource: &Value, found: &mut Vec<Managed>) {
    let path = resource.get("module").and_then(Value::as_str).unwrap_or_default();
    let instances = resource.get("instances").and_then(Value::as_array);
    for instance in instances.into_iter().flatten() {
        found.extend(managed(resource, path, instance.get("index_key"), instance.get("attributes")));
    }
}

/// A resource, unless it is a data source, which manages nothing.
fn managed(resource: &Value, module: &str, index: Option<&Value>, values: Option<&Value>) -> Option<Managed> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("mode")? != "managed" {
        return None;
    }
    let key = match index {
        Some(Value::Number(number)) => Some(Key::Number(number.as_u64()?)),
        Some(Value::String(name)) => Some(Key::Name(name.clone())),
        _ => None,
    };
    let address = Address { module: module.to_owned(), kind: text("type")?, name: text("name")?, key };
    Some(Managed { address, values: values.cloned().unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn addresses(document: &Value) -> Vec<String> {
        let state = State::parse(&document.to_string()).expect("a state");
        state.resources().map(|one| format!("{} {}", one.address, one.text("id").unwrap_or("-"))).collect()
    }

    const EXPECTED: [&str; 3] = [
        "aws_rds_cluster.loans loans",
        "module.db[0].module.inner.aws_rds_cluster_instance.this[\"a\"] loans-1",
        "module.db[0].module.inner.aws_rds_cluster_instance.this[\"b\"] loans-2",
    ];

    #[test]
    fn a_state_as_terraform_shows_it() {
        let instance = |key: &str, id: &str| json!({ "mode": "managed", "type": "aws_rds_cluster_instance", "name": "this", "index": key, "values": { "id": id } });
        let document = json!({ "format_version": "1.0", "values": { "root_module": {
            "resources": [
                { "mode": "managed", "type": "aws_rds_cluster", "name": "loans", "values": { "id": "loans" } },
                { "mode": "data", "type": "aws_vpc", "name": "main", "values": { "id": "vpc-1" } },
            ],
            "child_modules": [{ "address": "module.db[0]", "child_modules": [
                { "address": "module.db[0].module.inner", "resources": [instance("b", "loans-2"), instance("a", "loans-1")] },
            ] }],
        } } });
        assert_eq!(addresses(&document), EXPECTED);
    }

    #[test]
    fn a_state_as_terraform_pulls_it() {
        let document = json!({ "version": 4, "serial": 3, "resources": [
            { "mode": "managed", "type": "aws_rds_cluster", "name": "loans", "instances": [{ "attributes": { "id": "loans" } }] },
            { "mode": "data", "type": "aws_vpc", "name": "main", "instances": [{ "attributes": {} }] },
            { "module": "module.db[0].module.inner", "mode": "managed", "type": "aws_rds_cluster_instance", "name": "this",
              "instances": [
                { "index_key": "b", "attributes": { "id": "loans-2" } },
                { "index_key": "a", "attributes": { "id": "loans-1" } },
            ] },
        ] });
        assert_eq!(addresses(&document), EXPECTED);
    }

    #[test]
    fn an_empty_state_has_nothing_and_what_is_none_is_refused() {
        assert_eq!(addresses(&json!({ "format_version": "1.0" })), Vec::<String>::new());
        assert!(matches!(State::parse("{}"), Err(StateError::NotState)));
        let secret = "{ \"password\": hunter2 }";
        let error = State::parse(secret).err().expect("no JSON");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
