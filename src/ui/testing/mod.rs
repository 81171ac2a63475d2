//! What tests of displays and reports share: a buffer that is a screen, a clock set by hand, and stories: histories built
//! record by record, through the same transition function as real ones.

mod plans;
mod proofs;
mod screen;
mod sightings;
mod story;

pub(crate) use plans::{fenced_plan, plan, plan_by_name, plan_by_proxy, plan_by_record, plan_without_pointer};
pub(crate) use proofs::{failed_proof, proof};
pub(crate) use screen::{HandClock, Screen, has_long_word, terminal};
pub(crate) use sightings::sighting;
pub(crate) use story::{Story, after, retried};
