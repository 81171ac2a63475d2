//! Sees, before anything is changed, that the target takes the proxy's passwords. On the way back it comes last, when the
//! source is open again: then it waits until the proxy reaches it.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Leads, Proxied, await_target};
use crate::{
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        body::{Body, Description},
        serving,
        world::World,
    },
};

/// The step's name in every plan that cuts over by proxy.
pub const ID: &str = "rehearse-proxy";

/// How long a way back waits until the source is reached; whether it is healthy is not the way back's to decide.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tries the proxy's passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearseProxy {
    /// The proxy.
    pub proxied: Proxied,
}

#[async_trait]
impl Body for RehearseProxy {
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
        let Proxied { proxy, from, target, logins, .. } = &self.proxied;
        let secrets =
            if logins.len() == 1 { "its secret".to_owned() } else { format!("each of its {} secrets", logins.len()) };
        Description {
            title: format!("log in to {} as proxy {proxy} will, with {secrets}", target.identifier),
            calls: Vec::new(),
            undo: format!("wait until proxy {proxy} reaches {} again", from.identifier),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Proxied { proxy, from, .. } = &self.proxied;
        let doing = format!("look where proxy {proxy} leads");
        let leads = self.proxied.leads(world, &doing).await?;
        if !leads.is(from) {
            return Err(self.proxied.changed(&leads, &doing));
        }
        let writer = serving::writer(cx.outputs)?;
        let users = self.proxied.try_logins(world, &writer.endpoint, writer.port, true).await?;
        Ok(Observed::Done(json!({ "proxy": proxy, "leads_to": from, "users": users })))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Proxied { proxy, from, .. } = &self.proxied;
        let doing = format!("wait until proxy {proxy} reaches {from} again");
        let targets = match self.proxied.targets(world, &doing).await {
            Err(error) if !error.is_passing() || cx.attended > PATIENCE => {
                return Ok(Undone::Done(format!(
                    "whether proxy {proxy} reaches {from} cannot be told: {}",
                    error.failure
                )));
            }
            targets => targets?,
        };
        let leads = Leads::of(&targets);
        if !leads.is(from) {
            return Ok(Undone::Done(format!("proxy {proxy} leads to {leads}")));
        }
        match await_target::short_of(&targets) {
            None => Ok(Undone::Done(format!("proxy {proxy} reaches {from}"))),
            Some(short) if cx.attended > PATIENCE => {
                Ok(Undone::Done(format!("proxy {proxy} leads to {from} again, and does not reach it: {short}")))
            }
            Some(short) => {
                let wait = Waiting::on(format!("proxy {proxy} to reach {from}")).progress(Some(short.to_string()));
                Ok(Undone::Wait(wait))
            }
        }
    }
}
