//! The S3 client over scripted answers.

use std::time::Duration;

use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::model::{Condition, Put};
use super::{Objects, S3Client};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::testing::session;

const DATE: (&str, &str) = ("date", "Sat, 21 Nov 2026 06:30:41 GMT");
const ETAG: (&str, &str) = ("etag", "\"9dd4e461\"");
/// Where the tests' session is.
const HERE: (&str, &str) = ("x-amz-bucket-region", "eu-west-1");

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> ReplayEvent {
    let status = StatusCode::try_from(status).expect("tests use real statuses");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for &(name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    ReplayEvent::new(HttpRequest::empty(), response)
}

fn refusal(status: u16, code: &str) -> ReplayEvent {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message><RequestId>r</RequestId></Error>");
    answer(status, &[], &body)
}

/// The client of a bucket that is found where the session is, before `answers`.
async fn bucket(answers: impl IntoIterator<Item = ReplayEvent>) -> (StaticReplayClient, S3Client) {
    let found = [answer(200, &[HERE], "")];
    let http = StaticReplayClient::new(found.into_iter().chain(answers).collect());
    let client = session(http.clone()).await.bucket("acme-state").await.expect("a bucket");
    (http, client)
}

/// Method, host with path, and a header of each request but the first, which finds the bucket.
fn sent(http: &StaticReplayClient, header: &str) -> Vec<(String, Option<String>)> {
    let requests = http.actual_requests().skip(1);
    requests
        .map(|request| {
            let target = request.uri().split('?').next().unwrap_or_default().trim_start_matches("https://");
            let header = request.headers().get(header).map(str::to_owned);
            (format!("{} {target}", request.method()), header)
        })
        .collect()
}

#[tokio::test]
async fn an_objects_age_is_told_by_s3s_clock_alone() {
    let written = ("last-modified", "Sat, 21 Nov 2026 06:30:00 GMT");
    let writer = ("x-amz-meta-daybreak-writer", "ann");
    let (_, client) = bucket([answer(200, &[DATE, ETAG, written, writer], "{}")]).await;
    let object = client.get("daybreak/lease").await.expect("an answer").expect("an object");
    assert_eq!((object.bytes.as_slice(), object.age), (b"{}".as_slice(), Duration::from_secs(41)));
    assert_eq!((object.etag.as_str(), object.writer.as_deref()), (ETAG.1, Some("ann")));
}

#[tokio::test]
async fn an_answer_without_a_date_or_from_the_past_makes_nothing_old() {
    let written = ("last-modified", "Sat, 21 Nov 2026 06:31:00 GMT");
    let (_, client) = bucket([answer(200, &[DATE, ETAG, written], "{}"), answer(200, &[ETAG, written], "{}")]).await;
    assert_eq!(client.get("k").await.expect("an answer").expect("an object").age, Duration::ZERO);
    let error = client.get("k").await.expect_err("no date");
    assert_eq!(error.to_string(), "s3 GetObject: the answer lacks Date");
}

#[tokio::test]
async fn there_is_no_object_but_a_missing_bucket_is_an_error() {
    let (_, client) = bucket([refusal(404, "NoSuchKey"), refusal(404, "NoSuchBucket")]).await;
    assert_eq!(client.get("k").await, Ok(None));
    assert_eq!(client.get("k").await.expect_err("no bucket").kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_write_carries_its_condition() {
    let (http, client) = bucket([answer(200, &[ETAG], ""), answer(200, &[ETAG], "")]).await;
    let done = Ok(Put::Done { etag: ETAG.1.to_owned() });
    assert_eq!(client.put("daybreak/a b", b"1", "ann", Condition::Absent).await, done);
    assert_eq!(client.put("daybreak/b", b"2", "ann", Condition::Unchanged("\"0\"")).await, done);
    let put = |key: &str| format!("PUT acme-state.s3.eu-west-1.amazonaws.com/daybreak/{key}");
    let absent = sent(&http, "if-none-match");
    assert_eq!(absent, [(put("a%20b"), Some("*".to_owned())), (put("b"), None)]);
    let unchanged = sent(&http, "if-match");
    assert_eq!(unchanged, [(put("a%20b"), None), (put("b"), Some("\"0\"".to_owned()))]);
    assert!(sent(&http, "x-amz-meta-daybreak-writer").iter().all(|(_, writer)| writer.as_deref() == Some("ann")));
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_answer() {
    let refusals = [refusal(412, "PreconditionFailed"), refusal(412, "PreconditionFailed"), refusal(404, "NoSuchKey")];
    let (_, client) = bucket(refusals).await;
    assert_eq!(client.put("k", b"", "ann", Condition::Absent).await, Ok(Put::Refused));
    assert_eq!(client.put("k", b"", "ann", Condition::Unchanged("\"0\"")).await, Ok(Put::Refused));
    assert_eq!(client.put("k", b"", "ann", Condition::Unchanged("\"0\"")).await, Ok(Put::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_meets_another_is_sent_again() {
    let conflict = || refusal(409, "ConditionalRequestConflict");
    let (http, client) = bucket([conflict(), conflict(), answer(200, &[ETAG], "")]).await;
    let put = client.put("k", b"", "ann", Condition::Absent).await;
    assert_eq!(put, Ok(Put::Done { etag: ETAG.1.to_owned() }));
    assert_eq!(sent(&http, "if-none-match").len(), 3);
}

#[tokio::test]
async fn what_s3_refuses_is_told_apart() {
    let codes = [
        (403, "AccessDenied", ErrorKind::AccessDenied),
        (404, "NoSuchBucket", ErrorKind::NotFound),
        (400, "KMS.DisabledException", ErrorKind::EncryptionKey),
        (400, "KMS.NotFoundException", ErrorKind::EncryptionKey),
        (400, "KMS.KMSInvalidStateException", ErrorKind::EncryptionKey),
        (501, "NotImplemented", ErrorKind::Unsupported),
        (403, "InvalidAccessKeyId", ErrorKind::Credentials),
        (403, "RequestTimeTooSkewed", ErrorKind::Credentials),
        (301, "PermanentRedirect", ErrorKind::InvalidParameter),
    ];
    for (status, code, kind) in codes {
        let (_, client) = bucket([refusal(status, code)]).await;
        let error = client.put("k", b"", "ann", Condition::Absent).await.expect_err(code);
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)), "{error}");
        assert!(error.hint().is_some() || matches!(kind, ErrorKind::NotFound | ErrorKind::Unsupported), "{code}");
    }
}

#[tokio::test]
async fn a_listing_has_all_pages_in_order() {
    let page = |keys: &[&str], next: &str| {
        let contents: String = keys.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
        let more = !next.is_empty();
        let next = if more { format!("<NextContinuationToken>{next}</NextContinuationToken>") } else { String::new() };
        let body = format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{contents}{next}</ListBucketResult>");
        answer(200, &[], &body)
    };
    let (http, client) = bucket([page(&["p/b", "p/a"], "more"), page(&["p/c"], "")]).await;
    assert_eq!(client.list("p/").await, Ok(["p/a", "p/b", "p/c"].map(str::to_owned).to_vec()));
    let asked: Vec<&str> = http
        .actual_requests()
        .skip(1)
        .filter_map(|request| request.uri().split_once('?'))
        .map(|(_, query)| query)
        .collect();
    assert!(asked.len() == 2 && asked[1].contains("continuation-token=more"), "{asked:?}");
}

#[tokio::test]
async fn a_listing_that_is_refused_names_the_permission() {
    let (_, client) = bucket([refusal(403, "AccessDenied")]).await;
    let error = client.list("p/").await.expect_err("refused");
    assert_eq!(error.action(), "s3:ListBucket");
}

/// The bucket, as asked of the session with this one answer; and the host of the next request.
async fn found(first: ReplayEvent) -> Result<String, Error> {
    let http = StaticReplayClient::new(vec![first, refusal(404, "NoSuchKey")]);
    let client = session(http.clone()).await.bucket("acme-state").await?;
    assert_eq!(client.get("k").await, Ok(None));
    Ok(sent(&http, "host")[0].0.clone())
}

#[tokio::test]
async fn a_bucket_is_called_in_its_own_region() {
    let far = ("x-amz-bucket-region", "eu-central-1");
    for status in [200, 301, 400, 403] {
        let target = found(answer(status, &[far], "")).await.expect("it is found");
        assert_eq!(target, "GET acme-state.s3.eu-central-1.amazonaws.com/k", "{status}");
    }
    for status in [200, 403] {
        let target = found(answer(status, &[], "")).await.expect("it is taken to be here");
        assert_eq!(target, "GET acme-state.s3.eu-west-1.amazonaws.com/k", "{status}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_so() {
    let error = found(answer(404, &[], "")).await.expect_err("no bucket");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotFound, "there is no bucket \"acme-state\""));
}

#[tokio::test]
async fn a_bucket_with_dots_is_in_the_path() {
    let http = StaticReplayClient::new(vec![answer(200, &[HERE], ""), refusal(404, "NoSuchKey")]);
    let client = session(http.clone()).await.bucket("acme.state").await.expect("a bucket");
    assert_eq!(client.get("k").await, Ok(None));
    assert_eq!(sent(&http, "host")[0].0, "GET s3.eu-west-1.amazonaws.com/acme.state/k");
}
