//! Whether the old writer is fenced, as far as the journal can tell.

use crate::{
    run::state::{RunState, StepState},
    steps::{
        fence::{self, Fence, Fenced},
        list_writers::{self, Listed},
        step::Step,
    },
};

/// The fence in a sentence; none where the run has none, or has not come to it.
#[must_use]
pub fn words(state: &RunState<Step>) -> Option<String> {
    let source = &step(state)?.server.identifier;
    let status = state.step(fence::ID)?;
    match status.state {
        StepState::Pending => None,
        StepState::Done => {
            let fenced: Fenced = state.outputs.of(fence::ID).ok()?;
            let roles: Vec<&str> = fenced.roles.iter().map(|role| role.name.as_str()).collect();
            Some(match fenced.unfenced {
                Some(why) => format!("the source {source} is NOT FENCED: {why}"),
                None => format!("the source {source} is fenced: {} cannot log in to it", roles.join(", ")),
            })
        }
        StepState::Undone => status.undone.clone(),
        StepState::Started | StepState::Failed | StepState::Undoing | StepState::UndoFailed => Some(format!(
            "the source {source} may be fenced: {} may be unable to log in to it",
            roles(state).join(", ")
        )),
    }
}

/// The step that fences, where the plan has one.
#[must_use]
pub fn step(state: &RunState<Step>) -> Option<&Fence> {
    state.plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Fence(step) => Some(step),
        _ => None,
    })
}

/// The roles that the fence is about: by the journal or, before that, by the plan.
#[must_use]
pub fn roles(state: &RunState<Step>) -> Vec<String> {
    match state.outputs.of::<Listed>(list_writers::ID) {
        Ok(listed) => listed.roles.into_iter().map(|role| role.name).collect(),
        Err(_) => step(state).map(|step| step.seen.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        pg::fencing::Role,
        recovery::sighting::Look,
        report::ways,
        run::{record::Entry, step::StepId},
        ui::testing::{Story, fenced_plan},
    };

    fn finished(step: &str, output: serde_json::Value) -> Entry<Step> {
        Entry::Finished { step: StepId::from(step), output }
    }

    /// A run that has come to its fence.
    fn listed() -> Story {
        let roles = ["app", "batch"].map(|name| Role { name: name.to_owned(), oid: 7 }).to_vec();
        let listed = Listed { roles, sessions: 3, position: None, unreachable: None };
        Story::of(fenced_plan(), crate::run::step::Until::Cutover)
            .proven()
            .done("lift-quarantine", 850, 860)
            .then(860, Story::started("list-writers"))
            .then(861, finished("list-writers", json!(listed)))
            .then(861, Story::started("fence"))
    }

    fn fenced(unfenced: Option<String>) -> Entry<Step> {
        let roles = vec![Role { name: "app".to_owned(), oid: 7 }, Role { name: "batch".to_owned(), oid: 8 }];
        finished("fence", json!(Fenced { roles, position: None, tried: None, unfenced }))
    }

    #[test]
    fn who_is_fenced_is_said_as_the_journal_has_it() {
        let said = |story: Story| words(&story.history().state);
        assert_eq!(said(Story::begun().proven()), None);
        assert_eq!(said(Story::of(fenced_plan(), crate::run::step::Until::Cutover).proven()), None);
        insta::assert_snapshot!(said(listed()).unwrap(), @"the source loanserve-prod-aurora may be fenced: app, batch may be unable to log in to it");
        insta::assert_snapshot!(said(listed().then(863, fenced(None))).unwrap(), @"the source loanserve-prod-aurora is fenced: app, batch cannot log in to it");
        insta::assert_snapshot!(said(listed().then(863, fenced(Some("connect: no route".to_owned())))).unwrap(), @"the source loanserve-prod-aurora is NOT FENCED: connect: no route");
    }

    #[test]
    fn the_fence_can_be_lifted_by_hand() {
        let story = listed().then(
            864,
            Story::failed("fence", "fence loanserve-prod-aurora: no", crate::run::record::Consequence::Hold),
        );
        let ways = ways::back(&story.history().state, &Look::NotMade, "");
        let lifted = ways.by_hand.iter().find(|way| way.command.starts_with("psql")).expect("a way");
        insta::assert_snapshot!(lifted.command, @r#"psql 'host=loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com port=5432 dbname=postgres sslmode=require' -c 'ALTER ROLE "app" LOGIN; ALTER ROLE "batch" LOGIN; DROP ROLE IF EXISTS "daybreak-fence-20261120-150000-k3fa"'"#);
    }
}
