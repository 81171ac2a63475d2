//! A journal in words: what each record means to a person. The line display and `status` tell runs in the same words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    theme::Tone,
    words::{clean, plural},
};
use crate::{
    moment::in_words,
    pg::Proof,
    run::{
        clock::elapsed,
        journal::History,
        plan::Plan,
        record::{Consequence, Entry, Outcome, Record, Scope},
        step::{Failure, Forgone, Step as _, StepId, Until},
    },
    steps::{
        guard_cutover::{self, Guarded},
        step::Step,
    },
};

/// One line about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it happened.
    pub at: Timestamp,
    /// The step it is about; none for the run as a whole.
    pub step: Option<StepId>,
    /// What kind of news it is.
    pub tone: Tone,
    /// The news.
    pub text: String,
}

impl Line {
    /// `restore-cluster: done after 8 minutes`.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.step {
            Some(step) => format!("{step}: {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// What a step is called and how it is taken back.
struct Words {
    title: String,
    undo: String,
}

/// Tells one run's records. It must see them in order, since how long a step took is known only from its start.
pub struct Narrator {
    words: BTreeMap<StepId, Words>,
    started: BTreeMap<StepId, Timestamp>,
    /// Nothing is made by such a run.
    promotes: bool,
}

impl Narrator {
    /// Tells runs of `plan`.
    #[must_use]
    pub fn new(plan: &Plan<Step>) -> Self {
        let words = plan.steps.iter().map(|planned| {
            let undo = readable(plan, &planned.step.describe().undo);
            (planned.step.id(), Words { title: title(plan, &planned.step), undo })
        });
        Self { words: words.collect(), started: BTreeMap::new(), promotes: plan.brief.promotion.is_some() }
    }

    /// What `record` says: one line, with further lines for what a failure leads to and what helps against it.
    pub fn tell(&mut self, record: &Record<Step>) -> Vec<Line> {
        let at = record.at;
        let run = |tone, text: String| vec![Line { at, step: None, tone, text }];
        let of = |step: &StepId, tone, text: String| vec![Line { at, step: Some(step.clone()), tone, text }];
        match &record.entry {
            Entry::Begun { plan, until, by } => run(Tone::Strong, begun(plan, *until, &by.who)),
            Entry::Allowed { until, by } => {
                run(Tone::Strong, format!("{} lets the run go on {}", clean(&by.who), as_far_as(*until)))
            }
            Entry::Started { step } => {
                self.started.insert(step.clone(), at);
                let title = self.words.get(step).map_or("started", |words| &words.title);
                of(step, Tone::Plain, title.to_owned())
            }
            Entry::Noted { step, note } => note_words(note).map_or_else(Vec::new, |(tone, text)| of(step, tone, text)),
            // Told while it lasts; afterwards only how long the step took matters.
            Entry::Awaiting { .. } => Vec::new(),
            Entry::Finished { step, output } if Forgone::of(output).is_some() => {
                let failure = Forgone::of(output).map(|failure| clean(&failure.to_string())).unwrap_or_default();
                let text = format!("not done{}, and gone on without it: {failure}", self.after(step, at));
                of(step, Tone::Caution, text)
            }
            Entry::Finished { step, output } => {
                let notes = guarded(step, output).map(|guarded| guarded.notes).unwrap_or_default();
                let mut lines: Vec<Line> =
                    notes.iter().flat_map(|note| of(step, Tone::Caution, format!("note: {}", clean(note)))).collect();
                lines.extend(of(step, Tone::Good, format!("done{}", self.after(step, at))));
                lines
            }
            Entry::Failed { step, failure, then } => {
                let mut lines =
                    of(step, Tone::Bad, format!("FAILED{}: {}", self.after(step, at), clean(&failure.to_string())));
                lines.extend(hint(failure).map(|text| Line { at, step: Some(step.clone()), tone: Tone::Strong, text }));
                let consequence = match then {
                    Consequence::TurnBack(Scope::Everything) if self.promotes => "turning back: nothing was promoted",
                    Consequence::TurnBack(Scope::Cutover) if self.promotes => {
                        "turning back: the old primary and the application go where they were"
                    }
                    then => consequence(*then),
                };
                lines.extend(run(Tone::Caution, consequence.to_owned()));
                lines
            }
            Entry::Stopped { .. } if self.promotes => run(Tone::Strong, "stopped, as asked".to_owned()),
            Entry::Stopped { after } => run(Tone::Strong, format!("stopped, as asked: {}", reached(*after))),
            Entry::TurnedBack { scope, by, final_snapshot } => {
                let kept = final_snapshot.as_ref().map(|name| format!(", keeping its data as snapshot {name}"));
                let kept = kept.unwrap_or_default();
                run(Tone::Caution, format!("{} {}{kept}", clean(&by.who), takes_back(*scope)))
            }
            Entry::UndoStarted { step } => {
                self.started.insert(step.clone(), at);
                let undo = self.words.get(step).map_or("what it did", |words| &words.undo);
                of(step, Tone::Plain, format!("taking back: {undo}"))
            }
            Entry::UndoFinished { step, how } => {
                of(step, Tone::Good, format!("taken back{}: {}", self.after(step, at), clean(how)))
            }
            Entry::UndoFailed { step, failure } => {
                let mut lines = of(
                    step,
                    Tone::Bad,
                    format!("NOT TAKEN BACK{}: {}", self.after(step, at), clean(&failure.to_string())),
                );
                lines.extend(hint(failure).map(|text| Line { at, step: Some(step.clone()), tone: Tone::Strong, text }));
                lines.extend(run(Tone::Bad, "stuck: a person is needed".to_owned()));
                lines
            }
            Entry::Retried { by } => {
                // The steps that try again start anew; which ones is the transition function's to say.
                self.started.clear();
                run(Tone::Strong, format!("{} lets the run try again where it stopped", clean(&by.who)))
            }
            Entry::Interrupted { by } => {
                run(Tone::Caution, format!("interrupted by {}; the run can be resumed", clean(by)))
            }
            Entry::Ended { outcome } if self.promotes => match outcome {
                Outcome::Recovered => run(Tone::Good, "promoted: every step is done".to_owned()),
                Outcome::RolledBack => run(Tone::Caution, "rolled back".to_owned()),
                Outcome::Undone => run(Tone::Caution, "ended before its end".to_owned()),
            },
            Entry::Ended { outcome } => match outcome {
                Outcome::Recovered => run(Tone::Good, "recovered: every step is done".to_owned()),
                Outcome::RolledBack => {
                    run(Tone::Caution, "rolled back: the application is where it was; the target is kept".to_owned())
                }
                Outcome::Undone => run(Tone::Caution, "undone: nothing that the run made is left".to_owned()),
            },
            Entry::Removing { final_snapshot, by } => {
                self.started.clear();
                let kept = final_snapshot.as_ref().map_or_else(
                    || "without keeping its data".to_owned(),
                    |name| format!("keeping its data as snapshot {name}"),
                );
                run(Tone::Caution, format!("{} has the target removed, {kept}", clean(&by.who)))
            }
            Entry::Removed => run(Tone::Caution, "the target is removed".to_owned()),
        }
    }

    fn after(&self, step: &StepId, at: Timestamp) -> String {
        self.started.get(step).map(|started| format!(" after {}", in_words(elapsed(*started, at)))).unwrap_or_default()
    }
}

/// What the look before a cutover found, where that is the step that has finished.
fn guarded(step: &StepId, output: &serde_json::Value) -> Option<Guarded> {
    (step.0 == guard_cutover::ID).then(|| serde_json::from_value(output.clone()).ok()).flatten()
}

/// What a step of `plan` does, in a line for people.
#[must_use]
pub fn title(plan: &Plan<Step>, step: &Step) -> String {
    readable(plan, &step.describe().title)
}

/// `text` with the secrets' ARNs, which fill a line of their own, given by their names.
fn readable(plan: &Plan<Step>, text: &str) -> String {
    let secrets = plan.brief.secrets.iter();
    clean(&secrets.fold(text.to_owned(), |text, pointer| text.replace(&pointer.arn, &pointer.secret)))
}

/// A whole history in lines, oldest first.
#[must_use]
pub fn lines(history: &History<Step>) -> Vec<Line> {
    let mut narrator = Narrator::new(&history.state.plan);
    history.records.iter().flat_map(|record| narrator.tell(record)).collect()
}

fn begun(plan: &Plan<Step>, until: Until, who: &str) -> String {
    let brief = &plan.brief;
    if let Some(promotion) = &brief.promotion {
        let (old, new) = (&brief.source.identifier, &brief.target.writer);
        let reach = match until {
            Until::Cutover => "to the end",
            Until::Restored | Until::Validated => "and stops on the way",
        };
        return format!("{} begins run {}: {new} in place of {old}, {}, {reach}", clean(who), plan.run, promotion.way);
    }
    format!(
        "{} begins run {}: {} as it was at {} into {}, {}",
        clean(who),
        plan.run,
        brief.source.identifier,
        brief.data_time_words(),
        brief.target.identifier,
        as_far_as(until)
    )
}

fn as_far_as(until: Until) -> &'static str {
    match until {
        Until::Restored => "as far as the restored target",
        Until::Validated => "as far as the proof",
        Until::Cutover => "to the end, cutover included",
    }
}

fn reached(until: Until) -> &'static str {
    match until {
        Until::Restored => "the target is restored, not proven",
        Until::Validated => "the target is proven, the application not moved",
        Until::Cutover => "the application is moved",
    }
}

