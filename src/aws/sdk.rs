//! From the SDK's general types to ours: errors and times. The one place that looks inside an
//! `SdkError`.

use std::error::Error as StdError;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use jiff::Timestamp;

use super::codes;
use super::error::{Error, ErrorKind};

/// Names a call for the errors it may end in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
}

impl Operation {
    pub(super) const fn rds(name: &'static str) -> Self {
        Self { service: "rds", name }
    }

    pub(super) const fn route53(name: &'static str) -> Self {
        Self { service: "route53", name }
    }

    pub(super) const fn scaling(name: &'static str) -> Self {
        Self { service: "application-autoscaling", name }
    }

    pub(super) const fn secrets(name: &'static str) -> Self {
        Self { service: "secretsmanager", name }
    }

    pub(super) const fn s3(name: &'static str) -> Self {
        Self { service: "s3", name }
    }

    /// Translates what the SDK says of the failed call.
    pub(super) fn failed<E>(self, error: SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        if let Some(credentials) = find_source::<CredentialsError>(&error) {
            return no_credentials(credentials);
        }
        let request_id = error.request_id().map(str::to_owned);
        match &error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status();
                let meta = answer.err().meta();
                let message = match meta.message() {
                    Some(message) => message.to_owned(),
                    None => format!("no reason given (HTTP {})", status.as_u16()),
                };
                let kind = match meta.code().and_then(codes::kind) {
                    Some(kind) => kind,
                    None if status.is_server_error() => ErrorKind::Service,
                    None => ErrorKind::Other,
                };
                match meta.code() {
                    Some(code) => Error::answered(self.service, self.name, code, message).with_kind(kind),
                    None => self.error(kind, message),
                }
                .with_request_id(request_id.or_else(|| meta.request_id().map(str::to_owned)))
            }
            // The cause is left out here: a parser's complaint can quote the body, which can be a
            // secret's.
            SdkError::ResponseError(answer) => {
                let status = answer.raw().status();
                let kind = if status.is_server_error() { ErrorKind::Service } else { ErrorKind::Other };
                self.error(kind, format!("the answer cannot be read (HTTP {})", status.as_u16()))
                    .with_request_id(request_id)
            }
            SdkError::TimeoutError(_) => self.error(ErrorKind::Timeout, "no answer in time").caused_by(error.source()),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                self.error(ErrorKind::Timeout, "no answer in time").caused_by(error.source())
            }
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                self.error(ErrorKind::Other, "the request cannot be sent").caused_by(error.source())
            }
            SdkError::DispatchFailure(_) => {
                self.error(ErrorKind::Unreachable, "the service cannot be reached").caused_by(error.source())
            }
            _ => self.error(ErrorKind::Other, "the request cannot be made").caused_by(error.source()),
        }
    }

    /// An error of this call that AWS did not answer with.
    pub(super) fn error(self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, self.service, self.name, message)
    }

    /// AWS's answer lacks something that its API promises.
    pub(super) fn lacks(self, field: &str) -> Error {
        self.error(ErrorKind::Other, format!("the answer lacks {field}"))
    }
}

/// Explains why no credentials could be had.
pub(super) fn no_credentials(error: &CredentialsError) -> Error {
    let message = match error {
        CredentialsError::CredentialsNotLoaded(_) => NONE_FOUND,
        // The metadata service is asked last, after all other sources had none.
        CredentialsError::ProviderError(_) if find_source::<ImdsError>(error).is_some() => NONE_FOUND,
        CredentialsError::ProviderTimedOut(_) => "their source did not answer in time",
        CredentialsError::InvalidConfiguration(_) => "the AWS configuration is not usable",
        _ => "their source failed",
    };
    Error::new(ErrorKind::Credentials, "aws", "credentials", message).caused_by(error.source())
}

const NONE_FOUND: &str = "none found in the environment, the AWS profile, the role of the container or instance";

fn find_source<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Returns the time, unless it is beyond the years that exist.
pub(super) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(at.subsec_nanos()).ok()?;
    Timestamp::new(at.secs(), nanoseconds).ok()
}
