//! Versions through the SDK.

use async_trait::async_trait;

use super::api::{Offer, Versions};
use crate::aws::error::Error;
use crate::aws::rds::RdsClient;
use crate::aws::rds::client::PAGE;
use crate::aws::sdk::Operation;

const DESCRIBE_VERSIONS: Operation = Operation::rds("DescribeDBEngineVersions");

#[async_trait]
impl Versions for RdsClient {
    async fn offer(&self, engine: &str, version: &str) -> Result<Offer, Error> {
        let call = self.client.describe_db_engine_versions().engine(engine).engine_version(version).include_all(true);
        let mut pages = call.into_paginator().page_size(PAGE).items().send();
        while let Some(listed) = pages.next().await {
            let listed = listed.map_err(|error| DESCRIBE_VERSIONS.failed(error))?;
            if listed.engine_version() == Some(version) {
                let status = listed.status.ok_or_else(|| DESCRIBE_VERSIONS.lacks("Status"))?;
                return Ok(Offer::Listed(status));
            }
        }
        Ok(Offer::Unlisted)
    }
}
