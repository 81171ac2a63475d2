//! The tags on all that daybreak makes, and the rule that follows from them: it deletes only what carries its own run.

use crate::{
    aws::rds::model::{Cluster, Instance, Tag},
    run::{
        id::RunId,
        step::{Failure, StepError},
    },
};

/// The run that made it.
pub const RUN: &str = "daybreak:run";
/// The source's identifier.
pub const SOURCE: &str = "daybreak:source";
/// `recovery`, `drill` or `probe`.
pub const PURPOSE: &str = "daybreak:purpose";

/// The tags of what a recovery makes.
pub fn of_recovery(run: &RunId, source: &str) -> Vec<Tag> {
    vec![Tag::new(RUN, run.as_str()), Tag::new(SOURCE, source), Tag::new(PURPOSE, "recovery")]
}

/// Something with tags and an identity.
pub trait Tagged {
    /// What it is, in words.
    fn words(&self) -> String;
    /// The run that made it, by its tag.
    fn made_by(&self) -> Option<&str>;
}

impl Tagged for Cluster {
    fn words(&self) -> String {
        format!("cluster {} ({})", self.identifier, self.resource_id)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }
}

impl Tagged for Instance {
    fn words(&self) -> String {
        format!("instance {} ({})", self.identifier, self.resource_id)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }
}

/// Refuses to touch what this run did not make.
pub fn ours(thing: &impl Tagged, run: &RunId) -> Result<(), StepError> {
    if thing.made_by() == Some(run.as_str()) {
        return Ok(());
    }
    let by = thing
        .made_by()
        .map_or_else(|| "carries no daybreak:run tag".to_owned(), |other| format!("belongs to run {other}"));
    let failure =
        Failure::new(format!("{} exists and {by}; this run did not make it and leaves it alone", thing.words()));
    Err(StepError::terminal(failure.hint("make a new plan: it chooses another name")))
}
