//! The steps that move the application, as what reads plans and journals must know them.

use super::{
    await_record,
    move_record::{self, MoveRecord},
    move_secret::{self, MoveSecret},
    step::Step,
};
use crate::run::plan::Planned;

/// The step that moves a secret, when the plan has one.
pub fn secret(steps: &[Planned<Step>]) -> Option<&MoveSecret> {
    steps.iter().find_map(|planned| match &planned.step {
        Step::MoveSecret(step) => Some(step),
        _ => None,
    })
}

/// The step that moves a DNS record, when the plan has one.
pub fn record(steps: &[Planned<Step>]) -> Option<&MoveRecord> {
    steps.iter().find_map(|planned| match &planned.step {
        Step::MoveRecord(step) => Some(step),
        _ => None,
    })
}

/// Whether a step of this name moves the application.
#[must_use]
pub fn is_move(step: &str) -> bool {
    matches!(step, move_secret::ID | move_record::ID)
}

/// The names of the steps that move the application, in their order.
pub fn of(steps: &[Planned<Step>]) -> Vec<&'static str> {
    let named = |planned: &Planned<Step>| match planned.step {
        Step::MoveSecret(_) => Some(move_secret::ID),
        Step::MoveRecord(_) => Some(move_record::ID),
        _ => None,
    };
    steps.iter().filter_map(named).collect()
}

/// The step after which clients were seen on the target, when the plan moves the application.
pub fn last(steps: &[Planned<Step>]) -> Option<&'static str> {
    let awaits = steps.iter().any(|planned| matches!(planned.step, Step::AwaitRecord(_)));
    if awaits { Some(await_record::ID) } else { of(steps).last().copied() }
}
