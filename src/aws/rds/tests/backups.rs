//! What RDS tells of backups and snapshots reaches the caller whole, from every page.

use aws_smithy_http_client::test_util::StaticReplayClient;
use jiff::Timestamp;

use crate::aws::error::ErrorKind;
use crate::aws::rds::RdsClient;
use crate::aws::rds::backups::Backups;
use crate::aws::rds::backups::model::{ClusterBackup, GlobalCluster, GlobalMember, InstanceBackup, InstanceSnapshot};
use crate::aws::rds::model::{ClusterSnapshot, Tag};
use crate::aws::testing::{bodies, parameters, query_error, script, session, session_without_retries};

async fn rds(http: &StaticReplayClient) -> RdsClient {
    session(http.clone()).await.rds("eu-west-1")
}

/// A page of an answer: `items` inside the list `list`.
fn page(action: &str, list: &str, items: &str, marker: Option<&str>) -> String {
    let marker = marker.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    format!("<{action}Response><{action}Result>{marker}<{list}>{items}</{list}></{action}Result></{action}Response>")
}

fn sends(http: &StaticReplayClient, call: usize, name: &str, value: &str) -> bool {
    parameters(&bodies(http)[call]).contains(&(name.to_owned(), value.to_owned()))
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().expect("tests use real times"))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

const CLUSTER_SNAPSHOT: &str = "<DBClusterSnapshot>
  <DBClusterSnapshotIdentifier>awsbackup:job-1</DBClusterSnapshotIdentifier>
  <DBClusterSnapshotArn>arn:aws:rds:eu-central-1:123456789012:cluster-snapshot:awsbackup:job-1</DBClusterSnapshotArn>
  <DBClusterIdentifier>loans</DBClusterIdentifier>
  <DbClusterResourceId>cluster-ABC</DbClusterResourceId>
  <SnapshotType>manual</SnapshotType>
  <Status>copying</Status>
  <PercentProgress>42</PercentProgress>
  <SnapshotCreateTime>2026-11-20T02:11:31.120Z</SnapshotCreateTime>
  <SourceDBClusterSnapshotArn>arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:loans-1</SourceDBClusterSnapshotArn>
  <Engine>aurora-postgresql</Engine>
  <EngineVersion>15.10</EngineVersion>
  <EngineMode>provisioned</EngineMode>
  <AllocatedStorage>1</AllocatedStorage>
  <StorageEncrypted>true</StorageEncrypted>
  <KmsKeyId>arn:aws:kms:eu-central-1:123456789012:key/1</KmsKeyId>
  <StorageType>aurora-iopt1</StorageType><Port>6543</Port>
  <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>
  <TagList><Tag><Key>team</Key><Value>loans</Value></Tag></TagList>
</DBClusterSnapshot>";

fn bare_cluster_snapshot(name: &str) -> String {
    format!(
        "<DBClusterSnapshot><DBClusterSnapshotIdentifier>{name}</DBClusterSnapshotIdentifier>\
         <DBClusterSnapshotArn>arn:{name}</DBClusterSnapshotArn><DBClusterIdentifier>loans</DBClusterIdentifier>\
         <SourceDBClusterSnapshotArn></SourceDBClusterSnapshotArn><Status>available</Status></DBClusterSnapshot>"
    )
}

#[tokio::test]
async fn every_field_of_a_cluster_snapshot_and_every_page() {
    let of = |items: &str, marker| page("DescribeDBClusterSnapshots", "DBClusterSnapshots", items, marker);
    let http = script([(200, of(CLUSTER_SNAPSHOT, Some("page-2"))), (200, of(&bare_cluster_snapshot("before"), None))]);
    let found = rds(&http).await.cluster_snapshots().await.expect("two pages");
    let whole = ClusterSnapshot {
        identifier: "awsbackup:job-1".to_owned(),
        arn: "arn:aws:rds:eu-central-1:123456789012:cluster-snapshot:awsbackup:job-1".to_owned(),
        cluster: "loans".to_owned(),
        cluster_resource_id: text("cluster-ABC"),
        kind: text("manual"),
        status: "copying".to_owned(),
        percent_progress: Some(42),
        created: at("2026-11-20T02:11:31.120Z"),
        copied_from: text("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:loans-1"),
        engine: text("aurora-postgresql"),
        engine_version: text("15.10"),
        engine_mode: text("provisioned"),
        allocated_storage: Some(1),
        storage_encrypted: Some(true),
        kms_key_id: text("arn:aws:kms:eu-central-1:123456789012:key/1"),
        storage_type: text("aurora-iopt1"),
        port: Some(6543),
        iam_database_authentication: Some(true),
        tags: vec![Tag::new("team", "loans")],
    };
    let bare = ClusterSnapshot {
        identifier: "before".to_owned(),
        arn: "arn:before".to_owned(),
        cluster: "loans".to_owned(),
        status: "available".to_owned(),
        ..ClusterSnapshot::default()
    };
    assert_eq!(found, [whole, bare]);
    assert_eq!(found[0].tag("team"), Some("loans"));
    assert!(sends(&http, 0, "IncludeShared", "true") && sends(&http, 0, "MaxRecords", "100"));
    assert!(sends(&http, 1, "Marker", "page-2") && sends(&http, 1, "IncludeShared", "true"));
}

