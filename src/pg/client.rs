//! The real [`Postgres`]: servers over TLS.

use async_trait::async_trait;

use super::capacity::capacity;
use super::error::{Error, ErrorKind};
use super::identity::landed;
use super::replication::role;
use super::session::{Limits, Session};
use super::{
    Capacity, Landed, Login, OnResult, Postgres, ProfileCheck, Proof, ProofRequest, Role, answer, checks, tls,
};
use crate::expect::Value;

/// Asks real servers. Sessions carry `application_name`, so that they can be told apart in
/// `pg_stat_activity`.
#[derive(Clone, Debug)]
pub struct Client {
    application_name: String,
}

impl Client {
    /// Creates a client whose sessions are called `daybreak/PURPOSE`, the purpose being a run's id
    /// or `validate`.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        Self { application_name: format!("daybreak/{purpose}") }
    }

    pub(super) async fn brief(&self, login: &Login) -> Result<Session, Error> {
        let tls = tls::connector(login.ca.as_deref())?;
        Session::open(login, &tls, &self.application_name, Limits::brief(login)).await
    }
}

#[async_trait]
impl Postgres for Client {
    async fn prove(&self, request: &ProofRequest, on: &OnResult<'_>) -> Result<Proof, Error> {
        checks::prove(request, &self.application_name, on).await
    }

    async fn connect_check(&self, login: &Login) -> Result<Landed, Error> {
        let session = self.brief(login).await?;
        let landed = landed(&session).await;
        session.close().await;
        landed
    }

    async fn role(&self, login: &Login) -> Result<Role, Error> {
        let session = self.brief(login).await?;
        let role = role(&session).await;
        session.close().await;
        role
    }

    async fn capacity(&self, login: &Login) -> Result<Capacity, Error> {
        let session = self.brief(login).await?;
        let capacity = capacity(&session).await;
        session.close().await;
        capacity
    }

    async fn probe(&self, login: &Login, sql: &str) -> Result<(), Error> {
        let doing = format!("probe `{sql}`");
        let session = self.brief(login).await?;
        let answer = answer::ask(&session, &doing, sql, login.connect_timeout).await;
        session.close().await;
        let fault = match answer?.value {
            None => "there is no row",
            Some(Value::Null) => "the answer is NULL",
            Some(Value::Text(text)) if text == "false" => "the answer is false",
            Some(Value::Text(_) | Value::Number(_)) => return Ok(()),
        };
        Err(Error::new(ErrorKind::Query, doing, fault))
    }

    async fn rehearse(
        &self,
        login: &Login,
        checks: &[ProfileCheck],
        newest: Option<&str>,
    ) -> Result<Vec<(String, Error)>, Error> {
        let session = self.brief(login).await?;
        let questions = checks.iter().map(|check| (check.name.as_str(), check.query.as_str(), Some(&check.expect)));
        let newest = newest.map(|query| (checks::NEWEST_DATA, query, None));
        let mut faults = Vec::new();
        for (name, query, expect) in questions.chain(newest) {
            let doing = format!("parse check `{name}`");
            let parsed = answer::parse(&session, &doing, query).await.and_then(|statement| {
                let of = statement.columns()[0].type_();
                let unfit = expect.map_or_else(|| answer::no_time(of), |expect| answer::unfit(expect, of));
                unfit.map_or(Ok(()), |fault| Err(Error::new(ErrorKind::Query, doing, fault)))
            });
            match parsed {
                Ok(()) => {}
                Err(fault) if fault.kind == ErrorKind::Query => faults.push((name.to_owned(), fault)),
                Err(lost) => return Err(lost),
            }
        }
        session.close().await;
        Ok(faults)
    }
}
