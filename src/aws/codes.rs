//! Which kind each AWS error code is.
//!
//! The table is explicit: suffixes mislead (`DBClusterNotFoundFault` but `DBInstanceNotFound`) and
//! so does the HTTP status (some quota errors are 403). Most of the general codes are in no
//! service's model and reach us only as a code.

use super::error::ErrorKind;

/// The kind a code stands for, or `None` for a code that is not known here.
pub(super) fn kind(code: &str) -> Option<ErrorKind> {
    let kind = match code {
        code if is_throttling(code) => ErrorKind::Throttled,

        "AccessDenied"
        | "AccessDeniedException"
        | "AccountProblem"
        | "AllAccessDisabled"
        | "NotAuthorized"
        | "UnauthorizedOperation" => ErrorKind::AccessDenied,

        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => ErrorKind::Credentials,

        "DBClusterAutomatedBackupNotFoundFault"
        | "DBClusterEndpointNotFoundFault"
        | "DBClusterNotFoundFault"
        | "DBClusterParameterGroupNotFound"
        | "DBClusterRoleNotFound"
        | "DBInstanceRoleNotFound"
        | "DBClusterSnapshotNotFoundFault"
        | "DBInstanceAutomatedBackupNotFound"
        | "DBInstanceNotFound"
        | "DBParameterGroupNotFound"
        | "DBProxyNotFoundFault"
        | "DBProxyTargetGroupNotFoundFault"
        | "DBProxyTargetNotFoundFault"
        | "DBSecurityGroupNotFound"
        | "DBSnapshotNotFound"
        | "DBSubnetGroupNotFoundFault"
        | "GlobalClusterNotFoundFault"
        | "NoSuchBucket"
        | "NoSuchChange"
        | "NoSuchHostedZone"
        | "NoSuchKey"
        | "NotFound"
        | "NotFoundException"
        | "ObjectNotFoundException"
        | "OptionGroupNotFoundFault"
        | "ResourceNotFoundException"
        | "ResourceNotFoundFault" => ErrorKind::NotFound,

        "DBClusterAlreadyExistsFault"
        | "DBClusterEndpointAlreadyExistsFault"
        | "DBClusterRoleAlreadyExists"
        | "DBInstanceRoleAlreadyExists"
        | "DBClusterSnapshotAlreadyExistsFault"
        | "DBInstanceAlreadyExists"
        | "DBProxyTargetAlreadyRegisteredFault"
        | "DBSnapshotAlreadyExists"
        | "ResourceExistsException" => ErrorKind::AlreadyExists,

        "ConcurrentUpdateException"
        | "InvalidDBClusterEndpointStateFault"
        | "InvalidDBClusterSnapshotStateFault"
        | "InvalidDBClusterStateFault"
        | "InvalidDBInstanceState"
        | "InvalidDBProxyStateFault"
        | "InvalidDBSnapshotState"
        | "InvalidDBSubnetGroupStateFault"
        | "InvalidGlobalClusterStateFault"
        | "InvalidObjectState"
        | "InvalidRequestException"
        | "InvalidResourceStateFault"
        | "PreconditionFailed"
        | "PreconditionNotMetException" => ErrorKind::InvalidState,

        // S3 redirects, or calls the signature malformed, when the bucket is in another region.
        "AuthorizationHeaderMalformed"
        | "CertificateNotFound"
        | "InvalidAction"
        | "InvalidArgument"
        | "InvalidArnException"
        | "InvalidBucketName"
        | "InvalidChangeBatch"
        | "InvalidDomainName"
        | "InvalidInput"
        | "InvalidParameterCombination"
        | "InvalidParameterException"
        | "InvalidParameterValue"
        | "InvalidRequest"
        | "InvalidRestoreFault"
        | "InvalidSubnet"
        | "InvalidVPCNetworkStateFault"
        | "MalformedQueryString"
        | "MissingParameter"
        | "NetworkTypeNotSupported"
        | "PermanentRedirect"
        | "PointInTimeRestoreNotEnabled"
        | "StorageTypeNotSupported"
        | "ValidationError"
        | "ValidationException"
        | "VpcEncryptionControlViolationException" => ErrorKind::InvalidParameter,

        // In Secrets Manager a quota, although the SDK counts the code among the throttling ones.
        "DBClusterEndpointQuotaExceededFault"
        | "DBClusterQuotaExceededFault"
        | "DBClusterRoleQuotaExceeded"
        | "DBInstanceRoleQuotaExceeded"
        | "InstanceQuotaExceeded"
        | "LimitExceededException"
        | "SnapshotQuotaExceeded"
        | "StorageQuotaExceeded" => ErrorKind::Quota,

        "DBSubnetGroupDoesNotCoverEnoughAZs"
        | "InsufficientAvailableIPsInSubnetFault"
        | "InsufficientDBClusterCapacityFault"
        | "InsufficientDBInstanceCapacity"
        | "InsufficientStorageClusterCapacity" => ErrorKind::Capacity,

        // S3 passes on what KMS answered it, with this prefix.
        code if code.starts_with("KMS.") => ErrorKind::EncryptionKey,
        "DecryptionFailure" | "EncryptionFailure" | "KMSKeyNotAccessibleFault" => ErrorKind::EncryptionKey,

        "RequestTimeout" | "RequestTimeoutException" => ErrorKind::Timeout,

        "NotImplemented" => ErrorKind::Unsupported,

        // Two writes at the same time: S3 carried this one out not at all, and asks for it again.
        "ClientUnavailable"
        | "ConditionalRequestConflict"
        | "DependencyTimeoutException"
        | "OperationAborted"
        | "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceErrorException"
        | "KMSInternalException"
        | "InternalServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => ErrorKind::Service,

        _ => return None,
    };
    Some(kind)
}

/// Whether AWS refused the request for its rate alone: then, and only then, it certainly did
/// nothing.
pub(super) fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "BandwidthLimitExceeded"
            | "EC2ThrottledException"
            | "PriorRequestNotComplete"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "TransactionInProgressException"
    )
}
