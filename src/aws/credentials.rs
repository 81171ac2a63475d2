//! Credentials, resolved once and early.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

/// How long all sources together may take: assuming a role through SSO is slow, a metadata address
/// that leads nowhere must not be.
const DEADLINE: Duration = Duration::from_secs(20);

/// Ask anew this long before expiry; longer than the SDK's own margin, which therefore never meets
/// stale ones here.
const MARGIN: Duration = Duration::from_secs(300);

/// A provider that keeps what its source gave until it is about to expire.
///
/// The SDK caches only for its service clients. With this, checking for credentials at the start,
/// the first call, and each database login token cost one resolution between them: no second MFA
/// prompt, STS call or metadata request.
#[derive(Debug)]
pub(super) struct Remembered {
    source: SharedCredentialsProvider,
    kept: Mutex<Option<Credentials>>,
}

impl Remembered {
    pub(super) fn new(source: SharedCredentialsProvider) -> Self {
        Self { source, kept: Mutex::new(None) }
    }

    async fn credentials(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| is_fresh(credentials)) {
            return Ok(credentials.clone());
        }
        let credentials = tokio::time::timeout(DEADLINE, self.source.provide_credentials())
            .await
            .map_err(|_| CredentialsError::provider_timed_out(DEADLINE))??;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for Remembered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

fn is_fresh(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug)]
    struct Counting {
        asked: Arc<AtomicUsize>,
        expiry: Option<SystemTime>,
    }

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.asked.fetch_add(1, Ordering::SeqCst);
            future::ProvideCredentials::ready(Ok(Credentials::new("AKID", "key", None, self.expiry, "test")))
        }
    }

    async fn asked_in_two_uses(expiry: Option<SystemTime>) -> usize {
        let asked = Arc::new(AtomicUsize::new(0));
        let source = Counting { asked: Arc::clone(&asked), expiry };
        let remembered = Remembered::new(SharedCredentialsProvider::new(source));
        for _ in 0..2 {
            remembered.provide_credentials().await.expect("the source always has some");
        }
        asked.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn lasting_credentials_are_asked_for_once() {
        assert_eq!(asked_in_two_uses(None).await, 1);
        assert_eq!(asked_in_two_uses(Some(SystemTime::now() + Duration::from_secs(3600))).await, 1);
    }

    #[tokio::test]
    async fn expiring_credentials_are_renewed() {
        assert_eq!(asked_in_two_uses(Some(SystemTime::UNIX_EPOCH)).await, 2);
        assert_eq!(asked_in_two_uses(Some(SystemTime::now() + MARGIN / 2)).await, 2);
    }

    #[derive(Debug)]
    struct Never;

    impl ProvideCredentials for Never {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_hangs_is_given_up() {
        let remembered = Remembered::new(SharedCredentialsProvider::new(Never));
        let error = remembered.provide_credentials().await.expect_err("nobody answers");
        assert!(matches!(error, CredentialsError::ProviderTimedOut(_)), "{error:?}");
    }
}
