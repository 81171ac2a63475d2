//! Picks among judged windows; pure.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::words::{loses, name};
use crate::{
    moment::show,
    recovery::{
        refusal::Refusal,
        windows::{
            catalogue::Unseen,
            lineage::Subject,
            rank,
            window::{Family, Kind, Loss, Window},
        },
    },
};

/// What is picked from.
pub(super) struct Pick<'a> {
    pub(super) windows: &'a [Window],
    pub(super) subject: &'a Subject,
    /// The target's region.
    pub(super) into: &'a str,
    pub(super) wanted: Timestamp,
    pub(super) unseen: &'a [Unseen],
}

/// How many windows a plan names beside the one it uses.
const ASIDES: usize = 3;

impl<'a> Pick<'a> {
    /// The window of that name, ARN or resource id.
    pub(super) fn named(&self, given: &str) -> Result<&'a Window, Refusal> {
        let mut found: Vec<&Window> = self.windows.iter().filter(|window| is(window, given)).collect();
        let narrow = |found: &mut Vec<&'a Window>, keep: &dyn Fn(&Window) -> bool| {
            if found.len() > 1 && found.iter().any(|window| keep(window)) {
                found.retain(|window| keep(window));
            }
        };
        narrow(&mut found, &|window| window.kind.is_restored());
        narrow(&mut found, &|window| window.region == self.into);
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let names: Vec<&str> = self.windows.iter().map(|window| window.source.as_str()).collect();
                Err(Refusal::unfit(
                    format!("there is no window {given} of {}", self.subject.database),
                    format!(
                        "there are: {}; a snapshot of another cluster or account is named by its ARN",
                        names.join(", ")
                    ),
                ))
            }
            several => {
                let exact = |window: &&&Window| window.arn.as_ref().or(window.resource_id.as_ref()).cloned();
                let names: Vec<String> = several.iter().filter_map(|window| exact(&window)).collect();
                Err(Refusal::unfit(
                    format!("{given} is the name of {} windows of {}", several.len(), self.subject.database),
                    format!("name it by its ARN or resource id: {}", names.join(", ")),
                ))
            }
        }
    }

    /// The one to take when none is named: of those that can be restored into the target's region, the one that loses least.
    /// What holds only later states is never taken unasked, nor is what an earlier cluster of the name left, nor what is left of
    /// an old primary: the database has gone on elsewhere, without it.
    pub(super) fn best(&self) -> Option<&'a Window> {
        self.candidates().into_iter().next()
    }

    fn candidates(&self) -> Vec<&'a Window> {
        let mut candidates: Vec<&Window> = self.windows.iter().filter(|window| self.is_candidate(window)).collect();
        candidates.sort_by(|one, other| self.order(one, other));
        candidates
    }

    fn order(&self, one: &Window, other: &Window) -> Ordering {
        rank::order(one, other, self.into)
    }

    fn is_candidate(&self, window: &Window) -> bool {
        window.kind.is_restored()
            && window.kind != Kind::GlobalFailoverSnapshot
            && window.usable
            && window.restore_point.is_some()
            && !matches!(window.loses, Loss::Later { .. })
            && self.reaches(window)
            && self.is_present(window)
    }

    /// Only snapshots can be taken into another region.
    fn reaches(&self, window: &Window) -> bool {
        window.region == self.into || window.kind.is_snapshot() && window.kind != Kind::SharedSnapshot
    }

    /// Whether it is not known to be of an earlier bearer of the name.
    fn is_present(&self, window: &Window) -> bool {
        let present = self.windows.iter().find(|own| {
            own.kind == Kind::Continuous
                && own.family == window.family
                && own.source == self.subject.identifier
                && own.region == self.subject.region
        });
        match (present.and_then(|own| own.resource_id.as_ref()), &window.resource_id) {
            (Some(present), Some(of)) => present == of,
            _ => true,
        }
    }

    /// Refuses a window that cannot be used for this.
    pub(super) fn usable(&self, window: &Window) -> Result<(), Refusal> {
        let Subject { database, .. } = self.subject;
        if !window.kind.is_restored() {
            return Err(Refusal::unfit(
                format!("{} is a database of its own already: it is promoted, not restored", name(window)),
                window.promoted_by(),
            ));
        }
        if !window.usable {
            return Err(Refusal::unfit(
                format!("{} cannot be used: {}", name(window), window.obstacles.join("; ")),
                format!("daybreak windows {database} --to '{}' shows the others", show(self.wanted)),
            ));
        }
        if !self.reaches(window) {
            let why = match window.kind {
                Kind::SharedSnapshot => "AWS copies a shared snapshot within its region only",
                _ => "only snapshots can be taken into another region",
            };
            return Err(Refusal::unfit(
                format!("{} cannot be restored into {}: {why}", name(window), self.into),
                match window.kind {
                    Kind::SharedSnapshot => "copy it to a manual snapshot of this account first".to_owned(),
                    _ => format!("name a snapshot with --from, or leave out --into {}", self.into),
                },
            ));
        }
        match (window.kind, &window.loses, window.earliest, window.latest) {
            (Kind::Continuous | Kind::Retained, Loss::Later { .. }, Some(earliest), _) => {
                Err(Refusal::TooEarly { wanted: self.wanted, earliest })
            }
            (Kind::Continuous, Loss::Before { .. }, _, Some(latest)) if self.wanted >= latest => {
                Err(Refusal::TooLate { wanted: self.wanted, latest })
            }
            _ => Ok(()),
        }
    }

    /// Why nothing can be taken: what there is, and what is in its way.
    pub(super) fn nothing(&self) -> Refusal {
        let Subject { database, .. } = self.subject;
        let mut there: Vec<String> = Vec::new();
        for window in self.windows.iter().take(ASIDES) {
            let why = if !window.kind.is_restored() {
                format!("can be promoted: {}", window.promoted_by())
            } else if !window.usable {
                format!("cannot be used: {}", window.obstacles.join("; "))
            } else if !self.reaches(window) {
                format!("cannot be restored into {}", self.into)
            } else if window.kind == Kind::GlobalFailoverSnapshot {
                format!("has nothing that was written since on the new primary; --from {}", window.handle())
            } else if !self.is_present(window) {
                format!("is of an earlier cluster of the name; --from {}", window.handle())
            } else {
                format!("{}; --from {}", loses(&window.loses), window.handle())
            };
            there.push(format!("{} {why}", name(window)));
        }
        Refusal::unfit(
            format!("nothing gives {database} as of {} or before: {}", show(self.wanted), there.join(". ")),
            format!("daybreak windows {database} --to '{}'", show(self.wanted)),
        )
    }

    /// Why this one.
    pub(super) fn why(&self, picked: &Window, named: bool) -> String {
        let loss = loses(&picked.loses);
        match (named, &picked.loses) {
            (true, _) => format!("it was named; it {loss}"),
            (false, Loss::Nothing) => format!("it gives {} itself", show(self.wanted)),
            (false, _) => {
                format!("it {loss} before {}, and nothing that can be restored loses less", show(self.wanted))
            }
        }
    }

    /// What else there was: the next best, what would have lost less and why it was not taken, and what could not be seen.
    pub(super) fn asides(&self, picked: &Window) -> Vec<String> {
        let mut asides = Vec::new();
        if matches!(picked.loses, Loss::Later { .. }) {
            asides.push(format!("{} {}", name(picked), loses(&picked.loses)));
        }
        let next = self.candidates().into_iter().find(|other| !std::ptr::eq(*other, picked));
        asides.extend(next.map(|next| format!("the next best is {}, which {}", name(next), loses(&next.loses))));
        let better = self.windows.iter().filter(|other| rank::less(&other.loses, &picked.loses));
        let better = better.filter(|other| !self.is_candidate(other)).take(ASIDES);
        asides.extend(better.map(|other| {
            let loss = loses(&other.loses);
            if !other.kind.is_restored() && other.usable {
                format!("{} {loss}: {}", name(other), other.promoted_by())
            } else if !other.usable {
                format!("{} {loss}, but cannot be used: {}", name(other), other.obstacles.join("; "))
            } else if !self.reaches(other) {
                format!("{} {loss}, but cannot be restored into {}", name(other), self.into)
            } else if other.kind == Kind::GlobalFailoverSnapshot {
                format!("{} {loss}, but has nothing that was written since on the new primary", name(other))
            } else {
                format!("{} {loss}, but is of an earlier cluster of the name", name(other))
            }
        }));
        asides.extend(self.unseen.iter().filter(|unseen| concerns(unseen, picked.family)).map(|unseen| {
            let code = unseen.error.code.as_deref().unwrap_or(&unseen.error.message);
            format!("the {} of {} could not be seen: {code}", unseen.what, unseen.region)
        }));
        asides
    }
}

fn concerns(unseen: &Unseen, family: Family) -> bool {
    family == Family::Instance || !unseen.what.contains("instance")
}

fn is(window: &Window, given: &str) -> bool {
    window.source.eq_ignore_ascii_case(given)
        || window.arn.as_deref() == Some(given)
        || window.resource_id.as_deref() == Some(given) && !window.kind.is_snapshot()
}
