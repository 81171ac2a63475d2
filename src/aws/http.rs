//! The HTTP client all SDK clients of a session share.

use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Makes a client that prepares TLS at the first `https` request and not before.
///
/// The SDK's own client reads and parses the system's root certificates each time a service client
/// is made, which takes longer than all the rest of starting up, and is in vain where the endpoint
/// is plain `http`.
pub(super) fn client() -> SharedHttpClient {
    SharedHttpClient::new(LazyTls {
        plain: Builder::new().build_http(),
        tls: Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https(),
    })
}

#[derive(Debug, Clone)]
struct LazyTls {
    plain: SharedHttpClient,
    tls: SharedHttpClient,
}

impl HttpClient for LazyTls {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(ByScheme {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.tls.connector_metadata()
    }
}

/// Chooses the connector once the request shows which one it needs. The connections live on in the
/// clients' own caches.
#[derive(Debug)]
struct ByScheme {
    clients: LazyTls,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http://") { &self.clients.plain } else { &self.clients.tls };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}
