//! What was tried and did not end well: failures, interruptions, and what people asked for, with the attempt each belongs to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    run::{
        journal::History,
        record::{Entry, Scope},
        state::RunState,
        step::{Failure, StepId},
    },
    steps::step::Step,
    ui::words::clean,
};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// When it was over.
    pub at: Timestamp,
    /// The step; none where it was the run as a whole.
    pub step: Option<String>,
    /// Which attempt at that step, or at taking it back, this was, from 1.
    pub attempt: Option<usize>,
    /// What came of it: `failed`, `not_taken_back`, `interrupted`, `retried` or `turned_back`.
    pub event: Event,
    /// Why it failed, what interrupted it, or who asked for it.
    pub why: String,
    /// What caused a failure, outermost first.
    pub causes: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A step failed.
    Failed,
    /// A step could not be taken back.
    NotTakenBack,
    /// The executor was asked to stop, and did.
    Interrupted,
    /// A person let the run try again where it was stuck.
    Retried,
    /// A person turned the run back.
    TurnedBack,
}

impl Tried {
    /// What came of it, as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let attempt = self.attempt.filter(|attempt| *attempt > 1).map(|n| format!(", attempt {n}")).unwrap_or_default();
        let subject = self.step.as_deref().map(|step| format!("{step}{attempt}: ")).unwrap_or_default();
        let causes: String = self.causes.iter().map(|cause| format!(": {cause}")).collect();
        let what = match self.event {
            Event::Failed => format!("failed: {}{causes}", self.why),
            Event::NotTakenBack => format!("not taken back: {}{causes}", self.why),
            Event::Interrupted => format!("interrupted by {}", self.why),
            Event::Retried => format!("{} let it try again", self.why),
            Event::TurnedBack => self.why.clone(),
        };
        clean(&format!("{subject}{what}"))
    }
}

/// Reads what was tried from the records, oldest first.
#[must_use]
pub fn tried(history: &History<Step>) -> Vec<Tried> {
    let mut records = history.records.iter();
    let Some(mut state) = records.next().and_then(|first| RunState::begin(first).ok()) else { return Vec::new() };
    let mut attempts: BTreeMap<(StepId, bool), usize> = BTreeMap::new();
    let mut tried = Vec::new();
    for record in records {
        let at = record.at;
        let whole = |event, why: String| Tried { at, step: None, attempt: None, event, why, causes: Vec::new() };
        let of = |step: &StepId, attempt: Option<&usize>, event, failure: &Failure| Tried {
            at,
            step: Some(step.0.clone()),
            attempt: attempt.copied(),
            event,
            why: failure.message.clone(),
            causes: failure.causes.clone(),
        };
        match &record.entry {
            Entry::Started { step } => *attempts.entry((step.clone(), false)).or_default() += 1,
            Entry::UndoStarted { step } => *attempts.entry((step.clone(), true)).or_default() += 1,
            Entry::Failed { step, failure, .. } => {
                tried.push(of(step, attempts.get(&(step.clone(), false)), Event::Failed, failure));
            }
            Entry::UndoFailed { step, failure } => {
                tried.push(of(step, attempts.get(&(step.clone(), true)), Event::NotTakenBack, failure));
            }
            Entry::Interrupted { by } => tried.push(whole(Event::Interrupted, by.clone())),
            Entry::Retried { by } => tried.push(whole(Event::Retried, by.who.clone())),
            Entry::TurnedBack { scope, by, .. } => {
                let what = match scope {
                    Scope::Cutover => "took the cutover back",
                    Scope::Everything => "took back everything that the run made",
                };
                tried.push(whole(Event::TurnedBack, format!("{} {what}", by.who)));
            }
            _ => {}
        }
        let before = state.clone();
        if state.apply(record).is_err() {
            break;
        }
        if matches!(record.entry, Entry::Retried { .. }) {
            // Which steps a retry starts anew is the transition function's to say.
            let again = before.steps.iter().zip(&state.steps).filter(|(before, after)| before.state != after.state);
            for (_, step) in again {
                let undoing = step.state == crate::run::state::StepState::Undoing;
                *attempts.entry((step.id.clone(), undoing)).or_default() += 1;
            }
        }
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::record::Consequence,
        ui::testing::{Story, retried},
    };

    fn told(story: Story) -> String {
        tried(&story.history())
            .iter()
            .map(|tried| format!("{} {}\n", &tried.at.to_string()[11..], tried.sentence()))
            .collect()
    }

    #[test]
    fn attempts_are_counted_over_retries_interruptions_and_ways_back() {
        let held = |message| Story::failed("prove", message, Consequence::Hold);
        let story = Story::begun()
            .done("restore-cluster", 1, 2)
            .done("create-writer", 2, 3)
            .done("apply-settings", 3, 4)
            .then(4, Story::started("prove"))
            .then(5, Entry::Interrupted { by: "SIGHUP".to_owned() })
            .then(6, held("no route"))
            .then(60, retried())
            .then(70, held("no password"))
            .then(80, Story::turned_back(Scope::Everything));
        insta::assert_snapshot!(told(story), @"
        15:00:05Z interrupted by SIGHUP
        15:00:06Z prove: failed: no route
        15:01:00Z ann@bastion let it try again
        15:01:10Z prove, attempt 2: failed: no password
        15:01:20Z ann@bastion took back everything that the run made
        ");
        insta::assert_snapshot!(told(Story::stuck_back()), @"
        15:14:45Z watch: failed: watch the application: 3 of 3 probe rounds in a row failed
        15:14:46Z move-secret: not taken back: move secret prod/loans/db back to version v-before: secretsmanager UpdateSecretVersionStage: AccessDenied: request id 7d1c
        ");
        assert_eq!(told(Story::begun().proven().moved().recovered()), "");
    }
}
