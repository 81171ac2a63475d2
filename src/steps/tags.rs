//! The tags on all that daybreak makes, and the rule that follows from them: it deletes only what carries its own run.

use crate::{
    aws::rds::{
        backups::model::InstanceSnapshot,
        model::{Cluster, ClusterSnapshot, Instance, Tag},
    },
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
/// When a drill or a probe may be removed: RFC 3339.
pub const EXPIRES: &str = "daybreak:expires";
/// Of a copied snapshot, the time of its data: RFC 3339. RDS does not say whether a copy keeps it.
pub const DATA_TIME: &str = "daybreak:data-time";

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
    /// What no other thing ever has.
    fn resource_id(&self) -> &str;
}

impl Tagged for Cluster {
    fn words(&self) -> String {
        format!("cluster {} ({})", self.identifier, self.resource_id)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }

    fn resource_id(&self) -> &str {
        &self.resource_id
    }
}

impl Tagged for Instance {
    fn words(&self) -> String {
        format!("instance {} ({})", self.identifier, self.resource_id)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }

    fn resource_id(&self) -> &str {
        &self.resource_id
    }
}

/// A snapshot has no id of its own beside its ARN, which a later one of its name gets again; its time tells them apart.
impl Tagged for ClusterSnapshot {
    fn words(&self) -> String {
        format!("snapshot {}", self.identifier)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }

    fn resource_id(&self) -> &str {
        &self.arn
    }
}

/// As [`ClusterSnapshot`]: of two that bear one name after each other the tag alone tells.
impl Tagged for InstanceSnapshot {
    fn words(&self) -> String {
        format!("snapshot {}", self.identifier)
    }

    fn made_by(&self) -> Option<&str> {
        self.tag(RUN)
    }

    fn resource_id(&self) -> &str {
        &self.arn
    }
}

/// Whose something is that carries a name this run fixed.
#[derive(Debug, PartialEq, Eq)]
pub enum Whose {
    /// This run's: it carries the run's tag and, where the journal holds one, its resource id.
    Ours,
    /// Somebody else's; in words why.
    Theirs(String),
}

/// Tells whose `thing` is. `seen` is the resource id that the journal holds of it: names can be taken over, resource ids cannot.
pub fn whose(thing: &impl Tagged, run: &RunId, seen: Option<&str>) -> Whose {
    let words = thing.words();
    match (thing.made_by(), seen) {
        (Some(by), _) if by != run.as_str() => Whose::Theirs(format!("{words} belongs to run {by}")),
        (None, _) => Whose::Theirs(format!("{words} carries no {RUN} tag")),
        (Some(_), Some(seen)) if seen != thing.resource_id() => {
            Whose::Theirs(format!("{words} is not {seen}, which this run made"))
        }
        (Some(_), _) => Whose::Ours,
    }
}

impl Whose {
    /// Refuses to go on with what this run did not make.
    pub fn ours(self) -> Result<(), StepError> {
        match self {
            Self::Ours => Ok(()),
            Self::Theirs(why) => {
                let failure = Failure::new(format!("{why}: this run did not make it and leaves it alone"));
                Err(StepError::lost(failure.hint("make a new plan: it chooses another name")))
            }
        }
    }
}

/// Refuses to go on with what this run did not make.
pub fn ours(thing: &impl Tagged, run: &RunId, seen: Option<&str>) -> Result<(), StepError> {
    whose(thing, run, seen).ours()
}
