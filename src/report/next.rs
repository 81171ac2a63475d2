//! What a person can do next with a run, as commands.

use super::promoted;
use crate::{
    recovery::recipe::promote::is_final,
    run::{
        record::{Outcome, Scope},
        state::{Direction, RunState, Stage},
        step::Until,
    },
    steps::step::Step,
};

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// The command, complete.
    pub command: String,
    /// What it does.
    pub does: String,
}

/// The ways to go on, the usual one first. Only what the run accepts in its state is offered.
#[must_use]
pub fn next_steps(state: &RunState<Step>) -> Vec<NextStep> {
    let run = &state.plan.run;
    let offer = |verb: &str, does: &str| NextStep { command: format!("daybreak {verb} {run}"), does: does.to_owned() };
    let rollback = || state.can_turn_back(Scope::Cutover).then(|| offer("rollback", rollback_words(state)));
    let cancel = || state.can_turn_back(Scope::Everything).then(|| offer("cancel", cancel_words(state)));
    let mut next = Vec::new();
    if let Some(removal) = &state.removal {
        if removal.done().is_none() {
            let command = format!("daybreak cleanup --remove {run}");
            next.push(NextStep { command, does: "goes on removing the target".to_owned() });
        }
        next.push(offer("report", "prints the evidence"));
        return next;
    }
    match state.stage {
        Stage::Going => {
            next.push(offer("resume", "goes on where it was, if no process executes the run any more"));
            next.extend(rollback().or_else(cancel));
        }
        // What can be taken back by switching back, or follows a fence, is a cutover as a whole.
        Stage::Stopped(_) if promoted::is_a_cutover(state) => {
            next.push(offer("cutover", "makes the target the primary"));
            next.extend(cancel());
        }
        // What is not proven is not cut over.
        Stage::Stopped(Until::Restored) => {
            if proves(state) {
                let command = format!("daybreak resume {run} --until validated");
                next.push(NextStep { command, does: "proves the target's data".to_owned() });
            }
            next.extend(rollback().or_else(cancel));
        }
        Stage::Stopped(_) => {
            next.push(offer("cutover", cutover_words(state)));
            next.extend(rollback().or_else(cancel));
        }
        Stage::TurningBack(_) => {
            next.push(offer("resume", "goes on taking back, if no process executes the run any more"))
        }
        Stage::Stuck(Direction::Forward) => {
            next.push(offer("resume", "tries the failed step again"));
            next.extend(rollback().or_else(cancel));
        }
        Stage::Stuck(Direction::Back(_)) => {
            next.push(offer("resume", "tries to take back again where that failed"));
            next.extend(cancel());
        }
        Stage::Ended(Outcome::Recovered) => {
            next.extend(rollback());
            next.push(offer("report", "prints the evidence"));
        }
        Stage::Ended(Outcome::RolledBack) => {
            next.push(offer("cutover", cutover_words(state)));
            next.extend(cancel());
        }
        Stage::Ended(Outcome::Undone) => {
            if promoted::promotes(state) {
                next.push(offer("report", "prints the evidence"));
                if !promoted::stands(state) {
                    let command = format!("daybreak promote {}", state.plan.database);
                    next.push(NextStep { command, does: "makes a new plan".to_owned() });
                }
                return next;
            }
            let (database, again) = (&state.plan.database, state.plan.brief.options());
            next.push(NextStep {
                command: format!("daybreak plan {database}{again}"),
                does: "makes a new plan".to_owned(),
            });
        }
    }
    next
}

fn moves_the_application(state: &RunState<Step>) -> bool {
    state.plan.brief.moves_the_application()
}

fn cancel_words(state: &RunState<Step>) -> &'static str {
    match (promoted::promotes(state), promoted::stands(state)) {
        (true, true) => "ends the run; the promotion stays, since it cannot be taken back",
        (true, false) => "ends the run; nothing was promoted",
        (false, _) => "removes everything that the run made",
    }
}

