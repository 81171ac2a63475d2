//! The roles of the in-memory servers, one set a host, with the faults of every other change.

use std::collections::BTreeMap;

use async_trait::async_trait;
use daybreak::{
    aws,
    pg::{
        Error, ErrorKind, Login,
        fencing::{Fencing, LetIn, MAY_NOT_LOG_IN, Position, Role, Writers},
    },
};

use super::{Cloud, Inner};

/// A role of one server.
#[derive(Debug, Clone)]
pub(crate) struct FakeRole {
    oid: u32,
    can_login: bool,
    marked: bool,
    pub(super) sessions: u64,
    pub(super) reads_only: bool,
}

/// A server.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(super) roles: BTreeMap<String, FakeRole>,
    marker: Option<String>,
    sealed: bool,
    unreachable: bool,
    /// The marker of a probation.
    pub(super) probation: Option<String>,
    pub(super) writes: i64,
    /// How many of them the statistics do not know any more.
    pub(super) forgotten: i64,
}

impl Default for Site {
    fn default() -> Self {
        let role = |oid, can_login| FakeRole { oid, can_login, marked: false, sessions: 0, reads_only: false };
        let roles = [("app", role(101, true)), ("batch", role(102, true)), ("retired", role(103, false))];
        Self {
            roles: roles.into_iter().map(|(name, role)| (name.to_owned(), role)).collect(),
            marker: None,
            sealed: false,
            unreachable: false,
            probation: None,
            writes: 0,
            forgotten: 0,
        }
    }
}

impl Site {
    pub(super) fn pick(&self, wanted: impl Fn(&FakeRole) -> bool) -> Vec<Role> {
        let picked = self.roles.iter().filter(|(_, role)| wanted(role));
        picked.map(|(name, role)| Role { name: name.clone(), oid: role.oid }).collect()
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Unreachable, "connect", "no route")
}

fn refused(state: &str) -> Error {
    let mut error = Error::new(ErrorKind::Query, "alter a role", "no");
    error.sqlstate = Some(state.to_owned());
    error
}

impl Inner {
    /// Whether a cluster or an instance that is there has this endpoint.
    fn serves(&self, host: &str) -> bool {
        self.clusters.values().any(|cluster| cluster.endpoint.as_deref() == Some(host))
            || self.instances.values().any(|instance| instance.address.as_deref() == Some(host))
    }

    /// The server at an endpoint, which is no longer there.
    pub(super) fn take_site(&mut self, host: &str) -> Option<Site> {
        self.sites.remove(host)
    }

    /// The server at an endpoint from now on.
    pub(super) fn put_site(&mut self, host: &str, site: Site) {
        self.sites.insert(host.to_owned(), site);
    }

    /// What followed has its own roles from now on: those that it has got.
    pub(super) fn stands_alone(&mut self) {
        for (host, primary) in std::mem::take(&mut self.following) {
            let mut own = self.sites.get(&primary).cloned().unwrap_or_default();
            own.roles.values_mut().for_each(|role| role.sessions = 0);
            own.unreachable = false;
            self.sites.insert(host, own);
        }
    }
}

impl Cloud {
    /// What `edit` makes of the server at `host`.
    pub(crate) fn edit_site<T>(&self, host: &str, edit: impl FnOnce(&mut Site) -> T) -> T {
        edit(self.inner().sites.entry(host.to_owned()).or_default())
    }

    /// The server at `host` shows what the one at `primary` has, until it is promoted.
    pub(crate) fn follows(&self, host: &str, primary: &str) {
        self.inner().following.insert(host.to_owned(), primary.to_owned());
    }

    /// What follows shows a seal `looks` looks late.
    pub(crate) fn is_behind(&self, looks: u32) {
        self.inner().behind = looks;
    }

    /// Whether the server at `host` can be reached.
    pub(crate) fn is_unreachable(&self, host: &str, unreachable: bool) {
        self.edit_site(host, |site| site.unreachable = unreachable);
    }

    /// Somebody changes whether a role may log in, or makes it.
    pub(crate) fn role_may_log_in(&self, host: &str, role: &str, may: bool) {
        self.edit_site(host, |site| {
            let oid = u32::try_from(200 + site.roles.len()).unwrap();
            let new = FakeRole { oid, can_login: may, marked: false, sessions: 0, reads_only: false };
            site.roles.entry(role.to_owned()).or_insert(new).can_login = may;
        });
    }

    /// Somebody drops a role and makes it anew.
    pub(crate) fn role_is_made_anew(&self, host: &str, role: &str) {
        let new = FakeRole { oid: 999, can_login: true, marked: false, sessions: 0, reads_only: false };
        self.edit_site(host, |site| site.roles.insert(role.to_owned(), new));
    }

    /// A client connects to where the secret leads, unless it is connected there already.
    pub(crate) fn client_connects(&self) {
        let host = self.secret_points_at();
        self.edit_site(&host, |site| {
            if let Some(app) = site.roles.get_mut("app").filter(|app| app.can_login && !site.unreachable) {
                app.sessions = 1;
            }
        });
    }

    /// The hosts on which a client of the application could write now.
    pub(crate) fn hosts_written_to(&self) -> Vec<String> {
        let inner = self.inner();
        let written = inner
            .sites
            .iter()
            .filter(|(host, site)| inner.serves(host) && site.roles.values().any(|role| role.sessions > 0));
        written.map(|(host, _)| host.clone()).collect()
    }

