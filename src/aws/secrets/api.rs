//! The part of Secrets Manager that daybreak uses.

use async_trait::async_trait;
use secrecy::SecretString;

use super::model::{SecretDescription, SecretVersion, VersionRef};
use super::requests::{MoveLabel, PutVersion};
use crate::aws::error::Error;

/// One region's Secrets Manager. A secret is named by its name or ARN.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Returns all about the secret but its values (`DescribeSecret`), or `None` if there is no
    /// such secret.
    async fn describe(&self, secret_id: &str) -> Result<Option<SecretDescription>, Error>;

    /// Returns a version with its value (`GetSecretValue`), or `None` if there is no such secret or
    /// no such version; Secrets Manager answers both alike.
    ///
    /// # Errors
    /// Also when the value is binary, and when the secret is to be deleted
    /// ([`ErrorKind::InvalidState`](crate::aws::error::ErrorKind::InvalidState)).
    async fn get(&self, secret_id: &str, version: &VersionRef) -> Result<Option<SecretVersion>, Error>;

    /// Adds a version and returns its id, which is the request's token (`PutSecretValue`). Repeated
    /// with the same value it does nothing; with another value it fails with
    /// [`ErrorKind::AlreadyExists`](crate::aws::error::ErrorKind::AlreadyExists).
    async fn put_version(&self, request: &PutVersion, value: &SecretString) -> Result<String, Error>;

    /// Moves a label, compare-and-set (`UpdateSecretVersionStage`). When the label is not where the
    /// request says, it fails with
    /// [`ErrorKind::InvalidParameter`](crate::aws::error::ErrorKind::InvalidParameter), as also for
    /// an unknown version: describe to tell which.
    async fn move_label(&self, request: &MoveLabel) -> Result<(), Error>;
}
