//! When the SDK may send a request again that creates something.
//!
//! No creating call of RDS carries an idempotency token. Sent twice after a lost answer, the second
//! one fails with "exists already", which hides that the first one succeeded. So for such calls the
//! SDK repeats only what AWS refused for its rate, because then it certainly did nothing; any other
//! failure goes up to a caller who looks at the world first.

use std::marker::PhantomData;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::codes;

/// Forbids repetition unless the operation's error `E` is a throttling one.
#[derive(Debug)]
pub(super) struct OnlyIfThrottled<E>(PhantomData<fn(E)>);

impl<E> OnlyIfThrottled<E> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E> ClassifyRetry for OnlyIfThrottled<E>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code =
            error.as_operation_error().and_then(|error| error.downcast_ref::<E>()).and_then(|error| error.code());
        if code.is_some_and(codes::is_throttling) {
            RetryAction::throttling_error()
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "repeat only if throttled"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
