//! The Secrets Manager client over scripted answers, and that no value leaks from it.

use aws_smithy_http_client::test_util::StaticReplayClient;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::model::{CURRENT, Replica, VersionRef};
use super::requests::{MoveLabel, PutVersion};
use super::{Secrets, SecretsClient};
use crate::aws::error::ErrorKind;
use crate::aws::testing::{bodies, json_error, script, session, session_without_retries};

const VALUE: &str = r#"{"host":"loans","password":"hunter2"}"#;

async fn secrets(http: &StaticReplayClient) -> SecretsClient {
    session(http.clone()).await.secrets("eu-west-1")
}

fn sent(http: &StaticReplayClient) -> Vec<Value> {
    bodies(http).iter().map(|body| serde_json::from_str(body).expect("requests are JSON")).collect()
}

fn put() -> PutVersion {
    PutVersion {
        secret_id: "prod/loans/db".to_owned(),
        client_request_token: "daybreak-20261120-142205-k3pz-put-1".to_owned(),
        version_stages: vec!["daybreak-20261120-142205-k3pz".to_owned()],
    }
}

fn flip() -> MoveLabel {
    MoveLabel {
        secret_id: "prod/loans/db".to_owned(),
        version_stage: CURRENT.to_owned(),
        move_to_version_id: Some("new".to_owned()),
        remove_from_version_id: Some("old".to_owned()),
    }
}

fn version(value: &str) -> String {
    json!({ "ARN": "arn", "Name": "prod/loans/db", "VersionId": "v1", "SecretString": value,
            "VersionStages": ["b", "a"] })
    .to_string()
}

#[tokio::test]
async fn a_description_whole() {
    let answer = json!({
        "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf",
        "Name": "prod/loans/db",
        "OwningService": "rds",
        "RotationEnabled": true,
        "NextRotationDate": 1_795_185_725,
        "DeletedDate": 1_795_185_726,
        "KmsKeyId": "alias/loans",
        "PrimaryRegion": "eu-west-1",
        "ReplicationStatus": [{ "Region": "us-east-1", "Status": "Failed", "StatusMessage": "name taken" }],
        "VersionIdsToStages": { "new": ["AWSPENDING"], "old": ["x", "AWSCURRENT"] }
    });
    let http = script([(200, answer.to_string())]);
    let found = secrets(&http).await.describe("prod/loans/db").await.expect("an answer").expect("a secret");
    assert_eq!(sent(&http), [json!({ "SecretId": "prod/loans/db" })]);
    assert_eq!(found.arn, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf");
    assert_eq!(found.name, "prod/loans/db");
    assert_eq!(found.owning_service.as_deref(), Some("rds"));
    assert!(found.rotation_enabled);
    assert_eq!(found.next_rotation.map(|at| at.as_second()), Some(1_795_185_725));
    assert_eq!(found.deleted.map(|at| at.as_second()), Some(1_795_185_726));
    assert_eq!(found.kms_key_id.as_deref(), Some("alias/loans"));
    assert_eq!(found.primary_region.as_deref(), Some("eu-west-1"));
    let replica = Replica {
        region: "us-east-1".to_owned(),
        status: Some("Failed".to_owned()),
        message: Some("name taken".to_owned()),
    };
    assert_eq!(found.replication, [replica]);
    assert_eq!(found.versions["old"], ["AWSCURRENT", "x"]);
    assert_eq!((found.current(), found.holder("x"), found.holder("y")), (Some("old"), Some("old"), None));
    assert!(found.is_rotating());
}

#[tokio::test]
async fn a_rotation_that_ended_is_none_in_progress() {
    let answer = json!({ "ARN": "a", "Name": "n", "VersionIdsToStages": { "v": ["AWSPENDING", "AWSCURRENT"] } });
    let http = script([(200, answer.to_string()), (200, json!({ "ARN": "a", "Name": "n" }).to_string())]);
    let secrets = secrets(&http).await;
    for _ in 0..2 {
        assert!(!secrets.describe("n").await.expect("an answer").expect("a secret").is_rotating());
    }
}

#[tokio::test]
async fn versions_are_asked_for_as_named() {
    let http = script(std::iter::repeat_n((200, version(VALUE)), 2));
    let secrets = secrets(&http).await;
    for asked in [VersionRef::Current, VersionRef::Id("v1".to_owned())] {
        let found = secrets.get("n", &asked).await.expect("an answer").expect("a version");
        assert_eq!(found.value.expose_secret(), VALUE);
        assert_eq!((found.version_id.as_str(), found.labels), ("v1", vec!["a".to_owned(), "b".to_owned()]));
    }
    assert_eq!(
        sent(&http),
        [json!({ "SecretId": "n", "VersionStage": "AWSCURRENT" }), json!({ "SecretId": "n", "VersionId": "v1" }),]
    );
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let missing = (400, json_error("ResourceNotFoundException", "Secrets Manager can't find the specified secret."));
    let http = script([missing.clone(), missing]);
    let secrets = secrets(&http).await;
    assert_eq!(secrets.describe("n").await, Ok(None));
    assert!(secrets.get("n", &VersionRef::Current).await.expect("an answer").is_none());
}

#[tokio::test]
async fn a_binary_secret_is_an_error() {
    let answer = json!({ "ARN": "a", "Name": "n", "VersionId": "v1", "SecretBinary": "aHVudGVyMg==" });
    let http = script([(200, answer.to_string())]);
    let error = secrets(&http).await.get("n", &VersionRef::Current).await.expect_err("not text");
    assert_eq!(error.to_string(), "secretsmanager GetSecretValue: the secret n holds binary data, not text");
}

#[tokio::test]
async fn a_new_version_carries_token_and_labels() {
    let token = put().client_request_token;
    let http = script([(200, json!({ "ARN": "a", "Name": "n", "VersionId": token }).to_string())]);
    let id = secrets(&http).await.put_version(&put(), &SecretString::from(VALUE)).await.expect("accepted");
    assert_eq!(id, token);
    let mut expected = put().call().parameters;
    expected["SecretString"] = json!(VALUE);
    assert_eq!(sent(&http), [expected]);
}

#[tokio::test]
async fn a_version_that_would_become_current_at_once_is_not_sent() {
    let http = script([]);
    let request = PutVersion { version_stages: Vec::new(), ..put() };
    let error = secrets(&http).await.put_version(&request, &SecretString::from(VALUE)).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::InvalidParameter);
    assert!(bodies(&http).is_empty());
}

