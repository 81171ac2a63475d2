//! The part of Route 53 that daybreak uses.

use async_trait::async_trait;

use super::model::{HostedZone, Listed, RecordSet};
use super::requests::ReplaceRecord;
use crate::aws::error::Error;

/// The account's Route 53, which is the same in every region. A zone is named by its id.
#[async_trait]
pub trait Dns: Send + Sync {
    /// Returns the zone of this id (`GetHostedZone`), or `None` if there is none.
    async fn zone(&self, id: &str) -> Result<Option<HostedZone>, Error>;

    /// Returns all zones of this name, public and private (`ListHostedZonesByName`).
    async fn zones_named(&self, name: &str) -> Result<Vec<HostedZone>, Error>;

    /// Returns every record set of this name, of whatever type (`ListResourceRecordSets`).
    async fn records(&self, zone: &str, name: &str) -> Result<Vec<Listed>, Error>;

    /// Replaces one record set by another, compare-and-set (`ChangeResourceRecordSets`), and returns the change's id.
    /// When the set is not exactly as the request says, it fails with
    /// [`ErrorKind::InvalidParameter`](crate::aws::ErrorKind::InvalidParameter), and nothing is changed.
    async fn replace(&self, request: &ReplaceRecord) -> Result<String, Error>;

    /// Whether a change has reached all name servers (`GetChange`).
    async fn is_in_sync(&self, change: &str) -> Result<bool, Error>;

    /// The id of the change that this process made last to a record set. Route 53 tells it in the answer to the change only.
    fn last_change(&self, zone: &str, set: &RecordSet) -> Option<String>;
}
