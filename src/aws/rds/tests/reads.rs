//! What RDS tells reaches the caller whole.

use aws_smithy_http_client::test_util::StaticReplayClient;
use jiff::Timestamp;

use crate::aws::error::ErrorKind;
use crate::aws::rds::Rds;
use crate::aws::rds::model::{
    AssociatedRole, Cluster, ClusterMember, EventSource, MasterUserSecret, SecurityGroup, ServerlessV2Scaling, Tag,
};
use crate::aws::testing::{bodies, parameters, query_error, script, session};

const FULL_CLUSTER: &str = include_str!("cluster.xml");
const FULL_INSTANCE: &str = include_str!("instance.xml");

pub(super) fn clusters(items: &str, marker: Option<&str>) -> String {
    let marker = marker.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    format!(
        "<DescribeDBClustersResponse><DescribeDBClustersResult>{marker}<DBClusters>{items}</DBClusters>\
         </DescribeDBClustersResult></DescribeDBClustersResponse>"
    )
}

pub(super) fn instances(items: &str, marker: Option<&str>) -> String {
    let marker = marker.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult>{marker}<DBInstances>{items}</DBInstances>\
         </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
}

pub(super) fn cluster(name: &str) -> String {
    format!(
        "<DBCluster><DBClusterIdentifier>{name}</DBClusterIdentifier>\
         <DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:{name}</DBClusterArn>\
         <DbClusterResourceId>cluster-{name}</DbClusterResourceId><Status>available</Status>\
         <Engine>aurora-postgresql</Engine></DBCluster>"
    )
}

pub(super) fn instance(name: &str, of: &str) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>\
         <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:{name}</DBInstanceArn>\
         <DbiResourceId>db-{name}</DbiResourceId><DBInstanceStatus>creating</DBInstanceStatus>\
         <DBInstanceClass>db.r6g.large</DBInstanceClass><Engine>aurora-postgresql</Engine>\
         <DBClusterIdentifier>{of}</DBClusterIdentifier></DBInstance>"
    )
}

async fn rds(http: &StaticReplayClient) -> impl Rds + use<> {
    session(http.clone()).await.rds("eu-west-1")
}

pub(super) fn has(sent: &str, name: &str, value: &str) -> bool {
    parameters(sent).contains(&(name.to_owned(), value.to_owned()))
}

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().expect("tests use real times"))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn every_field_of_a_cluster() {
    let http = script([(200, clusters(FULL_CLUSTER, None))]);
    let found = rds(&http).await.cluster("loans").await.expect("an answer").expect("a cluster");
    assert!(has(&bodies(&http)[0], "DBClusterIdentifier", "loans"));
    let expected = Cluster {
        identifier: "loans".to_owned(),
        arn: "arn:aws:rds:eu-west-1:123456789012:cluster:loans".to_owned(),
        resource_id: "cluster-ABC".to_owned(),
        status: "modifying".into(),
        percent_progress: Some(42),
        created: at("2026-01-02T03:04:05.678Z"),
        engine: "aurora-postgresql".to_owned(),
        engine_version: text("15.10"),
        engine_mode: text("provisioned"),
        engine_lifecycle_support: text("open-source-rds-extended-support-disabled"),
        earliest_restorable_time: at("2026-11-06T02:11:31.120Z"),
        latest_restorable_time: at("2026-11-20T14:55:01.003Z"),
        backup_retention_period: Some(14),
        preferred_backup_window: text("02:00-02:30"),
        preferred_maintenance_window: text("sun:03:00-sun:03:30"),
        auto_minor_version_upgrade: Some(false),
        endpoint: text("loans.cluster-c1.eu-west-1.rds.amazonaws.com"),
        reader_endpoint: text("loans.cluster-ro-c1.eu-west-1.rds.amazonaws.com"),
        custom_endpoints: vec!["analytics.cluster-custom-c1.eu-west-1.rds.amazonaws.com".to_owned()],
        port: Some(6543),
        subnet_group: text("private"),
        vpc_security_groups: vec![
            SecurityGroup { id: "sg-0b".to_owned(), status: text("active") },
            SecurityGroup { id: "sg-0a".to_owned(), status: text("adding") },
        ],
        network_type: text("IPV4"),
        availability_zones: vec!["eu-west-1a".to_owned(), "eu-west-1b".to_owned()],
        members: vec![
            ClusterMember {
                instance: "loans-2".to_owned(),
                is_writer: false,
                promotion_tier: Some(15),
                parameter_group_status: text("in-sync"),
            },
            ClusterMember {
                instance: "loans-1".to_owned(),
                is_writer: true,
                promotion_tier: Some(0),
                parameter_group_status: text("pending-reboot"),
            },
        ],
        serverless_v2_scaling: Some(ServerlessV2Scaling {
            min_capacity: Some(0.5),
            max_capacity: Some(16.0),
            seconds_until_auto_pause: Some(300),
        }),
        parameter_group: text("loans-15"),
        database_name: text("loanserve"),
        master_username: text("postgres"),
        master_user_secret: Some(MasterUserSecret {
            arn: text("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-1"),
            status: text("active"),
            kms_key_id: text("arn:aws:kms:eu-west-1:123456789012:key/3"),
        }),
        iam_database_authentication: Some(true),
        associated_roles: vec![AssociatedRole {
            role_arn: "arn:aws:iam::123456789012:role/import".to_owned(),
            feature_name: text("s3Import"),
            status: text("ACTIVE"),
        }],
        storage_encrypted: Some(true),
        kms_key_id: text("arn:aws:kms:eu-west-1:123456789012:key/1"),
        storage_type: text("aurora-iopt1"),
        deletion_protection: Some(true),
        copy_tags_to_snapshot: Some(true),
        clone_group_id: text("clone-1"),
        log_exports: vec!["postgresql".to_owned()],
        monitoring_interval: Some(60),
        monitoring_role_arn: text("arn:aws:iam::123456789012:role/monitoring"),
        database_insights_mode: text("advanced"),
        performance_insights: Some(true),
        performance_insights_kms_key_id: text("arn:aws:kms:eu-west-1:123456789012:key/2"),
        performance_insights_retention_period: Some(465),
        activity_stream_status: text("started"),
        activity_stream_mode: text("async"),
        activity_stream_kms_key_id: text("arn:aws:kms:eu-west-1:123456789012:key/4"),
        activity_stream_kinesis_stream: text("aws-rds-das-cluster-ABC"),
        http_endpoint: Some(true),
        global_cluster_identifier: text("loans-global"),
        global_write_forwarding: Some(false),
        local_write_forwarding_status: text("enabled"),
        replication_source: text("arn:aws:rds:us-east-1:123456789012:cluster:loans"),
        read_replicas: vec!["arn:aws:rds:eu-central-1:123456789012:cluster:loans".to_owned()],
        pending: vec!["MasterUserPassword".to_owned(), "EngineVersion".to_owned()],
        tags: vec![Tag::new("environment", "production"), Tag::new("empty", "")],
    };
    assert_eq!(found, expected);
    assert_eq!(found.writer(), Some("loans-1"));
    assert_eq!(found.security_group_ids(), ["sg-0a", "sg-0b"]);
    assert_eq!(found.tag("environment"), Some("production"));
    assert_eq!(found.tag("Environment"), None);
    assert!(!format!("{found:?}").contains("hunter2"), "a pending password is named, not shown");
}

