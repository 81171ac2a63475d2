//! What every step's own type provides.

use async_trait::async_trait;
use serde::Serialize;

use super::world::World;
use crate::{
    aws::Call,
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until},
};

/// What a step tells the reader of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// What it does, in one line.
    pub title: String,
    /// What it will call to change something, with every parameter.
    pub calls: Vec<Call>,
    /// How it is taken back.
    pub undo: String,
}

/// The behaviour of one step; the contract is that of [`crate::run::step::Step`].
#[async_trait]
pub trait Body: Send + Sync {
    /// The step's name in its plan.
    fn id(&self) -> StepId;
    /// What must have been allowed before it may start.
    fn until(&self) -> Until;
    /// Whether it can be taken back.
    fn reversibility(&self) -> Undo;
    /// What it tells the reader of a plan.
    fn describe(&self) -> Description;
    /// Looks at the world; changes nothing.
    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError>;

    /// Makes the step's one change. A step that only looks never asks for it.
    async fn act(&self, _world: &World, _cx: &Context<'_>) -> Result<(), StepError> {
        Ok(())
    }

    /// Takes the change back. A step that only looks is never asked to.
    async fn undo(&self, _world: &World, _cx: &Context<'_>) -> Result<Undone, StepError> {
        Ok(Undone::Done("nothing to take back".to_owned()))
    }
}
