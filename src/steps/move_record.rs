//! Moves the application: a DNS record leads to the target, compare-and-set. Clients learn of it later, and
//! [`super::await_record`] waits for them: so no other pointer has to wait for this one, forward or back.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    serving::{self, Writer},
    target::TargetName,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        dns::{
            model::{Listed, RecordSet, plain},
            requests::ReplaceRecord,
        },
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The step's name in every plan that cuts over by DNS.
pub const ID: &str = "move-record";

/// Replaces the record set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveRecord {
    /// The hosted zone's id.
    pub zone: String,
    /// The record set exactly as it is now, and again after a rollback.
    pub from: RecordSet,
    /// The target.
    pub target: TargetName,
}

/// What the zone shows of the record's name.
pub(super) struct Seen {
    /// The set that the step moves; none where there is none any more.
    own: Option<Listed>,
    /// Where the other sets of the name lead: clients may get these as well.
    pub(super) others: Vec<String>,
}

impl Seen {
    /// Where the step's own set leads, in words.
    fn words(&self) -> String {
        match &self.own {
            None => "is gone".to_owned(),
            Some(own) => match own.set.leads_to() {
                Some(host) => format!("leads to {host}, with another content than the plan saw"),
                None => "has another content than the plan saw".to_owned(),
            },
        }
    }
}

impl MoveRecord {
    fn doing(&self) -> String {
        format!("move record {} to {}", self.from.words(), self.target)
    }

    /// The record that leads to the target.
    #[must_use]
    pub fn to(&self, writer: &Writer) -> RecordSet {
        self.from.to(&writer.endpoint)
    }

    /// The change forward, to a target whose record set is `to`.
    #[must_use]
    pub fn forward(&self, to: &RecordSet) -> ReplaceRecord {
        let comment = format!("daybreak moves the application to {}", self.target.identifier);
        ReplaceRecord::of(&self.zone, &self.from, to, comment)
    }

    /// The change back.
    #[must_use]
    pub fn back(&self, to: &RecordSet) -> ReplaceRecord {
        let comment = format!("daybreak moves the application back from {}", self.target.identifier);
        ReplaceRecord::of(&self.zone, to, &self.from, comment)
    }

    /// Replaces `to` by itself.
    pub(super) fn touch(&self, to: &RecordSet) -> ReplaceRecord {
        let comment = format!("daybreak asks when the move to {} is in sync", self.target.identifier);
        ReplaceRecord::of(&self.zone, to, to, comment)
    }

    pub(super) async fn look(&self, world: &World, doing: &str) -> Result<Seen, StepError> {
        let listed = world.dns.records(&self.zone, &self.from.name).await;
        let listed = listed.map_err(|error| failure::of_aws(doing, &error))?;
        let (own, others): (Vec<Listed>, Vec<Listed>) = listed
            .into_iter()
            .filter(|listed| listed.set.kind == self.from.kind)
            .partition(|listed| listed.set.set_identifier == self.from.set_identifier);
        Ok(Seen {
            own: own.into_iter().next(),
            others: others.iter().filter_map(|listed| listed.set.leads_to()).collect(),
        })
    }

    /// Whether the step's set is exactly `wanted`.
    pub(super) fn is(&self, seen: &Seen, wanted: &RecordSet) -> bool {
        seen.own.as_ref().is_some_and(|own| own.set == *wanted && own.beyond.is_none())
    }

    pub(super) fn changed(&self, seen: &Seen, doing: &str) -> StepError {
        let message = format!("{doing}: somebody changed the record meanwhile: it {}", seen.words());
        StepError::terminal(Failure::new(message).hint("find out who changed it, then make a new plan"))
    }

    /// Makes a change. A refused compare-and-set is no verdict: what was listed may have been stale, so it is looked at again,
    /// and the next look tells whether somebody else has changed it.
    pub(super) async fn put(&self, world: &World, request: &ReplaceRecord, doing: &str) -> Result<(), StepError> {
        world.dns.replace(request).await.map(drop).map_err(|error| match error.kind {
            ErrorKind::InvalidParameter => StepError::passing(Failure::of(doing, &error)),
            _ => failure::of_aws(doing, &error),
        })
    }