#[tokio::test]
async fn every_field_of_an_instance() {
    let http = script([(200, instances(FULL_INSTANCE, None))]);
    let found = rds(&http).await.instance("loans-1").await.expect("an answer").expect("an instance");
    let seen = serde_json::to_value(&found).expect("an instance is plain data");
    let expected: serde_json::Value =
        serde_json::from_str(include_str!("instance.json")).expect("the expectation is JSON");
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn settings_that_are_not_said_are_not_made_up() {
    let http = script([(200, clusters(&cluster("loans"), None))]);
    let found = rds(&http).await.cluster("loans").await.expect("an answer").expect("a cluster");
    let bare = Cluster {
        identifier: "loans".to_owned(),
        arn: "arn:aws:rds:eu-west-1:123456789012:cluster:loans".to_owned(),
        resource_id: "cluster-loans".to_owned(),
        status: "available".into(),
        engine: "aurora-postgresql".to_owned(),
        ..Cluster::default()
    };
    assert_eq!(found, bare);
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let http = script([
        (404, query_error("DBClusterNotFoundFault", "DBCluster loans not found.")),
        (404, query_error("DBInstanceNotFound", "DBInstance loans-1 not found.")),
        (404, query_error("DBClusterNotFoundFault", "DBCluster loans not found.")),
    ]);
    let rds = rds(&http).await;
    assert_eq!(rds.cluster("loans").await, Ok(None));
    assert_eq!(rds.instance("loans-1").await, Ok(None));
    assert_eq!(rds.instances_of("loans").await, Ok(Vec::new()));
}

#[tokio::test]
async fn another_cluster_than_the_one_asked_for_is_none() {
    let http = script([
        (200, clusters(&cluster("other"), None)),
        (200, clusters(&cluster("loans"), None)),
        (200, clusters(&cluster("loans"), None)),
    ]);
    let rds = rds(&http).await;
    assert_eq!(rds.cluster("loans").await, Ok(None));
    assert!(rds.cluster("LOANS").await.expect("an answer").is_some(), "RDS ignores case in names");
    let by_arn = rds.cluster("arn:aws:rds:eu-west-1:123456789012:cluster:loans").await;
    assert!(by_arn.expect("an answer").is_some());
}

#[tokio::test]
async fn all_pages_are_read() {
    let http = script([
        (200, clusters(&(cluster("a") + &cluster("b")), Some("page-2"))),
        (200, clusters(&cluster("c"), None)),
        (200, instances(&instance("a-1", "a"), Some("page-2"))),
        (200, instances(&instance("a-2", "a"), None)),
    ]);
    let rds = rds(&http).await;
    let names: Vec<String> =
        rds.clusters().await.expect("two pages").into_iter().map(|cluster| cluster.identifier).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let names: Vec<String> =
        rds.instances_of("a").await.expect("two pages").into_iter().map(|instance| instance.identifier).collect();
    assert_eq!(names, ["a-1", "a-2"]);

    let sent = bodies(&http);
    for (first, second) in [(0, 1), (2, 3)] {
        assert!(has(&sent[first], "MaxRecords", "100"));
        assert!(has(&sent[second], "Marker", "page-2"));
    }
    assert!(has(&sent[2], "Filters.Filter.1.Name", "db-cluster-id"));
    assert!(has(&sent[3], "Filters.Filter.1.Values.Value.1", "a"));
}

/// Instances listed here may be deleted by name: a filter that the other side ignores must not
/// widen the list.
#[tokio::test]
async fn instances_of_another_cluster_are_left_out() {
    let listed = instance("a-1", "A") + &instance("b-1", "b");
    let http = script([(200, instances(&listed, None)), (200, instances(&listed, None))]);
    let rds = rds(&http).await;
    for asked in ["a", "arn:aws:rds:eu-west-1:123456789012:cluster:a"] {
        let found = rds.instances_of(asked).await.expect("an answer");
        assert_eq!(found.iter().map(|instance| instance.identifier.as_str()).collect::<Vec<_>>(), ["a-1"], "{asked}");
    }
}

#[tokio::test]
async fn snapshots_by_name_and_all_manual_ones() {
    let snapshot = |name: &str| {
        format!(
            "<DBClusterSnapshot><DBClusterSnapshotIdentifier>{name}</DBClusterSnapshotIdentifier>\
             <DBClusterSnapshotArn>arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{name}</DBClusterSnapshotArn>\
             <DBClusterIdentifier>loans</DBClusterIdentifier><DbClusterResourceId>cluster-A</DbClusterResourceId>\
             <Status>creating</Status><SnapshotCreateTime>2026-11-20T14:10:00Z</SnapshotCreateTime>\
             <TagList><Tag><Key>team</Key><Value>loans</Value></Tag></TagList></DBClusterSnapshot>"
        )
    };
    let page = |items: &str, marker: &str| {
        format!(
            "<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult>{marker}<DBClusterSnapshots>{items}\
             </DBClusterSnapshots></DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>"
        )
    };
    let http = script([
        (200, page(&snapshot("loans-final"), "")),
        (404, query_error("DBClusterSnapshotNotFoundFault", "not found")),
        (200, page(&snapshot("a"), "<Marker>page-2</Marker>")),
        (200, page(&snapshot("b"), "")),
    ]);
    let rds = rds(&http).await;
    let found = rds.cluster_snapshot("Loans-Final").await.expect("an answer").expect("a snapshot");
    assert_eq!((found.cluster.as_str(), found.cluster_resource_id.as_deref()), ("loans", Some("cluster-A")));
    assert_eq!(
        (found.status.as_str(), found.created, found.tag("team")),
        ("creating", at("2026-11-20T14:10:00Z"), Some("loans"))
    );
    assert_eq!(rds.cluster_snapshot("loans-final").await, Ok(None));
    let names: Vec<String> = rds
        .manual_cluster_snapshots()
        .await
        .expect("two pages")
        .into_iter()
        .map(|snapshot| snapshot.identifier)
        .collect();
    assert_eq!(names, ["a", "b"]);
    let sent = bodies(&http);
    assert!(has(&sent[2], "SnapshotType", "manual") && has(&sent[3], "Marker", "page-2"));
}

#[tokio::test]
async fn events_oldest_first() {
    let event = |minute: u8, message: &str| {
        format!(
            "<Event><Message>{message}</Message><SourceIdentifier>loans-db</SourceIdentifier>\
             <SourceType>db-cluster</SourceType><Date>2026-11-20T14:{minute:02}:00Z</Date>\
             <EventCategories><EventCategory>failure</EventCategory></EventCategories></Event>"
        )
    };
    let listed = event(30, "later") + &event(10, "earlier") + "<Event><Message>undated</Message></Event>";
    let http = script([(
        200,
        format!(
            "<DescribeEventsResponse><DescribeEventsResult><Events>{listed}</Events></DescribeEventsResult>\
             </DescribeEventsResponse>"
        ),
    )]);
    let source = EventSource::Cluster("loans-db".to_owned());
    let events = rds(&http).await.events(&source, 90).await.expect("an answer");
    assert_eq!(events.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["earlier", "later"]);
    assert_eq!(events[0].categories, ["failure"]);
    assert_eq!(events[0].source, "loans-db");
    let sent = &bodies(&http)[0];
    assert!(has(sent, "SourceType", "db-cluster") && has(sent, "SourceIdentifier", "loans-db"));
    assert!(has(sent, "Duration", "90"));
}

#[tokio::test]
async fn an_answer_that_lacks_an_identity_is_an_error() {
    let listed = cluster("loans").replace("DbClusterResourceId", "Nothing");
    let http = script([(200, clusters(&listed, None))]);
    let error = rds(&http).await.cluster("loans").await.expect_err("not usable");
    assert_eq!(error.kind, ErrorKind::Other);
    assert_eq!(error.to_string(), "rds DescribeDBClusters: the answer lacks DbClusterResourceId");
}
