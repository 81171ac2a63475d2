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

/// What kind of thing a step makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A cluster.
    Cluster,
    /// The instance of a cluster that takes writes.
    Writer,
    /// Another instance of a cluster.
    Reader,
    /// A copy of a cluster snapshot.
    ClusterSnapshot,
    /// An instance that is no part of a cluster.
    Instance,
    /// An instance's snapshot.
    InstanceSnapshot,
}

impl Thing {
    /// What it is called.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Writer => "writer",
            Self::Reader => "reader",
            Self::Instance => "instance",
            Self::ClusterSnapshot | Self::InstanceSnapshot => "snapshot",
        }
    }
}

/// Something that a step makes, and that costs money as long as it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Makes<'a> {
    /// What it is.
    pub thing: Thing,
    /// Its name.
    pub identifier: &'a str,
    /// The class of an instance.
    pub class: Option<&'a str>,
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

    /// What it makes, if it makes something.
    fn makes(&self) -> Option<Makes<'_>> {
        None
    }

    /// Whether the run goes on without it where it cannot be done.
    fn is_optional(&self) -> bool {
        false
    }

    /// Whether it goes when the target of an ended run is removed.
    fn goes_with_the_target(&self) -> bool {
        self.until() == Until::Restored
    }

    /// The settings that the target lacks where it is not done, by their names in the plan's table.
    fn settings(&self) -> Vec<String> {
        Vec::new()
    }

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
