//! How a check ended, and the words for it.

use crate::pg::error::Error;
use crate::pg::proof::Verdict;

/// How one check ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) found: Option<String>,
    pub(super) reason: Option<String>,
    /// Every name that `reason` speaks of or counts.
    pub(super) items: Vec<String>,
}

impl Outcome {
    pub(super) fn passed(found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Passed, found: Some(found.into()), reason: None, items: Vec::new() }
    }

    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, found: None, reason: Some(reason.into()), items: Vec::new() }
    }

    pub(super) fn unchecked(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unchecked, found: None, reason: Some(reason.into()), items: Vec::new() }
    }

    /// The outcome of a question that met an error. `asked` says whether the words were the
    /// profile's: those may be wrong about the data, while daybreak's own failing means that
    /// nothing was learned, unless the data itself is damaged.
    pub(super) fn of_error(error: &Error, asked: Asked) -> Self {
        let tells = match asked {
            Asked::ByProfile => !error.says_nothing_of_the_data(),
            Asked::ByDaybreak => error.is_corruption(),
        };
        if tells { Self::failed(error.to_string()) } else { Self::unchecked(error.to_string()) }
    }

    pub(super) fn with_found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds every name that the words were cut from.
    pub(super) fn with_items(mut self, listing: Listing) -> Self {
        self.items.extend(listing.0);
        self
    }

    /// Adds what is worth knowing, unless there is nothing.
    pub(super) fn with_notes(mut self, notes: &[String]) -> Self {
        if !notes.is_empty() {
            let notes = notes.join("; ");
            self.reason = Some(match self.reason {
                Some(reason) => format!("{reason}; {notes}"),
                None => notes,
            });
        }
        self
    }
}

/// Whose words a question is in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    ByDaybreak,
    ByProfile,
}

/// Words that show ten names of a list, and every name beside them.
#[derive(Debug, Default)]
pub(super) struct Listing(Vec<String>);

impl Listing {
    /// Keeps all names, each behind what it is, and returns the words for them.
    pub(super) fn add<T: AsRef<str>>(&mut self, what: &str, names: &[T]) -> String {
        self.0.extend(names.iter().map(|name| format!("{what}: {}", name.as_ref())));
        format!("{what}: {}", list(names))
    }

    /// As [`Listing::add`], unless there is no name.
    pub(super) fn named<T: AsRef<str>>(&mut self, what: &str, names: &[T]) -> Option<String> {
        (!names.is_empty()).then(|| self.add(what, names))
    }
}

/// Returns the names joined by commas, the first ten only.
fn list<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Returns "1 table", "2 tables".
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = match (number, noun.strip_suffix("index")) {
        (1, _) => noun.to_owned(),
        (_, Some(rest)) => format!("{rest}indexes"),
        (_, None) => format!("{noun}s"),
    };
    format!("{number} {plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
        assert_eq!(list(&names[..2]), "t0, t1");
        assert!(list(&names).ends_with("t9 and 2 more"));
    }

    #[test]
    fn what_is_cut_is_kept_in_full() {
        let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
        let mut listing = Listing::default();
        assert_eq!(listing.named("missing", &names[..0]), None);
        assert!(listing.add("missing", &names).starts_with("missing: t0, t1"));
        let outcome = Outcome::failed("bad").with_items(listing);
        assert_eq!((outcome.items.len(), outcome.items[11].as_str()), (12, "missing: t11"));
    }

    #[test]
    fn counts_have_their_plural() {
        assert_eq!(count(1, "table"), "1 table");
        assert_eq!(count(0, "invalid index"), "0 invalid indexes");
        assert_eq!(count(2, "sequence"), "2 sequences");
    }

    #[test]
    fn notes_follow_the_reason() {
        let outcome = Outcome::failed("bad").with_notes(&["a".into(), "b".into()]);
        assert_eq!(outcome.reason.as_deref(), Some("bad; a; b"));
        assert_eq!(Outcome::passed("1").with_notes(&[]).reason, None);
    }
}
