//! What only instances have that are no part of a cluster.

use async_trait::async_trait;

use super::requests::{
    CopyInstanceSnapshot, CreateInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot,
    RestoreInstanceToPointInTime,
};
use crate::aws::error::Error;
use crate::aws::rds::backups::model::{InstanceBackup, InstanceSnapshot};

/// One region's RDS, as far as instances outside clusters are concerned; the contract is that of
/// [`Rds`](crate::aws::rds::Rds).
#[async_trait]
pub trait Instances: Send + Sync {
    /// Returns the automated backup of the instance with this immutable id that the region has
    /// (`DescribeDBInstanceAutomatedBackups`, filter `dbi-resource-id`), one of the region's own
    /// instances before one that is replicated into it.
    async fn instance_backup(&self, resource_id: &str) -> Result<Option<InstanceBackup>, Error>;

    /// Returns the snapshot of this name or ARN (`DescribeDBSnapshots`).
    async fn instance_snapshot(&self, identifier: &str) -> Result<Option<InstanceSnapshot>, Error>;

    /// Returns all manual snapshots of the region, over all pages (`DescribeDBSnapshots`). Final
    /// snapshots and copies are manual ones.
    async fn manual_instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error>;

    /// Has a new instance restored from another one's backups (`RestoreDBInstanceToPointInTime`).
    async fn restore_instance_to_point_in_time(&self, request: &RestoreInstanceToPointInTime) -> Result<(), Error>;

    /// Has a new instance restored from a snapshot (`RestoreDBInstanceFromDBSnapshot`).
    async fn restore_instance_from_snapshot(&self, request: &RestoreInstanceFromSnapshot) -> Result<(), Error>;

    /// Changes an instance's settings (`ModifyDBInstance`). Just afterwards the status can still read
    /// `available`.
    async fn modify_instance(&self, request: &ModifyInstance) -> Result<(), Error>;

    /// Has a snapshot copied into this region (`CopyDBSnapshot`).
    async fn copy_instance_snapshot(&self, request: &CopyInstanceSnapshot) -> Result<(), Error>;

    /// Has a manual snapshot taken (`CreateDBSnapshot`).
    async fn create_instance_snapshot(&self, request: &CreateInstanceSnapshot) -> Result<(), Error>;

    /// Has a snapshot removed (`DeleteDBSnapshot`); of a copy under way that ends the copying.
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when it is gone.
    async fn delete_instance_snapshot(&self, identifier: &str) -> Result<(), Error>;
}
