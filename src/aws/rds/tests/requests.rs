//! Each changing call sends exactly the parameters its request shows.

use serde_json::{Value, json};

use crate::aws::call::Call;
use crate::aws::rds::Rds;
use crate::aws::rds::requests::{
    AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags, RestoreClusterToPointInTime,
};
use crate::aws::rds::snapshots::Snapshots;
use crate::aws::rds::snapshots::requests::{CopyClusterSnapshot, DeleteClusterSnapshot, RestoreClusterFromSnapshot};
use crate::aws::testing::{bodies, parameters, query_success, script, session};

/// What the query protocol makes of the parameters a plan shows. Structures and lists become dotted
/// names, the list members under the names that RDS's model gives them.
pub(super) fn on_the_wire(call: &Call) -> Vec<(String, String)> {
    let mut expected = vec![("Action".to_owned(), call.action.to_owned())];
    flatten("", &call.parameters, &mut expected);
    expected.sort();
    expected
}

fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, into);
            }
        }
        Value::Array(items) => {
            let member = match prefix {
                "AssociatedRoles" => "DBClusterAssociatedRole",
                "Tags" => "Tag",
                "VpcSecurityGroupIds" => "VpcSecurityGroupId",
                _ => "member",
            };
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{prefix}.{member}.{}", index + 1), item, into);
            }
        }
        Value::String(text) => into.push((prefix.to_owned(), text.clone())),
        other => into.push((prefix.to_owned(), other.to_string())),
    }
}

macro_rules! sends_what_it_shows {
    ($test:ident, $method:ident, $request:ty, $json:tt) => {
        #[tokio::test]
        async fn $test() {
            let shown = json!($json);
            let request: $request = serde_json::from_value(shown.clone()).expect("these are the API's names");
            assert_eq!(request.call().parameters, shown, "shown as it was read");
            assert_eq!(request.call().service, "rds");

            let http = script([(200, query_success(<$request>::ACTION))]);
            session(http.clone()).await.rds("eu-west-1").$method(&request).await.expect("the script accepts it");

            let mut sent = parameters(&bodies(&http)[0]);
            sent.sort();
            assert_eq!(sent, on_the_wire(&request.call()));
        }
    };
}

sends_what_it_shows!(restore_with_every_parameter, restore_cluster_to_point_in_time, RestoreClusterToPointInTime, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "SourceDBClusterIdentifier": "loans",
    "RestoreType": "full-copy",
    "RestoreToTime": "2026-11-20T14:22:05Z",
    "Port": 6543,
    "DBSubnetGroupName": "private",
    "NetworkType": "DUAL",
    "VpcSecurityGroupIds": ["sg-0a", "sg-0b"],
    "DBClusterParameterGroupName": "loans-15",
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "StorageType": "aurora-iopt1",
    "EnableIAMDatabaseAuthentication": true,
    "EnableCloudwatchLogsExports": ["postgresql"],
    "DeletionProtection": false,
    "CopyTagsToSnapshot": true,
    "BackupRetentionPeriod": 14,
    "PreferredBackupWindow": "02:00-02:30",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "ServerlessV2ScalingConfiguration": { "MinCapacity": 0.5, "MaxCapacity": 16.0, "SecondsUntilAutoPause": 300 },
    "AssociatedRoles": [{ "RoleArn": "arn:aws:iam::123456789012:role/import", "FeatureName": "s3Import" }],
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }, { "Key": "empty", "Value": "" }]
});

sends_what_it_shows!(restore_from_a_resource_id_to_the_latest, restore_cluster_to_point_in_time, RestoreClusterToPointInTime, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "SourceDbClusterResourceId": "cluster-ABC",
    "UseLatestRestorableTime": true
});

