//! Which database the application uses, as far as a journal can tell: by the states of the steps that move it.

use super::fenced;
use crate::{
    aws::dns::model::plain,
    run::state::{RunState, StepState},
    steps::{
        move_record::MoveRecord,
        moves::{self, Move},
        proxy::Proxied,
        renaming::{rename_source::RenameSource, rename_target::RenameTarget},
        restore_cluster::{self, RestoredCluster},
        serving,
        step::Step,
    },
};

/// Which database the application uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    /// The run moves nothing.
    NotMoved,
    /// The source.
    OnSource,
    /// The target.
    OnTarget,
    /// One or the other: a move, or the way back, began and was not seen to end.
    Unsure,
}

/// Which database the application uses, by the steps that move its pointers.
#[must_use]
pub fn application(state: &RunState<Step>) -> Application {
    let states = moves(state);
    if states.is_empty() {
        Application::NotMoved
    } else if states.iter().all(|state| matches!(state, StepState::Pending | StepState::Undone)) {
        Application::OnSource
    } else if states.iter().all(|state| *state == StepState::Done) {
        Application::OnTarget
    } else {
        Application::Unsure
    }
}

/// Where the moves are as a whole: the state of the one that is furthest from done, or of the first that is being taken back.
#[must_use]
pub fn state_of_moves(state: &RunState<Step>) -> Option<StepState> {
    const ORDER: [StepState; 6] = [
        StepState::UndoFailed,
        StepState::Undoing,
        StepState::Failed,
        StepState::Started,
        StepState::Undone,
        StepState::Done,
    ];
    let states = moves(state);
    ORDER.into_iter().find(|wanted| states.contains(wanted)).or_else(|| states.first().copied())
}

fn moves(state: &RunState<Step>) -> Vec<StepState> {
    let steps = moves::of(&state.plan.steps).into_iter().filter_map(|step| state.step(&step.id().0));
    steps.map(|step| step.state).collect()
}

/// The application's place in a sentence, with what became of the fence.
#[must_use]
pub fn application_words(state: &RunState<Step>) -> String {
    let place = place_words(state);
    match fenced::words(state) {
        Some(fence) if state.removal.is_none() => format!("{place}; {fence}"),
        _ => place,
    }
}

fn place_words(state: &RunState<Step>) -> String {
    let brief = &state.plan.brief;
    if state.removal.is_some() {
        return "the application was not on the target when its removal began".to_owned();
    }
    let steps = moves::of(&state.plan.steps).into_iter().filter_map(|step| state.step(&step.id().0));
    // What the way back found, in its own words: it may have met what somebody else wrote meanwhile.
    let how: Vec<&str> = steps.filter_map(|step| step.undone.as_deref()).collect();
    match application(state) {
        Application::NotMoved if brief.promotion.is_some() => {
            "daybreak moves no secret: the application uses the name that it used before".to_owned()
        }
        Application::NotMoved => "daybreak does not move the application: it uses what it used before".to_owned(),
        Application::OnSource if !how.is_empty() => {
            format!("the application is not on the target: {}", how.join("; "))
        }
        Application::OnSource => {
            format!("the application is on the source {}: {}", brief.source.identifier, pointers(state, false))
        }
        Application::OnTarget => {
            format!("the application is on the target {}: {}", brief.target.identifier, pointers(state, true))
        }
        Application::Unsure => unsure(state),
    }
}

/// What the application follows, as it is on the source or on the target.
fn pointers(state: &RunState<Step>, moved: bool) -> String {
    let brief = &state.plan.brief;
    let words = |step: &Move<'_>| match step {
        Move::Secret(step) => Some(format!(
            "secret {}, version {}",
            brief.name_of(&step.secret),
            if moved { &step.to_version } else { &step.from_version }
        )),
        Move::Record(step) => Some(match target_host(state).filter(|_| moved) {
            Some(host) => format!("record {}, which leads to {host}", step.from.words()),
            None => format!("record {}, which leads to {}", step.from.words(), former(step)),
        }),
        Move::Proxy(step) => {
            let Proxied { proxy, from, target, .. } = &step.proxied;
            Some(format!("proxy {proxy}, which leads to {}", if moved { target } else { from }))
        }
        Move::Release(_) => None,
        Move::Source(RenameSource { swap }) if moved => Some(format!("the source is called {}", swap.aside)),
        Move::Source(RenameSource { swap }) => Some(format!("it bears the name {}", swap.name)),
        Move::Target(RenameTarget { swap }) if moved => Some(format!("the target bears the name {}", swap.name)),
        Move::Target(RenameTarget { swap }) => Some(format!("the target is called {}", swap.target)),
    };
    moves::of(&state.plan.steps).iter().filter_map(words).collect::<Vec<_>>().join("; ")
}

