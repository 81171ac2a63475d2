//! A question of the profile, judged by what the profile expects.

use super::outcome::{Asked, Outcome};
use super::source::Source;
use crate::expect::{Judged, Value};
use crate::pg::snapshot::Taken;
use crate::pg::{Error, ProfileCheck, answer};

/// Asks the target; what cannot be judged is an outcome at once.
pub(super) async fn ask(check: &ProfileCheck, lane: &Taken<'_>) -> Result<Value, Outcome> {
    let by_profile = |error: Error| Outcome::of_error(&error, Asked::ByProfile);
    let doing = "ask the target";
    let answer = lane.ask(doing, &check.query, check.timeout).await.map_err(by_profile)?;
    if let Some(fault) = answer::unfit(&check.expect, &answer.of) {
        return Err(Outcome::unchecked(fault));
    }
    answer.only().map_err(|fault| Outcome::failed(format!("{doing}: {fault}")))
}

/// Asks the source the same question.
pub(super) async fn reference(check: &ProfileCheck, source: Source) -> Result<Value, String> {
    let visit = source.map_err(|reason| format!("the source was not asked: {reason}"))?;
    let lane = visit.take().await;
    let doing = "ask the source";
    let answer = lane.ask(doing, &check.query, check.timeout).await.map_err(|error| error.to_string())?;
    answer.only().map_err(|fault| format!("{doing}: {fault}"))
}

/// Judges what was found; `reference` is what the source has, `None` when it need not be known.
pub(super) fn judge(
    check: &ProfileCheck,
    found: Result<Value, Outcome>,
    reference: Option<Result<Value, String>>,
) -> Outcome {
    let found = match found {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    match reference {
        None => judge_value(check, &found, None),
        Some(Err(reason)) => Outcome::unchecked(reason).with_found(found.to_string()),
        Some(Ok(reference)) => {
            judge_value(check, &found, Some(&reference)).with_notes(&[format!("the source has {reference}")])
        }
    }
}

fn judge_value(check: &ProfileCheck, found: &Value, source: Option<&Value>) -> Outcome {
    let outcome = match check.expect.judge(found, source) {
        Judged::Met => return Outcome::passed(found.to_string()),
        Judged::NotMet(reason) => Outcome::failed(reason),
        Judged::Unjudged(reason) => Outcome::unchecked(reason),
    };
    outcome.with_found(found.to_string())
}