fn rollback_words(state: &RunState<Step>) -> &'static str {
    if let Some(words) = promoted::rollback_words(state) {
        return words;
    }
    if promoted::promotes(state) && !is_final(&state.plan) {
        return "makes the old primary the primary again, and moves the application back to it";
    }
    if moves_the_application(state) {
        "moves the application back to the source and keeps the target"
    } else {
        "takes back what came after the proof and keeps the target"
    }
}

fn proves(state: &RunState<Step>) -> bool {
    state.plan.steps.iter().any(|planned| matches!(planned.step, Step::Prove(_)))
}

fn cutover_words(state: &RunState<Step>) -> &'static str {
    if moves_the_application(state) { "moves the application to the target" } else { "finishes the target" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::record::{Consequence, Entry},
        ui::testing::{Story, plan, plan_without_pointer},
    };

    fn offered(story: Story) -> String {
        let next = next_steps(&story.history().state);
        next.iter()
            .map(|next| format!("{}: {}\n", next.command.replace(" 20261120-150000-k3fa", ""), next.does))
            .collect()
    }

    fn stopped(until: Until) -> Story {
        let story = Story::of(plan(), until);
        match until {
            Until::Restored => {
                story.done("restore-cluster", 1, 2).done("create-writer", 2, 3).done("apply-settings", 3, 4)
            }
            _ => story.proven(),
        }
        .then(900, Entry::Stopped { after: until })
    }

    #[test]
    fn a_stopped_run_goes_on_or_away() {
        assert_eq!(
            offered(stopped(Until::Validated)),
            "daybreak cutover: moves the application to the target\ndaybreak cancel: removes everything that the run made\n"
        );
        assert_eq!(
            offered(stopped(Until::Restored)),
            "daybreak resume --until validated: proves the target's data\ndaybreak cancel: removes everything that the run made\n"
        );
    }

    #[test]
    fn nothing_is_offered_that_the_run_would_refuse() {
        let moved = || Story::begun().proven().moved();
        let held = Story::failed("watch", "no answer", Consequence::Hold);
        insta::assert_snapshot!(offered(moved().then(863, Story::started("watch")).then(870, held)), @"
        daybreak resume: tries the failed step again
        daybreak rollback: moves the application back to the source and keeps the target
        ");
        insta::assert_snapshot!(offered(Story::stuck_back()), @"daybreak resume: tries to take back again where that failed");
        insta::assert_snapshot!(offered(moved().recovered()), @"
        daybreak rollback: moves the application back to the source and keeps the target
        daybreak report: prints the evidence
        ");
        insta::assert_snapshot!(offered(Story::rolled_back()), @"
        daybreak cutover: moves the application to the target
        daybreak cancel: removes everything that the run made
        ");
        insta::assert_snapshot!(offered(Story::undone_restore()), @"daybreak plan loans --to 2026-11-20T14:22:05Z: makes a new plan");
        insta::assert_snapshot!(offered(Story::begun()), @"
        daybreak resume: goes on where it was, if no process executes the run any more
        daybreak cancel: removes everything that the run made
        ");
        insta::assert_snapshot!(offered(Story::begun().proven().then(850, Story::turned_back(Scope::Everything))), @"daybreak resume: goes on taking back, if no process executes the run any more");
    }

    #[test]
    fn a_run_whose_target_is_removed_offers_no_way_back_to_it() {
        let removing = || Story::rolled_back().then(9000, Story::removing(None));
        insta::assert_snapshot!(offered(removing()), @"
        daybreak cleanup --remove: goes on removing the target
        daybreak report: prints the evidence
        ");
        let removed = removing()
            .undone("create-writer", 9001, 9100)
            .undone("restore-cluster", 9100, 9200)
            .then(9200, Entry::Removed);
        insta::assert_snapshot!(offered(removed), @"daybreak report: prints the evidence");
    }

    #[test]
    fn without_a_pointer_no_application_is_promised_to_move() {
        let story = Story::of(plan_without_pointer(), Until::Validated)
            .proven()
            .then(900, Entry::Stopped { after: Until::Validated });
        assert!(offered(story).starts_with("daybreak cutover: finishes the target\n"));
    }
}
