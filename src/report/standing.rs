//! What exists, as far as a journal can tell: by the states of the steps that make things.

use crate::{
    run::{
        state::{RunState, StepState},
        step::Step as _,
    },
    steps::{
        body::{Makes, Thing},
        step::Step,
    },
};

/// Whether something that the run makes is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// It was never asked for.
    NotMade,
    /// It was asked for, or is being removed: only the provider knows.
    Unsure,
    /// It was seen.
    Exists,
    /// It was seen to be gone.
    Removed,
}

impl Existence {
    const fn of(state: StepState) -> Self {
        match state {
            StepState::Pending => Self::NotMade,
            StepState::Done => Self::Exists,
            StepState::Undone => Self::Removed,
            StepState::Started | StepState::Failed | StepState::Undoing | StepState::UndoFailed => Self::Unsure,
        }
    }

    /// The state as words after a name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotMade => "was not made",
            Self::Unsure => "may exist",
            Self::Exists => "exists",
            Self::Removed => "is gone",
        }
    }

    /// Whether it may cost money.
    #[must_use]
    pub const fn may_cost(self) -> bool {
        matches!(self, Self::Exists | Self::Unsure)
    }
}

/// One thing that the run makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What kind of thing it is.
    pub thing: Thing,
    /// `cluster loans-db-k3fa`, `writer loans-db-k3fa-1`.
    pub what: String,
    /// Its name, fixed in the plan.
    pub identifier: String,
    /// The class of an instance.
    pub class: Option<String>,
    /// Whether it is there.
    pub existence: Existence,
}

/// The things that the run makes, in the order in which it makes them.
#[must_use]
pub fn made(state: &RunState<Step>) -> Vec<Made> {
    let steps = state.plan.steps.iter().filter_map(|planned| {
        let Makes { thing, identifier, class } = planned.step.makes()?;
        let state = state.step(&planned.step.id().0)?.state;
        Some(Made {
            thing,
            what: format!("{} {identifier}", thing.word()),
            identifier: identifier.to_owned(),
            class: class.map(str::to_owned),
            existence: Existence::of(state),
        })
    });
    steps.collect()
}

/// Whether the target cluster is there, or may be.
#[must_use]
pub fn target_may_exist(state: &RunState<Step>) -> bool {
    // What is promoted was there before.
    if state.plan.brief.promotion.is_some() {
        return true;
    }
    let target = &state.plan.brief.target.identifier;
    made(state).iter().any(|made| made.identifier == *target && made.existence.may_cost())
}

/// What costs money, without a price: none when nothing that the run made can be there.
#[must_use]
pub fn cost_words(state: &RunState<Step>) -> Option<String> {
    cost_of(&made(state))
}

/// The same of these things.
#[must_use]
pub fn cost_of(made: &[Made]) -> Option<String> {
    let made: Vec<&Made> = made.iter().filter(|made| made.existence.may_cost()).collect();
    if made.is_empty() {
        return None;
    }
    let mut classes: Vec<(&str, usize)> = Vec::new();
    for class in made.iter().filter_map(|made| made.class.as_deref()) {
        match classes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count += 1,
            None => classes.push((class, 1)),
        }
    }
    let mut parts: Vec<String> = classes
        .iter()
        .map(|(class, count)| format!("{} of class {class}", crate::ui::words::plural(*count, "instance")))
        .collect();
    let snapshots = made.iter().filter(|made| made.thing == Thing::ClusterSnapshot).count();
    let of_snapshots = (snapshots > 0).then(|| "the copied snapshot".to_owned());
    let storage = (snapshots < made.len()).then(|| "the target's storage".to_owned());
    parts.extend(of_snapshots.into_iter().chain(storage));
    if let [only] = parts.as_slice() {
        return Some(format!("{only} costs money as long as it exists"));
    }
    Some(format!("{} cost money as long as they exist", crate::ui::words::list(&parts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::journal::History, ui::testing::Story};

    fn existences(history: &History<Step>) -> Vec<Existence> {
        made(&history.state).into_iter().map(|made| made.existence).collect()
    }

    #[test]
    fn what_exists_follows_from_the_steps_that_make_it() {
        use Existence::{Exists, NotMade, Removed, Unsure};
        assert_eq!(existences(&Story::begun().history()), [NotMade, NotMade]);
        assert_eq!(
            existences(
                &Story::begun().done("restore-cluster", 1, 2).then(3, Story::started("create-writer")).history()
            ),
            [Exists, Unsure]
        );
        assert_eq!(existences(&Story::undone_restore().history()), [Removed, NotMade]);
    }

    #[test]
    fn only_what_may_be_there_costs() {
        let words = |story: Story| cost_words(&story.history().state);
        assert_eq!(
            words(Story::begun().proven()).as_deref(),
            Some("1 instance of class db.r6g.large and the target's storage cost money as long as they exist")
        );
        assert_eq!(
            words(Story::begun().then(1, Story::started("restore-cluster"))).as_deref(),
            Some("the target's storage costs money as long as it exists")
        );
        assert_eq!(words(Story::begun()), None);
        assert_eq!(words(Story::undone_restore()), None);
    }
}