fn unsure(state: &RunState<Step>) -> String {
    let brief = &state.plan.brief;
    let words = |step: &Move<'_>| match step {
        Move::Secret(step) => Some(format!(
            "on the source if version {} of secret {} holds AWSCURRENT, and on the target if {} does",
            step.from_version,
            brief.name_of(&step.secret),
            step.to_version
        )),
        Move::Record(step) => {
            let target = target_host(state).map(|host| format!(" if it leads to {host}")).unwrap_or_default();
            Some(format!(
                "by record {} on the source if that leads to {}, and on the target{target}",
                step.from.words(),
                former(step)
            ))
        }
        Move::Proxy(step) => {
            let Proxied { proxy, from, target, .. } = &step.proxied;
            Some(format!(
                "by proxy {proxy} on the source if that leads to {from}, on the target if it leads to {target}, and without a database if to nothing"
            ))
        }
        Move::Release(_) => None,
        Move::Source(RenameSource { swap }) => {
            Some(format!("on the source if cluster {} is {}", swap.name, swap.source))
        }
        Move::Target(RenameTarget { swap }) => {
            let target = target_id(state).map(|id| format!(" if it is {id}")).unwrap_or_default();
            Some(format!("on the target{target}, and without a database if no cluster is called {}", swap.name))
        }
    };
    let words: Vec<String> = moves::of(&state.plan.steps).iter().filter_map(words).collect();
    format!("the application is {}", words.join("; "))
}

fn former(step: &MoveRecord) -> String {
    step.from.leads_to().unwrap_or_default()
}

fn target_id(state: &RunState<Step>) -> Option<String> {
    state.outputs.of::<RestoredCluster>(restore_cluster::ID).ok().map(|restored| restored.resource_id)
}

fn target_host(state: &RunState<Step>) -> Option<String> {
    serving::writer(&state.outputs).ok().map(|writer| plain(&writer.endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        run::step::Until,
        ui::testing::{Story, plan_by_record, plan_without_pointer},
    };

    #[test]
    fn where_the_application_is_follows_from_the_step_that_moves_it() {
        let words = |story: Story| application_words(&story.history().state);
        let proven = || Story::begun().proven();
        assert_eq!(
            words(proven()),
            "the application is on the source loanserve-prod-aurora: secret prod/loans/db, version v-before"
        );
        assert_eq!(
            words(proven().moved()),
            "the application is on the target loanserve-prod-aurora-db-k3fa: secret prod/loans/db, version v-after"
        );
        assert_eq!(
            words(Story::rolled_back()),
            "the application is not on the target: clients get version v-before again"
        );
        assert_eq!(
            words(Story::stuck_back()),
            "the application is on the source if version v-before of secret prod/loans/db holds AWSCURRENT, and on the target if v-after does"
        );
        let without = Story::of(plan_without_pointer(), Until::Cutover);
        assert_eq!(words(without), "daybreak does not move the application: it uses what it used before");
    }

    #[test]
    fn a_record_tells_it_too() {
        let words = |story: Story| application_words(&story.history().state);
        let proven = || Story::of(plan_by_record(), Until::Cutover).proven().done("lift-quarantine", 850, 860);
        assert_eq!(
            words(proven()),
            "the application is on the source loanserve-prod-aurora: record db.corp.internal, which leads to loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com"
        );
        assert_eq!(
            words(proven().then(861, Story::started("move-record"))),
            "the application is by record db.corp.internal on the source if that leads to loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com, and on the target if it leads to loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com"
        );
        assert_eq!(
            words(proven().done("move-record", 861, 863)),
            "the application is on the target loanserve-prod-aurora-db-k3fa: record db.corp.internal, which leads to loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com"
        );
    }
}
