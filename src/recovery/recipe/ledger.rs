//! The ledger of a cutover: where each side stands, read before the application is moved, and what it came to.

use std::time::Duration;

use super::{Wish, planned};
use crate::{
    recovery::{
        fence::SurveyedFence,
        survey::{self, Survey},
    },
    run::plan::Planned,
    steps::{
        access::Access,
        ledger::{close::CloseLedger, horizon::ReadHorizon, open::OpenLedger},
        prove::Comparison,
        step::Step,
    },
};

/// How long the horizon is tried to be read: the proof that follows has the patience to wait for a target.
const HORIZON: Duration = Duration::from_secs(60);

/// Where a restored target began, read at the first login; none where the source is not asked, or nothing is moved.
pub fn horizon(survey: &Survey, access: &Access, target: &str) -> Option<Planned<Step>> {
    let (host, port, source) = source(survey, access)?;
    let source = Comparison::With { host, port, access: source };
    let step = ReadHorizon { target: target.to_owned(), access: logs_in(survey.fence.as_ref(), access), source };
    Some(planned(HORIZON, Step::ReadHorizon(step)))
}

/// The target's side opened. The application's own login, which is often daybreak's, is held by the fence.
pub fn open(wish: &Wish<'_>, fence: Option<&SurveyedFence>, access: &Access, target: &str) -> Planned<Step> {
    let step = OpenLedger {
        target: target.to_owned(),
        access: logs_in(fence, access),
        shut: fence.is_some(),
        rows_seconds: rows_seconds(wish),
    };
    planned(wish.database.deadlines.pointer, Step::OpenLedger(step))
}

/// The source's side closed, once nothing else is to be done.
pub fn close(wish: &Wish<'_>, survey: &Survey, access: &Access) -> Option<Planned<Step>> {
    let (host, port, source) = source(survey, access)?;
    let step = CloseLedger {
        source: survey.source.identifier().to_owned(),
        host,
        port,
        access: source,
        target: logs_in(survey.fence.as_ref(), access),
        rows_seconds: rows_seconds(wish),
    };
    Some(planned(wish.database.deadlines.proof, Step::CloseLedger(step)))
}

/// Where the source is asked, and how: not where the profile keeps checks from it, either.
fn source(survey: &Survey, access: &Access) -> Option<(String, u16, Access)> {
    let (None, false) = (&survey.rehearsal.incomparable, survey.pointers.is_empty()) else { return None };
    let (host, port) = survey.source.serves_at();
    let login = match &survey.fence {
        Some(fence) => fence.server.access.clone(),
        None => survey::source_access(access),
    };
    Some((host?.to_owned(), port?, login))
}

fn logs_in(fence: Option<&SurveyedFence>, access: &Access) -> Access {
    fence.map_or_else(|| access.clone(), |fence| fence.target.clone())
}

fn rows_seconds(wish: &Wish<'_>) -> u64 {
    wish.database.proof.statement_timeout.as_secs().max(1)
}
