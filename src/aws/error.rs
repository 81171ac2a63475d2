//! The one error model for everything AWS answers, or fails to answer.
//!
//! An [`Error`] is plain data: which call, AWS's own code and message, the request id, and a
//! [`ErrorKind`] that callers decide on. It never holds a response body, a request body, or an SDK
//! type, so printing it in any form can show no secret. Kinds come from codes (`codes.rs`)
//! and from how the transport failed; message texts are never matched.

use std::fmt;

use super::codes;

/// What a failed call means to the caller, independent of service and wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// AWS asks to be called less often; nothing was done.
    Throttled,
    /// The identity is known, but not allowed to make this call.
    AccessDenied,
    /// There are no usable credentials: none found, expired, or rejected by AWS.
    Credentials,
    /// What the call names does not exist.
    NotFound,
    /// What the call would create exists already.
    AlreadyExists,
    /// The resource's present state forbids the call; a later one may be accepted.
    InvalidState,
    /// The request itself is wrong and will stay wrong.
    InvalidParameter,
    /// A limit of the account is reached; a person must raise it or make room.
    Quota,
    /// AWS has no capacity for what was asked; another class, zone or subnet may have.
    Capacity,
    /// A KMS key in the way of the call is disabled, gone, or not ours to use.
    EncryptionKey,
    /// What answers under the service's address does not implement the call, or something it asks for.
    Unsupported,
    /// No connection to the service could be made, or it broke before an answer came.
    Unreachable,
    /// No answer came in time; the request may have been carried out.
    Timeout,
    /// AWS failed on its side.
    Service,
    /// Anything else, including answers that make no sense.
    Other,
}

/// A failed call to AWS, or a failure to get as far as a call.
///
/// `Display` is one fragment, `rds DeleteDBCluster: InvalidDBClusterStateFault: … (request id …)`,
/// without the causes; those follow through [`std::error::Error::source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// IAM's prefix of the service, such as `rds`; `aws` when the failure came before any service
    /// was called.
    pub service: &'static str,
    /// The API's name of the operation, such as `RestoreDBClusterToPointInTime`.
    pub operation: &'static str,
    /// AWS's error code, exactly as on the wire, if AWS answered.
    pub code: Option<String>,
    /// What went wrong: AWS's message, or ours where AWS said nothing.
    pub message: String,
    /// The id AWS support asks for, if AWS answered.
    pub request_id: Option<String>,
    /// What it means.
    pub kind: ErrorKind,
    cause: Option<Box<Cause>>,
}

impl Error {
    /// An error that no AWS code stands behind.
    pub fn new(kind: ErrorKind, service: &'static str, operation: &'static str, message: impl Into<String>) -> Self {
        Self { service, operation, code: None, message: message.into(), request_id: None, kind, cause: None }
    }

    /// An error that AWS answered with; the kind follows from the code.
    pub fn answered(
        service: &'static str,
        operation: &'static str,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let code = code.into();
        let kind = codes::kind(&code).unwrap_or(ErrorKind::Other);
        Self { code: Some(code), ..Self::new(kind, service, operation, message) }
    }

