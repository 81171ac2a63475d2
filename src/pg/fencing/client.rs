//! The real [`Fencing`]: servers over TLS.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tokio_postgres::{Row, types::Type};

use super::{Fencing, Kept, LetIn, Position, Role, Writers, statements};
use crate::pg::{Client, Error, ErrorKind, Login, session::Session};

/// A role as the server describes it.
struct Seen {
    role: Role,
    can_login: bool,
    marked: bool,
    sessions: i64,
    kept: Option<Kept>,
}

#[async_trait]
impl Fencing for Client {
    async fn writers(&self, login: &Login, named: &[String], marker: &str) -> Result<Writers, Error> {
        let session = self.brief(login).await?;
        let found = writers(&session, named, marker).await;
        session.close().await;
        found
    }

    async fn rehearse(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<Vec<(String, Error)>, Error> {
        let session = self.brief(login).await?;
        let refused = rehearse(&session, marker, roles).await;
        session.close().await;
        refused
    }

    async fn shut_out(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error> {
        let session = self.brief(login).await?;
        let shut = shut_out(&session, marker, roles).await;
        session.close().await;
        shut
    }

    async fn let_in(&self, login: &Login, marker: &str) -> Result<Vec<LetIn>, Error> {
        let session = self.brief(login).await?;
        let let_in = let_in(&session, marker).await;
        session.close().await;
        let_in
    }

    async fn seal(&self, login: &Login, marker: &str) -> Result<(), Error> {
        let session = self.brief(login).await?;
        let sql = format!("BEGIN READ WRITE; {}; COMMIT", statements::seal(marker));
        let sealed = session.run("seal the fence", &sql).await;
        session.close().await;
        sealed
    }

    async fn write(&self, login: &Login) -> Result<(), Error> {
        let session = self.brief(login).await?;
        let sql = "BEGIN READ WRITE; SELECT pg_catalog.txid_current(); ROLLBACK";
        let written = session.run("ask for a transaction id, as a client that writes does", sql).await;
        session.close().await;
        written
    }
}

async fn seen(session: &Session, named: &[String], marker: &str) -> Result<Vec<Seen>, Error> {
    let doing = "list the roles that can log in";
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&named, Type::TEXT_ARRAY), (&marker, Type::TEXT)];
    let rows = session.rows(doing, include_str!("../sql/writers.sql"), &parameters).await?;
    let read = |row: &Row| -> Result<Seen, tokio_postgres::Error> {
        let kept: Option<&str> = row.try_get("kept")?;
        Ok(Seen {
            role: Role { name: row.try_get("name")?, oid: row.try_get("oid")? },
            can_login: row.try_get("can_login")?,
            marked: row.try_get("marked")?,
            sessions: row.try_get("sessions")?,
            kept: kept.map(|kept| match kept {
                "own" => Kept::Own,
                "superuser" => Kept::Superuser,
                "replication" => Kept::Replication,
                "administrator" => Kept::Administrator,
                _ => Kept::System,
            }),
        })
    };
    rows.iter().map(|row| read(row).map_err(|error| Error::statement(doing, error))).collect()
}

async fn writers(session: &Session, named: &[String], marker: &str) -> Result<Writers, Error> {
    let seen = seen(session, named, marker).await?;
    let by_name = !named.is_empty();
    let is_named = |one: &Seen| named.contains(&one.role.name);
    let ours = |one: &&Seen| match one.kept {
        None => !by_name || is_named(one),
        Some(Kept::Administrator) => is_named(one),
        Some(_) => false,
    };
    let roles = |wanted: &dyn Fn(&&Seen) -> bool| -> Vec<Role> {
        seen.iter().filter(wanted).map(|one| one.role.clone()).collect()
    };
    let there: BTreeSet<&str> = seen.iter().map(|one| one.role.name.as_str()).collect();
    let sessions: i64 = seen.iter().filter(|one| ours(one) || one.marked).map(|one| one.sessions).sum();
    let (marker, sealed) = find_marker(session, marker).await?;
    Ok(Writers {
        open: roles(&|one| ours(one) && one.can_login),
        shut: roles(&|one| one.marked && !one.can_login),
        reopened: roles(&|one| one.marked && one.can_login),
        sessions: u64::try_from(sessions).unwrap_or(0),
        kept: seen
            .iter()
            .filter(|one| is_named(one) && !ours(one))
            .filter_map(|one| Some((one.role.name.clone(), one.kept?)))
            .collect(),
        missing: named.iter().filter(|name| !there.contains(name.as_str())).cloned().collect(),
        marker,
        sealed,
        position: position(session).await?,
    })
}

/// Whether the marker is there, and whether it is sealed.
pub(super) async fn find_marker(session: &Session, marker: &str) -> Result<(bool, bool), Error> {
    let doing = "look for the fence's marker";
    let sql = "SELECT count(*) > 0, count(pg_catalog.shobj_description(oid, 'pg_authid')) > 0 FROM pg_catalog.pg_roles \
               WHERE rolname = $1";
    let row = session.one(doing, sql, &[(&marker, Type::TEXT)]).await?;
    let read = || Ok((row.try_get(0)?, row.try_get(1)?));
    read().map_err(|error| Error::statement(doing, error))
}

