//! Whether a promotion may be made as things stand.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Accepted, Lag, Promotion,
    look::{Described, Seen},
    way::Way,
};
use crate::{aws::rds::status::Phase, pg::Other, run::clock::elapsed, steps::list_writers::Unreachable};

/// A transaction that has been open for longer is named.
const LONG: f64 = 60.0;
/// How much older the newest data of the target may be than when a loss was accepted, since figures are of minutes.
const RESOLUTION: Duration = Duration::from_secs(60);
/// Below this, what a global database tells of an idle primary is nothing.
const NOTHING: f64 = 1.0;

/// The judgement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it may not be made.
    pub obstacles: Vec<Obstacle>,
    /// What it has to wait for.
    pub waits: Vec<String>,
    /// What its reader should know.
    pub notes: Vec<String>,
}

/// Something against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What.
    pub what: String,
    /// The way around it.
    pub instead: Option<Instead>,
}

/// What a person can do about an obstacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// Accept the loss.
    AcceptLoss,
    /// Accept that the old primary goes on.
    KeepWriting,
    /// Detach the secondary.
    Detach,
    /// Fail over, with the loss of what the target lacks.
    Failover,
    /// Create an instance in the target.
    CreateInstance,
}

impl Verdict {
    fn against(&mut self, what: impl Into<String>, instead: Option<Instead>) {
        self.obstacles.push(Obstacle { what: what.into(), instead });
    }
}

/// Judges.
pub fn judge(promotion: &Promotion, seen: &Seen, now: Timestamp) -> Verdict {
    let mut verdict = Verdict::default();
    target(promotion, seen, &mut verdict);
    replication(promotion, seen, &mut verdict);
    if promotion.way.parts() {
        old_primary(promotion, seen, &mut verdict);
    }
    if let Some(found) = &seen.lag {
        lag(promotion, seen, found, now, &mut verdict);
    }
    transactions(promotion, seen, &mut verdict);
    verdict
}

fn target(promotion: &Promotion, seen: &Seen, verdict: &mut Verdict) {
    let (words, status) = (promotion.target.words(), seen.target.status());
    let phase = match &seen.target {
        Described::Cluster(cluster, _) => cluster.status.phase(),
        Described::Instance(instance) => instance.status.phase(),
        Described::Gone => return verdict.against(format!("{words} is not there"), None),
    };
    match phase {
        Phase::Available => {}
        Phase::Transitional | Phase::Unknown => verdict.waits.push(format!("{words} is {status}")),
        Phase::Deleting | Phase::Stopped | Phase::Terminal => verdict.against(format!("{words} is {status}"), None),
    }
    let Described::Cluster(cluster, instances) = &seen.target else { return };
    if let Way::Reader(request) = &promotion.way {
        let wanted = &request.target_db_instance_identifier;
        match instances.iter().find(|instance| instance.identifier == *wanted) {
            None => {
                verdict.against(format!("{wanted} is no instance of cluster {} any more", cluster.identifier), None)
            }
            Some(instance) if instance.status.is_terminal() || instance.status.is_deleting() => {
                verdict.against(format!("instance {wanted} is {}", instance.status), None);
            }
            Some(instance) if !instance.status.is_available() => {
                verdict.waits.push(format!("instance {wanted} is {}", instance.status));
            }
            Some(_) => {}
        }
    } else if !instances.iter().any(|instance| instance.status.is_available()) {
        let what = if instances.is_empty() { "has no instance" } else { "has no instance that is available" };
        verdict.against(format!("{words} {what}, so nothing could take writes"), Some(Instead::CreateInstance));
    }
}

fn replication(promotion: &Promotion, seen: &Seen, verdict: &mut Verdict) {
    let accepted = promotion.accepted != Accepted::Nothing;
    let words = promotion.target.words();
    if let Described::Instance(instance) = &seen.target {
        for info in instance.status_infos.iter().filter(|info| info.normal == Some(false)) {
            let status = info.status.as_deref().unwrap_or("not normal");
            let message = info.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
            let what = format!("the replication of {words} is broken: {status}{message}");
            if accepted { verdict.notes.push(what) } else { verdict.against(what, Some(Instead::AcceptLoss)) }
        }
    }
    let Some(global) = &seen.global else { return };
    if global.failover.is_some() {
        verdict.waits.push(format!("global database {} is changing its primary", global.identifier));
    }
    let switches = matches!(promotion.way, Way::Switchover(_));
    let Some(member) = seen.member(&promotion.target) else {
        let what = format!("{words} is no member of global database {} any more", global.identifier);
        return verdict.against(what, None);
    };
    let synchronization = member.synchronization.as_deref();
    if let Some(status) = synchronization.filter(|status| *status != "connected") {
        let what = format!("{words} is not in step with its primary: {status}");
        match (switches, accepted) {
            (true, _) => verdict.against(what, Some(Instead::Failover)),
            (false, true) => verdict.notes.push(what),
            (false, false) => verdict.against(what, Some(Instead::AcceptLoss)),
        }
    }
    let primary = seen.primary.as_ref().ok().and_then(Described::version).or(global.engine_version.as_deref());
    if let (Way::Switchover(_) | Way::Failover(_), Some(theirs), Some(ours)) =
        (&promotion.way, primary, seen.target.version())
        && theirs != ours
    {
        verdict.against(
            format!("{words} runs version {ours}, and its primary {theirs}: AWS wants them equal"),
            Some(Instead::Detach),
        );
    }
    if switches {
        let status = match &seen.primary {
            Ok(primary) => primary.status().to_owned(),
            Err(why) => format!("out of reach ({why})"),
        };
        if status != "available" {
            let what =
                format!("the primary, {}, is {status}: a switchover needs both sides", promotion.primary.words());
            verdict.against(what, Some(Instead::Failover));
        }
    }
}

