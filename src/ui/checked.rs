//! A check's result in a line, as it comes in.

use super::{theme::Tone, words::clean};
use crate::run::event::{Checked, Verdict};

/// `passed    writer: found not in recovery`, and how it is to be taken. The names of checks line up beneath each other.
#[must_use]
pub fn line(check: &Checked) -> (Tone, String) {
    // A failed check has the tone that is seen even when all else is quiet.
    let (tone, verdict) = match check.verdict {
        Verdict::Passed => (Tone::Plain, "passed"),
        Verdict::Failed => (Tone::Bad, "FAILED"),
        Verdict::Unchecked => (Tone::Caution, "unchecked"),
    };
    let answer = if check.answer.is_empty() { String::new() } else { format!(": {}", check.answer) };
    (tone, format!("{verdict:<9} {}", clean(&format!("{}{answer}", check.name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_stands_first_and_the_answer_cannot_steer_the_terminal() {
        let told =
            |verdict, answer: &str| line(&Checked { name: "loans".to_owned(), verdict, answer: answer.to_owned() });
        assert_eq!(told(Verdict::Passed, ""), (Tone::Plain, "passed    loans".to_owned()));
        assert_eq!(told(Verdict::Failed, "\u{1b}[2J17"), (Tone::Bad, "FAILED    loans: \u{fffd}[2J17".to_owned()));
        assert_eq!(told(Verdict::Unchecked, "timed out"), (Tone::Caution, "unchecked loans: timed out".to_owned()));
    }
}
