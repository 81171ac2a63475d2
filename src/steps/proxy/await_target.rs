//! Waits until the proxy reaches the target, and follows it as a client would.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Leads, Proxied};
use crate::{
    aws::rds::proxies::model::ProxyTarget,
    pg::{Landed, Login},
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
    steps::{
        body::{Body, Description},
        failure, serving,
        serving::Writer,
        world::World,
    },
};

/// The step's name in every plan that cuts over by proxy.
pub const ID: &str = "await-proxy";

/// Waits for the proxy's clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitProxy {
    /// The proxy.
    pub proxied: Proxied,
}

/// What keeps a proxy from its database. Shown, it is `loans-db-k3fa-1 UNAVAILABLE (AUTH_FAILURE)`.
pub(super) struct Short {
    what: String,
    refused: bool,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Why a proxy does not serve its clients; none when all its targets are available, and one of them takes writes.
pub(super) fn short_of(targets: &[ProxyTarget]) -> Option<Short> {
    let short = targets.iter().find(|target| target.state.as_deref().is_some_and(|state| state != "AVAILABLE"));
    if let Some(ProxyTarget { name, state, reason, description, .. }) = short {
        let state = state.as_deref().unwrap_or_default();
        let why = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let words = description.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
        let refused = reason.as_deref() == Some("AUTH_FAILURE");
        return Some(Short { what: format!("{name} is {state}{why}{words}"), refused });
    }
    let writes = |target: &ProxyTarget| target.role.as_deref() == Some("READ_WRITE") && target.state.is_some();
    (!targets.iter().any(writes)).then(|| Short { what: "none of its targets takes writes".to_owned(), refused: false })
}

impl AwaitProxy {
    fn doing(&self) -> String {
        format!("follow proxy {} as a client would", self.proxied.proxy)
    }

    /// Connects through the proxy, and asks where that landed, once there and once at the target's endpoint.
    async fn verify(&self, world: &World, writer: &Writer) -> Result<Observed, StepError> {
        let doing = self.doing();
        let Proxied { proxy, through, .. } = &self.proxied;
        let (by_proxy, direct) =
            (through.login(world).await?, through.direct(world, &through.login, &writer.endpoint, writer.port).await?);
        let (landed, target) = (ask(world, &by_proxy, &doing).await?, ask(world, &direct, &doing).await?);
        if !landed.same_server(&target) || landed.in_recovery {
            let message = format!("{doing}: it led to {}, and the target's writer is {}", landed.name(), target.name());
            return Err(StepError::terminal(Failure::new(message)));
        }
        Ok(Observed::Done(json!({ "proxy": proxy, "host": through.host, "port": through.port, "landed": landed })))
    }
}

async fn ask(world: &World, login: &Login, doing: &str) -> Result<Landed, StepError> {
    world.postgres.connect_check(login).await.map_err(|error| failure::of_postgres(doing, &error))
}

#[async_trait]
impl Body for AwaitProxy {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        let Proxied { proxy, target, .. } = &self.proxied;
        Description {
            title: format!("wait until proxy {proxy} reaches {}, and log in through it", target.identifier),
            calls: Vec::new(),
            undo: "nothing to undo: it changes nothing".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Proxied { proxy, target, .. } = &self.proxied;
        let doing = self.doing();
        let writer = serving::writer(cx.outputs)?;
        let targets = self.proxied.targets(world, &doing).await?;
        let leads = Leads::of(&targets);
        if !leads.is(target) {
            return Err(self.proxied.changed(&leads, &doing));
        }
        match short_of(&targets) {
            None => self.verify(world, &writer).await,
            Some(short) if short.refused => {
                let failure = Failure::new(format!("{doing}: {target} does not let the proxy in: {short}"));
                Err(StepError::terminal(failure.hint(
                    "daybreak could log in with the same secrets: see that the proxy's role may read them, and decrypt them",
                )))
            }
            Some(short) => {
                let wait = Waiting::on(format!("proxy {proxy} to reach {target}"));
                Ok(Observed::Wait(wait.progress(Some(short.to_string()))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(role: &str, state: Option<&str>, reason: Option<&str>) -> ProxyTarget {
        ProxyTarget {
            name: "loans-1".to_owned(),
            role: (!role.is_empty()).then(|| role.to_owned()),
            state: state.map(str::to_owned),
            reason: reason.map(str::to_owned),
            ..ProxyTarget::default()
        }
    }

    fn short(targets: &[ProxyTarget]) -> Option<(String, bool)> {
        short_of(targets).map(|short| (short.to_string(), short.refused))
    }

    #[test]
    fn all_targets_must_be_available_and_one_must_take_writes() {
        let writer = || target("READ_WRITE", Some("AVAILABLE"), None);
        assert_eq!(short(&[target("", None, None), writer()]), None);
        let reader = target("READ_ONLY", Some("UNAVAILABLE"), Some("PENDING_PROXY_CAPACITY"));
        let words = "loans-1 is UNAVAILABLE (PENDING_PROXY_CAPACITY)".to_owned();
        assert_eq!(short(&[writer(), reader]), Some((words, false)));
        let refused = target("READ_WRITE", Some("UNAVAILABLE"), Some("AUTH_FAILURE"));
        assert!(short(&[refused]).is_some_and(|(_, refused)| refused));
        let reader = target("READ_ONLY", Some("AVAILABLE"), None);
        assert_eq!(short(&[reader]), Some(("none of its targets takes writes".to_owned(), false)));
        assert!(short(&[target("READ_WRITE", None, None)]).is_some());
    }
}
