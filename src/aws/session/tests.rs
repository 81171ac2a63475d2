//! What a session finds, refuses and reaches.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_smithy_http_client::test_util::NeverTcpConnector;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::aws::rds::Rds;
use crate::aws::testing::{bodies, loader, query_error, script, session};

const NO_CLUSTERS: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters/>\
    </DescribeDBClustersResult></DescribeDBClustersResponse>";

fn some_credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "signing-key", None, None, "test")
}

fn identity_answer() -> String {
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/operator</Arn>\
     <UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

#[derive(Debug)]
struct Failing(fn() -> CredentialsError);

impl ProvideCredentials for Failing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(self.0()))
    }
}

/// The SDK's own chain, in an environment without any: only the metadata service is left to ask.
#[tokio::test(start_paused = true)]
async fn without_credentials_the_end_is_near_and_clear() {
    let began = tokio::time::Instant::now();
    let http = NeverTcpConnector::new().into_client();
    let error = Session::from_loader(loader(http).region(Region::new("eu-west-1"))).await.expect_err("there are none");
    assert_eq!(error.kind, ErrorKind::Credentials);
    assert_eq!(
        error.to_string(),
        "aws credentials: none found in the environment, the AWS profile, the role of the container or instance"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("AWS_PROFILE")), "{:?}", error.hint());
    assert!(began.elapsed() <= Duration::from_secs(3), "simulated time: {:?}", began.elapsed());
}

/// Not the machine's own role, nor keys that happen to lie in the environment.
#[tokio::test]
async fn a_profile_that_does_not_exist_is_not_made_up_for() {
    let options = SessionOptions {
        region: Some("eu-west-1".to_owned()),
        profile: Some("daybreak-test-no-such-profile".to_owned()),
    };
    let error = Session::load(options).await.expect_err("no such profile");
    assert_eq!(error.kind, ErrorKind::Credentials);
    assert_eq!(error.to_string(), "aws credentials: the AWS profile \"daybreak-test-no-such-profile\" gives none");
}

#[tokio::test]
async fn a_source_of_credentials_that_fails_says_why() {
    let source = Failing(|| CredentialsError::invalid_configuration("profile `prod` was not defined"));
    let error = Session::from_loader(loader(script([])).credentials_provider(source)).await.expect_err("no use");
    assert_eq!(error.to_string(), "aws credentials: the AWS configuration is not usable");
    assert_eq!(
        std::error::Error::source(&error).map(ToString::to_string).as_deref(),
        Some("profile `prod` was not defined")
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_region_nothing_begins() {
    let error =
        Session::from_loader(loader(NeverTcpConnector::new().into_client()).credentials_provider(some_credentials()))
            .await
            .expect_err("there is none");
    assert_eq!(error.kind, ErrorKind::InvalidParameter);
    assert!(error.to_string().starts_with("aws region: none is set"), "{error}");
}

#[tokio::test]
async fn what_is_no_region_is_refused() {
    for name in ["euwest1", "eu-west", "EU-WEST-1", "eu-west-1a", "eu--1", "", "eu-west-1.example.com", "-1"] {
        let error =
            Session::from_loader(loader(script([])).credentials_provider(some_credentials()).region(Region::new(name)))
                .await
                .expect_err("refused");
        assert_eq!(error.kind, ErrorKind::InvalidParameter, "{name:?}");
    }
    for name in ["eu-west-1", "us-gov-east-1", "us-isob-east-1", "ap-southeast-12", "eusc-de-east-1"] {
        assert!(is_region(name), "{name}");
    }
}

#[tokio::test]
async fn identity_is_what_aws_sees() {
    let http = script([
        (200, identity_answer()),
        (403, query_error("InvalidClientTokenId", "The security token included in the request is invalid.")),
    ]);
    let session = session(http.clone()).await;
    assert!(bodies(&http).is_empty(), "a session alone calls nothing");
    let identity = session.identity().await.expect("an answer");
    assert_eq!(identity.account, "123456789012");
    assert_eq!(identity.arn, "arn:aws:iam::123456789012:user/operator");

    let error = session.identity().await.expect_err("rejected");
    assert_eq!((error.service, error.operation, error.kind), ("sts", "GetCallerIdentity", ErrorKind::Credentials));
    assert!(error.hint().is_some_and(|hint| hint.contains("rejects")), "{:?}", error.hint());
}

/// Credentials that run out in mid-run fail as such, and not as a network that is down.
#[tokio::test]
async fn credentials_lost_later_are_told_from_a_lost_network() {
    let mut session = session(script([])).await;
    let source = Failing(|| CredentialsError::provider_error("the SSO session has expired"));
    session.config = session.config.into_builder().credentials_provider(SharedCredentialsProvider::new(source)).build();
    let error = session.rds("eu-west-1").cluster("loans").await.expect_err("cannot be signed");
    assert_eq!((error.kind, error.is_retryable()), (ErrorKind::Credentials, false), "{error:?}");
}

#[tokio::test]
async fn clients_go_to_the_region_they_are_made_for_and_say_who_calls() {
    let http = script(std::iter::repeat_n((200, NO_CLUSTERS.to_owned()), 2));
    let session = session(http.clone()).await;
    assert_eq!(session.region(), "eu-west-1");
    for region in ["eu-west-1", "us-east-2"] {
        session.rds(region).clusters().await.expect("an empty list");
    }
    let sent: Vec<_> = http.actual_requests().collect();
    assert_eq!(sent[0].uri(), "https://rds.eu-west-1.amazonaws.com/");
    assert_eq!(sent[1].uri(), "https://rds.us-east-2.amazonaws.com/");
    let agent = sent[0].headers().get("x-amz-user-agent").expect("the SDK says who calls");
    assert!(agent.contains(concat!("app/daybreak-", env!("CARGO_PKG_VERSION"))), "{agent}");
}

/// A plain endpoint, as `AWS_ENDPOINT_URL` names one, is spoken to as it is; the same client
/// refuses to take a plain server for a TLS one.
#[tokio::test]
async fn plain_and_tls_endpoints_over_one_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let server = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let body = identity_answer();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let mut buffer = [0; 4096];
            // A client that hangs up early is part of the test.
            let _ = socket.read(&mut buffer).await;
            let _ = socket.write_all((head + &body).as_bytes()).await;
        }
    });
    let at = |endpoint: String| {
        Session::from_loader(
            loader(http::client())
                .region(Region::new("eu-west-1"))
                .credentials_provider(some_credentials())
                .endpoint_url(endpoint),
        )
    };
    let plain = at(format!("http://{address}")).await.expect("a session");
    assert_eq!(plain.identity().await.expect("an answer").account, "123456789012");

    let tls = at(format!("https://{address}")).await.expect("a session").with_retries(RetryConfig::disabled());
    let error = tls.identity().await.expect_err("no TLS there");
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error:?}");
    server.abort();
}

#[tokio::test]
async fn elsewhere_the_credentials_are_the_same() {
    let first = session(NeverTcpConnector::new().into_client()).await;
    let second = first.elsewhere(Some("eu-central-1".to_owned())).await.expect("a session");
    assert_eq!(second.region(), "eu-central-1");
    let (ours, theirs) = (first.credentials().await.expect("some"), second.credentials().await.expect("some"));
    assert_eq!(ours.access_key_id(), theirs.access_key_id());
    let error = first.elsewhere(Some("nowhere".to_owned())).await.expect_err("no region");
    assert_eq!(error.kind, ErrorKind::InvalidParameter);
}
