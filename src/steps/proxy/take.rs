//! Moves the application: the proxy takes the target. Clients come there once the proxy reaches it, which
//! [`super::await_target`] waits for: so no other pointer has to wait for this one, forward or back.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Leads, Proxied};
use crate::{
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        body::{Body, Description},
        world::World,
    },
};

/// The step's name in every plan that cuts over by proxy.
pub const ID: &str = "move-proxy";

/// How long an answer may still show the source that was taken away.
const STALE: Duration = Duration::from_secs(10);

/// Gives the proxy the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveProxy {
    /// The proxy.
    pub proxied: Proxied,
}

impl MoveProxy {
    fn doing(&self) -> String {
        format!("give {} to proxy {}", self.proxied.target, self.proxied.proxy)
    }
}

#[async_trait]
impl Body for MoveProxy {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Cutover
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        let Proxied { proxy, target, .. } = &self.proxied;
        Description {
            title: format!("move the application: proxy {proxy} leads to {}", target.identifier),
            calls: vec![self.proxied.register(target).call()],
            undo: format!(
                "take {} from proxy {proxy}, whose clients then wait for what is undone next",
                target.identifier
            ),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Proxied { proxy, from, target, through, .. } = &self.proxied;
        let doing = self.doing();
        let leads = self.proxied.leads(world, &doing).await?;
        if leads.is(target) {
            Ok(Observed::Done(json!({ "proxy": proxy, "host": through.host, "port": through.port, "target": target })))
        } else if leads == Leads::Nowhere {
            Ok(Observed::Act)
        } else if leads.is(from) && cx.attended < STALE {
            Ok(Observed::Wait(Waiting::on(format!("proxy {proxy} to show that {from} was taken from it"))))
        } else {
            Err(self.proxied.changed(&leads, &doing))
        }
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        self.proxied.lead_to(world, &self.proxied.target, &self.doing()).await
    }

    async fn undo(&self, world: &World, _: &Context<'_>) -> Result<Undone, StepError> {
        let Proxied { proxy, target, .. } = &self.proxied;
        let doing = format!("take {target} from proxy {proxy}");
        let mut leads = self.proxied.leads(world, &doing).await?;
        if leads.is(target) {
            self.proxied.let_go(world, target, &doing).await?;
            leads = self.proxied.leads(world, &doing).await?;
        }
        Ok(if leads.is(target) {
            Undone::Wait(Waiting::on(format!("proxy {proxy} to show that {target} was taken from it")))
        } else {
            Undone::Done(format!("proxy {proxy} leads to {leads}"))
        })
    }
}