#[tokio::test]
async fn every_field_of_a_deleted_clusters_backup() {
    let item = "<DBClusterAutomatedBackup>
      <DBClusterAutomatedBackupsArn>arn:aws:rds:eu-west-1:123456789012:cluster-auto-backup:ab-1</DBClusterAutomatedBackupsArn>
      <DbClusterResourceId>cluster-ABC</DbClusterResourceId><DBClusterIdentifier>loans</DBClusterIdentifier>
      <Status>retained</Status>
      <RestoreWindow><EarliestTime>2026-11-13T15:00:00Z</EarliestTime><LatestTime>2026-11-20T14:56:10.5Z</LatestTime></RestoreWindow>
      <BackupRetentionPeriod>7</BackupRetentionPeriod><Engine>aurora-postgresql</Engine>
      <EngineVersion>15.10</EngineVersion><EngineMode>provisioned</EngineMode>
      <StorageEncrypted>true</StorageEncrypted><KmsKeyId>arn:aws:kms:eu-west-1:123456789012:key/1</KmsKeyId>
      <StorageType>aurora</StorageType><Port>6543</Port><PreferredBackupWindow>02:00-02:30</PreferredBackupWindow>
      <IAMDatabaseAuthenticationEnabled>false</IAMDatabaseAuthenticationEnabled>
    </DBClusterAutomatedBackup>";
    let http = script([(200, page("DescribeDBClusterAutomatedBackups", "DBClusterAutomatedBackups", item, None))]);
    let found = rds(&http).await.cluster_backups().await.expect("an answer");
    let expected = ClusterBackup {
        arn: text("arn:aws:rds:eu-west-1:123456789012:cluster-auto-backup:ab-1"),
        cluster_resource_id: "cluster-ABC".to_owned(),
        cluster: "loans".to_owned(),
        status: text("retained"),
        earliest: at("2026-11-13T15:00:00Z"),
        latest: at("2026-11-20T14:56:10.5Z"),
        retention_period: Some(7),
        engine: text("aurora-postgresql"),
        engine_version: text("15.10"),
        engine_mode: text("provisioned"),
        storage_encrypted: Some(true),
        kms_key_id: text("arn:aws:kms:eu-west-1:123456789012:key/1"),
        storage_type: text("aurora"),
        port: Some(6543),
        iam_database_authentication: Some(false),
        preferred_backup_window: text("02:00-02:30"),
    };
    assert_eq!(found, [expected]);
    // RDS demands that a cluster named here exists, so a deleted one's are found in the whole list only.
    assert!(!bodies(&http)[0].contains("DBClusterIdentifier"));
}

