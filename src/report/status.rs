//! Where a run is: in a line, in full, and as the last words of a command.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    application::{Application, application, application_words},
    evidence::kept,
    facts::{self, Facts},
    ledger::LedgerResult,
    next::next_steps,
    person::person,
    promoted,
    standing::{cost_words, made},
    stuck::{Around, Stuck},
};
use crate::{
    moment::{ago, in_words, show},
    run::{
        clock::elapsed,
        journal::History,
        record::{Outcome, Scope},
        removal::{Progress, Removal},
        state::{Direction, RunState, Stage, StepState, stage_words},
        step::{StepId, Until},
    },
    steps::{prove, step::Step},
    ui::{
        history::{Line, lines},
        page::Page,
        theme::{Mark, Theme, Tone},
        words::{clean, plural, width},
    },
};

/// One line for lists of runs: `20261120-150000-k3fa  loans  stopped: the target is proven, the application not moved`.
#[must_use]
pub fn status_line(state: &RunState<Step>) -> String {
    format!("{}  {}  {}", state.plan.run, clean(&state.plan.database), stage_sentence(state))
}

/// The run's stage in words, with the step at work or at fault.
#[must_use]
pub fn stage_sentence(state: &RunState<Step>) -> String {
    if let Some(removal) = &state.removal {
        return removal_sentence(state, removal);
    }
    if promoted::promotes(state)
        && let Some(words) = promoted::stage_words(state, application(state) != Application::NotMoved)
    {
        return words;
    }
    let total = state.steps.len();
    let at = |wanted: &[StepState]| state.steps.iter().position(|step| wanted.contains(&step.state));
    let step = |index: usize| format!("step {} of {total}, {}", index + 1, state.steps[index].id);
    let taking_back = |words: &str| {
        at(&[StepState::Undoing]).map_or_else(|| words.to_owned(), |index| format!("{words}: {}", step(index)))
    };
    match state.stage {
        Stage::Going => at(&[StepState::Started, StepState::Pending])
            .map_or_else(|| "going".to_owned(), |index| format!("going: {}", step(index))),
        Stage::Stopped(Until::Restored) => "stopped: the target is restored, not proven".to_owned(),
        Stage::Stopped(Until::Validated) => "stopped: the target is proven, the application not moved".to_owned(),
        Stage::Stopped(Until::Cutover) => "stopped after the cutover".to_owned(),
        Stage::TurningBack(Scope::Cutover) => taking_back("rolling back"),
        Stage::TurningBack(Scope::Everything) => taking_back("being undone"),
        Stage::Stuck(direction) => {
            let words = match direction {
                Direction::Forward => "STUCK on the way forward",
                Direction::Back(_) => "STUCK on the way back",
            };
            at(&[StepState::UndoFailed])
                .or_else(|| at(&[StepState::Failed]))
                .map_or_else(|| words.to_owned(), |index| format!("{words}: {}", step(index)))
        }
        Stage::Ended(Outcome::Recovered) => match application(state) {
            Application::NotMoved if state.step(prove::ID).is_none() => {
                "recovered: the target is restored, not proven; daybreak moves no application".to_owned()
            }
            Application::NotMoved => "recovered: the target is proven; daybreak moves no application".to_owned(),
            _ => "recovered: the application is on the target".to_owned(),
        },
        Stage::Ended(Outcome::RolledBack) => {
            "rolled back: the application is where it was; the target is kept".to_owned()
        }
        Stage::Ended(Outcome::Undone) => "undone: nothing that the run made is left".to_owned(),
    }
}

/// The stage of an ended run whose target was removed since, or is being removed.
fn removal_sentence(state: &RunState<Step>, removal: &Removal) -> String {
    let (stage, who) = (stage_words(state.stage), clean(&removal.by.who));
    let kept = kept(state.final_snapshot.as_deref());
    match removal.progress {
        Progress::Done(at) => format!("{stage}; its target was removed by {who} on {}, {kept}", show(at)),
        Progress::Open => format!("{stage}; its target is being removed by {who}, {kept}"),
        Progress::Failed => format!("{stage}; its target could not be removed, as {who} wanted, {kept}"),
    }
}

/// The database with the run's stage; whether the run is going or was interrupted only its last record tells.
fn headline(history: &History<Step>) -> String {
    let state = &history.state;
    let database = clean(&state.plan.database);
    if Facts::of(history).interrupted && state.unfinished() {
        format!("{database}: interrupted, and can be resumed; it was {}", stage_sentence(state))
    } else {
        format!("{database}: {}", stage_sentence(state))
    }
}

