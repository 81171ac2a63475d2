//! Durations: `1h30m` in the configuration, "1 h 30 min" in sentences.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The units of a written duration, largest first.
const UNITS: [(char, u64); 4] = [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)];

/// The longest duration accepted. A century keeps every sum with a date in range.
const LONGEST: u64 = 36_525 * DAY;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The text does not follow the grammar of durations.
    #[error("`{0}` is not a duration: write days, hours, minutes and seconds like `90s`, `5m` or `1h30m`")]
    Malformed(String),
    /// A number stands without its unit.
    #[error("`{0}` has no unit: write `{0}s` for seconds or `{0}m` for minutes")]
    NoUnit(String),
    /// The duration is longer than a century.
    #[error("`{0}` is too long: a duration is at most 36525 days")]
    TooLong(String),
}

/// Reads a duration of whole seconds: `90s`, `5m`, `1h30m`, `2d`.
///
/// Units go from the largest to the smallest, each at most once; spaces between the parts are
/// allowed. `0s` is a duration, a bare number is not.
///
/// # Errors
///
/// When the text is anything else, or longer than a century.
pub fn parse_span(text: &str) -> Result<Duration, SpanError> {
    let text = text.trim();
    let malformed = || SpanError::Malformed(text.to_owned());
    let too_long = || SpanError::TooLong(text.to_owned());
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SpanError::NoUnit(text.to_owned()));
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let unit = tail.chars().next().filter(|_| digits > 0).ok_or_else(malformed)?;
        let (_, size) = units.find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        seconds = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*size))
            .and_then(|part| seconds.checked_add(part))
            .filter(|sum| *sum <= LONGEST)
            .ok_or_else(too_long)?;
        rest = tail[unit.len_utf8()..].trim_start();
    }
    if text.is_empty() {
        return Err(malformed());
    }
    Ok(Duration::from_secs(seconds))
}

/// Writes a duration the way [`parse_span`] reads it, in whole seconds rounded down: `1h30m`.
pub fn show_span(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut text = String::new();
    for (name, size) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            text.push_str(&format!("{count}{name}"));
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

/// Says how long ago something was, as exactly as a person wants to know: "45 s", "4 min 05 s",
/// "38 min", "2 h 05 min", "3 days 4 h". The word "ago" is the caller's.
pub fn ago(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let unit = match seconds {
        0..600 => 1,
        600..DAY => MINUTE,
        _ => HOUR,
    };
    whole(seconds - seconds % unit)
}

/// Says how long something takes or took, to the second; to the tenth below ten seconds, so that
/// short does not read as nothing: "0.3 s", "45 s", "5 min", "1 h 02 min 09 s".
pub fn in_words(span: Duration) -> String {
    const TENTH: Duration = Duration::from_millis(100);
    let without_tenths = span.is_zero() || (span.as_secs() > 0 && span.subsec_millis() < 50);
    if without_tenths || span.as_secs() >= 10 {
        return whole(span.as_secs());
    }
    if span < TENTH {
        return "less than 0.1 s".to_owned();
    }
    let tenths = (span.as_millis() + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Whole seconds in the units they fill, without empty units at the end.
fn whole(seconds: u64) -> String {
    let days = seconds / DAY;
    let parts = [
        (days, if days == 1 { "day" } else { "days" }),
        (seconds % DAY / HOUR, "h"),
        (seconds % HOUR / MINUTE, "min"),
        (seconds % MINUTE, "s"),
    ];
    let filled = |(count, _): &(u64, &str)| *count > 0;
    let (Some(first), Some(last)) = (parts.iter().position(filled), parts.iter().rposition(filled)) else {
        return "0 s".to_owned();
    };
    let mut text = String::new();
    for (index, (count, unit)) in parts.iter().enumerate().take(last + 1).skip(first) {
        // Minutes and seconds behind a larger unit have two digits, as on a clock.
        let digits = if index > first && index > 1 { 2 } else { 1 };
        let gap = if index > first { " " } else { "" };
        text.push_str(&format!("{gap}{count:0digits$} {unit}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn written_durations_are_read() {
        for (text, seconds) in [
            ("90s", 90),
            ("5m", 300),
            ("1h30m", 5400),
            ("1h 30m", 5400),
            (" 2d ", 172_800),
            ("1d2h3m4s", 93_784),
            ("0s", 0),
            ("36525d", LONGEST),
        ] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for text in ["", "  ", "m", "5 m", "-5m", "1.5h", "5min", "30m1h", "1m1m", "5m3", "5M", "5µ", "٣m"] {
            assert_eq!(parse_span(text), Err(SpanError::Malformed(text.trim().to_owned())), "{text}");
        }
        assert_eq!(parse_span("300"), Err(SpanError::NoUnit("300".to_owned())));
        for text in ["36526d", "36525d1s", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse_span(text), Err(SpanError::TooLong(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn durations_are_told_at_the_precision_a_person_wants() {
        for (seconds, told) in [
            (0, "0 s"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (245, "4 min 05 s"),
            (600, "10 min"),
            (601, "10 min"),
            (38 * 60 + 59, "38 min"),
            (3600, "1 h"),
            (2 * 3600 + 5 * 60, "2 h 05 min"),
            (2 * 3600 + 5 * 60 + 9, "2 h 05 min"),
            (24 * 3600, "1 day"),
            (3 * 86_400 + 4 * 3600 + 59, "3 days 4 h"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), told);
        }
    }

    #[test]
    fn what_something_took_is_told_to_the_second_and_short_is_not_nothing() {
        for (millis, told) in [
            (0, "0 s"),
            (20, "less than 0.1 s"),
            (340, "0.3 s"),
            (1_000, "1 s"),
            (1_500, "1.5 s"),
            (9_960, "10.0 s"),
            (12_900, "12 s"),
            (120_000, "2 min"),
            (863_000, "14 min 23 s"),
            (3_600_000, "1 h"),
            (3_605_000, "1 h 00 min 05 s"),
            (3_729_000, "1 h 02 min 09 s"),
            (93_784_000, "1 day 2 h 03 min 04 s"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), told);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|[0-9dhms ]*") {
            let _: Result<Duration, SpanError> = parse_span(&text);
        }

        #[test]
        fn what_is_shown_is_read_back(seconds in 0..=LONGEST) {
            let span = Duration::from_secs(seconds);
            prop_assert_eq!(parse_span(&show_span(span)), Ok(span));
        }
    }
}