#[tokio::test]
async fn every_field_of_an_instances_backup() {
    let item = "<DBInstanceAutomatedBackup>
      <DBInstanceAutomatedBackupsArn>arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-2</DBInstanceAutomatedBackupsArn>
      <DbiResourceId>db-ABC</DbiResourceId><DBInstanceIdentifier>billing</DBInstanceIdentifier>
      <Status>replicating</Status><Region>eu-west-1</Region>
      <RestoreWindow><EarliestTime>2026-11-13T15:00:00Z</EarliestTime><LatestTime>2026-11-20T14:51:10Z</LatestTime></RestoreWindow>
      <BackupRetentionPeriod>14</BackupRetentionPeriod><Engine>postgres</Engine><EngineVersion>16.4</EngineVersion>
      <AllocatedStorage>400</AllocatedStorage><Encrypted>true</Encrypted><KmsKeyId>arn:key</KmsKeyId>
    </DBInstanceAutomatedBackup>";
    let http = script([(200, page("DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackups", item, None))]);
    let found = rds(&http).await.instance_backups().await.expect("an answer");
    let expected = InstanceBackup {
        arn: text("arn:aws:rds:eu-central-1:123456789012:auto-backup:ab-2"),
        instance_resource_id: "db-ABC".to_owned(),
        instance: "billing".to_owned(),
        status: text("replicating"),
        region: text("eu-west-1"),
        earliest: at("2026-11-13T15:00:00Z"),
        latest: at("2026-11-20T14:51:10Z"),
        retention_period: Some(14),
        engine: text("postgres"),
        engine_version: text("16.4"),
        allocated_storage: Some(400),
        encrypted: Some(true),
        kms_key_id: text("arn:key"),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn every_field_of_an_instances_snapshot() {
    let item = "<DBSnapshot>
      <DBSnapshotIdentifier>billing-copy</DBSnapshotIdentifier>
      <DBSnapshotArn>arn:aws:rds:eu-west-1:123456789012:snapshot:billing-copy</DBSnapshotArn>
      <DBInstanceIdentifier>billing</DBInstanceIdentifier><DbiResourceId>db-ABC</DbiResourceId>
      <SnapshotType>awsbackup</SnapshotType><Status>available</Status><PercentProgress>100</PercentProgress>
      <SnapshotDatabaseTime>2026-11-20T01:59:58Z</SnapshotDatabaseTime>
      <OriginalSnapshotCreateTime>2026-11-20T02:00:00Z</OriginalSnapshotCreateTime>
      <SnapshotCreateTime>2026-11-20T09:00:00Z</SnapshotCreateTime>
      <SourceDBSnapshotIdentifier>arn:aws:rds:eu-central-1:123456789012:snapshot:billing</SourceDBSnapshotIdentifier>
      <Engine>postgres</Engine><EngineVersion>16.4</EngineVersion><AllocatedStorage>400</AllocatedStorage>
      <Encrypted>true</Encrypted><KmsKeyId>arn:key</KmsKeyId>
    </DBSnapshot>";
    let http = script([(200, page("DescribeDBSnapshots", "DBSnapshots", item, None))]);
    let found = rds(&http).await.instance_snapshots().await.expect("an answer");
    let expected = InstanceSnapshot {
        identifier: "billing-copy".to_owned(),
        arn: "arn:aws:rds:eu-west-1:123456789012:snapshot:billing-copy".to_owned(),
        instance: "billing".to_owned(),
        instance_resource_id: text("db-ABC"),
        kind: text("awsbackup"),
        status: "available".to_owned(),
        percent_progress: Some(100),
        database_time: at("2026-11-20T01:59:58Z"),
        original_created: at("2026-11-20T02:00:00Z"),
        created: at("2026-11-20T09:00:00Z"),
        copied_from: text("arn:aws:rds:eu-central-1:123456789012:snapshot:billing"),
        engine: text("postgres"),
        engine_version: text("16.4"),
        allocated_storage: Some(400),
        encrypted: Some(true),
        kms_key_id: text("arn:key"),
        tags: Vec::new(),
    };
    assert_eq!(found, [expected]);
    assert!(sends(&http, 0, "IncludeShared", "true"));
}

#[tokio::test]
async fn a_global_database_with_its_members() {
    let item = "<GlobalClusterMember><GlobalClusterIdentifier>world</GlobalClusterIdentifier><Status>available</Status>
      <Engine>aurora-postgresql</Engine><GlobalClusterMembers>
        <GlobalClusterMember><DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:loans</DBClusterArn><IsWriter>true</IsWriter></GlobalClusterMember>
        <GlobalClusterMember><DBClusterArn>arn:aws:rds:us-east-1:123456789012:cluster:loans-us</DBClusterArn><IsWriter>false</IsWriter><SynchronizationStatus>connected</SynchronizationStatus></GlobalClusterMember>
        <GlobalClusterMember><IsWriter>false</IsWriter></GlobalClusterMember>
      </GlobalClusterMembers></GlobalClusterMember>";
    let http = script([(200, page("DescribeGlobalClusters", "GlobalClusters", item, None))]);
    let found = rds(&http).await.global_clusters().await.expect("an answer");
    let member = |arn: &str, is_writer, synchronization: Option<&str>| GlobalMember {
        arn: arn.to_owned(),
        is_writer,
        synchronization: synchronization.map(str::to_owned),
    };
    let expected = GlobalCluster {
        identifier: "world".to_owned(),
        status: text("available"),
        engine: text("aurora-postgresql"),
        members: vec![
            member("arn:aws:rds:eu-west-1:123456789012:cluster:loans", true, None),
            member("arn:aws:rds:us-east-1:123456789012:cluster:loans-us", false, Some("connected")),
        ],
        ..GlobalCluster::default()
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn an_error_on_a_later_page_is_no_shorter_list() {
    let first =
        page("DescribeDBClusterSnapshots", "DBClusterSnapshots", &bare_cluster_snapshot("before"), Some("page-2"));
    let http = script([(200, first), (403, query_error("AccessDenied", "not authorized"))]);
    let error =
        session_without_retries(http).await.rds("eu-west-1").cluster_snapshots().await.expect_err("half a list");
    assert_eq!((error.kind, error.action().as_str()), (ErrorKind::AccessDenied, "rds:DescribeDBClusterSnapshots"));
}

#[tokio::test]
async fn throttled_pages_are_asked_for_again() {
    let answer = page("DescribeDBSnapshots", "DBSnapshots", "", None);
    let http = script([(400, query_error("Throttling", "Rate exceeded")), (200, answer)]);
    assert_eq!(rds(&http).await.instance_snapshots().await, Ok(Vec::new()));
    assert_eq!(bodies(&http).len(), 2);
}

#[tokio::test]
async fn what_lacks_an_identity_is_an_error() {
    let item = "<DBClusterAutomatedBackup><DBClusterIdentifier>loans</DBClusterIdentifier></DBClusterAutomatedBackup>";
    let http = script([(200, page("DescribeDBClusterAutomatedBackups", "DBClusterAutomatedBackups", item, None))]);
    let error = rds(&http).await.cluster_backups().await.expect_err("not usable");
    assert_eq!(error.to_string(), "rds DescribeDBClusterAutomatedBackups: the answer lacks DbClusterResourceId");
}
