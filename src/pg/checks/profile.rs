//! A question of the profile, judged by what the profile expects.

use super::outcome::{Asked, Outcome};
use super::prove::World;
use crate::expect::{Judged, Value};
use crate::pg::snapshot::Taken;
use crate::pg::{Error, ProfileCheck};

pub(super) async fn check(world: &World<'_>, lane: &Taken<'_>, check: &ProfileCheck) -> Outcome {
    if !check.expect.needs_source() {
        return match ask(lane, check, "the target").await {
            Ok(found) => judge(check, &found, None),
            Err(error) => Outcome::of_error(&error, Asked::ByProfile),
        };
    }
    let (found, reference) = tokio::join!(ask(lane, check, "the target"), reference(world, check));
    match (found, reference) {
        (Err(error), _) => Outcome::of_error(&error, Asked::ByProfile),
        (Ok(found), Err(reason)) => Outcome::unchecked(reason).with_found(found.to_string()),
        (Ok(found), Ok(reference)) => {
            judge(check, &found, Some(&reference)).with_notes(&[format!("the source has {reference}")])
        }
    }
}

/// Asks the source the same question.
async fn reference(world: &World<'_>, check: &ProfileCheck) -> Result<Value, String> {
    let source = world.source.as_ref().map_err(|reason| format!("the source was not asked: {reason}"))?;
    let lane = source.take().await;
    ask(&lane, check, "the source").await.map_err(|error| error.to_string())
}

async fn ask(lane: &Taken<'_>, check: &ProfileCheck, of: &str) -> Result<Value, Error> {
    let doing = format!("ask {of}");
    lane.ask(&doing, &check.query, check.timeout).await?.only(&doing)
}

fn judge(check: &ProfileCheck, found: &Value, source: Option<&Value>) -> Outcome {
    let outcome = match check.expect.judge(found, source) {
        Judged::Met => return Outcome::passed(found.to_string()),
        Judged::NotMet(reason) => Outcome::failed(reason),
        Judged::Unjudged(reason) => Outcome::unchecked(reason),
    };
    outcome.with_found(found.to_string())
}