/// How the stage is to be taken.
pub(super) const fn stage_tone(stage: Stage) -> Tone {
    match stage {
        Stage::Ended(Outcome::Recovered) => Tone::Good,
        Stage::Stuck(_) => Tone::Bad,
        Stage::Ended(_) | Stage::TurningBack(_) => Tone::Caution,
        Stage::Going | Stage::Stopped(_) => Tone::Strong,
    }
}

/// Where the run is and how it got there, in lines of at most `width` columns.
#[must_use]
pub fn status(history: &History<Step>, around: &Around, now: Timestamp, theme: Theme, width: usize) -> String {
    let state = &history.state;
    let brief = &state.plan.brief;
    let mut page = Page::new(theme, width);
    page.put(stage_tone(state.stage), "", &headline(history));
    page.field(
        "run",
        12,
        &format!("{}, begun {} ago by {}", state.plan.run, ago(elapsed(state.begun, now)), clean(&state.begun_by.who)),
    );
    if !promoted::promotes(state) {
        page.field("data of", 12, &brief.data_time_words());
    }
    page.field("source", 12, &format!("{} ({})", brief.source.identifier, brief.source.region));
    page.field("target", 12, &brief.target.identifier);
    page.field("last entry", 12, &format!("{} ago", ago(elapsed(state.latest, now))));
    if let Some((step, since, on)) = facts::waiting(state) {
        let words = format!("{}, for {} ({step})", clean(on), ago(elapsed(since, now)));
        page.field("waiting for", 12, &words);
    }
    steps(&mut page, state, now);
    page.heading(Tone::Heading, "What happened");
    timeline(&mut page, &lines(history));
    ledger(&mut page, history, 12);
    outlook(&mut page, history, around);
    page.finish()
}

/// What was written on one side only, as far as it is known.
fn ledger(page: &mut Page, history: &History<Step>, columns: usize) {
    for side in LedgerResult::of(history).iter().flat_map(LedgerResult::sides).filter(|side| side.given_up) {
        page.field("ledger", columns, &side.words());
    }
}

/// What a command says last about the run it executed: the end, the reason, what exists, and what to do.
#[must_use]
pub fn closing(history: &History<Step>, around: &Around, theme: Theme, width: usize) -> String {
    let state = &history.state;
    let mut page = Page::new(theme, width);
    page.heading(stage_tone(state.stage), &headline(history));
    let facts = Facts::of(history);
    if let Some((_, proof)) = &facts.proof {
        page.field("proof", 14, &crate::ui::history::counts(proof));
    }
    let (rto, rpo) = (facts::rto_seconds(history), facts::rpo_seconds(history, &facts));
    for (name, seconds) in [("RTO achieved", rto), ("RPO achieved", rpo)] {
        if let Some(span) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            page.field(name, 14, &in_words(span));
        }
    }
    ledger(&mut page, history, 14);
    outlook(&mut page, history, around);
    page.finish()
}

fn steps(page: &mut Page, state: &RunState<Step>, now: Timestamp) {
    page.heading(Tone::Heading, &plural(state.steps.len(), "step"));
    let columns = state.steps.iter().map(|step| width(&step.id.0)).max().unwrap_or(0);
    for step in &state.steps {
        let (mark, tone, word) = match step.state {
            StepState::Pending => (Mark::Pending, Tone::Quiet, "not begun"),
            StepState::Started => (Mark::Going, Tone::Strong, "begun"),
            StepState::Done => (Mark::Done, Tone::Plain, "done"),
            StepState::Failed => (Mark::Failed, Tone::Bad, "FAILED"),
            StepState::Undoing => (Mark::Going, Tone::Strong, "being taken back"),
            StepState::Undone => (Mark::Undone, Tone::Quiet, "taken back"),
            StepState::UndoFailed => (Mark::Failed, Tone::Bad, "NOT TAKEN BACK"),
        };
        let time = match (step.started, step.ended) {
            (Some(started), Some(ended)) => format!(" in {}", in_words(elapsed(started, ended))),
            (Some(started), None) => format!(" {} ago", ago(elapsed(started, now))),
            (None, _) => String::new(),
        };
        page.marked(mark, tone, &step.id.0, columns, &format!("{word}{time}"));
    }
}

/// Lines with their times.
pub(super) fn timeline(page: &mut Page, lines: &[Line]) {
    for line in lines {
        page.put(line.tone, &format!("  {}  ", show(line.at)), &line.sentence());
    }
}

