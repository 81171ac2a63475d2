//! Snapshots of every type are found, and backups by the id of what they are of.

use aws_smithy_http_client::test_util::StaticReplayClient;

use crate::aws::rds::RdsClient;
use crate::aws::rds::snapshots::Snapshots;
use crate::aws::testing::{bodies, parameters, query_error, script, session};

async fn rds(http: &StaticReplayClient) -> RdsClient {
    session(http.clone()).await.rds("eu-west-1")
}

fn answer(name: &str, arn: &str) -> String {
    format!(
        "<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots><DBClusterSnapshot>\
         <DBClusterSnapshotIdentifier>{name}</DBClusterSnapshotIdentifier><DBClusterSnapshotArn>{arn}</DBClusterSnapshotArn>\
         <DBClusterIdentifier>loans</DBClusterIdentifier><Status>available</Status><Port>0</Port></DBClusterSnapshot>\
         </DBClusterSnapshots></DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>"
    )
}

fn sent(http: &StaticReplayClient, call: usize, name: &str) -> Option<String> {
    parameters(&bodies(http)[call]).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

#[tokio::test]
async fn a_snapshot_is_looked_for_among_shared_ones_too() {
    let arn = "arn:aws:rds:eu-west-1:210987654321:cluster-snapshot:theirs";
    let http = script([(200, answer("theirs", arn))]);
    let found = rds(&http).await.snapshot(arn).await.expect("an answer").expect("it is there");
    assert_eq!((found.identifier.as_str(), found.port), ("theirs", None), "0 is no port");
    assert_eq!(sent(&http, 0, "DBClusterSnapshotIdentifier").as_deref(), Some(arn));
    assert_eq!(sent(&http, 0, "IncludeShared").as_deref(), Some("true"));
    assert_eq!(sent(&http, 0, "SnapshotType"), None);
}

#[tokio::test]
async fn what_rds_named_is_looked_for_as_automated_and_then_as_anything() {
    let name = "rds:unplanned-global-failover-1";
    let missing = query_error("DBClusterSnapshotNotFoundFault", "not found");
    let http = script([(404, missing), (200, answer(name, "arn:x"))]);
    let found = rds(&http).await.snapshot(name).await.expect("an answer");
    assert_eq!(found.map(|found| found.identifier).as_deref(), Some(name));
    assert_eq!(sent(&http, 0, "SnapshotType").as_deref(), Some("automated"));
    assert_eq!(sent(&http, 1, "IncludeShared").as_deref(), Some("true"));
}

#[tokio::test]
async fn another_snapshot_than_the_one_asked_for_is_none() {
    let http = script([(200, answer("other", "arn:other"))]);
    assert_eq!(rds(&http).await.snapshot("loans-1").await.expect("an answer"), None);
}

#[tokio::test]
async fn what_rds_took_of_a_cluster_is_listed_by_its_name() {
    let missing = query_error("DBClusterNotFoundFault", "not found");
    let http = script([(200, answer("rds:loans-1", "arn:1")), (404, missing)]);
    let rds = rds(&http).await;
    let found = rds.automated_of("loans").await.expect("an answer");
    assert_eq!(found.iter().map(|found| found.identifier.as_str()).collect::<Vec<_>>(), ["rds:loans-1"]);
    assert_eq!(sent(&http, 0, "DBClusterIdentifier").as_deref(), Some("loans"));
    assert_eq!(sent(&http, 0, "SnapshotType").as_deref(), Some("automated"));
    assert_eq!(rds.automated_of("gone").await.expect("an answer"), Vec::new());
}

#[tokio::test]
async fn a_backup_is_found_by_the_id_of_its_cluster() {
    let body = "<DescribeDBClusterAutomatedBackupsResponse><DescribeDBClusterAutomatedBackupsResult>\
        <DBClusterAutomatedBackups><DBClusterAutomatedBackup><DbClusterResourceId>cluster-ABC</DbClusterResourceId>\
        <DBClusterIdentifier>loans</DBClusterIdentifier><Port>6543</Port></DBClusterAutomatedBackup>\
        </DBClusterAutomatedBackups></DescribeDBClusterAutomatedBackupsResult></DescribeDBClusterAutomatedBackupsResponse>";
    let http = script([(200, body.to_owned()), (200, body.to_owned())]);
    let rds = rds(&http).await;
    let found = rds.backup_of("cluster-ABC").await.expect("an answer").expect("it is there");
    assert_eq!((found.cluster.as_str(), found.port), ("loans", Some(6543)));
    assert_eq!(sent(&http, 0, "Filters.Filter.1.Name").as_deref(), Some("db-cluster-resource-id"));
    assert_eq!(rds.backup_of("cluster-OTHER").await.expect("an answer"), None);
}
