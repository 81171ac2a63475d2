//! A proof as text: every check with what was asked, what was expected and what was found.

use crate::{
    pg::{Proof, Verdict},
    steps::prove::answer,
    ui::{
        history::counts,
        page::Page,
        theme::{Mark, Theme, Tone},
        words::{clean, width},
    },
};

/// The proof in lines of at most `width` columns.
#[must_use]
pub fn render(proof: &Proof, theme: Theme, width: usize) -> String {
    let mut page = Page::new(theme, width);
    write(&mut page, proof);
    page.finish()
}

/// Writes the proof on a page: the failed checks and those without an answer are marked, and say why.
pub(super) fn write(page: &mut Page, proof: &Proof) {
    let tone = if proof.failed() > 0 { Tone::Bad } else { Tone::Strong };
    page.put(tone, "", &counts(proof));
    let names = proof.checks.iter().map(|check| width(&clean(&check.name))).max().unwrap_or(0).min(24);
    for check in &proof.checks {
        let (mark, tone, word) = match check.verdict {
            Verdict::Passed => (Mark::Done, Tone::Plain, "passed"),
            Verdict::Failed => (Mark::Failed, Tone::Bad, "FAILED"),
            Verdict::Unchecked => (Mark::Open, Tone::Caution, "unchecked"),
        };
        let words = match answer(check) {
            answer if answer.is_empty() => word.to_owned(),
            answer => format!("{word}: {}", clean(&answer)),
        };
        page.marked(mark, tone, &clean(&check.name), names, &words);
        // The reason cuts a long list short; evidence does not.
        if check.items.len() > 1 {
            page.put(Tone::Plain, "      in full: ", &clean(&check.items.join(", ")));
        }
        if let Some(query) = &check.query {
            page.put(Tone::Quiet, "      asked: ", &clean(query));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::{failed_proof, proof};

    #[test]
    fn every_check_says_what_was_asked_expected_and_found() {
        insta::assert_snapshot!(render(&proof(), Theme::plain(), 80), @"
        3 checks: 2 passed, 0 failed, 1 unchecked
          + writer       passed: found not in recovery
          ? tables       unchecked: the source cannot be read: connect to the source:
                         timed out
          + loans exist  passed: found 48211; expected >= 1000
              asked: SELECT count(*) FROM loans
        ");
    }

    #[test]
    fn a_failed_check_stands_out_without_colour() {
        insta::assert_snapshot!(render(&failed_proof(), Theme::plain(), 60), @"
        3 checks: 1 passed, 1 failed, 1 unchecked
          + writer       passed: found not in recovery
          ? tables       unchecked: the source cannot be read:
                         connect to the source: timed out
          x loans exist  FAILED: found 17, expected >= 1000
              asked: SELECT count(*) FROM loans
        ");
    }

    #[test]
    fn a_list_that_a_reason_cuts_short_is_given_in_full() {
        let mut proof = failed_proof();
        let tables: Vec<String> = (1..=12).map(|number| format!("missing: public.t{number}")).collect();
        proof.checks[1].items.clone_from(&tables);
        proof.checks[0].items = vec!["named in the reason".to_owned()];
        let text = render(&proof, Theme::plain(), 60);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("in full: {}", tables.join(", "))), "{text}");
        assert!(!text.contains("named in the reason"), "{text}");
    }

    #[test]
    fn what_a_database_answers_cannot_steer_the_terminal() {
        let mut proof = proof();
        proof.checks[0].found = Some("\u{1b}]0;owned\u{7}".to_owned());
        assert!(!render(&proof, Theme::plain(), 80).contains('\u{1b}'));
    }
}
