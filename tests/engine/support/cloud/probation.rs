//! The probation of the in-memory servers' roles, with the faults of every other change.

use async_trait::async_trait;
use daybreak::pg::{
    Error, Login,
    fencing::{Held, Probation, Role},
};

use super::Cloud;

impl Cloud {
    /// Whether a role of the application at `host` only reads.
    pub(crate) fn reads_only(&self, host: &str) -> bool {
        self.edit_site(host, |site| site.roles.values().any(|role| role.reads_only))
    }
}

#[async_trait]
impl Probation for Cloud {
    async fn held(&self, login: &Login, marker: &str) -> Result<Held, Error> {
        let site = self.site(login)?;
        let roles = site.pick(|role| role.reads_only);
        let sessions = site.roles.values().filter(|role| role.reads_only).map(|role| role.sessions).sum();
        Ok(Held { roles, sessions, marker: site.probation.as_deref() == Some(marker) })
    }

    async fn hold(&self, login: &Login, marker: &str, roles: &[Role]) -> Result<(), Error> {
        self.alter("ALTER ROLE SET", login, |site| {
            for role in roles {
                site.roles.get_mut(&role.name).expect("the role").reads_only = true;
            }
            site.probation = Some(marker.to_owned());
            Ok(())
        })
        .await
    }

    async fn release(&self, login: &Login, _: &str) -> Result<(), Error> {
        self.alter("ALTER ROLE RESET", login, |site| {
            for role in site.roles.values_mut().filter(|role| role.reads_only) {
                (role.reads_only, role.sessions) = (false, 0);
            }
            site.probation = None;
            Ok(())
        })
        .await
    }
}
