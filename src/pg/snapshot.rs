//! Several sessions that see one snapshot.
//!
//! The first session opens a repeatable-read transaction and exports its snapshot, the others
//! import it. Where that is not possible (a pooler that scatters sessions, no connection slot left)
//! the first session alone does all the work: fewer lanes, the same snapshot.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Login;
use super::answer::{self, Answer};
use super::error::{Error, ErrorKind};
use super::identity::{Landed, landed};
use super::session::{Limits, Session, milliseconds};

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Every question starts from this savepoint and leaves nothing behind: neither a failed
/// transaction nor a setting.
const SAVEPOINT: &str = "SAVEPOINT daybreak";
const BACK: &str = "ROLLBACK TO SAVEPOINT daybreak";

/// A snapshot of one database and the sessions that see it.
pub(super) struct Snapshot {
    lanes: Mutex<Lanes>,
    free: Semaphore,
    landed: Landed,
}

/// The lanes that are not on loan, and how many there are in all.
struct Lanes {
    idle: Vec<Lane>,
    all: usize,
}

/// One session inside the snapshot.
pub(super) struct Lane {
    session: Session,
    /// The role's own search path, under which the profile's questions are asked. daybreak's run
    /// under an empty one.
    search_path: String,
}

/// A lane on loan; dropping it gives it back.
pub(super) struct Taken<'a> {
    snapshot: &'a Snapshot,
    lane: Option<Lane>,
    permit: Option<SemaphorePermit<'a>>,
}

impl Snapshot {
    /// Logs in and takes a snapshot that up to `width` sessions share.
    pub(super) async fn open(
        login: &Login,
        tls: &MakeRustlsConnect,
        application_name: &str,
        limits: Limits,
        width: usize,
    ) -> Result<Self, Error> {
        let (first, landed) = Lane::open(login, tls, application_name, limits).await?;
        first.session.run("begin the snapshot", BEGIN).await?;
        let mut lanes = Vec::with_capacity(width);
        if width > 1 {
            match first.export().await {
                Ok(id) => {
                    let others = (1..width).map(|_| Lane::join(login, tls, application_name, limits, &id, &landed));
                    lanes.extend(join_all(others).await.into_iter().flatten());
                }
                // A failed export spoils the transaction.
                Err(_) => first.session.run("begin the snapshot anew", &format!("ROLLBACK; {BEGIN}")).await?,
            }
        }
        first.session.run("set a savepoint", SAVEPOINT).await?;
        lanes.push(first);
        let all = lanes.len();
        Ok(Self { lanes: Mutex::new(Lanes { idle: lanes, all }), free: Semaphore::new(all), landed })
    }

    /// Returns where the first session landed.
    pub(super) fn landed(&self) -> &Landed {
        &self.landed
    }

    /// Waits for a free lane. Those who wait are served in order.
    pub(super) async fn take(&self) -> Taken<'_> {
        // The semaphore is never closed and counts the idle lanes, so permit and lane are there.
        let permit = self.free.acquire().await.ok();
        let lane = self.lanes().idle.pop();
        Taken { snapshot: self, lane, permit }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the transactions and logs out.
    pub(super) async fn close(self) {
        let lanes = self.lanes.into_inner().unwrap_or_else(PoisonError::into_inner);
        join_all(lanes.idle.into_iter().map(|lane| lane.session.close())).await;
    }
}

impl Lane {
    async fn open(
        login: &Login,
        tls: &MakeRustlsConnect,
        application_name: &str,
        limits: Limits,
    ) -> Result<(Self, Landed), Error> {
        let session = Session::open(login, tls, application_name, limits).await?;
        let landed = landed(&session).await?;
        let doing = "set the search path";
        let sql = "SELECT pg_catalog.current_setting('search_path'), pg_catalog.set_config('search_path', '', false)";
        let row = session.one(doing, sql, &[]).await?;
        let search_path = row.try_get(0).map_err(|error| Error::statement(doing, error))?;
        Ok((Self { session, search_path }, landed))
    }

    /// Opens one more session inside an exported snapshot.
    async fn join(
        login: &Login,
        tls: &MakeRustlsConnect,
        application_name: &str,
        limits: Limits,
        id: &str,
        first: &Landed,
    ) -> Result<Self, Error> {
        let (lane, landed) = Self::open(login, tls, application_name, limits).await?;
        let doing = "import the snapshot";
        if !landed.same_server(first) {
            return Err(Error::new(ErrorKind::Other, doing, "the session landed on another server"));
        }
        let sql = format!("{BEGIN}; SET TRANSACTION SNAPSHOT '{id}'; {SAVEPOINT}");
        lane.session.run(doing, &sql).await?;
        Ok(lane)
    }

    async fn export(&self) -> Result<String, Error> {
        let doing = "export the snapshot";
        let row = self.session.one(doing, "SELECT pg_catalog.pg_export_snapshot()", &[]).await?;
        let id: String = row.try_get(0).map_err(|error| Error::statement(doing, error))?;
        // It is spliced into a statement that takes no parameters.
        if id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            Ok(id)
        } else {
            Err(Error::new(ErrorKind::Other, doing, "the snapshot's name is not of the known form"))
        }
    }
}

impl Taken<'_> {
    fn lane(&self) -> Result<&Lane, Error> {
        self.lane.as_ref().ok_or_else(|| Error::new(ErrorKind::Other, "take a session", "none is left"))
    }

    /// Returns all rows of one of daybreak's own statements.
    pub(super) async fn rows(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        let session = &self.lane()?.session;
        let rows = session.rows(doing, sql, parameters).await;
        if rows.is_err() {
            // Should this fail too, the next question meets a lost connection and says so.
            let _ = session.run(doing, BACK).await;
        }
        rows
    }

    /// Returns the rows of one of daybreak's own statements, bounded by `limit` in place of the
    /// session's timeout.
    pub(super) async fn rows_within(&self, limit: Duration, doing: &str, sql: &str) -> Result<Vec<Row>, Error> {
        let session = &self.lane()?.session;
        let rows = async {
            session.one(doing, TIMEOUT, &[(&milliseconds(limit), Type::TEXT)]).await?;
            session.rows(doing, sql, &[]).await
        }
        .await;
        let _ = session.run(doing, BACK).await;
        rows
    }

    /// Asks a question of the profile, under the role's own search path.
    pub(super) async fn ask(&self, doing: &str, query: &str, limit: Option<Duration>) -> Result<Answer, Error> {
        let Lane { session, search_path } = self.lane()?;
        let limit = limit.unwrap_or(session.limits().statement);
        let answer = async {
            let settings: [(&(dyn ToSql + Sync), Type); 2] =
                [(&milliseconds(limit), Type::TEXT), (search_path, Type::TEXT)];
            session.one(doing, TIMEOUT_AND_PATH, &settings).await?;
            answer::ask(session, doing, query, limit).await
        }
        .await;
        let _ = session.run(doing, BACK).await;
        answer
    }
}

const TIMEOUT: &str = "SELECT pg_catalog.set_config('statement_timeout', $1, true)";
const TIMEOUT_AND_PATH: &str = "SELECT pg_catalog.set_config('statement_timeout', $1, true), \
                                pg_catalog.set_config('search_path', $2, true)";

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        let mut lanes = self.snapshot.lanes();
        // A lost session would fail every question to come; it is kept only as the last, for those
        // who wait to hear of it.
        if lane.session.is_lost() && lanes.all > 1 {
            lanes.all -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        } else {
            lanes.idle.push(lane);
        }
    }
}
