//! Instances outside clusters: each changing call sends exactly the parameters its request shows, and reads find what was
//! asked for.

use serde_json::json;

use super::requests::on_the_wire;
use crate::aws::rds::plain::Instances;
use crate::aws::rds::plain::requests::{
    CopyInstanceSnapshot, ModifyInstance, RestoreInstanceFromSnapshot, RestoreInstanceToPointInTime,
};
use crate::aws::testing::{bodies, parameters, query_success, script, session};
use crate::aws::{ErrorKind, testing::query_error};

sends_what_it_shows!(restore_an_instance_with_every_parameter, restore_instance_to_point_in_time, RestoreInstanceToPointInTime, {
    "TargetDBInstanceIdentifier": "loans-db-k3pz",
    "SourceDBInstanceIdentifier": "loans",
    "RestoreTime": "2026-11-20T14:22:05Z",
    "MaxAllocatedStorage": 500,
    "DBInstanceClass": "db.m6g.large",
    "MultiAZ": true,
    "Port": 6543,
    "DBSubnetGroupName": "private",
    "NetworkType": "DUAL",
    "PubliclyAccessible": false,
    "VpcSecurityGroupIds": ["sg-0a", "sg-0b"],
    "DBParameterGroupName": "loans-15",
    "OptionGroupName": "default:postgres-15",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "StorageType": "gp3",
    "AllocatedStorage": 400,
    "Iops": 12000,
    "StorageThroughput": 500,
    "DedicatedLogVolume": false,
    "EnableIAMDatabaseAuthentication": true,
    "EnableCloudwatchLogsExports": ["postgresql"],
    "AutoMinorVersionUpgrade": false,
    "DeletionProtection": false,
    "CopyTagsToSnapshot": true,
    "BackupRetentionPeriod": 14,
    "PreferredBackupWindow": "02:00-02:30",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

sends_what_it_shows!(restore_a_deleted_instance, restore_instance_to_point_in_time, RestoreInstanceToPointInTime, {
    "TargetDBInstanceIdentifier": "loans-db-k3pz",
    "SourceDbiResourceId": "db-ABC",
    "UseLatestRestorableTime": true
});

sends_what_it_shows!(restore_a_replicated_backup, restore_instance_to_point_in_time, RestoreInstanceToPointInTime, {
    "TargetDBInstanceIdentifier": "loans-db-k3pz",
    "SourceDBInstanceAutomatedBackupsArn": "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-1",
    "RestoreTime": "2026-11-20T14:22:05Z"
});

sends_what_it_shows!(restore_an_instance_from_a_snapshot, restore_instance_from_snapshot, RestoreInstanceFromSnapshot, {
    "DBInstanceIdentifier": "loans-db-k3pz",
    "DBSnapshotIdentifier": "loans-before",
    "DBInstanceClass": "db.m6g.large",
    "MultiAZ": false,
    "StorageType": "io1",
    "AllocatedStorage": 100,
    "Iops": 3000,
    "DeletionProtection": false,
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

sends_what_it_shows!(modify_an_instance_with_every_parameter, modify_instance, ModifyInstance, {
    "DBInstanceIdentifier": "loans-db-k3pz",
    "ApplyImmediately": true,
    "VpcSecurityGroupIds": ["sg-0a"],
    "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
    "MaxAllocatedStorage": 500,
    "CloudwatchLogsExportConfiguration": { "EnableLogTypes": ["postgresql"], "DisableLogTypes": ["upgrade"] },
    "DeletionProtection": true,
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
    "DatabaseInsightsMode": "advanced",
    "EnablePerformanceInsights": true,
    "PerformanceInsightsKMSKeyId": "arn:aws:kms:eu-west-1:123456789012:key/2",
    "PerformanceInsightsRetentionPeriod": 465,
    "ManageMasterUserPassword": true,
    "MasterUserSecretKmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/3"
});

sends_what_it_shows!(copy_a_snapshot, copy_instance_snapshot, CopyInstanceSnapshot, {
    "SourceDBSnapshotIdentifier": "arn:aws:rds:eu-west-1:123456789012:snapshot:loans-before",
    "TargetDBSnapshotIdentifier": "loans-db-k3pz-copy",
    "KmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/1",
    "CopyTags": false,
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

/// Two restores have no token in common that would make them one: only what was throttled certainly did nothing.
#[tokio::test]
async fn a_restore_of_unknown_effect_is_not_sent_again() {
    let request = RestoreInstanceToPointInTime {
        target_db_instance_identifier: "loans-db-k3pz".to_owned(),
        ..RestoreInstanceToPointInTime::default()
    };
    let http = script([(500, query_error("InternalFailure", "something broke"))]);
    let rds = session(http.clone()).await.rds("eu-west-1");
    let error = rds.restore_instance_to_point_in_time(&request).await.expect_err("it failed");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::Service, 1));
}

#[tokio::test]
async fn a_quota_is_told_from_a_refusal() {
    let request = RestoreInstanceFromSnapshot::default();
    let http = script([(400, query_error("InstanceQuotaExceeded", "40 instances are the most"))]);
    let rds = session(http).await.rds("eu-west-1");
    let error = rds.restore_instance_from_snapshot(&request).await.expect_err("it was refused");
    assert_eq!(error.kind, ErrorKind::Quota);
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_none() {
    let http = script([(404, query_error("DBSnapshotNotFound", "no such snapshot"))]);
    let rds = session(http).await.rds("eu-west-1");
    assert_eq!(rds.instance_snapshot("loans-before").await.expect("an answer"), None);
}

/// The region's own backup comes before one that another region's instance has there.
#[tokio::test]
async fn the_backup_of_the_regions_own_instance_is_found() {
    let backup = |arn: &str, region: &str| {
        format!(
            "<DBInstanceAutomatedBackup><DBInstanceAutomatedBackupsArn>{arn}</DBInstanceAutomatedBackupsArn>\
             <DbiResourceId>db-ABC</DbiResourceId><DBInstanceIdentifier>loans</DBInstanceIdentifier>\
             <Region>{region}</Region></DBInstanceAutomatedBackup>"
        )
    };
    let (far, near) = ("arn:aws:rds:eu-west-1:1:auto-backup:ab-far", "arn:aws:rds:eu-west-1:1:auto-backup:ab-near");
    let body = format!(
        "<DescribeDBInstanceAutomatedBackupsResponse><DescribeDBInstanceAutomatedBackupsResult>\
         <DBInstanceAutomatedBackups>{}{}</DBInstanceAutomatedBackups>\
         </DescribeDBInstanceAutomatedBackupsResult></DescribeDBInstanceAutomatedBackupsResponse>",
        backup(far, "eu-central-1"),
        backup(near, "eu-west-1")
    );
    let http = script([(200, body)]);
    let rds = session(http.clone()).await.rds("eu-west-1");
    let found = rds.instance_backup("db-ABC").await.expect("an answer").expect("a backup");
    assert_eq!(found.arn.as_deref(), Some(near));
    let sent = parameters(&bodies(&http)[0]);
    assert!(sent.contains(&("Filters.Filter.1.Name".to_owned(), "dbi-resource-id".to_owned())), "{sent:?}");
}
