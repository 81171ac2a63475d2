//! Who we are to AWS, and where: the start of every command.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{AppName, BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::{RetryConfig, RetrySpec};
use aws_smithy_types::timeout::TimeoutConfig;

use super::credentials::Remembered;
use super::dns::{self, DnsClient};
use super::error::{Error, ErrorKind};
use super::http;
use super::kms::KeysClient;
use super::metrics::MetricsClient;
use super::profile;
use super::rds::RdsClient;
use super::s3::{self, S3Client};
use super::scaling::ScalingClient;
use super::sdk::{self, Operation};
use super::secrets::SecretsClient;

const GET_CALLER_IDENTITY: Operation = Operation { service: "sts", name: "GetCallerIdentity" };

/// What the caller may say about how to reach AWS; the rest follows the SDK's rules for environment
/// and profile files, `AWS_ENDPOINT_URL` included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// The region, before those of the environment and the AWS profile.
    pub region: Option<String>,
    /// The AWS profile, before that of `AWS_PROFILE`. Once named, credentials come from it alone.
    pub profile: Option<String>,
}

/// The identity AWS sees behind our calls (`sts:GetCallerIdentity`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `Account`, twelve digits.
    pub account: String,
    /// `Arn`.
    pub arn: String,
}

/// Credentials, a region, and the settings every client shares: timeouts, retries, one HTTP client.
///
/// Calls are retried by the SDK, at most eight times in all, adapting to throttling; a connection
/// must stand within 5 s and an answer be there within 30 s. Calls that create are repeated only
/// when they were throttled. The SDK keeps its rate and its quota of retries for each service and
/// region, for the whole process: all clients of all sessions share them.
#[derive(Debug, Clone)]
pub struct Session {
    config: SdkConfig,
    credentials: SharedCredentialsProvider,
    region: String,
    /// The AWS profile that was asked for by name.
    profile: Option<String>,
    /// What the clients of Route 53, which is one for all regions, share.
    dns: Arc<dns::Shared>,
}

impl Session {
    /// Reads the AWS configuration and resolves credentials and region, once.
    ///
    /// No AWS service is called, except where the source of the credentials is one (assumed roles,
    /// SSO) or the metadata service of a container or instance. The latter is asked last and given
    /// one second.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`] without usable credentials; [`ErrorKind::InvalidParameter`]
    /// without a region, or with one that cannot be.
    pub async fn load(options: SessionOptions) -> Result<Self, Error> {
        Self::load_with(options, http::client(), None).await
    }

    /// The same identity in another region: the one given, or else that of the environment or the AWS profile. Its
    /// credentials are not resolved again.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidParameter`] without a region, or with one that cannot be.
    pub async fn elsewhere(&self, region: Option<String>) -> Result<Self, Error> {
        let options = SessionOptions { region, profile: self.profile.clone() };
        let http = self.config.http_client().unwrap_or_else(http::client);
        let session = Self::load_with(options, http, Some(self.credentials.clone())).await?;
        Ok(Self { dns: self.dns.clone(), ..session })
    }

