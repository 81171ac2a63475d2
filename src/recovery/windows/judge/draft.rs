//! A window being judged.

use jiff::Timestamp;

use super::{Bench, ENGINES};
use crate::{
    recovery::windows::{
        lineage::Subject,
        rank::{Points, nearest},
        window::{Estimate, Family, Kind, Lag, Loss, Window},
    },
    run::clock::elapsed,
};

/// A window, so far without obstacles.
pub(super) struct Draft<'a> {
    window: Window,
    /// The database whose earlier restores tell how long this one takes.
    like: String,
    bench: Bench<'a>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        subject: &Subject,
        bench: Bench<'a>,
        (kind, family): (Kind, Family),
        region: &str,
        source: &str,
    ) -> Self {
        let window = Window {
            database: subject.database.clone(),
            kind,
            family,
            source: source.to_owned(),
            arn: None,
            resource_id: None,
            region: region.to_owned(),
            earliest: None,
            latest: None,
            retention_days: None,
            latest_age_seconds: None,
            restore_point: None,
            loses: Loss::Unknown { why: String::new() },
            lag: None,
            takes: Estimate { seconds: None, basis: String::new() },
            size_gib: None,
            engine: None,
            engine_version: None,
            kms_key_id: None,
            status: None,
            call: kind.call(family),
            usable: true,
            obstacles: Vec::new(),
            notes: Vec::new(),
        };
        let like = if kind.is_snapshot() { subject.identifier.as_str() } else { source };
        Self { window, like: like.to_owned(), bench }
    }

    /// Facts that need no judgement.
    pub(super) fn with(mut self, tell: impl FnOnce(&mut Window)) -> Self {
        tell(&mut self.window);
        self
    }

    /// From when to when it goes.
    pub(super) fn span(mut self, earliest: Option<Timestamp>, latest: Option<Timestamp>) -> Self {
        self.window.earliest = earliest;
        self.window.latest = latest;
        self
    }

    /// Its engine, and whether daybreak knows it.
    pub(super) fn engine(mut self, engine: Option<&str>, mode: Option<&str>, version: Option<&str>) -> Self {
        self.window.engine = engine.map(str::to_owned);
        self.window.engine_version = version.map(str::to_owned);
        match (engine, self.window.family) {
            (Some(engine), _) if !ENGINES.contains(&engine) => {
                self.obstacle(format!("it runs {engine}; daybreak recovers Aurora PostgreSQL and RDS for PostgreSQL"))
            }
            (Some("postgres"), Family::Cluster) => {
                self.obstacle("it is a Multi-AZ DB cluster; daybreak recovers Aurora clusters and single instances")
            }
            _ if mode == Some("serverless") => {
                self.obstacle("it is Aurora Serverless v1, which is restored in another way")
            }
            _ => self,
        }
    }

    /// A reason why it cannot be used.
    pub(super) fn obstacle(mut self, why: impl Into<String>) -> Self {
        self.window.obstacles.push(why.into());
        self
    }

    /// The same, if there is one.
    pub(super) fn obstacles(mut self, why: impl IntoIterator<Item = String>) -> Self {
        self.window.obstacles.extend(why);
        self
    }

    /// Something to know before using it.
    pub(super) fn note(mut self, what: impl Into<String>) -> Self {
        self.window.notes.push(what.into());
        self
    }

    /// The same, if there is something.
    pub(super) fn notes(mut self, what: impl IntoIterator<Item = String>) -> Self {
        self.window.notes.extend(what);
        self
    }

    /// How far it is behind, which says what it can give.
    pub(super) fn behind(mut self, lag: Option<&Lag>) -> Window {
        let lag = lag.cloned().unwrap_or_else(|| Lag::NotMeasured { why: "it was not asked for".to_owned() });
        let points = match &lag {
            // It goes on replicating after it was measured, so its state is not older than that.
            Lag::Measured { seconds, at, .. } => match back(*at, *seconds) {
                Some(since) => Points::NotBefore(since),
                None => Points::Unknown(format!("its lag of {seconds} s is beyond all dates")),
            },
            Lag::NotMeasured { why } => Points::Unknown(format!("its lag is not measured: {why}")),
        };
        self.window.lag = Some(lag);
        self.finish(&points)
    }

    /// The window, with what it loses and how long it takes.
    pub(super) fn finish(self, points: &Points) -> Window {
        let Self { mut window, like, bench } = self;
        if let (Points::At(at) | Points::NotAfter(at), None) = (points, window.latest) {
            (window.earliest, window.latest) = (Some(*at), Some(*at));
        }
        window.takes = bench.estimate(window.kind, &like);
        window.latest_age_seconds = window.latest.map(|latest| elapsed(latest, bench.now).as_secs());
        (window.restore_point, window.loses) = nearest(points, bench.wanted);
        if let (Points::Span { .. }, Loss::Unknown { why }) = (points, &window.loses) {
            window.obstacles.push(why.clone());
        }
        bench.upkeep.judge(&mut window);
        window.usable = window.obstacles.is_empty();
        window
    }
}

/// `seconds` before `at`, rounded down to the whole second.
fn back(at: Timestamp, seconds: f64) -> Option<Timestamp> {
    let before = jiff::SignedDuration::try_from_secs_f64(seconds.ceil()).ok()?;
    let at = Timestamp::from_second(at.as_second()).ok()?;
    at.checked_sub(before).ok()
}
