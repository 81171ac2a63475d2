//! How far a connection attempt got.
//!
//! The client library tells a failed handshake from a failed login by text alone, and text is not
//! matched on: the connector notes the stage instead.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio_postgres::Socket;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

type Inner = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
/// The encrypted stream of a connection.
pub(super) type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// The stages of a connection attempt, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Dialling, and asking whether the server offers TLS.
    Dialling,
    /// In the TLS handshake.
    Handshake,
    /// Encrypted: what follows is authentication.
    Secured,
}

/// The stage that an attempt has reached, shared with the connector that moves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached(Arc<AtomicU8>);

impl Reached {
    fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    pub(super) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::Dialling,
            1 => Stage::Handshake,
            _ => Stage::Secured,
        }
    }
}

/// A TLS connector that notes the stage reached.
pub(super) struct Watched {
    inner: MakeRustlsConnect,
    reached: Reached,
}

impl Watched {
    pub(super) fn new(inner: MakeRustlsConnect, reached: Reached) -> Self {
        Self { inner, reached }
    }
}

impl MakeTlsConnect<Socket> for Watched {
    type Stream = Stream;
    type TlsConnect = WatchedConnect;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<WatchedConnect, Self::Error> {
        let inner = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.inner, host)?;
        Ok(WatchedConnect { inner, reached: self.reached.clone() })
    }
}

/// One handshake that notes the stage reached.
pub(super) struct WatchedConnect {
    inner: Inner,
    reached: Reached,
}

impl TlsConnect<Socket> for WatchedConnect {
    type Stream = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        self.reached.set(Stage::Handshake);
        let handshake = self.inner.connect(socket);
        Box::pin(async move {
            let stream = handshake.await?;
            self.reached.set(Stage::Secured);
            Ok(stream)
        })
    }
}
