//! Whether what was seen stands against moving the application.

use std::time::Duration;

use super::{
    GuardCutover,
    look::{Probed, Seen, Told},
};
use crate::{moment::in_words, pg::Less};

/// What stands against it, and what is worth knowing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What stands against it.
    pub obstacles: Vec<String>,
    /// What does not, and is said.
    pub notes: Vec<String>,
}

/// Judges.
#[must_use]
pub fn judge(guard: &GuardCutover, seen: &Seen) -> Verdict {
    let mut verdict = Verdict { obstacles: seen.unavailable.clone(), notes: Vec::new() };
    let name = &guard.target.identifier;
    if seen.in_recovery {
        verdict.obstacles.push(format!("the writer of {name} only follows another server, and takes no writes"));
    }
    if seen.instances == Some(1) {
        verdict.notes.push(format!(
            "{name} has one instance: where that fails RDS needs about 10 minutes to make another; add a reader"
        ));
    }
    limits(guard, seen, &mut verdict);
    seen.probes.iter().for_each(|probe| probed(probe, &mut verdict));
    for transaction in &seen.transactions {
        let since = in_words(Duration::from_secs_f64(transaction.seconds.max(0.0)).max(Duration::from_secs(1)));
        let (user, application) = (&transaction.user, &transaction.application);
        let by = if application.is_empty() { user.clone() } else { format!("{user} ({application})") };
        verdict.notes.push(format!("on the source a transaction of {by} has been open for {since}: it is lost"));
    }
    verdict
}

fn limits(guard: &GuardCutover, seen: &Seen, verdict: &mut Verdict) {
    let source = match &seen.source {
        Ok(source) => source,
        Err(why) => {
            return verdict.notes.push(format!("whether the target has the source's limits is not known: {why}"));
        }
    };
    for Less { name, has, wanted } in seen.target.less_than(source) {
        let words = format!("{name} is {has} on the target, and {wanted} on the source");
        match guard.accepts_less {
            true => verdict.notes.push(words),
            false => verdict.obstacles.push(format!("{words} (accept_less under cutover of the profile takes it)")),
        }
    }
}

fn probed(probe: &Probed, verdict: &mut Verdict) {
    let name = &probe.probe;
    match &probe.target {
        Some(Told::Fails(why) | Told::Unasked(why)) => {
            verdict.obstacles.push(format!("probe `{name}` does not hold on the target, and would roll back: {why}"));
        }
        Some(Told::Holds) => match &probe.source {
            Told::Holds => verdict.notes.push(format!(
                "probe `{name}` holds on the source, too: it tells a database that serves, and nothing of the damage"
            )),
            Told::Fails(_) => {}
            Told::Unasked(why) => verdict.notes.push(format!("probe `{name}` could not be asked on the source: {why}")),
        },
        // A page is answered by the application, which is on the source still: what it says now is known, and no verdict.
        None => {
            if let Told::Fails(why) | Told::Unasked(why) = &probe.source {
                verdict
                    .notes
                    .push(format!("{name} fails on the source, and must hold once the application is moved: {why}"));
            }
        }
    }
}
