//! The requests that change a secret, as data, named as in the API. The value is never part of
//! them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::call::Call;

/// `PutSecretValue`: adds a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutVersion {
    /// The secret's name or ARN.
    pub secret_id: String,
    /// 32 to 64 characters; becomes the version's id, so the same token cannot make two versions.
    pub client_request_token: String,
    /// The labels of the new version. Without any, `AWSCURRENT` would move at once, so an empty
    /// list is refused.
    pub version_stages: Vec<String>,
}

impl PutVersion {
    /// The operation's name in the API, which is also the IAM action's.
    pub const ACTION: &'static str = "PutSecretValue";

    /// The call as a plan shows it; the place of the value is marked, the value is not in it.
    pub fn call(&self) -> Call {
        let mut call = Call::of("secretsmanager", Self::ACTION, self);
        if let Value::Object(parameters) = &mut call.parameters {
            parameters.insert("SecretString".to_owned(), Value::String("(not shown)".to_owned()));
        }
        call
    }
}

/// `UpdateSecretVersionStage`: moves a label, if it still is where the request says.
///
/// It fails unless `remove_from_version_id` is the version that holds the label: a compare-and-set.
/// When `AWSCURRENT` moves, `AWSPREVIOUS` follows by itself to the version that lost it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MoveLabel {
    /// The secret's name or ARN.
    pub secret_id: String,
    /// The label.
    pub version_stage: String,
    /// The version that gets it; `None` takes it away from all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_to_version_id: Option<String>,
    /// The version that holds it; `None` when no version does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_from_version_id: Option<String>,
}

impl MoveLabel {
    /// The operation's name in the API, which is also the IAM action's.
    pub const ACTION: &'static str = "UpdateSecretVersionStage";

    /// The call as a plan shows it.
    pub fn call(&self) -> Call {
        Call::of("secretsmanager", Self::ACTION, self)
    }
}