    pub(super) fn with_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
    }

    pub(super) fn with_request_id(self, request_id: Option<String>) -> Self {
        Self { request_id, ..self }
    }

    pub(super) fn caused_by(self, error: Option<&(dyn std::error::Error + 'static)>) -> Self {
        Self { cause: error.map(Cause::copied_from).map(Box::new), ..self }
    }

    /// Whether the same request may succeed later although nothing is changed in the meantime.
    ///
    /// [`ErrorKind::InvalidState`] is not among these: whether waiting helps depends on the state,
    /// which must be observed first. After [`ErrorKind::Timeout`], [`ErrorKind::Unreachable`] and
    /// [`ErrorKind::Service`] the request may have been carried out, so observe before repeating
    /// one that creates something.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, ErrorKind::Throttled | ErrorKind::Service | ErrorKind::Timeout | ErrorKind::Unreachable)
    }

    /// The IAM action of the call, such as `rds:RestoreDBClusterToPointInTime`.
    pub fn action(&self) -> String {
        // Of the calls made, these are the ones whose action is named otherwise.
        let action = match (self.service, self.operation) {
            ("s3", "HeadBucket" | "ListObjectsV2") => "ListBucket",
            (_, operation) => operation,
        };
        format!("{}:{action}", self.service)
    }

    /// What the reader can do about it, where that can be said in general.
    pub fn hint(&self) -> Option<String> {
        match self.kind {
            ErrorKind::AccessDenied if self.service == "s3" => Some(format!(
                "allow {} to the identity daybreak runs as; where a KMS key encrypts the bucket, also \
                 kms:GenerateDataKey and kms:Decrypt with that key",
                self.action()
            )),
            ErrorKind::EncryptionKey if self.service == "s3" => Some(
                "the KMS key that encrypts the bucket must be enabled and let this identity use it \
                 (kms:GenerateDataKey, kms:Decrypt)"
                    .to_owned(),
            ),
            ErrorKind::InvalidParameter
                if matches!(self.code.as_deref(), Some("PermanentRedirect" | "AuthorizationHeaderMalformed")) =>
            {
                Some("the bucket is in another region, which S3 did not name: give it with --region".to_owned())
            }
            ErrorKind::AccessDenied => Some(format!("allow {} to the identity daybreak runs as", self.action())),
            ErrorKind::Credentials => Some(match self.code {
                None => "set AWS_PROFILE or --profile, or log in (`aws sso login`), \
                         or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .to_owned(),
                Some(_) => "the credentials were found but AWS rejects them: log in again or renew them, \
                            and check the clock and that the region is enabled for the account"
                    .to_owned(),
            }),
            ErrorKind::Throttled => {
                Some("other callers in the account use up its API rate; try again in a minute".to_owned())
            }
            ErrorKind::Quota => {
                Some("raise the quota in Service Quotas, or remove what is no longer needed".to_owned())
            }
            ErrorKind::Capacity => Some("choose another instance class, or a subnet group with more zones".to_owned()),
            ErrorKind::EncryptionKey => Some(
                "the KMS key must be enabled and its policy must let this identity use it \
                 (kms:DescribeKey, kms:CreateGrant, kms:Decrypt)"
                    .to_owned(),
            ),
            ErrorKind::InvalidParameter if (self.service, self.operation) == ("aws", "region") => {
                Some("give --region, or set AWS_REGION or a region in the AWS profile".to_owned())
            }
            ErrorKind::Unreachable => {
                Some("check the network, the region's name, and AWS_ENDPOINT_URL if it is set".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.service, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// The words of a foreign error chain, without its values: an SDK error can carry a whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cause {
    message: String,
    cause: Option<Box<Self>>,
}

impl Cause {
    fn copied_from(error: &(dyn std::error::Error + 'static)) -> Self {
        Self { message: error.to_string(), cause: error.source().map(|next| Box::new(Self::copied_from(next))) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[derive(Debug)]
    struct Foreign {
        message: &'static str,
        source: Option<Box<Self>>,
    }

    impl fmt::Display for Foreign {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.message)
        }
    }

    impl std::error::Error for Foreign {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.source.as_deref().map(|source| source as _)
        }
    }

    #[test]
    fn display_is_one_fragment_and_the_chain_follows() {
        let inner = Foreign { message: "connection refused", source: None };
        let outer = Foreign { message: "error trying to connect", source: Some(Box::new(inner)) };
        let error = Error::new(ErrorKind::Unreachable, "rds", "DescribeDBClusters", "the service cannot be reached")
            .caused_by(Some(&outer));
        assert_eq!(error.to_string(), "rds DescribeDBClusters: the service cannot be reached");
        let first = error.source().expect("the outer cause");
        assert_eq!(first.to_string(), "error trying to connect");
        let second = first.source().expect("the inner cause");
        assert_eq!((second.to_string().as_str(), second.source().is_none()), ("connection refused", true));
    }

    #[test]
    fn answered_errors_are_classified_by_their_code() {
        let error = Error::answered("rds", "CreateDBInstance", "DBInstanceAlreadyExists", "DB instance already exists");
        assert_eq!(error.kind, ErrorKind::AlreadyExists);
        assert_eq!(error.to_string(), "rds CreateDBInstance: DBInstanceAlreadyExists: DB instance already exists");
        let error = Error::answered("rds", "CreateDBInstance", "NewFault", "AlreadyExists, it says");
        assert_eq!(error.kind, ErrorKind::Other, "texts are not matched");
    }

    #[test]
    fn what_can_be_advised_is() {
        let advised = [
            ErrorKind::AccessDenied,
            ErrorKind::Credentials,
            ErrorKind::Throttled,
            ErrorKind::Quota,
            ErrorKind::Capacity,
            ErrorKind::EncryptionKey,
            ErrorKind::Unreachable,
        ];
        for kind in advised {
            assert!(Error::new(kind, "rds", "X", "m").hint().is_some(), "{kind:?}");
        }
        assert!(Error::new(ErrorKind::NotFound, "rds", "X", "m").hint().is_none());
    }
}