fn consequence(then: Consequence) -> &'static str {
    match then {
        Consequence::TurnBack(Scope::Cutover) => "turning back: the application goes where it was; the target is kept",
        Consequence::TurnBack(Scope::Everything) => "turning back: everything that the run made is removed",
        Consequence::Hold => "stuck: everything stays as it is until a person decides",
    }
}

fn takes_back(scope: Scope) -> &'static str {
    match scope {
        Scope::Cutover => "takes the cutover back; the target is kept",
        Scope::Everything => "takes back everything that the run made",
    }
}

fn hint(failure: &Failure) -> Option<String> {
    failure.hint.as_deref().map(|hint| format!("hint: {}", clean(hint)))
}

/// The notes that steps make, by their shape: a proof, or a round of the watch.
fn note_words(note: &Value) -> Option<(Tone, String)> {
    if let Ok(proof) = serde_json::from_value::<Proof>(note.clone()) {
        let tone = if proof.failed() > 0 { Tone::Bad } else { Tone::Plain };
        return Some((tone, counts(&proof)));
    }
    match note.get("failing")? {
        Value::String(why) => Some((Tone::Caution, format!("probes fail: {}", clean(why)))),
        _ => Some((Tone::Good, "probes pass again".to_owned())),
    }
}

/// `12 checks: 11 passed, 0 failed, 1 unchecked`.
#[must_use]
pub fn counts(proof: &Proof) -> String {
    let total = plural(proof.checks.len(), "check");
    format!("{total}: {} passed, {} failed, {} unchecked", proof.passed(), proof.failed(), proof.unchecked())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::testing::Story;

    fn told(story: Story) -> String {
        let lines = lines(&story.history());
        lines
            .iter()
            .map(|line| format!("{} {:?} {}\n", &line.at.to_string()[11..], line.tone, line.sentence()))
            .collect()
    }

    #[test]
    fn a_rollback_is_told_from_beginning_to_end() {
        insta::assert_snapshot!(told(Story::rolled_back()), @"
        15:00:00Z Strong ann@bastion begins run 20261120-150000-k3fa: loanserve-prod-aurora as it was at 2026-11-20 14:22:05 UTC into loanserve-prod-aurora-db-k3fa, to the end, cutover included
        15:00:01Z Plain restore-cluster: restore into a new cluster loanserve-prod-aurora-db-k3fa
        15:08:12Z Good restore-cluster: done after 8 min 11 s
        15:08:12Z Plain create-writer: create the writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large)
        15:13:13Z Good create-writer: done after 5 min 01 s
        15:13:13Z Plain apply-settings: give loanserve-prod-aurora-db-k3fa the settings a restore does not take
        15:13:23Z Good apply-settings: done after 10 s
        15:13:23Z Plain prove: prove the data of loanserve-prod-aurora-db-k3fa: the built-in checks and 1 of the profile's
        15:14:05Z Plain prove: 3 checks: 2 passed, 0 failed, 1 unchecked
        15:14:05Z Good prove: done after 42 s
        15:14:10Z Plain lift-quarantine: lift the quarantine: the source's security groups on loanserve-prod-aurora-db-k3fa
        15:14:20Z Good lift-quarantine: done after 10 s
        15:14:20Z Plain stage-secret: stage a version of prod/loans/db that points at loanserve-prod-aurora-db-k3fa, and log in with it
        15:14:21Z Good stage-secret: done after 1 s
        15:14:21Z Plain move-secret: move the application: AWSCURRENT of prod/loans/db to the staged version
        15:14:23Z Good move-secret: done after 2 s
        15:14:23Z Plain watch: watch for 5 min, every 5 s: GET https://api.example.com/health; 3 failing rounds in a row roll back
        15:14:40Z Caution watch: probes fail: GET https://api.example.com/health: 503
        15:14:45Z Bad watch: FAILED after 22 s: watch the application: 3 of 3 probe rounds in a row failed
        15:14:45Z Caution turning back: the application goes where it was; the target is kept
        15:14:45Z Plain move-secret: taking back: move AWSCURRENT back to version v-before, exactly
        15:14:46Z Good move-secret: taken back after 1 s: clients get version v-before again
        15:14:46Z Plain stage-secret: taking back: take the label daybreak-k3fa away; AWS discards versions without a label
        15:14:47Z Good stage-secret: taken back after 1 s: it is as it was
        15:14:47Z Plain lift-quarantine: taking back: quarantine again: security groups sg-quarantine
        15:14:57Z Good lift-quarantine: taken back after 10 s: it is as it was
        15:14:57Z Caution rolled back: the application is where it was; the target is kept
        ");
    }

    #[test]
    fn a_failed_undo_says_what_helps_and_that_a_person_is_needed() {
        let text = told(Story::stuck_back());
        let last: Vec<&str> = text.lines().rev().take(3).collect();
        insta::assert_snapshot!(last.into_iter().rev().collect::<Vec<_>>().join("\n"), @"
        15:14:46Z Bad move-secret: NOT TAKEN BACK after 1 s: move secret prod/loans/db back to version v-before: secretsmanager UpdateSecretVersionStage: AccessDenied: request id 7d1c
        15:14:46Z Strong move-secret: hint: allow secretsmanager:UpdateSecretVersionStage (policy bundle cutover-secret)
        15:14:46Z Bad stuck: a person is needed
        ");
    }

    #[test]
    fn stops_permissions_and_interruptions_are_told() {
        let story = Story::of(crate::ui::testing::plan(), Until::Validated)
            .proven()
            .then(845, Entry::Stopped { after: Until::Validated })
            .then(900, Story::allowed(Until::Cutover))
            .then(901, Story::started("lift-quarantine"))
            .then(902, Entry::Interrupted { by: "SIGINT".to_owned() });
        let text = told(story);
        let last: Vec<&str> = text.lines().rev().take(4).collect();
        insta::assert_snapshot!(last.into_iter().rev().collect::<Vec<_>>().join("\n"), @"
        15:14:05Z Strong stopped, as asked: the target is proven, the application not moved
        15:15:00Z Strong ann@bastion lets the run go on to the end, cutover included
        15:15:01Z Plain lift-quarantine: lift the quarantine: the source's security groups on loanserve-prod-aurora-db-k3fa
        15:15:02Z Caution interrupted by SIGINT; the run can be resumed
        ");
    }

    #[test]
    fn notes_are_told_by_their_shape_and_unknown_ones_not_at_all() {
        assert_eq!(note_words(&json!({ "failing": null })), Some((Tone::Good, "probes pass again".to_owned())));
        assert_eq!(note_words(&json!({ "password": "hunter2" })), None);
    }
}
