//! The application's health pages, asked over the one HTTP stack.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

/// A page that is not healthy, and why.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("GET {url}: {why}")]
pub struct Unhealthy {
    /// The page.
    pub url: String,
    /// The status answered, or why there was none.
    pub why: String,
}

/// Asks pages.
#[async_trait]
pub trait Http: Send + Sync {
    /// Succeeds when `url` answers with a status of the 200s within `timeout`.
    async fn healthy(&self, url: &Url, timeout: Duration) -> Result<(), Unhealthy>;
}

/// Asks real pages; certificates are checked against the operating system's authorities.
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl HttpClient {
    /// A client. Fails when the operating system's certificate authorities cannot be read.
    pub fn new() -> std::io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector) })
    }
}

#[async_trait]
impl Http for HttpClient {
    async fn healthy(&self, url: &Url, timeout: Duration) -> Result<(), Unhealthy> {
        let unhealthy = |why: String| Unhealthy { url: url.to_string(), why };
        let uri = url.as_str().parse().map_err(|error| unhealthy(format!("not a usable address: {error}")))?;
        match tokio::time::timeout(timeout, self.client.get(uri)).await {
            Err(_) => Err(unhealthy(format!("no answer within {} s", timeout.as_secs_f64()))),
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                Err(unhealthy(cause))
            }
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(unhealthy(format!("status {}", response.status().as_u16()))),
        }
    }
}