sends_what_it_shows!(restore_a_snapshot_with_every_parameter, restore_cluster_from_snapshot, RestoreClusterFromSnapshot, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "SnapshotIdentifier": "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:loans-1",
    "Engine": "aurora-postgresql",
    "EngineVersion": "15.10",
    "Port": 6543,
    "DBSubnetGroupName": "private",
    "NetworkType": "DUAL",
    "VpcSecurityGroupIds": ["sg-0a", "sg-0b"],
    "DBClusterParameterGroupName": "loans-15",
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "StorageType": "aurora-iopt1",
    "EnableIAMDatabaseAuthentication": true,
    "EnableCloudwatchLogsExports": ["postgresql"],
    "DeletionProtection": false,
    "CopyTagsToSnapshot": true,
    "BackupRetentionPeriod": 14,
    "PreferredBackupWindow": "02:00-02:30",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    "ServerlessV2ScalingConfiguration": { "MinCapacity": 0.5, "MaxCapacity": 16.0, "SecondsUntilAutoPause": 300 },
    "AssociatedRoles": [{ "RoleArn": "arn:aws:iam::123456789012:role/import", "FeatureName": "s3Import" }],
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

sends_what_it_shows!(copy_a_snapshot_of_another_region, copy_cluster_snapshot, CopyClusterSnapshot, {
    "SourceDBClusterSnapshotIdentifier": "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:loans-1",
    "TargetDBClusterSnapshotIdentifier": "loans-db-k3pz-copy",
    "KmsKeyId": "alias/loans",
    "CopyTags": false,
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

sends_what_it_shows!(delete_a_snapshot, delete_cluster_snapshot, DeleteClusterSnapshot, {
    "DBClusterSnapshotIdentifier": "loans-db-k3pz-copy"
});

sends_what_it_shows!(create_instance_with_every_parameter, create_instance, CreateInstance, {
    "DBInstanceIdentifier": "loans-db-k3pz-1",
    "DBClusterIdentifier": "loans-db-k3pz",
    "DBInstanceClass": "db.r6g.large",
    "Engine": "aurora-postgresql",
    "AvailabilityZone": "eu-west-1a",
    "PromotionTier": 0,
    "DBParameterGroupName": "loans-instance-15",
    "PubliclyAccessible": false,
    "AutoMinorVersionUpgrade": false,
    "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
    "EnablePerformanceInsights": true,
    "PerformanceInsightsKMSKeyId": "arn:aws:kms:eu-west-1:123456789012:key/2",
    "PerformanceInsightsRetentionPeriod": 465,
    "Tags": [{ "Key": "daybreak:run", "Value": "20261120-142205-k3pz" }]
});

sends_what_it_shows!(modify_cluster_with_every_parameter, modify_cluster, ModifyCluster, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "ApplyImmediately": true,
    "NewDBClusterIdentifier": "loans",
    "VpcSecurityGroupIds": ["sg-0a"],
    "DBClusterParameterGroupName": "loans-15",
    "Port": 5432,
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "02:00-02:30",
    "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
    "AutoMinorVersionUpgrade": true,
    "EnableIAMDatabaseAuthentication": false,
    "CloudwatchLogsExportConfiguration": { "EnableLogTypes": ["postgresql"], "DisableLogTypes": ["instance"] },
    "DeletionProtection": true,
    "CopyTagsToSnapshot": false,
    "ServerlessV2ScalingConfiguration": { "MinCapacity": 1.0, "MaxCapacity": 8.0 },
    "MonitoringInterval": 0,
    "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitoring",
    "DatabaseInsightsMode": "advanced",
    "EnablePerformanceInsights": true,
    "PerformanceInsightsKMSKeyId": "arn:aws:kms:eu-west-1:123456789012:key/2",
    "PerformanceInsightsRetentionPeriod": 465,
    "ManageMasterUserPassword": true,
    "MasterUserSecretKmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/3"
});

sends_what_it_shows!(modify_nothing_sends_nothing_else, modify_cluster, ModifyCluster, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "ApplyImmediately": true
});

sends_what_it_shows!(delete_an_instance, delete_instance, DeleteInstance, {
    "DBInstanceIdentifier": "loans-db-k3pz-1",
    "SkipFinalSnapshot": true
});

sends_what_it_shows!(delete_an_instance_with_a_last_snapshot, delete_instance, DeleteInstance, {
    "DBInstanceIdentifier": "loans-db-k3pz",
    "SkipFinalSnapshot": false,
    "FinalDBSnapshotIdentifier": "loans-db-k3pz-final",
    "DeleteAutomatedBackups": true
});

sends_what_it_shows!(delete_a_cluster_with_a_last_snapshot, delete_cluster, DeleteCluster, {
    "DBClusterIdentifier": "loans-db-k3pz",
    "SkipFinalSnapshot": false,
    "FinalDBSnapshotIdentifier": "loans-db-k3pz-final",
    "DeleteAutomatedBackups": false
});

sends_what_it_shows!(set_tags, add_tags, AddTags, {
    "ResourceName": "arn:aws:rds:eu-west-1:123456789012:cluster:loans-db-k3pz",
    "Tags": [{ "Key": "environment", "Value": "production" }]
});

#[tokio::test]
async fn unset_tags() {
    let request = RemoveTags {
        resource_name: "arn:aws:rds:eu-west-1:123456789012:cluster:loans-db-k3pz".to_owned(),
        tag_keys: vec!["daybreak:expires".to_owned(), "a b".to_owned()],
    };
    let http = script([(200, query_success(RemoveTags::ACTION))]);
    session(http.clone()).await.rds("eu-west-1").remove_tags(&request).await.expect("the script accepts it");
    let mut sent = parameters(&bodies(&http)[0]);
    sent.sort();
    assert_eq!(sent, on_the_wire(&request.call()));
}

/// A plan edited by hand must not lose a parameter to a slip of the pen.
#[test]
fn unknown_and_misspelt_parameters_are_refused() {
    for edited in [
        json!({ "DBClusterIdentifier": "a", "DbSubnetGroupName": "private" }),
        json!({ "DBClusterIdentifier": "a", "EnableVPCNetworking": false }),
        json!({ "DBClusterIdentifier": "a", "Tags": [{ "Key": "k", "Valeu": "v" }] }),
        json!({ "DBClusterIdentifier": "a", "ServerlessV2ScalingConfiguration": { "Min": 1 } }),
        json!({ "DBClusterIdentifier": "a", "Port": 70_000 }),
        json!({ "DBClusterIdentifier": "a", "RestoreToTime": "2026-11-20 14:22:05" }),
        json!({}),
    ] {
        assert!(serde_json::from_value::<RestoreClusterToPointInTime>(edited.clone()).is_err(), "{edited}");
    }
}

#[test]
fn a_plan_shows_parameters_in_the_order_of_the_request() {
    let request =
        DeleteCluster { db_cluster_identifier: "a".to_owned(), skip_final_snapshot: true, ..DeleteCluster::default() };
    let shown = serde_json::to_string(&request.call()).expect("a call is plain data");
    assert_eq!(
        shown,
        r#"{"service":"rds","action":"DeleteDBCluster","parameters":{"DBClusterIdentifier":"a","SkipFinalSnapshot":true}}"#
    );
}
