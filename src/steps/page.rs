//! A page of the application that tells whether it is well.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::world::World;
use crate::http::{Unhealthy, Wanted};

/// A page, and what it must answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The status; absent means every one of the 200s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What must stand in its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How long it may take, in milliseconds.
    pub within_ms: u64,
}

impl Page {
    /// The page in words: `GET https://api.example.com/health`.
    #[must_use]
    pub fn words(&self) -> String {
        let status = self.status.map(|status| format!(" answers {status}")).unwrap_or_default();
        let body = self.body.as_ref().map(|body| format!(" with `{body}`")).unwrap_or_default();
        format!("GET {}{status}{body}", self.url)
    }

    /// Asks it.
    ///
    /// # Errors
    /// When it does not answer as it must.
    pub async fn ask(&self, world: &World) -> Result<(), Unhealthy> {
        let Self { url, status, body, within_ms } = self;
        let wanted = Wanted { status: *status, body: body.clone(), within: Duration::from_millis(*within_ms) };
        world.http.healthy(url, &wanted).await
    }
}
