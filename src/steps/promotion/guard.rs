//! Looks whether the promotion may be made, and waits until it may. Changes nothing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Promotion,
    judge::{Verdict, judge},
    look::{look, same},
};
use crate::{
    run::step::{Context, Failure, Observed, StepError, StepId, Undo, Until, Waiting},
    steps::{
        body::{Body, Description},
        world::World,
    },
};

/// The step's name in every plan that promotes.
pub const ID: &str = "guard";

/// Looks before the leap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// What is to be promoted.
    pub promotion: Box<Promotion>,
}

/// What stands against the promotion now, as a failure.
pub(super) fn refused(promotion: &Promotion, verdict: &Verdict) -> Option<Failure> {
    if verdict.obstacles.is_empty() {
        return None;
    }
    let causes = verdict.obstacles.iter().map(|obstacle| obstacle.what.clone()).collect();
    let message = format!("promote {}: it may not be promoted as things stand", promotion.target.words());
    Some(Failure { causes, ..Failure::new(message) })
}

#[async_trait]
impl Body for Guard {
    fn id(&self) -> StepId {
        StepId::from(ID)
    }

    fn until(&self) -> Until {
        Until::Restored
    }

    fn reversibility(&self) -> Undo {
        Undo::NothingToUndo
    }

    fn describe(&self) -> Description {
        Description {
            title: format!("look whether {} may be promoted, and wait until it may", self.promotion.target.words()),
            calls: Vec::new(),
            undo: "nothing to undo: it only looks".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let seen = look(world, &self.promotion, cx.now).await?;
        same(&self.promotion, &seen.target)?;
        let verdict = judge(&self.promotion, &seen, cx.now);
        if let Some(failure) = refused(&self.promotion, &verdict) {
            let hint = "nothing was changed; make a new plan with daybreak promote";
            return Err(StepError::terminal(failure.hint(hint)));
        }
        match verdict.waits.first() {
            Some(wait) => Ok(Observed::Wait(Waiting::on(wait.clone()))),
            None => Ok(Observed::Done(json!({ "at": cx.now, "lag": seen.lag, "notes": verdict.notes }))),
        }
    }
}
