//! A session whose AWS is a script: the real clients, settings and parsers, over answers written in
//! the test.

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::Credentials;
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;

use super::session::Session;

/// A session in `eu-west-1` that talks to `http_client` and reads neither environment nor files.
pub(super) async fn session(http_client: impl HttpClient + 'static) -> Session {
    Session::from_loader(loader(http_client).region(Region::new("eu-west-1")).credentials_provider(Credentials::new(
        "AKIDEXAMPLE",
        "signing-key",
        None,
        None,
        "test",
    )))
    .await
    .expect("credentials and region are given")
}

/// Like [`session`], but every call is made once. The SDK's throttling is one for the whole
/// process, so a test that has many calls throttled would slow down the others.
pub(super) async fn session_without_retries(http_client: impl HttpClient + 'static) -> Session {
    session(http_client).await.with_retries(RetryConfig::disabled())
}

/// The beginnings of a session, without credentials and region.
pub(super) fn loader(http_client: impl HttpClient + 'static) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).empty_test_environment().http_client(http_client)
}

/// Answers in order, one a request; more requests than answers fail.
pub(super) fn script(answers: impl IntoIterator<Item = (u16, String)>) -> StaticReplayClient {
    StaticReplayClient::new(answers.into_iter().map(|(status, body)| event(status, body)).collect())
}

fn event(status: u16, body: String) -> ReplayEvent {
    let status = StatusCode::try_from(status).expect("tests use real statuses");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("x-amzn-requestid", "request-1");
    ReplayEvent::new(HttpRequest::empty(), response)
}

/// The bodies of the requests made so far.
pub(super) fn bodies(client: &StaticReplayClient) -> Vec<String> {
    client
        .actual_requests()
        .map(|request| String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned())
        .collect()
}

/// The parameters of a query-protocol body, decoded, without those that every request has.
pub(super) fn parameters(body: &str) -> Vec<(String, String)> {
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value)))
        .filter(|(name, _)| name != "Version")
        .collect()
}

/// An error as the query protocol has it.
pub(super) fn query_error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>request-1</RequestId></ErrorResponse>"
    )
}

/// An empty success as the query protocol has it.
pub(super) fn query_success(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result></{action}Result><ResponseMetadata><RequestId>request-1</RequestId>\
         </ResponseMetadata></{action}Response>"
    )
}

/// An error as the JSON protocol has it.
pub(super) fn json_error(code: &str, message: &str) -> String {
    serde_json::json!({ "__type": code, "message": message }).to_string()
}