async fn position(session: &Session) -> Result<Position, Error> {
    let doing = "read how far the database has got";
    let row = session.one(doing, include_str!("../sql/position.sql"), &[]).await?;
    let read = || -> Result<(bool, Position), tokio_postgres::Error> {
        let position = Position {
            at: row.try_get("at")?,
            lsn: None,
            next_transaction: row.try_get("next")?,
            inserted: row.try_get("inserted")?,
            updated: row.try_get("updated")?,
            deleted: row.try_get("deleted")?,
        };
        Ok((row.try_get("in_recovery")?, position))
    };
    let (in_recovery, position) = read().map_err(|error| Error::statement(doing, error))?;
    let function = if in_recovery { "pg_last_wal_replay_lsn" } else { "pg_current_wal_lsn" };
    let asked = session.one("read the end of the WAL", &format!("SELECT pg_catalog.{function}()::text"), &[]).await;
    // Not every engine that speaks PostgreSQL has a WAL to tell of.
    let lsn = match asked {
        Ok(row) => row.try_get(0).unwrap_or(None),
        Err(error) if error.kind == ErrorKind::Query => None,
        Err(error) => return Err(error),
    };
    Ok(Position { lsn, ..position })
}

async fn rehearse(session: &Session, marker: &str, roles: &[Role]) -> Result<Vec<(String, Error)>, Error> {
    session.run("begin a transaction that is rolled back", "BEGIN READ WRITE").await?;
    if !find_marker(session, marker).await?.0 {
        session.run("make a role, as the fence's marker will be", &statements::make_marker(marker)).await?;
    }
    let mut refused = Vec::new();
    for Role { name, .. } in roles {
        let doing = format!("alter role {name}");
        let sql = format!("SAVEPOINT one; {}", statements::shut_out(name, marker));
        match session.run(&doing, &sql).await {
            Ok(()) => {}
            Err(error) if error.kind == ErrorKind::Query => {
                session.run("go on after a refusal", "ROLLBACK TO one").await?;
                refused.push((name.clone(), error));
            }
            Err(error) => return Err(error),
        }
    }
    session.run("roll back", "ROLLBACK").await?;
    if refused.is_empty() {
        may_end_sessions(session, roles, &mut refused).await?;
    }
    Ok(refused)
}

async fn may_end_sessions(session: &Session, roles: &[Role], refused: &mut Vec<(String, Error)>) -> Result<(), Error> {
    let doing = "ask whose sessions may be ended";
    let sql = "SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.oid = ANY ($1) \
               AND NOT pg_catalog.pg_has_role('pg_signal_backend', 'MEMBER') \
               AND NOT pg_catalog.pg_has_role(r.oid, 'MEMBER')";
    for row in session.rows(doing, sql, &[(&oids(roles), Type::OID_ARRAY)]).await? {
        let name: String = row.try_get(0).map_err(|error| Error::statement(doing, error))?;
        let message = "its sessions cannot be ended: this takes pg_signal_backend";
        refused.push((name, Error::new(ErrorKind::Query, doing, message)));
    }
    Ok(())
}

fn oids(roles: &[Role]) -> Vec<u32> {
    roles.iter().map(|role| role.oid).collect()
}

async fn shut_out(session: &Session, marker: &str, roles: &[Role]) -> Result<(), Error> {
    let doing = "take from the application's roles the right to log in";
    session.run(doing, "BEGIN READ WRITE").await?;
    let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
    let mut sql = Vec::new();
    let (marked_before, sealed) = find_marker(session, marker).await?;
    if !marked_before {
        sql.push(statements::make_marker(marker));
    }
    let begins = sql.len();
    for Seen { role, can_login, marked, .. } in seen(session, &names, marker).await? {
        if !names.contains(&role.name) {
            continue;
        }
        if !roles.contains(&role) {
            let message = format!("role {} was made anew since it was listed", role.name);
            return Err(Error::new(ErrorKind::Other, doing, message));
        }
        if can_login || !marked {
            sql.push(statements::shut_out(&role.name, marker));
        }
    }
    // Who is shut out now may have written since.
    if sealed && sql.len() > begins {
        sql.push(statements::break_seal(marker));
    }
    sql.push("COMMIT".to_owned());
    session.run(doing, &sql.join("; ")).await?;
    // After the commit: who is thrown out before it could come back.
    session
        .one(
            "end the sessions of the application's roles",
            include_str!("../sql/end_sessions.sql"),
            &[(&oids(roles), Type::OID_ARRAY)],
        )
        .await?;
    Ok(())
}

async fn let_in(session: &Session, marker: &str) -> Result<Vec<LetIn>, Error> {
    let doing = "let the application's roles log in again";
    session.run(doing, "BEGIN READ WRITE").await?;
    let marked: Vec<Seen> = seen(session, &[], marker).await?.into_iter().filter(|one| one.marked).collect();
    let mut sql: Vec<String> =
        marked.iter().filter(|one| !one.can_login).map(|one| statements::let_in(&one.role.name)).collect();
    sql.push(statements::drop_marker(marker));
    sql.push("COMMIT".to_owned());
    session.run(doing, &sql.join("; ")).await?;
    Ok(marked.into_iter().map(|one| LetIn { role: one.role, was_shut: !one.can_login }).collect())
}
