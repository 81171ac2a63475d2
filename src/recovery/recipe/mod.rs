//! The recipes: each a pure function from what was seen to a plan. The same survey gives the same plan.
//!
//! [`point_in_time`] makes a target from a cluster's backup; [`after`] is what every recipe has in common once there is a
//! target: proof, quarantine, pointer, watch.

pub mod after;
pub mod draft;
pub mod point_in_time;
pub mod promote;

use std::time::Duration;

use crate::{
    config::Database,
    moment::Moment,
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
    /// The time wanted.
    pub moment: Moment,
    /// The run the plan will become.
    pub run: RunId,
    /// Who asks.
    pub by: Actor,
    /// The account of the credentials.
    pub account: String,
}

/// How far a plan can go at most: without a way to log in nothing can be proven, and nothing unproven is cut over.
pub fn furthest(plan: &Plan<Step>) -> Until {
    // What is taken back by switching back is the cutover itself.
    if plan.steps.iter().any(|planned| matches!(planned.step, Step::Prove(_)) || planned.step.until() == Until::Cutover)
    {
        Until::Cutover
    } else {
        Until::Restored
    }
}

fn planned(deadline: Duration, step: Step) -> Planned<Step> {
    Planned { deadline_seconds: deadline.as_secs(), step }
}
