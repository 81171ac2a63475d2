//! Makes the target the primary.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Promotion, catch_up,
    guard::refused,
    judge::judge,
    look::{look, same},
    roles::{self, Part, SETTLING},
    way::Way,
};
use crate::{
    aws::{
        Call, ErrorKind,
        rds::replication::requests::{FailoverCluster, SwitchoverGlobalCluster},
    },
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
    steps::{
        body::{Body, Description},
        failure,
        world::World,
    },
};

/// The step's name in every plan that promotes.
pub const ID: &str = "promote";

/// The one call that changes who takes writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promote {
    /// What is promoted, and how.
    pub promotion: Box<Promotion>,
}

impl Promote {
    fn doing(&self) -> String {
        format!("promote {}: {}", self.promotion.target.words(), self.promotion.way.word())
    }

    /// The way in the other direction, where there is one.
    fn back(&self) -> Option<Promotion> {
        let Promotion { way, primary, target, .. } = &*self.promotion;
        let way = match way {
            Way::Reader(request) => Way::Reader(FailoverCluster {
                db_cluster_identifier: request.db_cluster_identifier.clone(),
                target_db_instance_identifier: primary.instance.clone()?,
            }),
            Way::Switchover(request) => Way::Switchover(SwitchoverGlobalCluster {
                global_cluster_identifier: request.global_cluster_identifier.clone(),
                target_db_cluster_identifier: primary.arn.clone(),
            }),
            Way::ReadReplica(_) | Way::ReplicaCluster(_) | Way::Failover(_) | Way::Detach(_) => return None,
        };
        Some(Promotion { way, primary: target.clone(), target: primary.clone(), ..(*self.promotion).clone() })
    }

    /// The call that takes it back, and the region it is made in; none where it cannot be taken back.
    pub fn call_back(&self) -> Option<(Call, &str)> {
        Some((self.back()?.way.call(), &self.promotion.target.region))
    }

    /// Sends a call. That AWS refuses it for the state of things, or does not know the member any more, may mean that it was
    /// sent before: the next look tells.
    async fn send(&self, world: &World, way: &Way, doing: &str) -> Result<(), StepError> {
        match way.go(&*world.replication).await {
            Ok(()) => Ok(()),
            Err(error) => Err(match (error.kind, way) {
                (ErrorKind::InvalidParameter | ErrorKind::NotFound, Way::Detach(_))
                | (ErrorKind::InvalidParameter, Way::Reader(_)) => StepError::passing(Failure::of(doing, &error)),
                _ => failure::of_aws(doing, &error),
            }),
        }
    }
}

#[async_trait]
impl Body for Promote {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    /// What can be taken back belongs to the cutover: who takes the application back wants the old primary to take writes. So does
    /// what comes after a fence: nobody is let wait without a primary.
    fn until(&self) -> Until {
        self.promotion.until(Until::Restored)
    }

    fn reversibility(&self) -> Undo {
        self.promotion.way.reversibility()
    }

    fn describe(&self) -> Description {
        let undo = match self.back().map(|back| back.way.call()) {
            Some(call) => format!("{}, back to {}", call.action, self.promotion.primary.words()),
            None => "it cannot be taken back".to_owned(),
        };
        let title = format!("make {} the primary: {}", self.promotion.target.words(), self.promotion.way.word());
        Description { title, calls: vec![self.promotion.way.call()], undo }
    }

    /// The guardrails are looked at again right before the call: the look before may be an hour old.
    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let promotion = &*self.promotion;
        let writer = match roles::target(world, promotion, cx).await? {
            Part::Turning(what) | Part::Missing(what) => return Ok(Observed::Wait(Waiting::on(what))),
            Part::Leads(writer) => writer,
            Part::Follows => {
                let seen = look(world, promotion, cx.now).await?.given(catch_up::came(cx)?);
                same(promotion, &seen.target)?;
                if matches!(promotion.way, Way::Detach(_)) && seen.member(&promotion.target).is_none() {
                    // It has left between the two looks, or one of RDS's answers was of before that.
                    let what = format!("{} to be described as on its own", promotion.target.words());
                    return Ok(Observed::Wait(Waiting::on(what)));
                }
                let verdict = judge(promotion, &seen, cx.now);
                if let Some(failure) = refused(promotion, &verdict) {
                    let hint = match &promotion.fence {
                        Some(_) => format!(
                            "nothing was promoted, and {} is fenced: daybreak rollback {} lets the application in to it again",
                            promotion.primary.words(),
                            cx.run
                        ),
                        None => "nothing was changed; make a new plan with daybreak promote".to_owned(),
                    };
                    return Err(StepError::terminal(failure.hint(hint)));
                }
                return Ok(match verdict.waits.first() {
                    Some(wait) => Observed::Wait(Waiting::on(wait.clone())),
                    None => Observed::Act,
                });
            }
        };
        match roles::not_yet_writable(world, promotion, &writer).await? {
            Some(what) => Ok(Observed::Wait(Waiting::on(what))),
            None => Ok(Observed::Done(json!(writer))),
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        // A second call after an unrecorded one would at best be refused; at worst it would fail over once more.
        match roles::target(world, &self.promotion, cx).await? {
            Part::Follows => self.send(world, &self.promotion.way, &self.doing()).await,
            Part::Turning(_) | Part::Missing(_) | Part::Leads(_) => Ok(()),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Some(back) = self.back() else {
            return Ok(Undone::Done("it cannot be taken back: the target stays the primary".to_owned()));
        };
        let (old, new) = (back.target.words(), back.primary.words());
        let there = world.of_region(&back.target.region);
        match roles::target(&there, &back, cx).await? {
            Part::Turning(what) | Part::Missing(what) => Ok(Undone::Wait(Waiting::on(what))),
            Part::Leads(_) if !cx.outputs.has(ID) && cx.attended < SETTLING => {
                let on = format!("{new} to become the primary, in case it was asked for just before");
                Ok(Undone::Wait(Waiting::on(on).again_in(Duration::from_secs(1))))
            }
            Part::Leads(writer) => match roles::not_yet_writable(&there, &back, &writer).await? {
                Some(what) => Ok(Undone::Wait(Waiting::on(what))),
                None => Ok(Undone::Done(format!("{old} takes the writes again"))),
            },
            Part::Follows => match roles::target(world, &self.promotion, cx).await? {
                Part::Leads(_) => {
                    self.send(world, &back.way, &format!("take the promotion of {new} back")).await?;
                    Ok(Undone::Wait(
                        Waiting::on(format!("{old} to become the primary again")).again_in(Duration::from_secs(1)),
                    ))
                }
                Part::Turning(what) | Part::Missing(what) => Ok(Undone::Wait(Waiting::on(what))),
                Part::Follows => Ok(Undone::Done(format!("neither {old} nor {new} is the primary now: left alone"))),
            },
        }
    }
}
