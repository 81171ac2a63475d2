//! Words: numbers with nouns, lists, text cleaned, cut and wrapped to a width in columns.

use std::time::Duration;

/// `1 step`, `2 steps`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// `a`, `a and b`, `a, b and c`; empty for nothing.
#[must_use]
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A duration in as few columns as a live line can spare: `45 s`, `4:05`, `1:02:09`.
#[must_use]
pub fn stopwatch(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `text` on one line and harmless to a terminal: what AWS, PostgreSQL or a database's content says may hold line breaks, escape
/// sequences and characters that turn the writing direction around.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

/// The columns `text` takes in a terminal: 2 for the wide characters of East Asian scripts and for pictographs, 0 for
/// combining marks, 1 for all others.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

const fn char_width(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The longest beginning of `text` that takes at most `columns`, and the rest.
fn split_at_column(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += char_width(c);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// `text` cut to at most `columns`, ending in `ellipsis` when something was cut.
#[must_use]
pub fn fit(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(width(ellipsis));
    let (kept, _) = split_at_column(text, room);
    let (ellipsis, _) = split_at_column(ellipsis, columns);
    format!("{}{ellipsis}", kept.trim_end())
}

/// `text` filled up with spaces to `columns`.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` in lines of at most `columns`, broken at spaces only: a word longer than a line stays whole on a line of its own,
/// so that an endpoint or an ARN can be copied. Never empty.
#[must_use]
pub fn flow(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut gap = 0;
    for word in text.split(' ') {
        if word.is_empty() {
            gap += 1;
            continue;
        }
        if !line.is_empty() && width(&line) + gap + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push_str(&" ".repeat(gap));
        }
        line.push_str(word);
        gap = 1;
    }
    lines.push(line);
    lines
}

/// The same with longer words broken where they must be: no line is wider than `columns`, or than two.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    flow(text, columns.max(2)).iter().flat_map(|line| chop(line, columns)).collect()
}

/// `text` in pieces of at most `columns`, or two. Never empty.
#[must_use]
pub fn chop(text: &str, columns: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while width(rest) > columns.max(2) {
        let (start, end) = split_at_column(rest, columns.max(2));
        pieces.push(start.to_owned());
        rest = end;
    }
    pieces.push(rest.to_owned());
    pieces
}

/// `text` after `first`, flowing in lines of `columns`, the further ones indented by `indent` spaces. A `first` that leaves
/// less than half a line to a longer text stands alone above it.
#[must_use]
pub fn hang(first: &str, text: &str, indent: usize, columns: usize) -> Vec<String> {
    let label = width(first);
    if label * 2 > columns && label + width(text) > columns {
        let indent = indent.min(4);
        let below =
            flow(text, columns.saturating_sub(indent)).into_iter().map(|line| format!("{}{line}", " ".repeat(indent)));
        return std::iter::once(first.to_owned()).chain(below).collect();
    }
    let room = columns.saturating_sub(indent.max(label));
    let lines = flow(text, room).into_iter().enumerate();
    lines
        .map(
            |(number, line)| {
                if number == 0 { format!("{first}{line}") } else { format!("{}{line}", " ".repeat(indent)) }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_and_lists() {
        assert_eq!([plural(0, "step"), plural(1, "step"), plural(2, "step")], ["0 steps", "1 step", "2 steps"]);
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn durations_for_tight_lines() {
        for (seconds, told) in [(0, "0 s"), (59, "59 s"), (120, "2:00"), (863, "14:23"), (3_729, "1:02:09")] {
            assert_eq!(stopwatch(Duration::from_secs(seconds)), told);
        }
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(clean("a\r\nb\u{1b}[2Jc\u{7}\u{202e}d é"), "a  b\u{fffd}[2Jc\u{fffd}\u{fffd}d é");
    }

    #[test]
    fn cutting_and_wrapping_count_columns_not_bytes() {
        assert_eq!(fit("Überweisungen", 8, "…"), "Überwei…");
        assert_eq!(fit("貸付金台帳", 6, "…"), "貸付…");
        assert_eq!(fit("ends here", 6, "..."), "end...");
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap(" one  two three ", 8), ["one  two", "three"]);
        assert_eq!(wrap("a 0123456789 b", 4), ["a", "0123", "4567", "89", "b"]);
        assert_eq!(flow("a 0123456789 b c", 4), ["a", "0123456789", "b c"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(hang("- ", "one two three", 2, 9), ["- one two", "  three"]);
        assert_eq!(hang("a long label: ", "one two", 14, 20), ["a long label: ", "    one two"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked_and_wrapping_loses_nothing(text in "\\PC{0,80}", columns in 2_usize..40) {
            prop_assert!(width(&fit(&text, columns, "…")) <= columns);
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let flowing = flow(&text, columns);
            prop_assert!(flowing.iter().all(|line| width(line) <= columns || !line.contains(' ')), "{flowing:?}");
            prop_assert_eq!(flowing.concat().replace(' ', ""), text.replace(' ', ""));
            let without_spaces = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(without_spaces(&lines.concat()), without_spaces(&text));
        }
    }
}
