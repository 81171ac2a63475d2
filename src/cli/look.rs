//! A look at AWS for whoever must decide about a run: bounded in time, and of no consequence where it fails.

use std::{path, time::Duration};

use super::{desk::Desk, error::CliError, host::Signals};
use crate::{
    recovery::{
        freshness,
        sighting::{Look, Sighting, sight},
    },
    report::{
        stuck::{Around, needs_a_person},
        ways::word,
    },
    run::{
        clock::Clock,
        journal::History,
        state::{RunState, Stage},
    },
    steps::{step::Step, world::World},
};

/// How long a look may take in all.
const WITHIN: Duration = Duration::from_secs(10);

/// What is around the run of `history`: AWS is asked where a person may have to decide.
pub(super) async fn around(desk: &Desk, history: &History<Step>) -> Around {
    let look = if needs_a_person(history) { look(desk, history).await } else { Look::NotMade };
    Around { look, options: options(desk) }
}

/// The same of a run that this process has just executed: a stuck one alone is looked at, and a signal ends the look.
pub(super) async fn around_executed(desk: &Desk, world: &World, state: &RunState<Step>, signals: &Signals) -> Around {
    let look = if matches!(state.stage, Stage::Stuck(_)) {
        tokio::select! {
            biased;
            () = signals.interrupt.raised() => Look::Impossible("the command was asked to stop".to_owned()),
            sighting = sight(world, state, &desk.clock, WITHIN) => Look::Made(sighting),
        }
    } else {
        Look::NotMade
    };
    Around { look, options: options(desk) }
}

async fn look(desk: &Desk, history: &History<Step>) -> Look {
    tokio::select! {
        biased;
        seen = ask(desk, history) => seen.map_or_else(|error| Look::Impossible(in_a_line(&error)), Look::Made),
        () = desk.clock.sleep(WITHIN) => Look::Impossible(format!("it did not answer within {} s", WITHIN.as_secs())),
    }
}

/// Credentials of another account would see nothing, which must not be taken for "gone".
async fn ask(desk: &Desk, history: &History<Step>) -> Result<Sighting, CliError> {
    let began = desk.clock.awake();
    let (source, region) = (&history.state.plan.brief.source, &history.state.plan.brief.target.region);
    let session = desk.session(Some(region)).await?;
    let identity = session.identity().await?;
    freshness::same_account(source, &identity.account)?;
    let world = desk.world(&session, region, history.state.plan.run.as_str())?;
    // A single question must not take all the answers to the others with it.
    let left = WITHIN.saturating_sub(desk.clock.awake().saturating_sub(began)).mul_f64(0.9);
    Ok(sight(&world, &history.state, &desk.clock, left).await)
}

fn in_a_line(error: &CliError) -> String {
    std::iter::once(&error.message).chain(&error.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
}

/// The options without which another shell would not find this run, or not trust its target.
fn options(desk: &Desk) -> String {
    let place = desk.global.state.as_deref().map(|place| match path::absolute(place) {
        Ok(absolute) if !place.contains("://") => absolute.display().to_string(),
        Ok(_) | Err(_) => place.to_owned(),
    });
    let bundle = desk
        .global
        .ca_bundle
        .as_deref()
        .map(|bundle| path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned()).display().to_string());
    let option =
        |name: &str, value: Option<String>| value.map(|value| format!(" {name} {}", word(&value))).unwrap_or_default();
    format!("{}{}", option("--state", place), option("--ca-bundle", bundle))
}
