//! What Route 53 tells, in our own types.

use serde::{Deserialize, Serialize};

/// A hosted zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedZone {
    /// `Id`, without the `/hostedzone/` before it.
    pub id: String,
    /// `Name`, in lower case and without the dot at its end.
    pub name: String,
    /// `PrivateZone`: it is answered for within its VPCs only.
    pub private: bool,
}

impl HostedZone {
    /// `private zone corp.internal (Z0123)`.
    #[must_use]
    pub fn words(&self) -> String {
        let kind = if self.private { "private" } else { "public" };
        format!("{kind} zone {} ({})", self.name, self.id)
    }
}

/// A record set with its values, its TTL and its routing, named as in the API: what a change must state exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RecordSet {
    /// `Name`, as Route 53 writes it: in lower case, with a dot at its end and octal escapes.
    pub name: String,
    /// `Type`, such as `CNAME`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// `SetIdentifier`: which of the sets of this name and type; absent where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_identifier: Option<String>,
    /// `Weight` of a weighted set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// `Region` of a latency set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `Failover`: `PRIMARY` or `SECONDARY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    /// `TTL`, in seconds; absent of an alias record alone.
    #[serde(rename = "TTL", default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// `ResourceRecords`.
    pub resource_records: Vec<ResourceRecord>,
    /// `HealthCheckId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_id: Option<String>,
}

/// One value of a record set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ResourceRecord {
    /// `Value`.
    pub value: String,
}

impl RecordSet {
    /// The name that an alias leads to, in lower case and without the dot at its end; none unless there is exactly one.
    #[must_use]
    pub fn leads_to(&self) -> Option<String> {
        match self.resource_records.as_slice() {
            [only] => Some(plain(&only.value)),
            _ => None,
        }
    }

    /// Whether it stands where `other` does: the same name, type and set identifier.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        plain(&self.name) == plain(&other.name)
            && self.kind == other.kind
            && self.set_identifier == other.set_identifier
    }

    /// The same set leading to `host`.
    #[must_use]
    pub fn to(&self, host: &str) -> Self {
        Self { resource_records: vec![ResourceRecord { value: host.to_owned() }], ..self.clone() }
    }

    /// `db.corp.internal`, with the set's identifier where it has one.
    #[must_use]
    pub fn words(&self) -> String {
        let name = plain(&self.name);
        match &self.set_identifier {
            Some(identifier) => format!("{name} (set {identifier})"),
            None => name,
        }
    }
}

/// A record set as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The set.
    pub set: RecordSet,
    /// What it has that [`RecordSet`] has no place for; a set with such a thing cannot be replaced.
    pub beyond: Option<&'static str>,
}

/// A DNS name in lower case and without the dot at its end: two that are alike then are the same.
#[must_use]
pub fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
