//! A bounded, read-only session.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Login;
use super::connect::{Connected, Driver, connect};
use super::error::{Error, ErrorKind};

/// What is added to a statement timeout before the client itself gives up: the server should be the
/// one to say so.
const GRACE: Duration = Duration::from_secs(10);

/// How long a polite goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long statements and locks may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) statement: Duration,
    pub(super) lock: Duration,
}

impl Limits {
    /// Limits for a session that asks small questions only: all within the login's connect timeout.
    pub(super) fn brief(login: &Login) -> Self {
        Self { statement: login.connect_timeout, lock: login.connect_timeout }
    }
}

/// One logged-in session. It cannot write, and no statement outlives its limits.
pub(super) struct Session {
    pub(super) client: tokio_postgres::Client,
    driver: Driver,
    limits: Limits,
}

impl Session {
    /// Logs in and binds the session.
    pub(super) async fn open(
        login: &Login,
        tls: &MakeRustlsConnect,
        application_name: &str,
        limits: Limits,
    ) -> Result<Self, Error> {
        let Connected { client, driver } = connect(login, tls, application_name).await?;
        let session = Self { client, driver, limits };
        let statement = milliseconds(limits.statement);
        let lock = milliseconds(limits.lock);
        // Set by a statement and not by the startup packet's `options`, which poolers and RDS Proxy
        // refuse.
        session
            .one("bind the session", include_str!("sql/session.sql"), &[(&statement, Type::TEXT), (&lock, Type::TEXT)])
            .await?;
        Ok(session)
    }

    /// Says goodbye, so that the server's log does not speak of a lost client.
    pub(super) async fn close(self) {
        let Self { client, driver, .. } = self;
        drop(client);
        // If the goodbye is not taken in time, dropping the driver closes the socket.
        let _ = timeout(GOODBYE, driver.ended()).await;
    }

    /// Waits for `work`, and cuts the connection if it outlives `limit` by the grace.
    pub(super) async fn bounded<T>(
        &self,
        doing: &str,
        limit: Duration,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        match timeout(limit + GRACE, work).await {
            Ok(result) => result.map_err(|error| Error::statement(doing, error)),
            Err(_) => {
                // The protocol is now between two messages, so the session is of no more use.
                self.driver.abort();
                let message = format!("no answer came within {} s", (limit + GRACE).as_secs());
                Err(Error::new(ErrorKind::Timeout, doing, message))
            }
        }
    }

    /// Returns all rows of a statement.
    pub(super) async fn rows(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        self.bounded(doing, self.limits.statement, self.client.query_typed(sql, parameters)).await
    }

    /// Returns the only row of a statement.
    pub(super) async fn one(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Row, Error> {
        let mut rows = self.rows(doing, sql, parameters).await?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            _ => Err(Error::new(ErrorKind::Other, doing, "the server did not answer with one row")),
        }
    }

    /// Has the server parse and analyse a statement.
    pub(super) async fn prepare(&self, doing: &str, sql: &str) -> Result<Statement, Error> {
        self.bounded(doing, self.limits.statement, self.client.prepare(sql)).await
    }

    /// Runs statements that return nothing.
    pub(super) async fn run(&self, doing: &str, sql: &str) -> Result<(), Error> {
        self.bounded(doing, self.limits.statement, self.client.batch_execute(sql)).await
    }

    /// Says whether the connection has ended.
    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }
}

/// Renders a timeout as PostgreSQL takes it. Zero would mean "no limit" there, so the least is one
/// millisecond.
pub(super) fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_millis().clamp(1, i32::MAX as u128);
    format!("{milliseconds}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_never_rendered_as_no_limit() {
        assert_eq!(milliseconds(Duration::ZERO), "1ms");
        assert_eq!(milliseconds(Duration::from_micros(10)), "1ms");
        assert_eq!(milliseconds(Duration::from_secs(300)), "300000ms");
        assert_eq!(milliseconds(Duration::MAX), "2147483647ms");
    }
}
