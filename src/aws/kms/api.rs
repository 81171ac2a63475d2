//! The part of KMS that daybreak uses.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::aws::error::Error;

/// A key as KMS describes it (`KeyMetadata`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `KeyState`: `Enabled`, or why it cannot be used: `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`, …
    pub state: String,
    /// `DeletionDate`: when a key that is `PendingDeletion` will be gone.
    pub deletion: Option<Timestamp>,
}

/// One region's keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Describes the key of this id or ARN (`DescribeKey`, which needs `kms:DescribeKey` on the key);
    /// [`ErrorKind::NotFound`](crate::aws::ErrorKind::NotFound) when there is none.
    async fn key(&self, id: &str) -> Result<Key, Error>;
}
