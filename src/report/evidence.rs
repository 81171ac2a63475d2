//! The evidence as one JSON document: the result, and all that the text report says beside it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    result::RunResult,
    settings::{self, SettingResult},
    stuck::Around,
};
use crate::{
    run::{
        journal::History,
        plan::Actor,
        record::{Entry, Scope},
        step::Until,
    },
    steps::{brief::Setting, step::Step, window::Window},
    ui::history::{lines, lost},
};

/// What `report --output json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What came of the run.
    pub result: RunResult,
    /// When the run began.
    pub begun: Timestamp,
    /// When its last record was written.
    pub latest: Timestamp,
    /// How many records its journal holds.
    pub records: usize,
    /// SHA-256 of the last record, which vouches for all before it.
    pub digest: String,
    /// When it was planned.
    pub planned: Timestamp,
    /// The restore window as the plan saw it.
    pub window: Window,
    /// How much was given up when it was planned: everything written after the requested time.
    pub given_up_seconds: u64,
    /// The settings, as planned.
    pub settings: Vec<Setting>,
    /// The same as the target was seen to have them in the end; null before.
    pub read_back: Option<Vec<SettingResult>>,
    /// Who decided what, oldest first.
    pub decisions: Vec<Decision>,
    /// What happened, oldest first.
    pub timeline: Vec<Happening>,
}

/// One decision of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// What, as words after the person's name: `began it`.
    pub decided: String,
    /// Who.
    pub by: Actor,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The step it is about; none for the run as a whole.
    pub step: Option<String>,
    /// What.
    pub text: String,
}

impl Evidence {
    /// Reads the evidence from a journal.
    #[must_use]
    pub fn of(history: &History<Step>, around: &Around) -> Self {
        let (state, brief) = (&history.state, &history.state.plan.brief);
        let happening = |line: crate::ui::history::Line| Happening {
            at: line.at,
            step: line.step.map(|step| step.0),
            text: line.text,
        };
        Self {
            result: RunResult::of(history, around),
            begun: state.begun,
            latest: state.latest,
            records: history.records.len(),
            digest: history.digest.clone(),
            planned: state.plan.made_at,
            window: brief.window.clone(),
            given_up_seconds: brief.given_up_seconds,
            settings: brief.settings.clone(),
            read_back: settings::read_back(history),
            decisions: decisions(history),
            timeline: lines(history).into_iter().map(happening).collect(),
        }
    }
}

/// Who planned the run, began it, and decided about it.
#[must_use]
pub fn decisions(history: &History<Step>) -> Vec<Decision> {
    let plan = &history.state.plan;
    let mut decisions = vec![Decision { at: plan.made_at, decided: "planned it".to_owned(), by: plan.made_by.clone() }];
    for record in &history.records {
        let (decided, by) = match &record.entry {
            Entry::Begun { until, by, .. } => (format!("began it, as far as {}", far(*until)), by),
            Entry::Allowed { until, by } => (format!("let it go on, as far as {}", far(*until)), by),
            Entry::TurnedBack { scope: Scope::Cutover, by, loss, .. } => {
                let lost = loss.map(|loss| format!(", {}", lost(loss))).unwrap_or_default();
                (format!("took the cutover back{lost}"), by)
            }
            Entry::TurnedBack { scope: Scope::Everything, by, .. } => ("took everything back".to_owned(), by),
            Entry::Removing { final_snapshot, by } => {
                (format!("had the target removed, {}", kept(final_snapshot.as_deref())), by)
            }
            Entry::Retried { by } => ("let it try again".to_owned(), by),
            _ => continue,
        };
        decisions.push(Decision { at: record.at, decided, by: by.clone() });
    }
    decisions
}

/// What is kept of a target that is removed.
pub(super) fn kept(final_snapshot: Option<&str>) -> String {
    final_snapshot
        .map_or_else(|| "without a final snapshot".to_owned(), |snapshot| format!("with the final snapshot {snapshot}"))
}

fn far(until: Until) -> &'static str {
    match until {
        Until::Restored => "the restored target",
        Until::Validated => "the proof",
        Until::Cutover => "the cutover",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::testing::{Story, plan};

    #[test]
    fn every_decision_is_named_with_its_person_and_time() {
        let story = Story::of(plan(), Until::Validated)
            .proven()
            .then(845, Entry::Stopped { after: Until::Validated })
            .then(900, Story::allowed(Until::Cutover))
            .then(901, Story::turned_back(Scope::Everything));
        let decisions = decisions(&story.history());
        let told: Vec<String> = decisions
            .iter()
            .map(|decision| format!("{} {} {}", decision.at, decision.by.who, decision.decided))
            .collect();
        assert_eq!(
            told,
            [
                "2026-11-20T14:59:50Z ann@bastion planned it",
                "2026-11-20T15:00:00Z ann@bastion began it, as far as the proof",
                "2026-11-20T15:15:00Z ann@bastion let it go on, as far as the cutover",
                "2026-11-20T15:15:01Z ann@bastion took everything back",
            ]
        );
    }

    #[test]
    fn the_document_is_read_back_as_it_was_written() {
        let history = Story::rolled_back().history();
        let evidence = Evidence::of(&history, &Around::default());
        assert_eq!(evidence.records, history.records.len());
        assert_eq!(evidence.timeline.first().map(|first| first.at), Some(history.state.begun));
        let read: Evidence = serde_json::from_value(json!(evidence)).expect("what was written is read");
        assert_eq!(read, evidence);
    }
}