    /// Who may log in where, in words that can be compared.
    pub(crate) fn who_may_log_in(&self) -> Vec<String> {
        let inner = self.inner();
        let there = inner.sites.iter().filter(|(host, _)| inner.serves(host));
        let lines = there.flat_map(|(host, site)| {
            let roles = site.roles.iter().map(move |(name, role)| format!("role {name} at {host}: {}", role.can_login));
            let held = site.roles.iter().filter(|(_, role)| role.reads_only);
            let roles = roles.chain(held.map(move |(name, _)| format!("role {name} at {host} reads only")));
            let roles = roles.chain(site.probation.iter().map(move |marker| format!("role {marker} at {host}")));
            roles.chain(site.marker.iter().map(move |marker| format!("role {marker} at {host}")))
        });
        lines.collect()
    }

    pub(super) fn site(&self, login: &Login) -> Result<Site, Error> {
        let primary = self.inner().following.get(&login.host).cloned();
        if let Some(primary) = primary {
            let mut site = self.edit_site(&primary, |site| site.clone());
            let mut inner = self.inner();
            if site.sealed && inner.behind > 0 {
                (inner.behind, site.sealed) = (inner.behind - 1, false);
            }
            return Ok(site);
        }
        let site = self.edit_site(&login.host, |site| site.clone());
        if site.unreachable { Err(gone()) } else { Ok(site) }
    }

    pub(super) async fn alter(
        &self,
        operation: &'static str,
        login: &Login,
        change: impl FnOnce(&mut Site) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.site(login)?;
        let mut refusal = Ok(());
        let host = login.host.clone();
        let changed = self
            .change(operation, |inner| {
                refusal = change(inner.sites.entry(host).or_default());
                Ok(())
            })
            .await;
        refusal?;
        changed.map_err(|error: aws::Error| if error.is_retryable() { gone() } else { refused("42501") })
    }
}

#[async_trait]
impl Fencing for Cloud {
    async fn writers(&self, login: &Login, named: &[String], marker: &str) -> Result<Writers, Error> {
        let site = self.site(login)?;
        let bears = site.marker.as_deref() == Some(marker);
        let named = |name: &str| named.is_empty() || named.iter().any(|one| one == name);
        let open = site.pick(|role| role.can_login).into_iter().filter(|role| named(&role.name)).collect();
        Ok(Writers {
            open,
            shut: site.pick(|role| bears && role.marked && !role.can_login),
            reopened: site.pick(|role| bears && role.marked && role.can_login),
            sessions: site.roles.values().map(|role| role.sessions).sum(),
            kept: Vec::new(),
            missing: Vec::new(),
            marker: bears,
            sealed: bears && site.sealed,
            position: Position {
                at: "2026-11-20T15:00:00Z".parse().unwrap(),
                lsn: Some(format!("0/{:X}", site.writes)),
                next_transaction: site.writes,
                inserted: site.writes,
                updated: 0,
                deleted: 0,
            },
        })
    }

    async fn rehearse(&self, login: &Login, _: &str, roles: &[Role]) -> Result<Vec<(String, Error)>, Error> {
        self.site(login)?;
        let untouchable = self.inner().untouchable;
        let refused_roles = roles.iter().filter(|role| Some(role.name.as_str()) == untouchable);
        Ok(refused_roles.map(|role| (role.name.clone(), refused("42501"))).collect())
    }

    async fn shut_out(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error> {
        self.alter("ALTER ROLE NOLOGIN", login, |site| {
            for role in roles {
                let Some(found) = site.roles.get_mut(&role.name) else { continue };
                if found.oid != role.oid {
                    return Err(Error::new(ErrorKind::Other, "alter a role", "made anew"));
                }
                (found.can_login, found.marked, found.sessions) = (false, true, 0);
            }
            site.marker = Some(marker.to_owned());
            site.sealed = false;
            Ok(())
        })
        .await
    }

    async fn seal(&self, login: &Login, marker: &str) -> Result<(), Error> {
        self.alter("COMMENT ON ROLE", login, |site| {
            assert_eq!(site.marker.as_deref(), Some(marker), "there is nothing to be sealed");
            assert!(site.roles.values().all(|role| role.sessions == 0), "somebody writes yet");
            site.sealed = true;
            Ok(())
        })
        .await
    }

    async fn let_in(&self, login: &Login, marker: &str) -> Result<Vec<LetIn>, Error> {
        let before = self.site(login)?;
        self.alter("ALTER ROLE LOGIN", login, |site| {
            if site.marker.as_deref() == Some(marker) {
                for role in site.roles.values_mut().filter(|role| role.marked) {
                    (role.can_login, role.marked) = (true, false);
                }
                (site.marker, site.sealed) = (None, false);
            }
            Ok(())
        })
        .await?;
        let marked = before.roles.into_iter().filter(|(_, role)| role.marked);
        Ok(marked.map(|(name, role)| LetIn { role: Role { name, oid: role.oid }, was_shut: !role.can_login }).collect())
    }

    async fn write(&self, login: &Login) -> Result<(), Error> {
        let site = self.site(login)?;
        match site.roles.get(&login.user) {
            Some(role) if role.can_login => Ok(()),
            _ => {
                let mut error = refused(MAY_NOT_LOG_IN);
                error.kind = ErrorKind::Authentication;
                Err(error)
            }
        }
    }
}