    async fn load_with(
        options: SessionOptions,
        http: SharedHttpClient,
        known: Option<SharedCredentialsProvider>,
    ) -> Result<Self, Error> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        let mut region = options.region.clone().map(Region::new);
        let profile = options.profile.clone().or_else(profile::of_environment);
        if let Some(profile) = &profile {
            region = profile::region(profile, options.region).await;
            loader =
                loader.profile_name(profile).credentials_provider(profile::credentials(profile, region.clone(), http));
        }
        if let Some(region) = region {
            loader = loader.region(region);
        }
        if let Some(known) = known {
            loader = loader.credentials_provider(known);
        }
        let session = Self::from_loader(loader).await.map_err(|error| match &profile {
            Some(profile) if error.kind == ErrorKind::Credentials => {
                error.with_message(format!("the AWS profile {profile:?} gives none"))
            }
            _ => error,
        })?;
        Ok(Self { profile: options.profile, ..session })
    }

    pub(super) async fn from_loader(loader: ConfigLoader) -> Result<Self, Error> {
        let config = loader
            .retry_config(retries())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(30))
                    .build(),
            )
            .app_name(app_name()?)
            .load()
            .await;
        let source = config.credentials_provider().ok_or_else(|| {
            Error::new(ErrorKind::Credentials, "aws", "credentials", "no source of credentials is configured")
        })?;
        let credentials = SharedCredentialsProvider::new(Remembered::new(source));
        // Before the region, because an AWS profile that does not exist lacks both and only the
        // credentials' error says so.
        credentials.provide_credentials().await.map_err(|error| sdk::no_credentials(&error))?;
        let region = checked_region(config.region())?;
        let config = config.into_builder().credentials_provider(credentials.clone()).build();
        Ok(Self { config, credentials, region, profile: None, dns: Arc::default() })
    }

    /// The session's region, such as `eu-west-1`.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// A client of RDS in a region.
    pub fn rds(&self, region: &str) -> RdsClient {
        let config = aws_sdk_rds::config::Builder::from(&self.config).region(Region::new(region.to_owned())).build();
        RdsClient::new(aws_sdk_rds::Client::from_conf(config))
    }

    /// A client of CloudWatch in a region.
    pub fn metrics(&self, region: &str) -> MetricsClient {
        let config =
            aws_sdk_cloudwatch::config::Builder::from(&self.config).region(Region::new(region.to_owned())).build();
        MetricsClient::new(aws_sdk_cloudwatch::Client::from_conf(config))
    }

    /// A client of KMS in a region.
    pub fn keys(&self, region: &str) -> KeysClient {
        let config = aws_sdk_kms::config::Builder::from(&self.config).region(Region::new(region.to_owned())).build();
        KeysClient::new(aws_sdk_kms::Client::from_conf(config))
    }

    /// A client of Route 53, which is the same in every region.
    pub fn dns(&self) -> DnsClient {
        DnsClient::new(aws_sdk_route53::Client::new(&self.config), self.dns.clone())
    }

    /// A client of Application Auto Scaling in a region.
    pub fn scaling(&self, region: &str) -> ScalingClient {
        let config = aws_sdk_applicationautoscaling::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .build();
        ScalingClient::new(aws_sdk_applicationautoscaling::Client::from_conf(config))
    }

    /// A client of Secrets Manager in a region.
    pub fn secrets(&self, region: &str) -> SecretsClient {
        let config =
            aws_sdk_secretsmanager::config::Builder::from(&self.config).region(Region::new(region.to_owned())).build();
        SecretsClient::new(aws_sdk_secretsmanager::Client::from_conf(config))
    }

    /// A client of a bucket, in whatever region that is: S3 is asked (`HeadBucket`), for which no permission is needed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is no such bucket.
    pub async fn bucket(&self, bucket: &str) -> Result<S3Client, Error> {
        let config =
            |region: &str| aws_sdk_s3::config::Builder::from(&self.config).region(Region::new(region.to_owned()));
        s3::find(config, &self.region, bucket).await
    }

    /// Asks AWS who we are; every identity may (`sts:GetCallerIdentity`).
    pub async fn identity(&self) -> Result<Identity, Error> {
        let answer = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await;
        let output = answer.map_err(|error| GET_CALLER_IDENTITY.failed(error))?;
        Ok(Identity {
            account: output.account.ok_or_else(|| GET_CALLER_IDENTITY.lacks("Account"))?,
            arn: output.arn.ok_or_else(|| GET_CALLER_IDENTITY.lacks("Arn"))?,
        })
    }

    #[cfg(test)]
    pub(super) fn with_retries(self, retries: RetryConfig) -> Self {
        Self { config: self.config.into_builder().retry_config(retries).build(), ..self }
    }

    /// The credentials in force.
    pub(super) async fn credentials(&self) -> Result<Credentials, Error> {
        self.credentials.provide_credentials().await.map_err(|error| sdk::no_credentials(&error))
    }
}

/// Adaptive, by the SDK's retry behaviour 2.1: a throttled call is repeated after up to a second, doubled
/// each time. Its older behaviour takes ten tokens of the adaptive rate for the repetition, which at the rate of
/// a lone run are six to twenty seconds for every throttled call.
fn retries() -> RetryConfig {
    RetryConfig::adaptive().with_max_attempts(8).with_retry_spec(RetrySpec::v2_1())
}

fn app_name() -> Result<AppName, Error> {
    AppName::new(concat!("daybreak-", env!("CARGO_PKG_VERSION"))).map_err(|error| {
        Error::new(ErrorKind::Other, "aws", "session", "the version is unfit for a user agent").caused_by(Some(&error))
    })
}

/// A region that cannot be one would otherwise show as a host name that does not resolve.
fn checked_region(region: Option<&Region>) -> Result<String, Error> {
    let refused = |message: String| Error::new(ErrorKind::InvalidParameter, "aws", "region", message);
    let Some(region) = region else {
        return Err(refused("none is set".to_owned()));
    };
    let region = region.as_ref();
    if is_region(region) {
        Ok(region.to_owned())
    } else {
        Err(refused(format!("{region:?} is not the name of a region, which looks like eu-west-1")))
    }
}

/// Takes a text for a region's name, if it can be one.
///
/// # Errors
/// [`ErrorKind::InvalidParameter`] if it cannot.
pub fn region_named(name: &str) -> Result<String, Error> {
    checked_region(Some(&Region::new(name.to_owned())))
}

/// `eu-west-1`, `us-gov-east-1`, `us-iso-west-1`: two or more words, then a number.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.len() >= 2
        && words.iter().all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
