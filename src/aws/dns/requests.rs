//! The one request that changes a zone, as data, named as in the API.

use serde::{Deserialize, Serialize};

use super::model::RecordSet;
use crate::aws::call::shown_as;

/// `ChangeResourceRecordSets`, as a compare-and-set: what is deleted must be there exactly so, and what is created must not be
/// there; a batch is carried out as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ReplaceRecord {
    /// The zone's id.
    pub hosted_zone_id: String,
    /// The change.
    pub change_batch: Batch,
}

/// `ChangeBatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Batch {
    /// Who changes it, and why.
    pub comment: String,
    /// First what goes, then what comes.
    pub changes: [Change; 2],
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// To which set.
    pub resource_record_set: RecordSet,
}

/// What is done to a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// It goes, if it is exactly so.
    Delete,
    /// It comes, if there is none.
    Create,
}

impl ReplaceRecord {
    /// `from` goes and `to` comes.
    #[must_use]
    pub fn of(zone: &str, from: &RecordSet, to: &RecordSet, comment: String) -> Self {
        let change = |action, set: &RecordSet| Change { action, resource_record_set: set.clone() };
        Self {
            hosted_zone_id: zone.to_owned(),
            change_batch: Batch { comment, changes: [change(Action::Delete, from), change(Action::Create, to)] },
        }
    }
}

shown_as! { "route53": ReplaceRecord => "ChangeResourceRecordSets" }