/// The failure, where the application is, what exists and costs, and the next commands.
fn outlook(page: &mut Page, history: &History<Step>, around: &Around) {
    let state = &history.state;
    let facts = Facts::of(history);
    if let Some(failure) = &facts.failure {
        failed(page, failure, &facts);
    }
    match Stuck::of(history, around) {
        Some(stuck) => person(page, history, &stuck),
        None => {
            page.heading(Tone::Heading, "Now");
            standing(page, state);
        }
    }
    if !matches!(state.stage, Stage::Stuck(_)) {
        page.heading(Tone::Heading, "Next");
        for step in &next_steps(state) {
            page.put(Tone::Strong, "  ", &step.command);
            page.put(Tone::Plain, "      ", &step.does);
        }
    }
}

fn failed(page: &mut Page, (step, failure): &(StepId, crate::run::step::Failure), facts: &Facts) {
    page.heading(Tone::Bad, "Failure");
    page.put(Tone::Bad, "  ", &format!("{step}: {}", clean(&failure.message)));
    for cause in &failure.causes {
        page.put(Tone::Plain, "    because: ", &clean(cause));
    }
    if let Some(hint) = &failure.hint {
        page.put(Tone::Strong, "  hint: ", &clean(hint));
    }
    if let Some((first, cause)) = facts.cause.as_ref().filter(|(first, _)| first != step) {
        page.put(Tone::Plain, "  after ", &format!("{first}: {}", clean(&cause.to_string())));
    }
}

