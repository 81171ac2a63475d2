//! The recipes: each a pure function from what was seen to a plan. The same survey gives the same plan.
//!
//! [`cluster`] makes an Aurora cluster, of a backup ([`point_in_time`]) or a [`snapshot`]; [`instance`] an RDS instance, of
//! either; [`after`] is what every recipe has in common once there is a
//! target: proof, quarantine, pointer, watch; [`fence`] keeps the old writer from taking what would be lost; [`ledger`] tells what was lost; [`parity`] gives a
//! target what a restore drops.

pub mod after;
mod alike;
mod cluster;
pub mod draft;
pub mod fence;
pub mod instance;
pub mod ledger;
pub mod parity;
pub mod point_in_time;
pub mod probation;
pub mod promote;
mod snapshot;
pub mod swap;

use std::time::Duration;

use super::{
    choice::Choice,
    refusal::Refusal,
    survey::Survey,
    windows::window::{Family, Window},
};
use crate::{
    config::Database,
    run::{
        id::RunId,
        plan::{Actor, Plan, Planned},
        step::{Step as _, Until},
    },
    steps::step::Step,
};

/// What the person asked for.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The database.
    pub database: &'a Database,
    /// The run the plan will become.
    pub run: RunId,
    /// Who asks.
    pub by: Actor,
    /// The account of the credentials.
    pub account: String,
}

/// The recipe that restores a continuous backup to a time.
pub const POINT_IN_TIME: &str = "point-in-time";
/// The recipe that restores a snapshot.
pub const SNAPSHOT: &str = "snapshot";
/// The recipe that clones the present, to be looked at.
pub const CLONE: &str = "clone";

/// Makes the plan that uses the window chosen.
///
/// # Errors
/// When the window cannot be used so, or something that the target needs is not known.
pub fn plan(wish: &Wish<'_>, survey: &Survey, choice: &Choice) -> Result<Plan<Step>, Refusal> {
    let Window { family, kind, source, engine, .. } = &choice.window;
    match family {
        Family::Cluster if kind.is_restored() => cluster::plan(wish, survey, choice),
        Family::Instance => instance::plan(wish, survey, choice),
        Family::Cluster => {
            Err(Refusal::WrongEngine { cluster: source.clone(), engine: engine.clone().unwrap_or_default() })
        }
    }
}

/// How far a plan can go at most: without a way to log in nothing can be proven, and nothing unproven is cut over; nor is a clone,
/// which has the damage in it.
pub fn furthest(plan: &Plan<Step>) -> Until {
    let planned = |is: fn(&Step) -> bool| plan.steps.iter().any(|planned| is(&planned.step));
    // What is taken back by switching back is the cutover itself, proven or not.
    let promotes = plan.recipe == promote::RECIPE && planned(|step| step.until() == Until::Cutover);
    match (planned(|step| matches!(step, Step::Prove(_))) || promotes, plan.recipe == CLONE) {
        (false, _) => Until::Restored,
        (true, true) => Until::Validated,
        (true, false) => Until::Cutover,
    }
}

fn planned(deadline: Duration, step: Step) -> Planned<Step> {
    Planned { deadline_seconds: deadline.as_secs(), step }
}
