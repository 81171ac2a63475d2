//! Putting all questions, and gathering the answers.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use super::outcome::Outcome;
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
    /// The source's snapshot, or why there is none.
    pub(super) source: Result<Snapshot, String>,
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

    async fn ask(self, world: &World<'_>, lane: &Taken<'_>) -> Outcome {
        match self {
            Self::Writer => writer::check(world, lane).await,
            Self::NewestData => newest::check(world, lane).await,
            Self::Tables => tables::check(world, lane).await,
            Self::Indexes => INVALID_INDEX.check(world, lane).await,
            Self::Constraints => UNVALIDATED_CONSTRAINT.check(world, lane).await,
            Self::Sequences => sequences::check(world, lane).await,
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
    async fn put(self, world: &World<'_>, on: &OnResult<'_>) -> CheckResult {
        let lane = world.target.take().await;
        let began = Instant::now();
        let outcome = match &self {
            Self::BuiltIn(check) => check.ask(world, &lane).await,
            Self::Profile(check) => profile::check(world, &lane, check).await,
        };
        let result = self.result(outcome, began.elapsed());
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
        let Outcome { verdict, found, reason } = outcome;
        CheckResult { name, kind, query, expect, found, verdict, reason, seconds: took.as_secs_f64() }
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
    let tls = tls::connector(request.target.ca.as_deref())?;
    let (target, source) = tokio::join!(
        Snapshot::open(&request.target, &tls, application_name, limits, TARGET_LANES),
        source(request, application_name, limits),
    );
    let target = target?;
    let source = match source {
        Ok(source) if source.landed().same_server(target.landed()) => {
            source.close().await;
            Err("the login for the source leads to the target itself".to_owned())
        }
        source => source,
    };
    let world = World { request, target, source, newest: OnceLock::new() };
    let questions = BuiltIn::ALL.map(Question::BuiltIn).into_iter().chain(request.checks.iter().map(Question::Profile));
    let checks = join_all(questions.map(|question| question.put(&world, on))).await;
    world.target.close().await;
    if let Ok(source) = world.source {
        source.close().await;
    }
    Ok(Proof { checks, newest: world.newest.into_inner() })
}

async fn source(request: &ProofRequest, application_name: &str, limits: Limits) -> Result<Snapshot, String> {
    let login = request.source.as_ref().map_err(Clone::clone)?;
    let open = async {
        let tls = tls::connector(login.ca.as_deref())?;
        Snapshot::open(login, &tls, application_name, limits, SOURCE_LANES).await
    };
    open.await.map_err(|error: Error| error.to_string())
}
