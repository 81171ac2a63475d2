//! When the SDK sends a conditional write again.

use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Two conditional writes of one object at the same time: S3 carried out neither this one nor its condition, and asks for it
/// again (HTTP 409). The SDK by itself takes it for a final answer.
const CONFLICT: &str = "ConditionalRequestConflict";

/// Has a write repeated that met another one under way.
#[derive(Debug)]
pub(super) struct RepeatConflicts;

impl ClassifyRetry for RepeatConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code = error.as_operation_error().and_then(|error| error.downcast_ref::<PutObjectError>()?.code());
        if code == Some(CONFLICT) { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "repeat conflicting conditional writes"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
