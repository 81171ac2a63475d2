//! Takes the source from the proxy: its connections end, and new ones wait. Taken back, the proxy leads to the source again.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Leads, Proxied, give};
use crate::{
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        body::{Body, Description},
        serving,
        world::World,
    },
};

/// The step's name in every plan that cuts over by proxy.
pub const ID: &str = "release-proxy";

/// Takes the source from the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseProxy {
    /// The proxy.
    pub proxied: Proxied,
}

impl ReleaseProxy {
    fn doing(&self) -> String {
        format!("take {} from proxy {}", self.proxied.from, self.proxied.proxy)
    }
}

#[async_trait]
impl Body for ReleaseProxy {
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
        let Proxied { proxy, from, .. } = &self.proxied;
        Description {
            title: format!("proxy {proxy} lets go of {}: its clients wait", from.identifier),
            calls: vec![self.proxied.deregister(from).call()],
            undo: format!("register {} with proxy {proxy} again", from.identifier),
        }
    }

    async fn observe(&self, world: &World, _: &Context<'_>) -> Result<Observed, StepError> {
        let Proxied { proxy, from, target, .. } = &self.proxied;
        let doing = self.doing();
        let leads = self.proxied.leads(world, &doing).await?;
        if leads.is(from) {
            Ok(Observed::Act)
        } else if leads == Leads::Nowhere || leads.is(target) {
            Ok(Observed::Done(json!({ "proxy": proxy, "released": from })))
        } else {
            Err(self.proxied.changed(&leads, &doing))
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        // Since the rehearsal a password may have changed; now nothing has been taken from anybody.
        let writer = serving::writer(cx.outputs)?;
        self.proxied.try_logins(world, &writer.endpoint, writer.port, false).await?;
        let leads = self.proxied.leads(world, &doing).await?;
        if leads.is(&self.proxied.from) {
            self.proxied.let_go(world, &self.proxied.from, &doing).await
        } else if leads == Leads::Nowhere || leads.is(&self.proxied.target) {
            Ok(())
        } else {
            Err(self.proxied.changed(&leads, &doing))
        }
    }

    async fn undo(&self, world: &World, _: &Context<'_>) -> Result<Undone, StepError> {
        let Proxied { proxy, from, target, .. } = &self.proxied;
        let doing = format!("let proxy {proxy} lead to {from} again");
        let mut leads = self.proxied.leads(world, &doing).await?;
        if leads.is(target) {
            // A request to give it the target that was on its way when the process before this one ended.
            self.proxied.let_go(world, target, &doing).await?;
            leads = self.proxied.leads(world, &doing).await?;
        }
        if leads == Leads::Nowhere {
            let given = self.proxied.lead_to(world, from, &doing).await;
            given.map_err(|error| self.with_the_way_out(error))?;
            leads = self.proxied.leads(world, &doing).await?;
        }
        Ok(if leads.is(from) {
            Undone::Done(format!("proxy {proxy} leads to {from} again"))
        } else if leads == Leads::Nowhere || leads.is(target) {
            Undone::Wait(Waiting::on(format!("proxy {proxy} to show that it leads to {from}")))
        } else {
            Undone::Done(format!("proxy {proxy} leads to {leads}: somebody else changed it, left alone"))
        })
    }
}

impl ReleaseProxy {
    /// A proxy without a target is an application without a database: what to type is said.
    fn with_the_way_out(&self, error: StepError) -> StepError {
        if error.is_passing() || error.failure.hint.is_some() {
            return error;
        }
        let Proxied { proxy, region, .. } = &self.proxied;
        let hint =
            format!("the proxy leads to nothing; give it a database: {}", give(proxy, region, &self.proxied.from));
        StepError { failure: Failure { hint: Some(hint), ..error.failure }, ..error }
    }
}
