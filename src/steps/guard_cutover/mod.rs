//! Looks whether the application may be moved, right before anything of it is changed: whether the target can take its load,
//! whether the proof is fresh, what the probes say on either side, and who is at work on the source. Changes nothing.

mod judge;
mod look;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use judge::{Verdict, judge};
pub use look::{Probed, Seen, Told, Transaction, look};

use super::{
    access::Access,
    body::{Body, Description},
    page::Page,
    prove::{self, Comparison, Prove},
    target::TargetName,
    world::World,
};
use crate::{
    moment::in_words,
    run::{
        clock::elapsed,
        step::{Context, Failure, Observed, StepError, StepId, Undo, Until},
    },
};

/// The step's name in every plan that moves the application.
pub const ID: &str = "guard-cutover";

/// Looks before the leap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardCutover {
    /// The target.
    pub target: TargetName,
    /// How to log in to it.
    pub access: Access,
    /// How the application logs in: its probes are asked as it would ask.
    pub client: Access,
    /// The source, or why it is not asked.
    pub source: Comparison,
    /// The watch's questions, which must hold on the target already.
    pub sql: Vec<String>,
    /// The watch's pages, which the source still answers.
    pub http: Vec<Page>,
    /// The proof, made again where it is older than this, in seconds.
    pub proof: Box<Prove>,
    /// How old the proof may be, in seconds.
    pub proof_within_seconds: u64,
    /// Whether the target may have lower limits than the source.
    pub accepts_less: bool,
}

/// What the guard leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guarded {
    /// When it looked.
    pub at: Timestamp,
    /// Whether the proof was made again.
    pub proven_again: bool,
    /// What each probe said.
    pub probes: Vec<Probed>,
    /// What is worth knowing, and stands against nothing.
    pub notes: Vec<String>,
}

impl GuardCutover {
    fn doing(&self) -> String {
        format!("look whether the application may be moved to {}", self.target)
    }

    /// Whether the proof has to be made again before the application is moved.
    fn is_stale(&self, cx: &Context<'_>) -> bool {
        let at = cx.outputs.of::<prove::Proven>(prove::ID).ok().map(|proven| proven.at);
        at.is_none_or(|at| elapsed(at, cx.now) > Duration::from_secs(self.proof_within_seconds))
    }
}

#[async_trait]
impl Body for GuardCutover {
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
        let within = in_words(Duration::from_secs(self.proof_within_seconds));
        Description {
            title: format!(
                "look whether {} can take the application: writer, limits, probes, the source's transactions; prove again if the proof is older than {within}",
                self.target.identifier
            ),
            calls: Vec::new(),
            undo: "nothing to undo: it only looks".to_owned(),
        }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let stale = self.is_stale(cx);
        if stale {
            // Noted first, then judged, as in the step that proves.
            match self.proof.observe(world, cx).await? {
                Observed::Done(_) => {}
                before => return Ok(before),
            }
        }
        let seen = look(self, world, cx).await?;
        let Verdict { obstacles, notes } = judge(self, &seen);
        if obstacles.is_empty() {
            let probes = seen.probes;
            return Ok(Observed::Done(json!(Guarded { at: cx.now, proven_again: stale, probes, notes })));
        }
        let message = format!("{}: not as things stand", self.doing());
        let failure = Failure { causes: obstacles, ..Failure::new(message) };
        let hint = format!("nothing of the application was changed; mend it, then daybreak cutover {}", cx.run);
        Err(StepError::terminal(failure.hint(hint)))
    }
}