/// Whether the old primary can go on taking writes that nobody else gets.
fn old_primary(promotion: &Promotion, seen: &Seen, verdict: &mut Verdict) {
    let words = promotion.primary.words();
    let alive =
        matches!(&seen.primary, Ok(described) if !matches!(described.status(), "gone" | "stopped" | "deleting"));
    let fence = promotion.fence.as_ref();
    let what = match &seen.primary_role {
        Ok(role) if role.in_recovery => return,
        Ok(role) if role.sessions.is_empty() => {
            verdict.notes.push(format!("nobody is connected to {words} now"));
            return;
        }
        Ok(role) => {
            let is_ended = |session: &&Other| fence.is_some_and(|fence| fence.roles.contains(&session.user));
            let (ended, others): (Vec<&Other>, Vec<&Other>) = role.sessions.iter().partition(is_ended);
            if !ended.is_empty() {
                verdict.notes.push(format!("{words} is in use by {}: the fence ends that", sessions(&ended)));
            }
            if others.is_empty() {
                return;
            }
            format!("{words} takes writes, and is in use by {}", sessions(&others))
        }
        // Where nobody can be asked there is no telling who writes: a fence that cannot be made is a person's decision.
        Err(why) if fence.is_some_and(|fence| fence.when_unreachable == Unreachable::GoOn) => {
            verdict.notes.push(format!(
                "{words} could not be reached, and is NOT FENCED where it still cannot be: it may take writes that reach nobody else: {why}"
            ));
            return;
        }
        Err(why) if alive || (fence.is_some() && seen.primary.is_err()) => {
            let fenced = if fence.is_some() { ", nor be fenced" } else { "" };
            format!("{words} is {}, and could not be asked whether it is in use{fenced}: {why}", status(seen))
        }
        Err(why) => {
            verdict.notes.push(format!("{words} could not be reached: {why}"));
            return;
        }
    };
    if promotion.old_primary_keeps_writing {
        verdict.notes.push(format!("{what}; it goes on, and what it is written reaches nobody else"));
    } else {
        verdict.against(
            format!("{what}; what it is written after the promotion reaches nobody else"),
            Some(Instead::KeepWriting),
        );
    }
}

fn status(seen: &Seen) -> &str {
    seen.primary.as_ref().map_or("out of reach", Described::status)
}

fn sessions(of: &[&Other]) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for Other { user, application, .. } in of {
        let name = if application.is_empty() { user.clone() } else { format!("{user} ({application})") };
        match counted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counted.push((name, 1)),
        }
    }
    let more = counted.len().saturating_sub(5);
    let mut words: Vec<String> = counted
        .into_iter()
        .take(5)
        .map(|(name, count)| if count > 1 { format!("{count} × {name}") } else { name })
        .collect();
    if more > 0 {
        words.push(format!("{more} others"));
    }
    words.join(", ")
}

fn lag(promotion: &Promotion, seen: &Seen, found: &Lag, now: Timestamp, verdict: &mut Verdict) {
    let words = promotion.target.words();
    // The seal tells it for certain, whatever figures say of an idle primary.
    if seen.caught_up && promotion.accepted == Accepted::Nothing {
        return verdict.notes.push(format!("{words} has all that was written to its fenced primary"));
    }
    let Lag::Measured { seconds, at, by } = found else {
        let Lag::NotMeasured(why) = found else { return };
        if promotion.accepted != Accepted::Unmeasured {
            verdict.against(
                format!("how far {words} is behind could not be measured, so neither can the loss: {why}"),
                Some(Instead::AcceptLoss),
            );
        }
        return;
    };
    let age = elapsed(*at, now).as_secs();
    let measured = format!("{words} is {seconds:.1} s behind, measured {age} s ago by {by}");
    #[expect(clippy::cast_precision_loss, reason = "seconds that a person typed")]
    let enough = match promotion.accepted {
        Accepted::Unmeasured => true,
        Accepted::Seconds { seconds: named, data_time } => {
            // A primary that cannot be reached writes nothing more: its replica's data grows older, and the loss does not.
            let stands = seen.primary_role.is_err()
                && data_time.zip(found.data_time()).is_some_and(|(then, now)| elapsed(now, then) <= RESOLUTION);
            *seconds <= named as f64 || stands
        }
        Accepted::Nothing => *seconds <= promotion.max_lag_seconds as f64,
    };
    if !enough {
        let limit = match promotion.accepted {
            Accepted::Seconds { seconds, .. } => format!("a loss of {seconds} s was accepted"),
            _ => format!("the limit is {} s", promotion.max_lag_seconds),
        };
        return verdict.against(format!("{measured}; {limit}"), Some(Instead::AcceptLoss));
    }
    let quiet = matches!(&seen.primary_role, Ok(role) if !role.in_recovery && role.sessions.is_empty());
    let behind = if promotion.global.is_some() { *seconds >= NOTHING } else { *seconds > 0.0 };
    if quiet && behind && promotion.accepted == Accepted::Nothing {
        verdict.waits.push(format!("{words} to get all that its primary has"));
    }
    verdict.notes.push(measured);
}

fn transactions(promotion: &Promotion, seen: &Seen, verdict: &mut Verdict) {
    let Ok(role) = &seen.primary_role else { return };
    let open = role.sessions.iter().filter_map(|session| Some((session, session.transaction?)));
    for (session, seconds) in open.filter(|(_, seconds)| *seconds >= LONG).take(5) {
        verdict.notes.push(format!(
            "a transaction of {} has been open on {} for {seconds:.0} s: it is aborted or lost",
            session.user,
            promotion.primary.words()
        ));
    }
}

#[cfg(test)]
mod tests;
