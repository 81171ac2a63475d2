//! The look of the output, as data: what a piece of text is, not how it is coloured.
//!
//! Only the sixteen colours that a terminal's own palette defines, and of those only the ones that stay readable on light
//! and on dark backgrounds: no yellow, no dark blue, no white. Each tone is also said in words or by a mark, so nothing is
//! lost without colour.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A title.
    Heading,
    /// What the eye should find first: names, times, commands.
    Strong,
    /// What matters less.
    Quiet,
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// Something to look at before going on.
    Caution,
}

/// The escape codes (ECMA-48 "select graphic rendition") of each tone; none leaves the text as it is.
const fn code(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Heading | Tone::Strong => Some("1"),
        Tone::Quiet => Some("2"),
        Tone::Good => Some("32"),
        Tone::Bad => Some("1;31"),
        Tone::Caution => Some("1;35"),
    }
}

/// A sign before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Done, passed.
    Done,
    /// In progress.
    Going,
    /// Failed.
    Failed,
    /// Not begun.
    Pending,
    /// Taken back.
    Undone,
    /// Worth knowing; no answer.
    Open,
}

/// How text is dressed for one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colour: bool,
    unicode: bool,
}

impl Theme {
    /// With or without colour; with signs beyond ASCII or without.
    #[must_use]
    pub const fn new(colour: bool, unicode: bool) -> Self {
        Self { colour, unicode }
    }

    /// No colour, ASCII only.
    #[must_use]
    pub const fn plain() -> Self {
        Self::new(false, false)
    }

    /// `text` in `tone`.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        match code(tone).filter(|_| self.colour && !text.is_empty()) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }

    /// The sign for `mark`, one column wide.
    #[must_use]
    pub const fn mark(&self, mark: Mark) -> &'static str {
        match (mark, self.unicode) {
            (Mark::Done, true) => "✓",
            (Mark::Done, false) => "+",
            (Mark::Going, true) => "▸",
            (Mark::Going, false) => ">",
            (Mark::Failed, true) => "✗",
            (Mark::Failed, false) => "x",
            (Mark::Pending, true) => "·",
            (Mark::Pending, false) => ".",
            (Mark::Undone, true) => "↶",
            (Mark::Undone, false) => "<",
            (Mark::Open, _) => "?",
        }
    }

    /// The sign for `mark` in the colour that goes with it.
    #[must_use]
    pub fn painted_mark(&self, mark: Mark) -> String {
        let tone = match mark {
            Mark::Done => Tone::Good,
            Mark::Failed => Tone::Bad,
            Mark::Going => Tone::Strong,
            Mark::Pending | Mark::Undone => Tone::Quiet,
            Mark::Open => Tone::Caution,
        };
        self.paint(tone, self.mark(mark))
    }

    /// What stands where text was cut off.
    #[must_use]
    pub const fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONES: [Tone; 7] =
        [Tone::Plain, Tone::Heading, Tone::Strong, Tone::Quiet, Tone::Good, Tone::Bad, Tone::Caution];
    const MARKS: [Mark; 6] = [Mark::Done, Mark::Going, Mark::Failed, Mark::Pending, Mark::Undone, Mark::Open];

    #[test]
    fn without_colour_the_text_is_left_as_it_is() {
        for tone in TONES {
            assert_eq!(Theme::plain().paint(tone, "text"), "text");
        }
    }

    #[test]
    fn every_colour_is_switched_off_again_and_none_vanishes_on_a_light_or_dark_background() {
        for tone in TONES {
            let painted = Theme::new(true, true).paint(tone, "text");
            assert!(painted == "text" || painted.ends_with("text\u{1b}[0m"), "{painted:?}");
            for unreadable in ["30", "33", "34", "37", "90", "93", "97"] {
                let codes: Vec<&str> = code(tone).unwrap_or_default().split(';').collect();
                assert!(!codes.contains(&unreadable), "{tone:?} uses {unreadable}");
            }
        }
    }

    #[test]
    fn marks_differ_without_colour_and_ascii_means_ascii() {
        for unicode in [true, false] {
            let theme = Theme::new(false, unicode);
            let mut signs = MARKS.map(|mark| theme.mark(mark)).to_vec();
            assert!(unicode || signs.iter().all(|sign| sign.is_ascii()), "{signs:?}");
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), MARKS.len(), "{signs:?}");
        }
    }
}