#[tokio::test]
async fn a_label_is_moved_from_where_it_was_seen() {
    let http = script([(200, json!({ "ARN": "a", "Name": "n" }).to_string())]);
    secrets(&http).await.move_label(&flip()).await.expect("accepted");
    assert_eq!(sent(&http), [flip().call().parameters]);
    assert_eq!(
        sent(&http)[0],
        json!({ "SecretId": "prod/loans/db", "VersionStage": "AWSCURRENT",
                "MoveToVersionId": "new", "RemoveFromVersionId": "old" })
    );
}

#[tokio::test]
async fn every_code_has_its_kind() {
    for (status, code, kind) in [
        (400, "ResourceNotFoundException", ErrorKind::NotFound),
        (400, "ResourceExistsException", ErrorKind::AlreadyExists),
        (400, "InvalidParameterException", ErrorKind::InvalidParameter),
        (400, "ValidationException", ErrorKind::InvalidParameter),
        (400, "InvalidRequestException", ErrorKind::InvalidState),
        (400, "PreconditionNotMetException", ErrorKind::InvalidState),
        (400, "LimitExceededException", ErrorKind::Quota),
        (400, "DecryptionFailure", ErrorKind::EncryptionKey),
        (400, "EncryptionFailure", ErrorKind::EncryptionKey),
        (400, "AccessDeniedException", ErrorKind::AccessDenied),
        (400, "UnrecognizedClientException", ErrorKind::Credentials),
        (400, "ExpiredTokenException", ErrorKind::Credentials),
        (400, "InvalidSignatureException", ErrorKind::Credentials),
        (400, "ThrottlingException", ErrorKind::Throttled),
        (500, "InternalServiceError", ErrorKind::Service),
    ] {
        let http = script([(status, json_error(code, "because"))]);
        let secrets = session_without_retries(http).await.secrets("eu-west-1");
        let error = secrets.put_version(&put(), &SecretString::from(VALUE)).await.expect_err("refused");
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        assert_eq!(error.to_string(), format!("secretsmanager PutSecretValue: {code}: because (request id request-1)"));
    }
}

/// The SDK counts this quota's code among the throttling ones; asking again does not raise the
/// quota.
#[tokio::test(start_paused = true)]
async fn a_quota_is_not_tried_again() {
    let http = script(std::iter::repeat_n((400, json_error("LimitExceededException", "too many versions")), 2));
    let error = secrets(&http).await.put_version(&put(), &SecretString::from(VALUE)).await.expect_err("refused");
    assert_eq!((error.kind, bodies(&http).len()), (ErrorKind::Quota, 1));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_change_is_tried_again() {
    let http = script([
        (400, json_error("ThrottlingException", "Rate exceeded")),
        (200, json!({ "ARN": "a", "Name": "n" }).to_string()),
    ]);
    // A region of its own: once throttled, the SDK slows down all that this process calls there.
    let secrets = session(http.clone()).await.secrets("ap-south-1");
    secrets.move_label(&flip()).await.expect("the second time");
    assert_eq!(bodies(&http).len(), 2);
}

/// A compare-and-set that took effect unseen would fail if repeated.
#[tokio::test(start_paused = true)]
async fn a_label_is_not_moved_twice() {
    let failure = (500, json_error("InternalServiceError", "oops"));
    let http = script([failure.clone(), failure]);
    let error = secrets(&http).await.move_label(&flip()).await.expect_err("unclear");
    assert_eq!((error.kind, error.is_retryable(), bodies(&http).len()), (ErrorKind::Service, true, 1));
}

#[tokio::test(start_paused = true)]
async fn no_form_of_anything_shows_a_value() {
    let http = script([(200, version(VALUE))]);
    let found = secrets(&http).await.get("n", &VersionRef::Current).await.expect("an answer").expect("a version");
    assert!(!format!("{found:?} {found:#?}").contains("hunter2"));

    let shown = serde_json::to_string(&put().call()).expect("a call is plain data");
    assert!(shown.contains(r#""SecretString":"(not shown)""#), "{shown}");

    // Answers that hold the value but cannot be read, in each way the parser can complain.
    for body in [
        VALUE.replace('}', ""),
        format!("hunter2{VALUE}"),
        r#"{"SecretString":"\uhunter2"}"#.to_owned(),
        r#"{"SecretString":hunter2}"#.to_owned(),
        r#"{"VersionStages":"hunter2"}"#.to_owned(),
    ] {
        let http = script([(200, body.clone())]);
        let error = secrets(&http).await.get("n", &VersionRef::Current).await.expect_err("not readable");
        let mut forms = format!("{error} {error:?} {error:#?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            forms.push_str(&format!("{next} {next:?}"));
            cause = next.source();
        }
        assert!(!forms.contains("hunter2"), "{body}: {forms}");
    }

    let http = script([(400, json_error("InvalidParameterException", "no"))]);
    let error = secrets(&http).await.put_version(&put(), &SecretString::from(VALUE)).await.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
