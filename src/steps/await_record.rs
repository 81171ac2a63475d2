//! Waits until clients follow a record that was moved: it is in sync, and resolved as a client would.
//!
//! Route 53 names a change in its answer alone. A process that knows of no change, since the one that made it is gone, has
//! the record replaced by itself: that changes nothing, and is in sync no earlier.

use std::net::SocketAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    access::Access,
    body::{Body, Description},
    failure,
    move_record::{MoveRecord, Seen, propagating},
    serving::{self, Writer},
    world::World,
};
use crate::{
    aws::dns::model::plain,
    pg::{Landed, Login},
    resolver::{Alias, Answer},
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
};

/// The step's name in every plan that cuts over by DNS.
pub const ID: &str = "await-record";

/// Waits for the record's clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwaitRecord {
    /// The move that is waited for.
    pub moved: MoveRecord,
    /// The name server that is asked as clients ask theirs; absent means the system's.
    pub resolver: Option<SocketAddr>,
    /// How to log in.
    pub access: Access,
}

impl AwaitRecord {
    fn doing(&self) -> String {
        format!("follow record {} as a client would", self.moved.from.words())
    }

    /// What clients are told now.
    async fn ask(&self, world: &World, doing: &str) -> Result<Answer, StepError> {
        let answer = world.resolver.resolve(&plain(&self.moved.from.name), self.resolver).await;
        answer.map_err(|error| {
            let hint = "the record is moved; see that the name server which its clients ask can be asked from here";
            StepError::unanswered(Failure::of(doing, &error).hint(hint))
        })
    }

    /// Resolves the name, connects to where it leads, and asks where that landed, once by the name and once by the target's
    /// endpoint.
    async fn verify(&self, world: &World, writer: &Writer, seen: &Seen) -> Result<Observed, StepError> {
        let doing = self.doing();
        let answer = self.ask(world, &doing).await?;
        let told = answer.aliases.first();
        let resolved = told.map_or("nowhere", |alias| alias.leads_to.as_str());
        let follows = resolved == plain(&writer.endpoint);
        // Of several sets this client may be given another one, now and always.
        if !follows && !seen.others.iter().any(|other| other == resolved) {
            return Ok(Observed::Wait(lagging(resolved, told)));
        }
        let direct = self.access.at(world, &writer.endpoint, writer.port).await?;
        let target = landed(world, &direct, &doing).await?;
        let by_name = if follows {
            // Through the address that clients get; a tunnel has a way of its own. TLS verifies the endpoint's name either
            // way.
            let address = answer.addresses.first().map(|address| (address.to_string(), writer.port));
            let via = self.access.via.clone().or(address);
            let client = Access { via, ..self.access.clone() }.at(world, &writer.endpoint, writer.port).await?;
            landed(world, &client, &doing).await?
        } else {
            target.clone()
        };
        if !by_name.same_server(&target) || by_name.in_recovery {
            let message =
                format!("{doing}: it led to {}, and the target's writer is {}", by_name.name(), target.name());
            return Err(StepError::terminal(Failure::new(message)));
        }
        Ok(Observed::Done(json!({
            "resolved": resolved, "host": writer.endpoint, "port": writer.port, "landed": by_name,
        })))
    }
}

async fn landed(world: &World, login: &Login, doing: &str) -> Result<Landed, StepError> {
    world.postgres.connect_check(login).await.map_err(|error| failure::of_postgres(doing, &error))
}

/// Waiting for a resolver that remembers an answer.
fn lagging(leads_to: &str, told: Option<&Alias>) -> Waiting {
    let left = told.map(|alias| format!("for up to {} s more", alias.ttl));
    Waiting::on(format!("the resolver, which still answers with {leads_to}")).progress(left)
}

#[async_trait]
impl Body for AwaitRecord {
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
        let by =
            self.resolver.map_or_else(|| "the system's resolver".to_owned(), |server| format!("resolver {server}"));
        Description {
            title: format!(
                "wait until {by} leads clients of {} to {}, and log in there",
                self.moved.from.words(),
                self.moved.target.identifier
            ),
            calls: Vec::new(),
            undo: "nothing to undo: it changes nothing".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let writer = serving::writer(cx.outputs)?;
        let seen = self.moved.look(world, &doing).await?;
        if !self.moved.is(&seen, &self.moved.to(&writer)) {
            return Err(self.moved.changed(&seen, &doing));
        }
        match self.moved.in_sync(world, &doing).await? {
            None => Ok(Observed::Act),
            Some(false) => Ok(Observed::Wait(propagating())),
            Some(true) => self.verify(world, &writer, &seen).await,
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let to = self.moved.to(&serving::writer(cx.outputs)?);
        self.moved.put(world, &self.moved.touch(&to), &self.doing()).await
    }
}
