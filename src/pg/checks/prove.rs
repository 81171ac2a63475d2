//! Putting all questions, and gathering the answers.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use super::outcome::Outcome;
use super::source::{self, Source};
use super::unlike::{INVALID_INDEX, UNVALIDATED_CONSTRAINT};
use super::{newest, profile, scheduled, sequences, tables, writer};
use crate::pg::session::Limits;
use crate::pg::snapshot::{Snapshot, Taken};
use crate::pg::{CheckKind, CheckResult, Error, OnResult, ProfileCheck, Proof, ProofRequest, tls};

/// Sessions that ask the target at once.
const TARGET_LANES: usize = 4;

/// Sessions that ask the source at once: it may be serving production, so it is asked one thing
/// after another.
const SOURCE_LANES: usize = 1;

/// What checks ask, and of whom.
pub(super) struct World<'a> {
    pub(super) request: &'a ProofRequest,
    pub(super) target: Snapshot,
    /// When the newest data was written, once that is known.
    pub(super) newest: OnceLock<Timestamp>,
}

/// The checks every proof has, in the order of the report.
#[derive(Clone, Copy)]
enum BuiltIn {
    Writer,
    NewestData,
    Tables,
    Indexes,
    Constraints,
    Sequences,
    ScheduledWork,
}

impl BuiltIn {
    const ALL: [Self; 7] = [
        Self::Writer,
        Self::NewestData,
        Self::Tables,
        Self::Indexes,
        Self::Constraints,
        Self::Sequences,
        Self::ScheduledWork,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::NewestData => newest::NAME,
            Self::Tables => "tables",
            Self::Indexes => "indexes",
            Self::Constraints => "constraints",
            Self::Sequences => "sequences",
            Self::ScheduledWork => "scheduled work",
        }
    }

    fn needs_source(self) -> bool {
        match self {
            Self::Tables | Self::Indexes | Self::Constraints | Self::Sequences => true,
            Self::Writer | Self::NewestData | Self::ScheduledWork => false,
        }
    }

    async fn ask(self, world: &World<'_>, source: Source, lane: &Taken<'_>) -> Outcome {
        match self {
            Self::Writer => writer::check(world, lane).await,
            Self::NewestData => newest::check(world, lane).await,
            Self::Tables => tables::check(world, source, lane).await,
            Self::Indexes => INVALID_INDEX.check(source, lane).await,
            Self::Constraints => UNVALIDATED_CONSTRAINT.check(source, lane).await,
            Self::Sequences => sequences::check(world, source, lane).await,
            Self::ScheduledWork => scheduled::check(lane).await,
        }
    }
}

/// One question of a proof.
enum Question<'a> {
    BuiltIn(BuiltIn),
    Profile(&'a ProfileCheck),
}

impl Question<'_> {
    fn needs_source(&self) -> bool {
        match self {
            Self::BuiltIn(check) => check.needs_source(),
            Self::Profile(check) => check.expect.needs_source(),
        }
    }

    async fn put(self, world: &World<'_>, source: Source, on: &OnResult<'_>) -> CheckResult {
        let (outcome, took) = match &self {
            Self::BuiltIn(check) => {
                let lane = world.target.take().await;
                let began = Instant::now();
                (check.ask(world, source, &lane).await, began.elapsed())
            }
            Self::Profile(check) => {
                // The source answers without waiting for the target.
                let reference = async {
                    if check.expect.needs_source() { Some(profile::reference(check, source).await) } else { None }
                };
                let answer = async {
                    let lane = world.target.take().await;
                    let began = Instant::now();
                    (profile::ask(check, &lane).await, began.elapsed())
                };
                let (reference, (found, took)) = tokio::join!(reference, answer);
                (profile::judge(check, found, reference), took)
            }
        };
        let result = self.result(outcome, took);
        on(&result);
        result
    }

    fn result(self, outcome: Outcome, took: Duration) -> CheckResult {
        let (name, kind, query, expect) = match self {
            Self::BuiltIn(check) => (check.name().to_owned(), CheckKind::BuiltIn, None, None),
            Self::Profile(check) => {
                (check.name.clone(), CheckKind::Profile, Some(check.query.clone()), Some(check.expect.to_string()))
            }
        };
        let Outcome { verdict, found, reason, items } = outcome;
        CheckResult { name, kind, query, expect, found, verdict, reason, items, seconds: took.as_secs_f64() }
    }
}

/// Asks all checks of one snapshot of the target.
///
/// # Errors
/// When the target cannot be logged in to, or its CA file cannot be read.
pub(in crate::pg) async fn prove(
    request: &ProofRequest,
    application_name: &str,
    on: &OnResult<'_>,
) -> Result<Proof, Error> {
    let limits = Limits { statement: request.statement_timeout, lock: request.lock_timeout };
    let tls = tls::connector(&request.target)?;
    let (target, source) = tokio::join!(
        Snapshot::open(&request.target, &tls, application_name, limits, TARGET_LANES),
        source(request, application_name, limits),
    );
    let target = target?;
    let (source, closer) = match source {
        Ok(source) if source.landed().same_server(target.landed()) => {
            source.close().await;
            (Err("the login for the source leads to the target itself".to_owned()), None)
        }
        Ok(source) => {
            let (visit, closer) = source::open(source);
            (Ok(visit), Some(closer))
        }
        Err(reason) => (Err(reason), None),
    };
    let world = World { request, target, newest: OnceLock::new() };
    let built_in = BuiltIn::ALL.map(Question::BuiltIn);
    let questions = built_in.into_iter().chain(request.checks.iter().map(Question::Profile));
    let checks = ask_all(questions.enumerate().collect(), &world, source, on);
    let close = async {
        if let Some(closer) = closer {
            closer.close().await;
        }
    };
    let (checks, ()) = tokio::join!(checks, close);
    world.target.close().await;
    Ok(Proof { checks, newest: world.newest.into_inner() })
}

/// Puts the questions, those that need the source first, and returns the results in the order of
/// the numbers.
async fn ask_all(
    mut questions: Vec<(usize, Question<'_>)>,
    world: &World<'_>,
    source: Source,
    on: &OnResult<'_>,
) -> Vec<CheckResult> {
    // A visit lasts until its question is through, so nobody else gets one.
    const NO_NEED: &str = "the check does not need the source";
    questions.sort_by_key(|(_, question)| !question.needs_source());
    let put = questions.into_iter().map(|(number, question)| {
        let source = if question.needs_source() { source.clone() } else { Err(NO_NEED.to_owned()) };
        async move { (number, question.put(world, source, on).await) }
    });
    let put: Vec<_> = put.collect();
    drop(source);
    let mut results = join_all(put).await;
    results.sort_by_key(|&(number, _)| number);
    results.into_iter().map(|(_, result)| result).collect()
}

async fn source(request: &ProofRequest, application_name: &str, limits: Limits) -> Result<Snapshot, String> {
    let login = request.source.as_ref().map_err(Clone::clone)?;
    let open = async {
        let tls = tls::connector(login)?;
        Snapshot::open(login, &tls, application_name, limits, SOURCE_LANES).await
    };
    open.await.map_err(|error: Error| error.to_string())
}
