//! What a key's description says, over what KMS answers.

use aws_smithy_http_client::test_util::StaticReplayClient;
use serde_json::json;

use super::{Key, Keys};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::testing::{bodies, json_error, script, session_without_retries};

const ARN: &str = "arn:aws:kms:eu-west-1:123456789012:key/0a1b";

async fn described(http: &StaticReplayClient) -> Result<Key, Error> {
    session_without_retries(http.clone()).await.keys("eu-west-1").key(ARN).await
}

#[tokio::test]
async fn a_key_tells_its_state_and_when_it_will_be_gone() {
    let pending =
        json!({ "KeyMetadata": { "KeyId": "0a1b", "KeyState": "PendingDeletion", "DeletionDate": 1_796_000_000 } });
    let enabled = json!({ "KeyMetadata": { "KeyId": "0a1b", "KeyState": "Enabled" } });
    let http = script([(200, pending.to_string()), (200, enabled.to_string())]);
    let key = described(&http).await.expect("a key");
    assert_eq!((key.state.as_str(), key.deletion.map(|at| at.as_second())), ("PendingDeletion", Some(1_796_000_000)));
    assert_eq!(described(&http).await, Ok(Key { state: "Enabled".to_owned(), deletion: None }));
    assert!(bodies(&http)[0].contains(ARN), "{:?}", bodies(&http));
}

#[tokio::test]
async fn a_state_that_the_sdk_does_not_know_is_passed_on() {
    let http = script([(200, json!({ "KeyMetadata": { "KeyId": "0a1b", "KeyState": "Resting" } }).to_string())]);
    assert_eq!(described(&http).await.map(|key| key.state), Ok("Resting".to_owned()));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cases = [
        (400, "AccessDeniedException", ErrorKind::AccessDenied),
        (400, "NotFoundException", ErrorKind::NotFound),
        (400, "InvalidArnException", ErrorKind::InvalidParameter),
        (500, "KMSInternalException", ErrorKind::Service),
        (500, "DependencyTimeoutException", ErrorKind::Service),
    ];
    for (status, code, kind) in cases {
        let error = described(&script([(status, json_error(code, "no"))])).await.expect_err("refused");
        assert_eq!((error.kind, error.code.as_deref(), error.action().as_str()), (kind, Some(code), "kms:DescribeKey"));
    }
    let http = script([(200, json!({ "KeyMetadata": { "KeyId": "0a1b" } }).to_string())]);
    assert!(described(&http).await.is_err(), "a key without a state is not taken for an enabled one");
}
