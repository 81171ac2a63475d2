//! S3 through the SDK.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;

use super::api::Objects;
use super::conflict::RepeatConflicts;
use super::date::DateOfAnswer;
use super::model::{Condition, Object, Put};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::sdk::Operation;

const GET: Operation = Operation::s3("GetObject");
const PUT: Operation = Operation::s3("PutObject");
const LIST: Operation = Operation::s3("ListObjectsV2");

/// The name of the metadata that tells an object's writer.
const WRITER: &str = "daybreak-writer";

/// How long S3 has for one answer. Objects are small, and a lease must be renewed well before it expires.
const ATTEMPT: Duration = Duration::from_secs(8);

/// One bucket, called through the SDK.
#[derive(Debug, Clone)]
pub struct S3Client {
    client: Client,
    bucket: String,
}

impl S3Client {
    pub(in crate::aws) fn new(config: Builder, bucket: &str) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(ATTEMPT);
        // The endpoint's form is left to the SDK: a bucket is part of the host name, as AWS recommends, except where it
        // cannot be, with a dot in the bucket's name or an address for an endpoint.
        let config = config.timeout_config(timeouts.build()).retry_classifier(RepeatConflicts).build();
        Self { client: Client::from_conf(config), bucket: bucket.to_owned() }
    }
}

#[async_trait]
impl Objects for S3Client {
    async fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        let date = DateOfAnswer::default();
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = request.customize().interceptor(date.clone()).send().await;
        let output = match answer.map_err(|error| GET.failed(error)) {
            Ok(output) => output,
            Err(error) if error.code.as_deref() == Some("NoSuchKey") => return Ok(None),
            Err(error) => return Err(error),
        };
        let now = date.get().ok_or_else(|| GET.lacks("Date"))?;
        let written = output.last_modified.ok_or_else(|| GET.lacks("Last-Modified"))?;
        let bytes = output
            .body
            .collect()
            .await
            .map_err(|error| GET.error(ErrorKind::Unreachable, "the answer broke off").caused_by(Some(&error)))?;
        Ok(Some(Object {
            bytes: bytes.to_vec(),
            etag: output.e_tag.ok_or_else(|| GET.lacks("ETag"))?,
            writer: output.metadata.and_then(|mut metadata| metadata.remove(WRITER)),
            age: Duration::from_secs(u64::try_from(now.secs().saturating_sub(written.secs())).unwrap_or(0)),
        }))
    }

    async fn put(&self, key: &str, bytes: &[u8], writer: &str, condition: Condition<'_>) -> Result<Put, Error> {
        let request = self.client.put_object().bucket(&self.bucket).key(key);
        let request = match condition {
            Condition::Absent => request.if_none_match("*"),
            Condition::Unchanged(etag) => request.if_match(etag),
        };
        let request = request.metadata(WRITER, writer).content_type("application/json");
        match request.body(ByteStream::from(bytes.to_vec())).send().await.map_err(|error| PUT.failed(error)) {
            Ok(output) => Ok(Put::Done { etag: output.e_tag.ok_or_else(|| PUT.lacks("ETag"))? }),
            Err(error) => match (error.code.as_deref(), condition) {
                (Some("PreconditionFailed"), _) | (Some("NoSuchKey"), Condition::Unchanged(_)) => Ok(Put::Refused),
                _ => Err(error),
            },
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LIST.failed(error))?;
            keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
        }
        // Not every store that speaks S3's language sorts as S3 does.
        keys.sort_unstable();
        Ok(keys)
    }
}

/// Makes the client of a bucket, wherever it is: `config` makes the SDK's configuration of a region.
pub(in crate::aws) async fn find(
    config: impl Fn(&str) -> Builder,
    region: &str,
    bucket: &str,
) -> Result<S3Client, Error> {
    let asked = S3Client::new(config(region), bucket);
    match super::bucket::region(&asked.client, bucket).await? {
        Some(other) if other != region => Ok(S3Client::new(config(&other), bucket)),
        _ => Ok(asked),
    }
}
