//! Each error code as RDS sends it, and which failures are sent again.

use std::error::Error as _;

use aws_smithy_http_client::test_util::NeverClient;

use crate::aws::error::{Error, ErrorKind};
use crate::aws::rds::Rds;
use crate::aws::rds::requests::{CreateInstance, DeleteCluster, RestoreClusterToPointInTime};
use crate::aws::testing::{bodies, query_error, query_success, script, session, session_without_retries};

/// What `DeleteDBCluster` fails with when RDS answers so.
async fn answered(status: u16, body: String) -> Error {
    let http = script([(status, body)]);
    let request = DeleteCluster { db_cluster_identifier: "loans".to_owned(), ..DeleteCluster::default() };
    session_without_retries(http)
        .await
        .rds("eu-west-1")
        .delete_cluster(&request)
        .await
        .expect_err("the script refuses it")
}

/// The HTTP statuses are those of the API's model; that some quota errors are 403 must not make
/// them denials.
#[tokio::test]
async fn every_code_has_its_kind() {
    use ErrorKind::{
        AccessDenied, AlreadyExists, Capacity, Credentials, EncryptionKey, InvalidParameter, InvalidState, NotFound,
        Quota, Service, Throttled, Timeout,
    };
    for (status, code, kind) in [
        (404, "DBClusterNotFoundFault", NotFound),
        (404, "DBInstanceNotFound", NotFound),
        (404, "DBClusterParameterGroupNotFound", NotFound),
        (404, "DBParameterGroupNotFound", NotFound),
        (404, "DBSubnetGroupNotFoundFault", NotFound),
        (404, "DBClusterSnapshotNotFoundFault", NotFound),
        (404, "DBClusterAutomatedBackupNotFoundFault", NotFound),
        (404, "DBInstanceAutomatedBackupNotFound", NotFound),
        (404, "GlobalClusterNotFoundFault", NotFound),
        (400, "DBClusterAlreadyExistsFault", AlreadyExists),
        (400, "DBInstanceAlreadyExists", AlreadyExists),
        (400, "DBClusterRoleAlreadyExists", AlreadyExists),
        (400, "DBClusterSnapshotAlreadyExistsFault", AlreadyExists),
        (400, "InvalidDBClusterStateFault", InvalidState),
        (400, "InvalidDBInstanceState", InvalidState),
        (400, "InvalidDBClusterSnapshotStateFault", InvalidState),
        (400, "InvalidGlobalClusterStateFault", InvalidState),
        (400, "InvalidParameterValue", InvalidParameter),
        (400, "InvalidParameterCombination", InvalidParameter),
        (400, "MissingParameter", InvalidParameter),
        (400, "ValidationError", InvalidParameter),
        (400, "InvalidRestoreFault", InvalidParameter),
        (400, "InvalidSubnet", InvalidParameter),
        (400, "InvalidVPCNetworkStateFault", InvalidParameter),
        (400, "StorageTypeNotSupported", InvalidParameter),
        (400, "NetworkTypeNotSupported", InvalidParameter),
        (400, "PointInTimeRestoreNotEnabled", InvalidParameter),
        (400, "VpcEncryptionControlViolationException", InvalidParameter),
        (403, "DBClusterQuotaExceededFault", Quota),
        (403, "DBClusterEndpointQuotaExceededFault", Quota),
        (400, "InstanceQuotaExceeded", Quota),
        (400, "StorageQuotaExceeded", Quota),
        (400, "SnapshotQuotaExceeded", Quota),
        (400, "DBClusterRoleQuotaExceeded", Quota),
        (403, "InsufficientDBClusterCapacityFault", Capacity),
        (400, "InsufficientDBInstanceCapacity", Capacity),
        (400, "InsufficientStorageClusterCapacity", Capacity),
        (400, "DBSubnetGroupDoesNotCoverEnoughAZs", Capacity),
        (400, "KMSKeyNotAccessibleFault", EncryptionKey),
        (403, "AccessDenied", AccessDenied),
        (400, "AccessDeniedException", AccessDenied),
        (403, "NotAuthorized", AccessDenied),
        (403, "UnauthorizedOperation", AccessDenied),
        (403, "ExpiredToken", Credentials),
        (403, "InvalidClientTokenId", Credentials),
        (403, "SignatureDoesNotMatch", Credentials),
        (403, "IncompleteSignature", Credentials),
        (403, "MissingAuthenticationToken", Credentials),
        (400, "Throttling", Throttled),
        (400, "ThrottlingException", Throttled),
        (503, "RequestLimitExceeded", Throttled),
        (500, "InternalFailure", Service),
        (503, "ServiceUnavailable", Service),
        (500, "ClientUnavailable", Service),
        (400, "RequestTimeout", Timeout),
    ] {
        let error = answered(status, query_error(code, "because")).await;
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        assert_eq!(error.to_string(), format!("rds DeleteDBCluster: {code}: because (request id request-1)"));
        assert_eq!(error.is_retryable(), matches!(kind, Throttled | Service | Timeout), "{code}");
    }
}

