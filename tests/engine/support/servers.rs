//! PostgreSQL servers and health pages that answer as a test wants them to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use daybreak::{
    aws,
    http::{Http, Unhealthy, Wanted},
    pg::{
        Capacity, CheckKind, CheckResult, Error, ErrorKind, Landed, Limit, Login, OnResult, Other, Postgres,
        ProfileCheck, Proof, ProofRequest, Role, Verdict,
    },
    steps::world::Tokens,
};
use secrecy::SecretString;
use url::Url;

use super::cloud::Cloud;

#[derive(Default)]
struct Inner {
    proofs_fail: bool,
    answers_nothing: bool,
    target_keeps_out: bool,
    unreachable_logins: u32,
    probes_fail: u32,
    probes: u32,
    wrong_password: bool,
    refuses: Option<String>,
    faulty_check: Option<&'static str>,
    in_use_by: &'static [&'static str],
    roles_unanswered: bool,
    named: bool,
    smaller: Option<&'static str>,
    probes_fail_at: Option<&'static str>,
    page_fails: Option<&'static str>,
    open_for: Option<f64>,
}

/// Every server there is: one per host, and behind the proxy what that leads to.
#[derive(Clone)]
pub(crate) struct Servers(Arc<Mutex<Inner>>, Cloud);

impl Servers {
    /// The servers of this cloud.
    pub(crate) fn of(cloud: Cloud) -> Self {
        Self(Arc::default(), cloud)
    }

    /// From now on this host takes no password.
    pub(crate) fn refuses_passwords(&self, host: Option<&str>) {
        self.0.lock().unwrap().refuses = host.map(str::to_owned);
    }

    /// From now on they tell which cluster's writer each is, as Aurora does, and are found by the clusters' endpoints.
    pub(crate) fn tell_their_names(&self) {
        self.0.lock().unwrap().named = true;
    }

    /// From now on a check fails.
    pub(crate) fn proofs_fail(&self) {
        self.0.lock().unwrap().proofs_fail = true;
    }

    /// Whether checks of the data are answered.
    pub(crate) fn answers_nothing(&self, nothing: bool) {
        self.0.lock().unwrap().answers_nothing = nothing;
    }

    /// Whether the target refuses the validator's login.
    pub(crate) fn target_keeps_out(&self, out: bool) {
        self.0.lock().unwrap().target_keeps_out = out;
    }

    /// The next `count` proofs cannot log in.
    pub(crate) fn unreachable_for(&self, count: u32) {
        self.0.lock().unwrap().unreachable_logins = count;
    }

    /// The next `count` probes of a watch fail.
    pub(crate) fn probes_fail(&self, count: u32) {
        self.0.lock().unwrap().probes_fail = count;
    }

    /// Logins of the cutover are refused.
    pub(crate) fn password_is_wrong(&self, wrong: bool) {
        self.0.lock().unwrap().wrong_password = wrong;
    }

    /// From now on the source finds the first check faulty, with this SQLSTATE.
    pub(crate) fn check_is_faulty(&self, sqlstate: &'static str) {
        self.0.lock().unwrap().faulty_check = Some(sqlstate);
    }

    /// Who is connected to whatever is asked for its role.
    pub(crate) fn are_in_use_by(&self, users: &'static [&'static str]) {
        self.0.lock().unwrap().in_use_by = users;
    }

    /// Whether nothing tells its role.
    pub(crate) fn tell_no_role(&self, none: bool) {
        self.0.lock().unwrap().roles_unanswered = none;
    }

    /// Servers whose hosts begin so have lower limits than others.
    pub(crate) fn are_smaller_at(&self, host: &'static str) {
        self.0.lock().unwrap().smaller = Some(host);
    }

    /// Whether probes fail at hosts that begin so.
    pub(crate) fn probes_fail_at(&self, host: Option<&'static str>) {
        self.0.lock().unwrap().probes_fail_at = host;
    }

    /// From now on the application's pages fail.
    pub(crate) fn pages_fail(&self, why: &'static str) {
        self.0.lock().unwrap().page_fails = Some(why);
    }

    /// For how long, in seconds, the transactions of those who are connected have been open.
    pub(crate) fn transactions_are_open_for(&self, seconds: f64) {
        self.0.lock().unwrap().open_for = Some(seconds);
    }

    /// How many probes were asked.
    pub(crate) fn probes(&self) -> u32 {
        self.0.lock().unwrap().probes
    }
}

impl Servers {
    fn lands(&self, login: &Login) -> Result<String, Error> {
        let host = self.1.behind(&login.host);
        host.ok_or_else(|| Error::new(ErrorKind::Timeout, "log in", "the proxy has no database"))
    }
}

fn landed(login: &Login) -> Landed {
    Landed {
        instance: None,
        address: Some(login.host.clone()),
        port: Some(login.port),
        started: "2026-11-20T14:00:00Z".parse().unwrap(),
        in_recovery: false,
        version: "15.18".to_owned(),
        database: login.database.clone(),
        user: login.user.clone(),
    }
}

