//! Each call sends exactly what its request shows, once; a global database is read with what is under way.

use serde_json::json;

use super::Replication;
use super::requests::{
    FailoverCluster, FailoverGlobalCluster, PromoteReadReplica, PromoteReadReplicaCluster, RemoveFromGlobalCluster,
    SwitchoverGlobalCluster,
};
use crate::aws::error::ErrorKind;
use crate::aws::rds::backups::model::{FailoverState, GlobalMember};
use crate::aws::testing::{bodies, parameters, query_error, query_success, script, session};

macro_rules! sends_what_it_shows {
    ($test:ident, $method:ident, $request:ty, $json:tt) => {
        #[tokio::test]
        async fn $test() {
            let shown = json!($json);
            let request: $request = serde_json::from_value(shown.clone()).expect("these are the API's names");
            assert_eq!((request.call().parameters, request.call().service), (shown.clone(), "rds"));

            let http = script([(200, query_success(<$request>::ACTION))]);
            session(http.clone()).await.rds("eu-west-1").$method(&request).await.expect("the script accepts it");
            let mut sent = parameters(&bodies(&http)[0]);
            sent.sort();
            let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fields = shown.as_object().expect("a structure").iter();
            let mut expected: Vec<_> = fields.map(|(name, value)| (name.clone(), text(value))).collect();
            expected.push(("Action".to_owned(), <$request>::ACTION.to_owned()));
            expected.sort();
            assert_eq!(sent, expected);

            // A lost answer is looked into, not called again.
            let http = script([(500, query_error("InternalFailure", "no")), (200, query_success(<$request>::ACTION))]);
            session(http.clone()).await.rds("eu-west-1").$method(&request).await.expect_err("it is not sent again");
            assert_eq!(bodies(&http).len(), 1);
        }
    };
}

sends_what_it_shows!(a_replica_is_promoted_with_its_backups, promote_read_replica, PromoteReadReplica, {
    "DBInstanceIdentifier": "loans-r",
    "BackupRetentionPeriod": 14,
    "PreferredBackupWindow": "02:00-02:30"
});
sends_what_it_shows!(a_replica_cluster_is_promoted, promote_read_replica_cluster, PromoteReadReplicaCluster, {
    "DBClusterIdentifier": "loans-aurora"
});
sends_what_it_shows!(a_reader_is_named, failover_cluster, FailoverCluster, {
    "DBClusterIdentifier": "loans",
    "TargetDBInstanceIdentifier": "loans-2"
});
sends_what_it_shows!(a_switchover_names_an_arn, switchover_global_cluster, SwitchoverGlobalCluster, {
    "GlobalClusterIdentifier": "world",
    "TargetDbClusterIdentifier": "arn:aws:rds:us-east-1:123456789012:cluster:loans-us"
});
sends_what_it_shows!(a_failover_says_that_data_may_be_lost, failover_global_cluster, FailoverGlobalCluster, {
    "GlobalClusterIdentifier": "world",
    "TargetDbClusterIdentifier": "arn:aws:rds:us-east-1:123456789012:cluster:loans-us",
    "AllowDataLoss": true
});
sends_what_it_shows!(a_removal_names_an_arn, remove_from_global_cluster, RemoveFromGlobalCluster, {
    "GlobalClusterIdentifier": "world",
    "DbClusterIdentifier": "arn:aws:rds:us-east-1:123456789012:cluster:loans-us"
});

/// `switching-over` is a word that the SDK does not know.
#[tokio::test]
async fn a_global_database_with_what_is_under_way() {
    let body = "<DescribeGlobalClustersResponse><DescribeGlobalClustersResult><GlobalClusters><GlobalClusterMember>\
        <GlobalClusterIdentifier>world</GlobalClusterIdentifier><Status>available</Status>\
        <Engine>aurora-postgresql</Engine><EngineVersion>15.10</EngineVersion><GlobalClusterMembers>\
        <GlobalClusterMember><DBClusterArn>arn:a</DBClusterArn><IsWriter>true</IsWriter>\
        <SynchronizationStatus>pending-resync</SynchronizationStatus></GlobalClusterMember></GlobalClusterMembers>\
        <FailoverState><Status>switching-over</Status><FromDbClusterArn>arn:a</FromDbClusterArn>\
        <ToDbClusterArn>arn:b</ToDbClusterArn><IsDataLossAllowed>false</IsDataLossAllowed></FailoverState>\
        </GlobalClusterMember></GlobalClusters></DescribeGlobalClustersResult></DescribeGlobalClustersResponse>";
    let http = script([(200, body.to_owned())]);
    let found = session(http.clone()).await.rds("eu-west-1").global_cluster("world").await.expect("it is there");
    let found = found.expect("it is there");
    assert_eq!(found.engine_version.as_deref(), Some("15.10"));
    let under_way = FailoverState {
        status: Some("switching-over".to_owned()),
        to: Some("arn:b".to_owned()),
        data_loss_allowed: Some(false),
    };
    assert_eq!(found.failover, Some(under_way));
    let member =
        GlobalMember { arn: "arn:a".to_owned(), is_writer: true, synchronization: Some("pending-resync".to_owned()) };
    assert_eq!(found.members, [member]);
    assert!(parameters(&bodies(&http)[0]).contains(&("GlobalClusterIdentifier".to_owned(), "world".to_owned())));
}

#[tokio::test]
async fn one_that_is_not_there_is_none_and_a_denial_names_its_action() {
    let missing = script([(404, query_error("GlobalClusterNotFoundFault", "no"))]);
    assert_eq!(session(missing).await.rds("eu-west-1").global_cluster("world").await, Ok(None));
    let denied = script([(403, query_error("AccessDenied", "no"))]);
    let request = FailoverCluster {
        db_cluster_identifier: "loans".to_owned(),
        target_db_instance_identifier: "loans-2".to_owned(),
    };
    let error = session(denied).await.rds("eu-west-1").failover_cluster(&request).await.expect_err("denied");
    assert_eq!((error.kind, error.action().as_str()), (ErrorKind::AccessDenied, "rds:FailoverDBCluster"));
}
