//! The part of S3 that daybreak uses.

use async_trait::async_trait;

use super::model::{Condition, Object, Put};
use crate::aws::error::Error;

/// The objects of one bucket. Reads see every write that was answered before them, listings too, as S3 promises.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Returns an object (`GetObject`), or `None` if there is none under this key, or only a delete marker.
    ///
    /// # Errors
    /// [`ErrorKind::AccessDenied`](crate::aws::error::ErrorKind::AccessDenied) also when there is none and the identity may not
    /// list the bucket.
    async fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Writes an object on a condition (`PutObject`). `writer` is kept with it and tells whose it is.
    ///
    /// The request is sent again when its answer is lost. The object may then be found to be there, put there by the first
    /// sending: after [`Put::Refused`], [`Self::get`] tells by the writer.
    async fn put(&self, key: &str, bytes: &[u8], writer: &str, condition: Condition<'_>) -> Result<Put, Error>;

    /// Returns all keys that begin with `prefix`, sorted (`ListObjectsV2`, all pages).
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;
}
