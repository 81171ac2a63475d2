//! The call that asks for an engine's version.

use async_trait::async_trait;

use crate::aws::error::Error;

/// What a region's RDS says of a version of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// It is listed, with its `Status`: `available`, or `deprecated`.
    Listed(String),
    /// It is not listed, not even among those that are not available.
    Unlisted,
}

/// One region's engine versions.
#[async_trait]
pub trait Versions: Send + Sync {
    /// Looks a version up, over all pages, unavailable ones included (`DescribeDBEngineVersions` with `IncludeAll`).
    async fn offer(&self, engine: &str, version: &str) -> Result<Offer, Error>;
}