/// What exists, where the application is, and what costs.
pub(super) fn standing(page: &mut Page, state: &RunState<Step>) {
    if let Some(promotion) = &state.plan.brief.promotion {
        page.put(Tone::Strong, "  ", &clean(&promoted::role_words(state)));
        page.put(Tone::Plain, "  ", &clean(&format!("the old primary: {}", promotion.old_primary)));
        for line in promoted::afterwards(state) {
            page.put(Tone::Caution, "  ", &clean(&line));
        }
    }
    for made in made(state) {
        let class = made.class.as_deref().map(|class| format!(" ({class})")).unwrap_or_default();
        page.put(Tone::Plain, "  ", &format!("{}{class} {}", made.what, made.existence.words()));
    }
    page.put(Tone::Strong, "  ", &clean(&application_words(state)));
    if let Some(cost) = cost_words(state) {
        page.put(Tone::Plain, "  ", &cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::record::Entry,
        ui::testing::{Story, after, has_long_word, plan},
    };

    #[test]
    fn every_stage_in_a_line() {
        let stopped =
            Story::of(plan(), Until::Validated).proven().then(845, Entry::Stopped { after: Until::Validated });
        let stories = [
            Story::begun(),
            Story::begun().then(1, Story::started("restore-cluster")),
            stopped,
            Story::begun().proven().then(850, Story::turned_back(Scope::Everything)),
            Story::stuck_back(),
            Story::begun().proven().moved().recovered(),
            Story::rolled_back(),
            Story::undone_restore(),
        ];
        let lines: Vec<String> = stories.into_iter().map(|story| status_line(&story.history().state)).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        20261120-150000-k3fa  loans  going: step 1 of 10, restore-cluster
        20261120-150000-k3fa  loans  going: step 1 of 10, restore-cluster
        20261120-150000-k3fa  loans  stopped: the target is proven, the application not moved
        20261120-150000-k3fa  loans  being undone
        20261120-150000-k3fa  loans  STUCK on the way back: step 7 of 10, move-secret
        20261120-150000-k3fa  loans  recovered: the application is on the target
        20261120-150000-k3fa  loans  rolled back: the application is where it was; the target is kept
        20261120-150000-k3fa  loans  undone: nothing that the run made is left
        ");
    }

    #[test]
    fn a_removed_target_is_told_of_and_the_runs_outcome_stays() {
        let story = || Story::rolled_back().then(9000, Story::removing(Some("loans-final")));
        let line = |story: Story| status_line(&story.history().state);
        assert_eq!(
            line(story()),
            "20261120-150000-k3fa  loans  rolled back; its target is being removed by ann@bastion, with the final snapshot loans-final"
        );
        let removed = story()
            .undone("create-writer", 9001, 9100)
            .undone("restore-cluster", 9100, 9200)
            .then(9200, Entry::Removed);
        insta::assert_snapshot!(closing(&removed.history(), &Around::default(), Theme::plain(), 80), @"
        loans: rolled back; its target was removed by ann@bastion on 2026-11-20 17:33:20
        UTC, with the final snapshot loans-final
          proof         3 checks: 2 passed, 0 failed, 1 unchecked
          RPO achieved  2 s

        Failure
          watch: watch the application: 3 of 3 probe rounds in a row failed

        Now
          cluster loanserve-prod-aurora-db-k3fa is gone
          writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large) is gone
          the application was not on the target when its removal began

        Next
          daybreak report 20261120-150000-k3fa
              prints the evidence
        ");
    }

    #[test]
    fn a_wait_says_what_for_and_how_long() {
        let history = Story::begun()
            .then(1, Story::started("restore-cluster"))
            .then(3, Story::awaiting("restore-cluster", "cluster loanserve-prod-aurora-db-k3fa is creating"))
            .history();
        let text = status(&history, &Around::default(), after(723), Theme::plain(), 100);
        assert!(
            text.contains(
                "  waiting for cluster loanserve-prod-aurora-db-k3fa is creating, for 12 min (restore-cluster)\n"
            ),
            "{text}"
        );
        assert!(!text.split("What happened").nth(1).is_some_and(|told| told.contains("creating")), "{text}");
    }

    #[test]
    fn an_interrupted_run_says_that_it_can_be_resumed() {
        let history = Story::begun()
            .then(1, Story::started("restore-cluster"))
            .then(9, Entry::Interrupted { by: "SIGINT".to_owned() })
            .history();
        let text = closing(&history, &Around::default(), Theme::plain(), 100);
        assert!(
            text.starts_with("loans: interrupted, and can be resumed; it was going: step 1 of 10, restore-cluster\n"),
            "{text}"
        );
        assert!(text.contains("daybreak resume 20261120-150000-k3fa"), "{text}");
        assert!(text.contains("cluster loanserve-prod-aurora-db-k3fa may exist"), "{text}");
    }

    #[test]
    fn a_recovery_ends_with_its_figures() {
        insta::assert_snapshot!(closing(&Story::begun().proven().moved().recovered().history(), &Around::default(), Theme::plain(), 80), @"
        loans: recovered: the application is on the target
          proof         3 checks: 2 passed, 0 failed, 1 unchecked
          RTO achieved  14 min 23 s
          RPO achieved  2 s

        Now
          cluster loanserve-prod-aurora-db-k3fa exists
          writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large) exists
          the application is on the target loanserve-prod-aurora-db-k3fa: secret
          prod/loans/db, version v-after
          1 instance of class db.r6g.large and the target's storage cost money as long
          as they exist

        Next
          daybreak rollback 20261120-150000-k3fa
              moves the application back to the source and keeps the target
          daybreak report 20261120-150000-k3fa
              prints the evidence
        ");
    }

    #[test]
    fn the_full_status_of_a_run_in_progress() {
        let history =
            Story::begun().done("restore-cluster", 1, 492).then(492, Story::started("create-writer")).history();
        insta::assert_snapshot!(status(&history, &Around::default(), after(600), Theme::plain(), 80), @"
        loans: going: step 2 of 10, create-writer
          run         20261120-150000-k3fa, begun 10 min ago by ann@bastion
          data of     2026-11-20 14:22:05 UTC
          source      loanserve-prod-aurora (eu-west-1)
          target      loanserve-prod-aurora-db-k3fa
          last entry  1 min 48 s ago

        10 steps
          + restore-cluster  done in 8 min 11 s
          > create-writer    begun 1 min 48 s ago
          . apply-settings   not begun
          . prove            not begun
          . lift-quarantine  not begun
          . stage-secret     not begun
          . move-secret      not begun
          . watch            not begun
          . tag-cluster      not begun
          . settle           not begun

        What happened
          2026-11-20 15:00:00 UTC  ann@bastion begins run 20261120-150000-k3fa:
                                   loanserve-prod-aurora as it was at 2026-11-20
                                   14:22:05 UTC into loanserve-prod-aurora-db-k3fa, to
                                   the end, cutover included
          2026-11-20 15:00:01 UTC  restore-cluster: restore into a new cluster
                                   loanserve-prod-aurora-db-k3fa
          2026-11-20 15:08:12 UTC  restore-cluster: done after 8 min 11 s
          2026-11-20 15:08:12 UTC  create-writer: create the writer
                                   loanserve-prod-aurora-db-k3fa-1 (db.r6g.large)

        Now
          cluster loanserve-prod-aurora-db-k3fa exists
          writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large) may exist
          the application is on the source loanserve-prod-aurora: secret prod/loans/db,
          version v-before
          1 instance of class db.r6g.large and the target's storage cost money as long
          as they exist

        Next
          daybreak resume 20261120-150000-k3fa
              goes on where it was, if no process executes the run any more
          daybreak cancel 20261120-150000-k3fa
              removes everything that the run made
        ");
    }

    #[test]
    fn no_line_is_wider_than_asked_but_for_a_long_word() {
        let history = Story::stuck_back().history();
        for columns in [40, 80] {
            for line in status(&history, &Around::default(), after(900), Theme::plain(), columns).lines() {
                assert!(width(line) <= columns || has_long_word(line, columns), "{columns}: {line}");
            }
        }
    }
}
