//! Secrets Manager through the SDK.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageError;
use secrecy::{ExposeSecret, SecretString};

use super::api::Secrets;
use super::model::{CURRENT, Replica, SecretDescription, SecretVersion, VersionRef};
use super::requests::{MoveLabel, PutVersion};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::{self, Operation};

const DESCRIBE: Operation = Operation::secrets("DescribeSecret");
const GET: Operation = Operation::secrets("GetSecretValue");
const PUT: Operation = Operation::secrets(PutVersion::ACTION);
const MOVE: Operation = Operation::secrets(MoveLabel::ACTION);

/// One region's Secrets Manager, called through the SDK.
#[derive(Debug, Clone)]
pub struct SecretsClient {
    client: Client,
}

impl SecretsClient {
    pub(in crate::aws) fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Secrets for SecretsClient {
    async fn describe(&self, secret_id: &str) -> Result<Option<SecretDescription>, Error> {
        let answer = self.client.describe_secret().secret_id(secret_id).send().await;
        match answer.map_err(|error| DESCRIBE.failed(error)) {
            Ok(output) => description(output).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get(&self, secret_id: &str, version: &VersionRef) -> Result<Option<SecretVersion>, Error> {
        let request = self.client.get_secret_value().secret_id(secret_id);
        let request = match version {
            // Said, although it is the default: policies can then be held to it by `VersionStage`.
            VersionRef::Current => request.version_stage(CURRENT),
            VersionRef::Id(id) => request.version_id(id),
        };
        let output = match request.send().await.map_err(|error| GET.failed(error)) {
            Ok(output) => output,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let value = output.secret_string.ok_or_else(|| {
            GET.error(ErrorKind::Other, format!("the secret {secret_id} holds binary data, not text"))
        })?;
        Ok(Some(SecretVersion {
            version_id: output.version_id.ok_or_else(|| GET.lacks("VersionId"))?,
            value: SecretString::from(value),
            labels: sorted(output.version_stages.unwrap_or_default()),
        }))
    }

    async fn put_version(&self, request: &PutVersion, value: &SecretString) -> Result<String, Error> {
        if request.version_stages.is_empty() {
            return Err(
                PUT.error(ErrorKind::InvalidParameter, "a version without a label of its own would replace AWSCURRENT")
            );
        }
        let answer = self
            .client
            .put_secret_value()
            .secret_id(&request.secret_id)
            .client_request_token(&request.client_request_token)
            .set_version_stages(Some(request.version_stages.clone()))
            .secret_string(value.expose_secret())
            .customize()
            // Repeating would be harmless, thanks to the token, were it not that the SDK takes the
            // quota on versions for throttling.
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<PutSecretValueError>::new()))
            .send()
            .await;
        let output = answer.map_err(|error| PUT.failed(error))?;
        output.version_id.ok_or_else(|| PUT.lacks("VersionId"))
    }

    async fn move_label(&self, request: &MoveLabel) -> Result<(), Error> {
        let answer = self
            .client
            .update_secret_version_stage()
            .secret_id(&request.secret_id)
            .version_stage(&request.version_stage)
            .set_move_to_version_id(request.move_to_version_id.clone())
            .set_remove_from_version_id(request.remove_from_version_id.clone())
            .customize()
            // A compare-and-set that succeeded unseen fails when repeated, and would be taken for
            // somebody else's change.
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<UpdateSecretVersionStageError>::new()))
            .send()
            .await;
        answer.map(drop).map_err(|error| MOVE.failed(error))
    }
}

fn description(it: DescribeSecretOutput) -> Result<SecretDescription, Error> {
    Ok(SecretDescription {
        arn: it.arn.ok_or_else(|| DESCRIBE.lacks("ARN"))?,
        name: it.name.ok_or_else(|| DESCRIBE.lacks("Name"))?,
        owning_service: it.owning_service,
        rotation_enabled: it.rotation_enabled.unwrap_or(false),
        next_rotation: it.next_rotation_date.as_ref().and_then(sdk::timestamp),
        deleted: it.deleted_date.as_ref().and_then(sdk::timestamp),
        kms_key_id: it.kms_key_id,
        primary_region: it.primary_region,
        replication: it
            .replication_status
            .unwrap_or_default()
            .into_iter()
            .filter_map(|replica| {
                Some(Replica {
                    region: replica.region?,
                    status: replica.status.map(|status| status.as_str().to_owned()),
                    message: replica.status_message,
                })
            })
            .collect(),
        versions: it
            .version_ids_to_stages
            .unwrap_or_default()
            .into_iter()
            .map(|(id, labels)| (id, sorted(labels)))
            .collect(),
    })
}

fn sorted(mut labels: Vec<String>) -> Vec<String> {
    labels.sort_unstable();
    labels
}
