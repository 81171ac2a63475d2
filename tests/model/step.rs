//! The steps of the model's recipes: an effect of up to two parts, and everything that can go wrong about it.

use std::time::Duration;

use async_trait::async_trait;
use daybreak::run::step::{Context, Failure, Observed, Remedy, Step, StepError, StepId, Undo, Undone, Until, Waiting};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    process::{Process, pause},
    site::{Answer, Mishap},
    tally::Seen,
};

/// One step of a random recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelStep {
    /// Its place in the plan.
    pub(crate) index: usize,
    pub(crate) until: Until,
    pub(crate) reversibility: Undo,
    /// How many parts its effect has; a step with none only looks.
    pub(crate) parts: u8,
}

/// The step's name, `step-3`.
pub(crate) fn name(index: usize) -> String {
    format!("step-{index}")
}

fn failed<T>(world: &Process, remedy: Remedy) -> Result<T, StepError> {
    world.answered(Answer::Error(remedy));
    Err(StepError { failure: Failure::new("the world said no"), remedy })
}

/// A call under way. Left behind by its caller, it may reach the world all the same.
struct Call<'a> {
    world: &'a Process,
    index: usize,
    parts: u8,
    lands: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.lands && !std::thread::panicking() {
            self.world.site().count(Seen::LandedAfterDeath);
            self.world.set_parts(self.index, self.parts);
        }
    }
}

impl ModelStep {
    /// Brings the effect to `parts`, one part at a time, with whatever goes wrong on the way.
    async fn change(&self, world: &Process, parts: u8) -> Result<(), StepError> {
        let mishap = world.mishap();
        let lands = world.site().chosen(|choices| choices.rarely(500));
        let mut call = Call { world, index: self.index, parts, lands };
        pause().await;
        call.lands = false;
        // Another process has the run while this one was frozen in mid-call: providers hang up on the frozen.
        if !world.holds_lease() {
            return failed(world, Remedy::Retry);
        }
        match mishap {
            Mishap::Passing => return failed(world, Remedy::Retry),
            Mishap::Unanswered => return failed(world, Remedy::Await),
            Mishap::Denied => return failed(world, Remedy::TurnBack),
            Mishap::Doubtful => return failed(world, Remedy::Hold),
            Mishap::Hanging => world.hang().await,
            _ => {}
        }
        if self.parts == 2 {
            world.set_parts(self.index, 1);
            pause().await;
            if mishap == Mishap::Half {
                world.site().count(Seen::HalfDone);
                return failed(world, Remedy::Retry);
            }
            if !world.holds_lease() {
                return failed(world, Remedy::Retry);
            }
        }
        world.set_parts(self.index, parts);
        pause().await;
        if mishap == Mishap::AnswerLost { failed(world, Remedy::Retry) } else { Ok(()) }
    }
}

#[async_trait]
impl Step for ModelStep {
    type World = Process;
    type Brief = ();

    fn id(&self) -> StepId {
        StepId(name(self.index))
    }

    fn until(&self) -> Until {
        self.until
    }

    fn reversibility(&self) -> Undo {
        self.reversibility
    }

    async fn observe(&self, world: &Process, cx: &Context<'_>) -> Result<Observed, StepError> {
        world.looks(self.index, cx);
        let mishap = world.mishap();
        pause().await;
        let waiting = Waiting::on(format!("{} to settle", self.id()));
        match mishap {
            Mishap::Passing => return failed(world, Remedy::Retry),
            Mishap::Unanswered => return failed(world, Remedy::Await),
            Mishap::Denied => return failed(world, Remedy::TurnBack),
            Mishap::Doubtful => return failed(world, Remedy::Hold),
            Mishap::Hanging => world.hang().await,
            Mishap::Noteworthy => {
                world.answered(Answer::Wait);
                return Ok(Observed::Note(json!(cx.notes.len()), waiting));
            }
            _ => {}
        }
        let (parts, settling) = world.look(self.index);
        let stale = mishap == Mishap::Stale && self.parts > 0;
        let seen = if stale { 0 } else { parts };
        if seen < self.parts {
            world.answered(Answer::Act);
            Ok(Observed::Act)
        } else if settling {
            world.answered(Answer::Wait);
            Ok(Observed::Wait(waiting.again_in(Duration::from_secs(1))))
        } else {
            world.answered(Answer::Done);
            Ok(Observed::Done(json!(self.index)))
        }
    }

    async fn act(&self, world: &Process, cx: &Context<'_>) -> Result<(), StepError> {
        world.acts(self, cx);
        self.change(world, self.parts).await?;
        world.acted(self.index);
        Ok(())
    }

    async fn undo(&self, world: &Process, cx: &Context<'_>) -> Result<Undone, StepError> {
        world.undoes(self, cx);
        if world.look(self.index).0 > 0 {
            self.change(world, 0).await?;
            world.answered(Answer::Wait);
            let waiting = Waiting::on(format!("{} to go", self.id()));
            // Every second step remembers what it found.
            let notes = self.index % 2 == 1;
            return Ok(if notes { Undone::Note(json!(cx.notes.len()), waiting) } else { Undone::Wait(waiting) });
        }
        pause().await;
        world.answered(Answer::Done);
        Ok(Undone::Done("gone".to_owned()))
    }
}
