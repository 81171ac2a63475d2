//! The recipes: from configuration and observation to a plan.
//!
//! [`survey`] reads all that can be read beforehand, concurrently; a [`recipe`] is a pure function from what was seen to
//! a [`crate::run::plan::Plan`]; [`freshness`] asks, before a saved plan is executed, whether the world is still the one it
//! was made for; [`sighting`] looks at what a run has made and where its pointer leads.

pub mod capture;
pub mod choice;
pub mod configuration;
pub mod dry_run;
pub mod fence;
pub mod freshness;
pub mod inventory;
pub mod leftovers;
pub mod names;
pub mod placement;
pub mod plain;
pub mod pointer;
pub mod policies;
pub mod price;
pub mod promotion;
pub mod proxy;
pub mod recipe;
pub mod record;
pub mod refusal;
mod remains;
pub mod requests;
pub mod settings;
pub mod sighting;
pub mod survey;
pub mod swap;
pub mod validate;
mod verdict;
pub mod windows;
