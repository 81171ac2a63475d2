//! The calls through the SDK.

use async_trait::async_trait;
use aws_sdk_rds::config::Builder;

use super::api::Instances;
use super::requests::{
    CopyInstanceSnapshot, CreateInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot,
    RestoreInstanceToPointInTime,
};
use super::wire;
use crate::aws::error::Error;
use crate::aws::rds::RdsClient;
use crate::aws::rds::backups::convert;
use crate::aws::rds::backups::model::{InstanceBackup, InstanceSnapshot};
use crate::aws::rds::client::{PAGE, done, filter, is_named, unless_not_found};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

const DESCRIBE_BACKUPS: Operation = Operation::rds("DescribeDBInstanceAutomatedBackups");
const DESCRIBE_SNAPSHOTS: Operation = Operation::rds("DescribeDBSnapshots");

/// Sends a creating call, which the SDK must not repeat once it may have had an effect.
macro_rules! create {
    ($call:expr, $request:ty, $error:ty) => {{
        let once = Builder::new().retry_classifier(OnlyIfThrottled::<$error>::new());
        let answer = $call.customize().config_override(once).send().await;
        done(answer.map_err(|error| Operation::rds(<$request>::ACTION).failed(error)))
    }};
}

#[async_trait]
impl Instances for RdsClient {
    async fn instance_backup(&self, resource_id: &str) -> Result<Option<InstanceBackup>, Error> {
        let request = self
            .client
            .describe_db_instance_automated_backups()
            .filters(filter("dbi-resource-id", &[resource_id.to_owned()]));
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut found: Vec<InstanceBackup> = Vec::new();
        while let Some(backup) = pages.next().await {
            let backup = backup.map_err(|error| DESCRIBE_BACKUPS.failed(error));
            let Some(backup) = unless_not_found(backup)? else { break };
            found.push(convert::instance_backup(backup, DESCRIBE_BACKUPS)?);
        }
        found.retain(|backup| backup.instance_resource_id == resource_id);
        // The ARN names the region that has the backup, `Region` that of the instance.
        found.sort_by_key(|backup| {
            backup.arn.as_deref().and_then(|arn| arn.split(':').nth(3)) != backup.region.as_deref()
        });
        Ok(found.into_iter().next())
    }

    async fn instance_snapshot(&self, identifier: &str) -> Result<Option<InstanceSnapshot>, Error> {
        let answer = self.client.describe_db_snapshots().db_snapshot_identifier(identifier).send().await;
        let Some(output) = unless_not_found(answer.map_err(|error| DESCRIBE_SNAPSHOTS.failed(error)))? else {
            return Ok(None);
        };
        for snapshot in output.db_snapshots.unwrap_or_default() {
            let snapshot = convert::instance_snapshot(snapshot, DESCRIBE_SNAPSHOTS)?;
            if is_named(identifier, &snapshot.identifier, &snapshot.arn) {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    async fn manual_instance_snapshots(&self) -> Result<Vec<InstanceSnapshot>, Error> {
        let request = self.client.describe_db_snapshots().snapshot_type("manual");
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut snapshots = Vec::new();
        while let Some(snapshot) = pages.next().await {
            let snapshot = snapshot.map_err(|error| DESCRIBE_SNAPSHOTS.failed(error))?;
            snapshots.push(convert::instance_snapshot(snapshot, DESCRIBE_SNAPSHOTS)?);
        }
        Ok(snapshots)
    }

    async fn restore_instance_to_point_in_time(&self, request: &RestoreInstanceToPointInTime) -> Result<(), Error> {
        create!(
            wire::restore_to_point_in_time(&self.client, request),
            RestoreInstanceToPointInTime,
            aws_sdk_rds::operation::restore_db_instance_to_point_in_time::RestoreDBInstanceToPointInTimeError
        )
    }

    async fn restore_instance_from_snapshot(&self, request: &RestoreInstanceFromSnapshot) -> Result<(), Error> {
        create!(
            wire::restore_from_snapshot(&self.client, request),
            RestoreInstanceFromSnapshot,
            aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::RestoreDBInstanceFromDBSnapshotError
        )
    }

    async fn modify_instance(&self, request: &ModifyInstance) -> Result<(), Error> {
        let answer = wire::modify(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(ModifyInstance::ACTION).failed(error)))
    }

    async fn copy_instance_snapshot(&self, request: &CopyInstanceSnapshot) -> Result<(), Error> {
        create!(
            wire::copy_snapshot(&self.client, request),
            CopyInstanceSnapshot,
            aws_sdk_rds::operation::copy_db_snapshot::CopyDBSnapshotError
        )
    }

    async fn create_instance_snapshot(&self, request: &CreateInstanceSnapshot) -> Result<(), Error> {
        create!(
            wire::create_snapshot(&self.client, request),
            CreateInstanceSnapshot,
            aws_sdk_rds::operation::create_db_snapshot::CreateDBSnapshotError
        )
    }

    async fn delete_instance_snapshot(&self, identifier: &str) -> Result<(), Error> {
        let answer = self.client.delete_db_snapshot().db_snapshot_identifier(identifier).send().await;
        done(answer.map_err(|error| Operation::rds("DeleteDBSnapshot").failed(error)))
    }
}
