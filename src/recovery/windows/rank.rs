//! What a window loses for a wanted time, and which one loses least.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::window::{Bound, Loss, Window};
use crate::{
    moment::{ceil, second_before},
    run::clock::elapsed,
};

/// The times that a window can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Points {
    /// Every whole second from `earliest` on and before `latest`: RDS takes no restore time that is not before the latest
    /// one.
    Span {
        /// `EarliestRestorableTime`.
        earliest: Timestamp,
        /// `LatestRestorableTime`.
        latest: Timestamp,
    },
    /// This one.
    At(Timestamp),
    /// One that is not after this.
    NotAfter(Timestamp),
    /// One that is not before this.
    NotBefore(Timestamp),
    /// It cannot be said.
    Unknown(String),
}

/// The point nearest to `wanted`, a whole second, and what it loses. A point before `wanted` is nearer than any
/// after it, which would bring back what the recovery is to undo.
pub fn nearest(points: &Points, wanted: Timestamp) -> (Option<Timestamp>, Loss) {
    match points {
        Points::Span { earliest, latest } => {
            let (first, last) = (ceil(*earliest), second_before(*latest));
            if first > last {
                let why = "its window does not hold a whole second yet".to_owned();
                return (None, Loss::Unknown { why });
            }
            let point = wanted.clamp(first, last);
            (Some(point), loss(point, wanted, Bound::Exact))
        }
        Points::At(at) => (Some(*at), loss(*at, wanted, Bound::Exact)),
        Points::NotAfter(at) if *at > wanted => {
            let why = "its data is of a time that RDS does not tell, not after the snapshot's own".to_owned();
            (Some(*at), Loss::Unknown { why })
        }
        Points::NotAfter(at) => (Some(*at), loss(*at, wanted, Bound::AtLeast)),
        Points::NotBefore(at) => (Some(*at), loss(*at, wanted, Bound::AtMost)),
        Points::Unknown(why) => (None, Loss::Unknown { why: why.clone() }),
    }
}

fn loss(point: Timestamp, wanted: Timestamp, bound: Bound) -> Loss {
    match point.cmp(&wanted) {
        Ordering::Less => Loss::Before { seconds: whole_seconds(point, wanted), bound },
        Ordering::Equal if bound == Bound::AtLeast => Loss::Before { seconds: 0, bound },
        Ordering::Equal => Loss::Nothing,
        Ordering::Greater => Loss::Later { seconds: whole_seconds(wanted, point) },
    }
}

/// From one time to a later one, rounded up.
fn whole_seconds(from: Timestamp, to: Timestamp) -> u64 {
    let span = elapsed(from, to);
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

/// Orders windows for the reader: those that can be used first; among them by what they lose; then those in `home`, then
/// the ones expected to be quicker. The order is total, so the same windows are always listed the same way.
pub fn order(one: &Window, other: &Window, home: &str) -> Ordering {
    let key = |window: &Window| {
        (
            !window.usable,
            weight(&window.loses),
            window.region != home,
            window.takes.seconds.unwrap_or(u64::MAX),
            window.kind,
        )
    };
    key(one)
        .cmp(&key(other))
        .then_with(|| one.region.cmp(&other.region))
        .then_with(|| one.source.cmp(&other.source))
        .then_with(|| one.family.cmp(&other.family))
        .then_with(|| one.arn.cmp(&other.arn))
        .then_with(|| one.resource_id.cmp(&other.resource_id))
}

/// Whether one loss is less than another, as far as both are known.
pub fn less(one: &Loss, other: &Loss) -> bool {
    weight(one) < weight(other)
}

/// Less is better: nothing, less before more, what is unknown, and last what holds only later states.
fn weight(loss: &Loss) -> (u8, u64, u8) {
    match loss {
        Loss::Nothing => (0, 0, 0),
        // Of two that may lose the same, the one that may lose less comes first.
        Loss::Before { seconds, bound: Bound::AtMost } => (1, *seconds, 0),
        Loss::Before { seconds, bound: Bound::Exact } => (1, *seconds, 1),
        Loss::Before { seconds, bound: Bound::AtLeast } => (1, *seconds, 2),
        Loss::Unknown { .. } => (2, 0, 0),
        Loss::Later { seconds } => (3, *seconds, 0),
    }
}

#[cfg(test)]
mod tests;