    /// Whether the last change of this record by this process is in sync; none where it made none.
    pub(super) async fn in_sync(&self, world: &World, doing: &str) -> Result<Option<bool>, StepError> {
        let Some(change) = world.dns.last_change(&self.zone, &self.from) else { return Ok(None) };
        world.dns.is_in_sync(&change).await.map(Some).map_err(|error| failure::of_aws(doing, &error))
    }

    fn doing_back(&self) -> String {
        format!("move record {} back to {}", self.from.words(), self.from.leads_to().unwrap_or_default())
    }

    /// What to do about a record that neither the plan nor this run made.
    fn undo_beside_a_stranger(&self, seen: &Seen, writer: &Writer) -> Result<Undone, StepError> {
        let words = seen.words();
        let leads_to = seen.own.as_ref().and_then(|own| own.set.leads_to());
        if leads_to.as_deref() != Some(plain(&writer.endpoint).as_str()) {
            return Ok(Undone::Done(format!(
                "record {} {words}: somebody else changed it, and it does not lead to the target: left alone",
                self.from.words()
            )));
        }
        let message = format!("{}: somebody else changed it: it {words}, and that is the target", self.doing_back());
        let hint = format!(
            "find out why; to move the application back all the same, let {} of zone {} lead to {}",
            self.from.words(),
            self.zone,
            self.from.leads_to().unwrap_or_default()
        );
        Err(StepError::terminal(Failure::new(message).hint(hint)))
    }
}

/// Waiting for a change to be in sync.
pub(super) fn propagating() -> Waiting {
    Waiting::on("all of Route 53's name servers to have the change")
}

#[async_trait]
impl Body for MoveRecord {
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
        let to = self.from.to(&format!("(the endpoint of {})", self.target.identifier));
        Description {
            title: format!("move the application: record {} leads to {}", self.from.words(), self.target.identifier),
            calls: vec![self.forward(&to).call()],
            undo: format!(
                "let {} lead to {} again, with its TTL and routing, exactly",
                self.from.words(),
                self.from.leads_to().unwrap_or_default()
            ),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let writer = serving::writer(cx.outputs)?;
        let seen = self.look(world, &doing).await?;
        if self.is(&seen, &self.from) {
            Ok(Observed::Act)
        } else if self.is(&seen, &self.to(&writer)) {
            Ok(Observed::Done(json!({ "record": self.from.words(), "host": writer.endpoint, "port": writer.port })))
        } else {
            Err(self.changed(&seen, &doing))
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let doing = self.doing();
        let to = self.to(&serving::writer(cx.outputs)?);
        let seen = self.look(world, &doing).await?;
        if self.is(&seen, &to) {
            Ok(())
        } else if self.is(&seen, &self.from) {
            self.put(world, &self.forward(&to), &doing).await
        } else {
            Err(self.changed(&seen, &doing))
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = self.doing_back();
        let writer = serving::writer(cx.outputs)?;
        let seen = self.look(world, &doing).await?;
        let to = self.to(&writer);
        if self.is(&seen, &to) {
            self.put(world, &self.back(&to), &doing).await?;
            return Ok(Undone::Wait(propagating()));
        }
        if self.is(&seen, &self.from) {
            let unseen = match self.in_sync(world, &doing).await {
                Ok(Some(false)) => return Ok(Undone::Wait(propagating())),
                Ok(Some(true) | None) => String::new(),
                Err(error) if error.is_passing() => return Err(error),
                // The record is back: that nobody may be asked about its change holds up no way back.
                Err(error) => format!("; whether it is in sync cannot be told: {}", error.failure),
            };
            return Ok(Undone::Done(format!(
                "record {} leads to {} again; resolvers may remember the target for up to {} s{unseen}",
                self.from.words(),
                self.from.leads_to().unwrap_or_default(),
                self.from.ttl.unwrap_or_default()
            )));
        }
        self.undo_beside_a_stranger(&seen, &writer)
    }
}
