//! The steps that move the application, as what reads plans and journals must know them.

use super::{
    body::Body,
    move_record::MoveRecord,
    move_secret::MoveSecret,
    proxy::{release::ReleaseProxy, take::MoveProxy},
    renaming::{Swap, rename_source::RenameSource, rename_target::RenameTarget},
    step::Step,
};
use crate::run::{self, plan::Planned, step::StepId};

/// A step that moves the application.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Move<'a> {
    /// Of a secret.
    Secret(&'a MoveSecret),
    /// Of a DNS record.
    Record(&'a MoveRecord),
    /// Of a proxy, which lets go of the source.
    Release(&'a ReleaseProxy),
    /// Of a proxy, which takes the target.
    Proxy(&'a MoveProxy),
    /// Of the source's name, away from the source: until the next the application has no database.
    Source(&'a RenameSource),
    /// Of the source's name, to the target.
    Target(&'a RenameTarget),
}

impl Move<'_> {
    /// The step's name.
    #[must_use]
    pub fn id(&self) -> StepId {
        match self {
            Self::Secret(step) => step.id(),
            Self::Record(step) => step.id(),
            Self::Release(step) => step.id(),
            Self::Proxy(step) => step.id(),
            Self::Source(step) => step.id(),
            Self::Target(step) => step.id(),
        }
    }
}

/// The steps that move the application, in their order.
pub fn of(steps: &[Planned<Step>]) -> Vec<Move<'_>> {
    steps
        .iter()
        .filter_map(|planned| match &planned.step {
            Step::MoveSecret(step) => Some(Move::Secret(step)),
            Step::MoveRecord(step) => Some(Move::Record(step)),
            Step::ReleaseProxy(step) => Some(Move::Release(step)),
            Step::MoveProxy(step) => Some(Move::Proxy(step)),
            Step::RenameSource(step) => Some(Move::Source(step)),
            Step::RenameTarget(step) => Some(Move::Target(step)),
            _ => None,
        })
        .collect()
}

/// The steps that move a secret, in their order.
pub fn secrets(steps: &[Planned<Step>]) -> Vec<&MoveSecret> {
    let secret = |planned| match planned {
        Move::Secret(step) => Some(step),
        Move::Record(_) | Move::Release(_) | Move::Proxy(_) | Move::Source(_) | Move::Target(_) => None,
    };
    of(steps).into_iter().filter_map(secret).collect()
}

/// The step that moves a DNS record, when the plan has one.
pub fn record(steps: &[Planned<Step>]) -> Option<&MoveRecord> {
    of(steps).into_iter().find_map(|planned| match planned {
        Move::Record(step) => Some(step),
        Move::Secret(_) | Move::Release(_) | Move::Proxy(_) | Move::Source(_) | Move::Target(_) => None,
    })
}

/// The step that gives a proxy the target, when the plan has one.
pub fn proxy(steps: &[Planned<Step>]) -> Option<&MoveProxy> {
    of(steps).into_iter().find_map(|planned| match planned {
        Move::Proxy(step) => Some(step),
        Move::Secret(_) | Move::Record(_) | Move::Release(_) | Move::Source(_) | Move::Target(_) => None,
    })
}

/// The swap of names, when the plan has one.
pub fn swap(steps: &[Planned<Step>]) -> Option<&Swap> {
    of(steps).into_iter().find_map(|planned| match planned {
        Move::Target(step) => Some(&step.swap),
        Move::Secret(_) | Move::Record(_) | Move::Release(_) | Move::Proxy(_) | Move::Source(_) => None,
    })
}

/// Whether the step of this name moves the application.
#[must_use]
pub fn is_move(steps: &[Planned<Step>], step: &str) -> bool {
    of(steps).iter().any(|planned| planned.id().0 == step)
}

/// The step after which clients were seen on the target, when the plan moves the application.
pub fn last(steps: &[Planned<Step>]) -> Option<StepId> {
    let awaits = |planned: &&Planned<Step>| {
        matches!(planned.step, Step::AwaitRecord(_) | Step::AwaitReplicas(_) | Step::AwaitProxy(_))
    };
    match steps.iter().rfind(awaits) {
        Some(planned) => Some(run::step::Step::id(&planned.step)),
        None => of(steps).last().map(Move::id),
    }
}
