//! What a rollback by hand would give up: counted before it is done, and done only over a number that the person names.

use std::str::FromStr;

use super::error::CliError;
use crate::{
    recovery::recipe::promote::is_final,
    report::{
        application::{Application, application},
        ledger, promoted,
    },
    run::{record::Loss, state::RunState},
    steps::{ledger::taken, step::Step, world::World},
};

/// What `--accept-loss` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    /// So many changes of rows, at most.
    Changes(u64),
    /// Whatever it is.
    Unknown,
}

impl FromStr for Figure {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unknown" => Ok(Self::Unknown),
            number => number.parse().map(Self::Changes).map_err(|_| "write a whole number of changes, or `unknown`"),
        }
    }
}

/// What the application would be without.
#[derive(Debug, Clone, PartialEq, Eq)]
enum GivenUp {
    Nothing,
    Counted(u64),
    Unknown(String),
}

async fn given_up(world: &World, state: &RunState<Step>) -> GivenUp {
    // What switches back keeps everything.
    let keeps = promoted::promotes(state) && !is_final(&state.plan);
    if keeps || matches!(application(state), Application::NotMoved | Application::OnSource) {
        return GivenUp::Nothing;
    }
    let Some(step) = ledger::opens(state) else {
        return GivenUp::Unknown("the plan of this run keeps no ledger".to_owned());
    };
    match taken(world, &step.access, &state.outputs).await {
        Ok(0) => GivenUp::Nothing,
        Ok(changes) => GivenUp::Counted(changes),
        Err(why) => GivenUp::Unknown(why),
    }
}

/// Lets a rollback pass that gives nothing up, or no more than `accepted`; what was accepted and counted then.
pub(super) async fn accept(
    world: &World,
    state: &RunState<Step>,
    accepted: Option<Figure>,
) -> Result<Option<Loss>, CliError> {
    judge(state, given_up(world, state).await, accepted)
}

fn judge(state: &RunState<Step>, given_up: GivenUp, accepted: Option<Figure>) -> Result<Option<Loss>, CliError> {
    let (run, brief) = (&state.plan.run, &state.plan.brief);
    let (source, target) = (&brief.source.identifier, &brief.target.identifier);
    let (message, figure) = match (given_up, accepted) {
        (GivenUp::Nothing, _) => return Ok(None),
        (GivenUp::Counted(counted), Some(Figure::Changes(accepted))) if counted <= accepted => {
            return Ok(Some(Loss { accepted: Some(accepted), counted: Some(counted) }));
        }
        (GivenUp::Unknown(_), Some(Figure::Unknown)) => return Ok(Some(Loss { accepted: None, counted: None })),
        (GivenUp::Counted(counted), _) => (
            format!(
                "roll back run {run}: {counted} changes of rows were written to {target} since the switch, and {source} lacks them"
            ),
            counted.to_string(),
        ),
        (GivenUp::Unknown(why), _) => (
            format!("roll back run {run}: how much was written to {target} since the switch is not known: {why}"),
            "unknown".to_owned(),
        ),
    };
    Err(CliError::refused(message)
        .state(format!("nothing was changed: the application is where it was, and so is what it wrote to {target}"))
        .hint(format!("daybreak rollback {run} --accept-loss {figure} moves it back without them; {target} keeps them"))
        .hint(format!("daybreak report {run} --ledger json-lines --side target prints the rows")))
}

/// A loss that was accepted, in words that follow a semicolon.
pub(super) fn words(loss: Loss) -> String {
    match loss.counted {
        Some(counted) => format!("{counted} changes of rows"),
        None => "nobody knows how much".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::Story;

    fn judged(given_up: GivenUp, accepted: Option<&str>) -> Result<Option<Loss>, String> {
        let state = Story::begun().proven().moved().recovered().history().state;
        let accepted = accepted.map(|text| text.parse().expect("a figure"));
        judge(&state, given_up, accepted).map_err(|error| error.hints.join("\n"))
    }

    #[test]
    fn a_loss_is_accepted_by_its_number_alone() {
        let counted = || GivenUp::Counted(42);
        for short in [None, Some("41"), Some("unknown")] {
            let hints = judged(counted(), short).expect_err("refused");
            assert!(hints.contains("--accept-loss 42 "), "{hints}");
        }
        for enough in ["42", "50"] {
            let accepted = enough.parse().ok();
            assert_eq!(judged(counted(), Some(enough)), Ok(Some(Loss { accepted, counted: Some(42) })));
        }
        assert_eq!(judged(GivenUp::Nothing, None), Ok(None));
        let unknown = || GivenUp::Unknown("no route".to_owned());
        for no in [None, Some("42")] {
            let hints = judged(unknown(), no).expect_err("refused");
            assert!(hints.contains("--accept-loss unknown "), "{hints}");
        }
        assert_eq!(judged(unknown(), Some("unknown")), Ok(Some(Loss { accepted: None, counted: None })));
        assert!("all".parse::<Figure>().is_err() && "-1".parse::<Figure>().is_err());
    }
}
