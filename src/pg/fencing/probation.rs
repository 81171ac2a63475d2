//! Roles whose new transactions are read-only for a while, and that then have exactly the setting they had.
//!
//! They bear a marker, as those that are shut out do; its comment holds what was set before, so the server itself tells what comes
//! back, whatever became of an answer.

use std::collections::BTreeMap;

use serde_json::json;
use tokio_postgres::types::Type;

use super::{Held, Probation, Role, client::find_marker, statements};
use crate::pg::{Client, Error, Login, session::Session};

#[async_trait::async_trait]
impl Probation for Client {
    async fn held(&self, login: &Login, marker: &str) -> Result<Held, Error> {
        let session = self.brief(login).await?;
        let held = held(&session, marker).await;
        session.close().await;
        held.map(|(held, _)| held)
    }

    async fn hold(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error> {
        let session = self.brief(login).await?;
        let done = hold(&session, login, marker, roles).await;
        session.close().await;
        done
    }

    async fn release(&self, login: &Login, marker: &str) -> Result<(), Error> {
        let session = self.brief(login).await?;
        let done = release(&session, login, marker).await;
        session.close().await;
        done
    }
}

/// Who is held, and what was set for each before.
async fn held(session: &Session, marker: &str) -> Result<(Held, BTreeMap<String, String>), Error> {
    let doing = "list the roles on probation";
    let mut found = Held { marker: find_marker(session, marker).await?.0, ..Held::default() };
    let mut before = BTreeMap::new();
    for row in session.rows(doing, include_str!("../sql/probation.sql"), &[(&marker, Type::TEXT)]).await? {
        let read = || -> Result<(Role, i64, Option<String>), tokio_postgres::Error> {
            let role = Role { name: row.try_get("name")?, oid: row.try_get("oid")? };
            Ok((role, row.try_get("sessions")?, row.try_get("before")?))
        };
        let (role, sessions, was) = read().map_err(|error| Error::statement(doing, error))?;
        before.extend(was.map(|was| (role.name.clone(), was)));
        found.sessions += u64::try_from(sessions).unwrap_or(0);
        found.roles.push(role);
    }
    Ok((found, before))
}

async fn hold(session: &Session, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error> {
    let doing = "have the application's roles begin with reading only";
    session.run(doing, "BEGIN READ WRITE").await?;
    let (found, _) = held(session, marker).await?;
    // What is held already has no setting of its own any more to be kept.
    if !found.marker {
        let oids: Vec<u32> = roles.iter().map(|role| role.oid).collect();
        let sql = include_str!("../sql/read_only_before.sql");
        let mut before = BTreeMap::new();
        for row in session.rows(doing, sql, &[(&oids, Type::OID_ARRAY)]).await? {
            let read = || -> Result<(String, String), tokio_postgres::Error> {
                Ok((row.try_get("name")?, row.try_get("value")?))
            };
            before.extend([read().map_err(|error| Error::statement(doing, error))?]);
        }
        let mut sql = vec![statements::make_marker(marker), statements::remember(marker, &json!(before).to_string())];
        sql.extend(roles.iter().map(|role| statements::hold(&role.name, &login.database, marker)));
        session.run(doing, &sql.join("; ")).await?;
    }
    session.run(doing, "COMMIT").await
}

/// The settings come back before the sessions end, and the marker goes last: whoever goes on after a kill does all of it again.
async fn release(session: &Session, login: &Login, marker: &str) -> Result<(), Error> {
    let doing = "let the application's roles write again";
    let (found, before) = held(session, marker).await?;
    if !found.marker {
        return Ok(());
    }
    let mut sql = vec!["BEGIN READ WRITE".to_owned()];
    sql.extend(
        found
            .roles
            .iter()
            .map(|role| statements::release(&role.name, &login.database, before.get(&role.name).map(String::as_str))),
    );
    sql.push("COMMIT".to_owned());
    session.run(doing, &sql.join("; ")).await?;
    let oids: Vec<u32> = found.roles.iter().map(|role| role.oid).collect();
    let ending = "end the sessions that began with reading only";
    session.one(ending, include_str!("../sql/end_sessions.sql"), &[(&oids, Type::OID_ARRAY)]).await?;
    let sql = format!("BEGIN READ WRITE; {}; COMMIT", statements::drop_marker(marker));
    session.run(doing, &sql).await
}