fn check(name: &str, verdict: Verdict) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        kind: CheckKind::BuiltIn,
        query: None,
        expect: None,
        found: None,
        verdict,
        reason: (verdict != Verdict::Passed).then(|| "the test wants it".to_owned()),
        items: Vec::new(),
        seconds: 0.1,
    }
}

#[async_trait]
impl Postgres for Servers {
    async fn prove(&self, request: &ProofRequest, on: &OnResult<'_>) -> Result<Proof, Error> {
        let mut inner = self.0.lock().unwrap();
        if inner.target_keeps_out {
            return Err(Error::new(ErrorKind::Authentication, "log in", "password authentication failed"));
        }
        if inner.unreachable_logins > 0 {
            inner.unreachable_logins -= 1;
            return Err(Error::new(ErrorKind::Unreachable, "connect", "no route"));
        }
        let verdict = match (inner.proofs_fail, inner.answers_nothing) {
            (true, _) => Verdict::Failed,
            (false, true) => Verdict::Unchecked,
            (false, false) => Verdict::Passed,
        };
        let checks =
            vec![check("writer", Verdict::Passed), check("tables", verdict), check("indexes", Verdict::Unchecked)];
        for check in &checks {
            on(check);
        }
        Ok(Proof { checks, newest: request.requested_time })
    }

    async fn connect_check(&self, login: &Login) -> Result<Landed, Error> {
        let host = self.lands(login)?;
        let inner = self.0.lock().unwrap();
        if inner.wrong_password || inner.refuses.as_ref() == Some(&host) {
            return Err(Error::new(ErrorKind::Authentication, "log in", "password authentication failed"));
        }
        if !inner.named {
            return Ok(Landed { address: Some(host), port: Some(5433), ..landed(login) });
        }
        drop(inner);
        let dialled = login.via.as_ref().map_or(login.host.as_str(), |(host, _)| host.as_str());
        let Some((writer, certificate)) = self.1.reached_at(dialled) else {
            return Err(Error::new(ErrorKind::Unreachable, "connect", "the host name does not resolve"));
        };
        if certificate != login.host {
            return Err(Error::new(ErrorKind::Tls, "connect", "the server's certificate is not for that host"));
        }
        Ok(Landed { instance: Some(writer), ..landed(login) })
    }

    async fn role(&self, _: &Login) -> Result<Role, Error> {
        let inner = self.0.lock().unwrap();
        if inner.roles_unanswered {
            return Err(Error::new(ErrorKind::Unreachable, "connect", "no route"));
        }
        let session =
            |user: &&str| Other { user: (*user).to_owned(), application: String::new(), transaction: inner.open_for };
        let sessions = inner.in_use_by.iter().map(session).collect();
        Ok(Role { position: Some(1.0), replayed_before: Some(0.0), sessions, ..Role::default() })
    }

    async fn capacity(&self, login: &Login) -> Result<Capacity, Error> {
        let inner = self.0.lock().unwrap();
        let smaller = inner.smaller.is_some_and(|host| login.host.starts_with(host));
        let value = if smaller { 100 } else { 1000 };
        let limit = Limit { value, unit: String::new() };
        Ok(Capacity(BTreeMap::from([("max_connections".to_owned(), limit)])))
    }

    async fn probe(&self, login: &Login, _: &str) -> Result<(), Error> {
        self.lands(login)?;
        let mut inner = self.0.lock().unwrap();
        inner.probes += 1;
        if inner.probes_fail_at.is_some_and(|host| login.host.starts_with(host)) {
            return Err(Error::new(ErrorKind::Query, "probe", "it answered false"));
        }
        if inner.probes_fail > 0 {
            inner.probes_fail -= 1;
            return Err(Error::new(ErrorKind::Query, "probe", "it answered false"));
        }
        Ok(())
    }

    async fn rehearse(
        &self,
        _: &Login,
        checks: &[ProfileCheck],
        _: Option<&str>,
    ) -> Result<Vec<(String, Error)>, Error> {
        let state = self.0.lock().unwrap().faulty_check;
        Ok(state
            .zip(checks.first())
            .map(|(state, check)| {
                let mut error = Error::new(ErrorKind::Query, "prepare the check", "no");
                error.sqlstate = Some(state.to_owned());
                (check.name.clone(), error)
            })
            .into_iter()
            .collect())
    }
}

#[async_trait]
impl Http for Servers {
    async fn healthy(&self, url: &Url, _: &Wanted) -> Result<(), Unhealthy> {
        match self.0.lock().unwrap().page_fails {
            None => Ok(()),
            Some(why) => Err(Unhealthy { url: url.to_string(), why: why.to_owned() }),
        }
    }
}

#[async_trait]
impl Tokens for Servers {
    async fn token(&self, _: &str, _: u16, _: &str) -> Result<SecretString, aws::Error> {
        Ok(SecretString::from("token"))
    }
}