#[tokio::test]
async fn unknown_codes_and_unreadable_answers() {
    let error = answered(400, query_error("SomethingNewFault", "who knows")).await;
    assert_eq!((error.kind, error.is_retryable()), (ErrorKind::Other, false));
    let error = answered(500, query_error("SomethingNewFault", "who knows")).await;
    assert_eq!((error.kind, error.is_retryable()), (ErrorKind::Service, true));
    let error = answered(503, "<html><body>Bad gateway</body></html>".to_owned()).await;
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Service, None));
    assert!(!format!("{error:?} {error}").contains("gateway"), "a body is not shown: {error:?}");
}

#[tokio::test]
async fn a_denial_names_the_action_to_allow() {
    let error = answered(403, query_error("AccessDenied", "User: arn:aws:iam::1:user/x is not authorized")).await;
    assert_eq!(error.action(), "rds:DeleteDBCluster");
    assert_eq!(error.hint().as_deref(), Some("allow rds:DeleteDBCluster to the identity daybreak runs as"));
}

fn restore() -> RestoreClusterToPointInTime {
    RestoreClusterToPointInTime { db_cluster_identifier: "loans-db-k3pz".to_owned(), ..Default::default() }
}

/// After a 5xx the cluster may exist: repeated blindly, the call would fail with "exists already".
#[tokio::test(start_paused = true)]
async fn a_creating_call_of_unknown_effect_is_not_sent_again() {
    let failure = (500, query_error("InternalFailure", "oops"));
    let http = script([failure.clone(), failure]);
    let rds = session(http.clone()).await.rds("eu-west-1");
    let error = rds.restore_cluster_to_point_in_time(&restore()).await.expect_err("refused");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::Service, 1));
    let error = rds.create_instance(&CreateInstance::default()).await.expect_err("refused");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::Service, 2));
}

#[tokio::test(start_paused = true)]
async fn a_creating_call_without_an_answer_is_not_sent_again() {
    let http = NeverClient::new();
    let rds = session(http.clone()).await.rds("eu-west-1");
    let error = rds.restore_cluster_to_point_in_time(&restore()).await.expect_err("no answer");
    assert_eq!((error.kind, http.num_calls()), (ErrorKind::Timeout, 1));
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), "rds RestoreDBClusterToPointInTime: no answer in time");
    assert!(error.source().is_some(), "the chain says which time");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_creating_call_is_sent_again() {
    let http = script([
        (400, query_error("Throttling", "Rate exceeded")),
        (400, query_error("ThrottlingException", "Rate exceeded")),
        (200, query_success("RestoreDBClusterToPointInTime")),
    ]);
    // A region of its own: once throttled, the SDK slows down all that this process calls there.
    let rds = session(http.clone()).await.rds("ap-south-1");
    rds.restore_cluster_to_point_in_time(&restore()).await.expect("the third time");
    assert_eq!(bodies(&http).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn other_calls_are_sent_again_eight_times_at_most() {
    let http = script(std::iter::repeat_n((500, query_error("InternalFailure", "oops")), 9));
    let error = session(http.clone()).await.rds("eu-west-1").clusters().await.expect_err("never answered");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::Service, 8));

    let http = NeverClient::new();
    let error = session(http.clone()).await.rds("eu-west-1").cluster("loans").await.expect_err("never answered");
    assert_eq!((error.kind, http.num_calls()), (ErrorKind::Timeout, 8));
}

#[tokio::test]
async fn a_refusal_for_the_state_is_left_to_the_caller() {
    let http = script([(400, query_error("InvalidDBClusterStateFault", "Cluster is not in available state."))]);
    let rds = session(http.clone()).await.rds("eu-west-1");
    let error = rds.create_instance(&CreateInstance::default()).await.expect_err("refused");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::InvalidState, 1));
    assert!(!error.is_retryable());
}
