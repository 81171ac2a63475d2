//! What a server says of its own part in a replication.

use super::error::{Error, ErrorKind};
use super::session::Session;

/// A server's part in a replication, as it tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Role {
    /// Whether it only follows another, from `pg_is_in_recovery()`.
    pub in_recovery: bool,
    /// How far its write-ahead log has got, in bytes: written by a primary (`pg_current_wal_lsn()`), replayed by a replica
    /// (`pg_last_wal_replay_lsn()`). None where the server does not tell, as Aurora may not.
    pub position: Option<f64>,
    /// How many seconds ago the last commit that it replayed was made (`pg_last_xact_replay_timestamp()`).
    pub replayed_before: Option<f64>,
    /// How far each region of a global database is behind, in milliseconds (`aurora_global_db_status()`).
    pub regions: Vec<(String, Option<f64>)>,
    /// The sessions of others: neither of RDS nor of daybreak. Longest transaction first.
    pub sessions: Vec<Other>,
}

/// A session of somebody else.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// Its role.
    pub user: String,
    /// Its `application_name`.
    pub application: String,
    /// How long its transaction has been open, in seconds, where it has one and the login may see it.
    pub transaction: Option<f64>,
}

/// Asks the server for its role.
pub(super) async fn role(session: &Session) -> Result<Role, Error> {
    let doing = "ask the server for its part in the replication";
    let cell = |error| Error::statement(doing, error);
    let row = session.one(doing, include_str!("sql/replication.sql"), &[]).await?;
    let global: bool = row.try_get("global").map_err(cell)?;
    let mut role = Role {
        in_recovery: row.try_get("in_recovery").map_err(cell)?,
        replayed_before: row.try_get("replayed_before").map_err(cell)?,
        ..Role::default()
    };
    role.position = match session.one(doing, include_str!("sql/wal_position.sql"), &[]).await {
        Ok(row) => row.try_get("position").map_err(cell)?,
        // Aurora refuses these functions unless logical replication is on.
        Err(error) if error.kind == ErrorKind::Query => None,
        Err(error) => return Err(error),
    };
    if global {
        let sql = "SELECT aws_region::text, rpo_lag_in_msec::float8 FROM aurora_global_db_status()";
        match session.rows(doing, sql, &[]).await {
            Ok(rows) => {
                for row in rows {
                    role.regions.push((row.try_get(0).map_err(cell)?, row.try_get(1).map_err(cell)?));
                }
            }
            Err(error) if error.kind == ErrorKind::Query => {}
            Err(error) => return Err(error),
        }
    }
    for row in session.rows(doing, include_str!("sql/sessions.sql"), &[]).await? {
        role.sessions.push(Other {
            user: row.try_get("username").map_err(cell)?,
            application: row.try_get("application").map_err(cell)?,
            transaction: row.try_get("transaction").map_err(cell)?,
        });
    }
    Ok(role)
}
