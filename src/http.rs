//! The application's health pages, asked over the one HTTP stack.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Uri;
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
    /// What was answered instead, or why there was no answer.
    pub why: String,
}

/// What a page must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The status; none takes every one of the 200s.
    pub status: Option<u16>,
    /// What must stand somewhere in the first 64 KiB of the body.
    pub body: Option<String>,
    /// How long the whole answer may take.
    pub within: Duration,
}

/// Asks pages.
#[async_trait]
pub trait Http: Send + Sync {
    /// Succeeds when `url` answers as is wanted.
    async fn healthy(&self, url: &Url, wanted: &Wanted) -> Result<(), Unhealthy>;
}

/// How much of a body is looked at, in bytes.
const LOOKED_AT: usize = 64 * 1024;

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

impl HttpClient {
    async fn ask(&self, uri: Uri, wanted: &Wanted) -> Result<(), String> {
        let response = self.client.get(uri).await.map_err(|error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })?;
        let status = response.status();
        match wanted.status {
            None if !status.is_success() => return Err(format!("status {}", status.as_u16())),
            Some(code) if code != status.as_u16() => return Err(format!("status {}, not {code}", status.as_u16())),
            None | Some(_) => {}
        }
        let Some(text) = &wanted.body else { return Ok(()) };
        let body = Limited::new(response.into_body(), LOOKED_AT);
        let mut body = std::pin::pin!(body);
        let mut seen = Vec::new();
        // What is beyond the limit is not looked at: that a body is longer is no fault.
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                seen.extend_from_slice(&data);
            }
        }
        match seen.windows(text.len().max(1)).any(|part| part == text.as_bytes()) {
            true => Ok(()),
            false => Err(format!("its body does not hold `{text}`")),
        }
    }
}

#[async_trait]
impl Http for HttpClient {
    async fn healthy(&self, url: &Url, wanted: &Wanted) -> Result<(), Unhealthy> {
        let unhealthy = |why: String| Unhealthy { url: url.to_string(), why };
        let uri = url.as_str().parse().map_err(|error| unhealthy(format!("not a usable address: {error}")))?;
        match tokio::time::timeout(wanted.within, self.ask(uri, wanted)).await {
            Err(_) => Err(unhealthy(format!("no answer within {} s", wanted.within.as_secs_f64()))),
            Ok(answer) => answer.map_err(unhealthy),
        }
    }
}
