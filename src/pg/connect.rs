//! Dialling, TLS and authentication, with each failure told apart.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Login;
use super::error::{Error, ErrorKind};
use super::stage::{Reached, Stage, Watched};
use super::tls;

/// After this long without an acknowledgement a dead peer is noticed, even in the middle of a long
/// query.
const DEAD_PEER: Duration = Duration::from_secs(30);

/// What most often is the matter with credentials that look right.
const CREDENTIALS: &str = "a restored cluster knows passwords as they were at the restored moment; an IAM token needs \
                           `GRANT rds_iam` to the role and rds-db:connect for this very cluster's resource id";

/// An authenticated connection and the task that drives it; dropping it ends both.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) driver: Driver,
}

/// The task that moves bytes for a client. Dropping it closes the socket.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    /// Waits until the connection has ended by itself.
    pub(super) async fn ended(mut self) {
        // The only error of a join is a panic or an abort, and both have ended the connection.
        let _ = (&mut self.0).await;
    }

    /// Closes the socket at once.
    pub(super) fn abort(&self) {
        self.0.abort();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Logs in within the login's connect timeout.
pub(super) async fn connect(
    login: &Login,
    tls: &MakeRustlsConnect,
    application_name: &str,
) -> Result<Connected, Error> {
    let reached = Reached::default();
    match timeout(login.connect_timeout, attempt(login, tls, application_name, &reached)).await {
        Ok(result) => result,
        Err(_) => {
            let waiting_for = match reached.stage() {
                Stage::Dialling => "the address to answer",
                Stage::Handshake => "the TLS handshake",
                Stage::Secured => "the server to accept the login",
            };
            let seconds = login.connect_timeout.as_secs_f64();
            let message = format!("waited {seconds} s for {waiting_for}");
            let error = Error::new(ErrorKind::Timeout, login.doing(), message);
            Err(match reached.stage() {
                Stage::Dialling => error.with_hint(
                    "a silent address is most often a security group or route that does not let this machine in",
                ),
                Stage::Handshake | Stage::Secured => error,
            })
        }
    }
}

async fn attempt(
    login: &Login,
    tls: &MakeRustlsConnect,
    application_name: &str,
    reached: &Reached,
) -> Result<Connected, Error> {
    let mut last = None;
    for address in resolve(login).await? {
        let mut config = Config::new();
        config
            .host(&login.host)
            .hostaddr(address.ip())
            .port(address.port())
            .user(&login.user)
            .password(login.password.expose_secret())
            .dbname(&login.database)
            .application_name(application_name)
            .ssl_mode(SslMode::Require)
            .tcp_user_timeout(DEAD_PEER)
            .keepalives_idle(DEAD_PEER);
        match config.connect(Watched::new(tls.clone(), reached.clone())).await {
            Ok((client, connection)) => {
                // An error of the connection reaches whoever waits for an answer as a closed
                // connection.
                let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
                return Ok(Connected { client, driver });
            }
            // Another address is worth trying only if this one was not there at all.
            Err(error) if reached.stage() == Stage::Dialling => last = Some(error),
            Err(error) => return Err(explain(login, error, reached.stage())),
        }
    }
    Err(match last {
        Some(error) => explain(login, error, Stage::Dialling),
        None => Error::new(ErrorKind::Unreachable, login.doing(), "the host name has no address"),
    })
}

async fn resolve(login: &Login) -> Result<Vec<SocketAddr>, Error> {
    match tokio::net::lookup_host(login.dialled()).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(Error::new(ErrorKind::Unreachable, login.doing(), "the host name does not resolve")
            .with_source(error)
            .with_hint("an Aurora endpoint resolves only once the cluster has an instance")),
    }
}

/// Says why an attempt failed at `stage`.
fn explain(login: &Login, error: tokio_postgres::Error, stage: Stage) -> Error {
    let doing = login.doing();
    if let Some(answer) = error.as_db_error() {
        let mut explained = Error::answered(doing, answer);
        match explained.kind {
            ErrorKind::Query => explained.kind = ErrorKind::Other,
            ErrorKind::Authentication => explained.hint = Some(CREDENTIALS.to_owned()),
            _ => {}
        }
        return explained;
    }
    let io = cause::<io::Error>(&error).map(io::Error::kind);
    let fault = tls_fault(&error);
    match (stage, io) {
        (Stage::Dialling, Some(io::ErrorKind::ConnectionRefused)) => {
            Error::new(ErrorKind::Refused, doing, "nothing listens on that port")
        }
        (Stage::Dialling, Some(_)) => Error::new(ErrorKind::Unreachable, doing, "the address cannot be reached"),
        (Stage::Dialling, None) => {
            return Error::new(ErrorKind::Tls, doing, "the server does not offer TLS")
                .with_hint("a password is never sent in the clear: switch TLS on at the server");
        }
        (Stage::Handshake, _) => {
            let (message, hint) = fault.map_or_else(
                || ("the TLS handshake was cut off".to_owned(), None),
                |fault| tls::explain(fault, &login.host),
            );
            let mut explained = Error::new(ErrorKind::Tls, doing, message);
            explained.hint = hint;
            explained
        }
        (Stage::Secured, Some(_)) => {
            Error::new(ErrorKind::Unreachable, doing, "the server closed the connection during the login")
        }
        (Stage::Secured, None) => Error::new(ErrorKind::Authentication, doing, "the login could not be completed"),
    }
    .with_source(error)
}

/// Returns the first cause of a type, at any depth.
fn cause<T: StdError + 'static>(error: &tokio_postgres::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(found) = this.downcast_ref::<T>() {
            return Some(found);
        }
        cause = this.source();
    }
    None
}

/// Returns what rustls complained of: it travels inside an `io::Error`, whose `source` skips it.
fn tls_fault(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    cause::<io::Error>(error)?.get_ref()?.downcast_ref()
}
