//! KMS through the SDK.

use async_trait::async_trait;
use aws_sdk_kms::Client;

use super::api::{Key, Keys};
use crate::aws::error::Error;
use crate::aws::sdk::{self, Operation};

const DESCRIBE_KEY: Operation = Operation { service: "kms", name: "DescribeKey" };

/// One region's KMS, called through the SDK.
#[derive(Debug, Clone)]
pub struct KeysClient {
    client: Client,
}

impl KeysClient {
    pub(in crate::aws) fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Keys for KeysClient {
    async fn key(&self, id: &str) -> Result<Key, Error> {
        let answer = self.client.describe_key().key_id(id).send().await;
        let key = answer.map_err(|error| DESCRIBE_KEY.failed(error))?.key_metadata;
        let key = key.ok_or_else(|| DESCRIBE_KEY.lacks("KeyMetadata"))?;
        let state = key.key_state.ok_or_else(|| DESCRIBE_KEY.lacks("KeyState"))?;
        Ok(Key { state: state.as_str().to_owned(), deletion: key.deletion_date.as_ref().and_then(sdk::timestamp) })
    }
}
