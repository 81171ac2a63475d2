//! Points in time: what `--to` accepts and how a time is printed.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::span::{SpanError, parse_span};
use super::wall::{WallTime, numeric_offset};

/// The point in time a person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// A whole second, not after the "now" it was parsed with.
    At(Timestamp),
    /// The newest restorable time, whatever it is when the plan is made.
    Latest,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&show(*at)),
            Self::Latest => f.write_str("latest"),
        }
    }
}

/// Why a text is no restore time. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MomentError {
    /// The text follows none of the accepted forms.
    #[error(
        "`{0}` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, \
         `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`"
    )]
    Malformed(String),
    /// The date and time are complete, the time zone is missing.
    #[error("`{text}` has no time zone: write `{utc}` if it is UTC{}", local_choices(zone, local))]
    NoZone {
        /// What was written.
        text: String,
        /// The same wall time in UTC, ready to paste.
        utc: String,
        /// The name of the local time zone.
        zone: String,
        /// The same wall time in the local zone, ready to paste: none when clocks skipped
        /// it or local time is UTC, two when clocks went back over it.
        local: Vec<String>,
    },
    /// The time zone is written in a way that is not unambiguous, such as `CET` or `EST`.
    #[error("`{zone}` in `{text}` is not a time zone daybreak reads: write `UTC` or an offset such as `+02:00`")]
    UnknownZone {
        /// What was written.
        text: String,
        /// Its part after the time of day.
        zone: String,
    },
    /// The text has the form of a time but names a day or an hour that does not exist.
    #[error("`{0}` does not exist: check the day and the time of day")]
    NoSuchTime(String),
    /// The seconds are missing.
    #[error("`{text}` has no seconds: write `{whole}` if you mean the full minute")]
    NoSeconds {
        /// What was written.
        text: String,
        /// The same with `:00`, ready to paste.
        whole: String,
    },
    /// The time lies between two seconds.
    #[error("`{text}` is finer than a second, which is the precision of a restore: write `{before}` or `{after}`")]
    SubSecond {
        /// What was written.
        text: String,
        /// The whole second before, ready to paste.
        before: String,
        /// The whole second after, ready to paste.
        after: String,
    },
    /// The time has not come yet.
    #[error("{at} is in the future: it is {now} now")]
    Future {
        /// The time asked for.
        at: String,
        /// The time it is.
        now: String,
    },
    /// "… ago" with something else than a duration before it.
    #[error("`{text}` is not a time")]
    Ago {
        /// What was written.
        text: String,
        /// What is wrong with the duration.
        #[source]
        source: SpanError,
    },
}

fn local_choices(zone: &str, local: &[String]) -> String {
    match local {
        [] => String::new(),
        [one] => format!(", `{one}` if it is local time ({zone})"),
        many => format!(
            ", {} if it is local time ({zone}), where clocks passed it twice",
            many.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(" or ")
        ),
    }
}

/// Reads a restore time: RFC 3339 with an offset, `2026-11-20 14:22:05 UTC`, `12m ago`
/// (any duration that [`parse_span`] reads), or `latest`.
///
/// `now` is what "ago" counts from, rounded down to the second; `zone` is the local time
/// zone and serves only to say, in an error, what a time without a zone could have meant.
///
/// # Errors
///
/// When the text is none of these, has no zone, is finer than a second or lies after `now`.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Moment, MomentError> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("latest") {
        return Ok(Moment::Latest);
    }
    let at = match text.strip_suffix("ago") {
        Some(span) if span.ends_with(char::is_whitespace) => before(text, span, now)?,
        _ => absolute(text, zone)?,
    };
    if at > now {
        return Err(MomentError::Future { at: show(at), now: show(now) });
    }
    Ok(Moment::At(at))
}

/// Prints a time the way it is always shown to people, in UTC: `2026-11-20 14:22:05 UTC`.
/// Fractions of a second are cut off.
pub fn show(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Returns the first whole second that is not before `at`: of a time from which something can be had, the one to ask for.
pub fn ceil(at: Timestamp) -> Timestamp {
    let cut = at.as_second();
    let second = if at.subsec_nanosecond() > 0 { cut + 1 } else { cut };
    Timestamp::from_second(second).unwrap_or(at)
}

/// Returns the last whole second before `at`, and never `at` itself: of a time up to which something can be had, the one to
/// ask for.
pub fn second_before(at: Timestamp) -> Timestamp {
    Timestamp::from_second(ceil(at).as_second() - 1).unwrap_or(at)
}

fn before(text: &str, span: &str, now: Timestamp) -> Result<Timestamp, MomentError> {
    let span = parse_span(span).map_err(|source| MomentError::Ago { text: text.to_owned(), source })?;
    i64::try_from(span.as_secs())
        .ok()
        .and_then(|span| now.as_second().checked_sub(span))
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or_else(|| MomentError::NoSuchTime(text.to_owned()))
}

fn absolute(text: &str, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let malformed = || MomentError::Malformed(text.to_owned());
    let no_such_time = || MomentError::NoSuchTime(text.to_owned());

    let written = WallTime::read(text).ok_or_else(malformed)?;
    let Some(seconds) = written.seconds else {
        let whole = format!("{}:00{}", &text[..written.minutes_end], &text[written.minutes_end..]);
        return Err(MomentError::NoSeconds { text: text.to_owned(), whole });
    };
    let [year, month, day, hour, minute] = written.fields;
    // Four and two digits: no conversion below can lose anything.
    let [month, day, hour, minute, second] = [month, day, hour, minute, seconds].map(|n| n as i8);
    let wall = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| no_such_time())?;

    let offset = match written.zone {
        "" => return Err(no_zone(text, wall, zone)),
        "Z" | "z" => Offset::UTC,
        named if named.trim_start().eq_ignore_ascii_case("utc") => Offset::UTC,
        other => numeric_offset(other)
            .ok_or_else(|| MomentError::UnknownZone { text: text.to_owned(), zone: other.trim().to_owned() })?,
    };
    let at = offset.to_timestamp(wall).map_err(|_| no_such_time())?;
    if written.fraction.bytes().any(|digit| digit != b'0') {
        let after = at.as_second().checked_add(1).and_then(|second| Timestamp::from_second(second).ok());
        return Err(MomentError::SubSecond {
            text: text.to_owned(),
            before: at.to_string(),
            after: after.ok_or_else(no_such_time)?.to_string(),
        });
    }
    Ok(at)
}

fn no_zone(text: &str, wall: DateTime, zone: &TimeZone) -> MomentError {
    let ambiguous = zone.to_ambiguous_zoned(wall);
    let candidates = match ambiguous.offset() {
        jiff::tz::AmbiguousOffset::Unambiguous { offset } => vec![offset],
        jiff::tz::AmbiguousOffset::Gap { .. } => vec![],
        jiff::tz::AmbiguousOffset::Fold { before, after } => vec![before, after],
    };
    let written = wall.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    MomentError::NoZone {
        text: text.to_owned(),
        utc: format!("{written}Z"),
        zone: zone.iana_name().unwrap_or("this machine's zone").to_owned(),
        local: candidates
            .into_iter()
            .filter(|offset| *offset != Offset::UTC)
            .map(|offset| format!("{written}{}", show_offset(offset)))
            .collect(),
    }
}

/// Rounds down to the minute: RFC 3339 offsets have no seconds, and no zone has had any
/// since Aurora exists.
fn show_offset(offset: Offset) -> String {
    let minutes = offset.seconds().div_euclid(60);
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-20T15:00:00.75Z";

    fn read_in(text: &str, zone: &TimeZone) -> Result<String, String> {
        let now = NOW.parse().expect("a timestamp");
        match parse(text, now, zone) {
            Ok(Moment::At(at)) => Ok(at.to_string()),
            Ok(Moment::Latest) => Ok("latest".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn read(text: &str) -> Result<String, String> {
        read_in(text, &TimeZone::UTC)
    }

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a POSIX zone")
    }

    #[test]
    fn ceil_never_lies_before() {
        for (at, up) in [
            ("2026-11-20T14:22:05Z", "2026-11-20T14:22:05Z"),
            ("2026-11-20T14:22:05.001Z", "2026-11-20T14:22:06Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(ceil(at.parse().unwrap()), up.parse::<Timestamp>().unwrap(), "{at}");
        }
    }

    #[test]
    fn second_before_is_always_earlier() {
        for (at, before) in
            [("2026-11-20T14:22:05Z", "2026-11-20T14:22:04Z"), ("2026-11-20T14:22:05.001Z", "2026-11-20T14:22:05Z")]
        {
            assert_eq!(second_before(at.parse().unwrap()), before.parse::<Timestamp>().unwrap(), "{at}");
        }
    }

    #[test]
    fn accepted_forms() {
        for (text, at) in [
            ("2026-11-20T14:22:05Z", "2026-11-20T14:22:05Z"),
            ("2026-11-20t14:22:05z", "2026-11-20T14:22:05Z"),
            ("2026-11-20 14:22:05Z", "2026-11-20T14:22:05Z"),
            ("2026-11-20T14:22:05+02:00", "2026-11-20T12:22:05Z"),
            ("2026-11-20T00:22:05-08:30", "2026-11-20T08:52:05Z"),
            ("2026-11-20T14:22:05-00:00", "2026-11-20T14:22:05Z"),
            ("2026-11-20T14:22:05.000Z", "2026-11-20T14:22:05Z"),
            (" 2026-11-20 14:22:05 UTC ", "2026-11-20T14:22:05Z"),
            ("2024-02-29 23:59:59 utc", "2024-02-29T23:59:59Z"),
            ("12m ago", "2026-11-20T14:48:00Z"),
            ("1h30m ago", "2026-11-20T13:30:00Z"),
            ("1h 30m  ago", "2026-11-20T13:30:00Z"),
            ("45s ago", "2026-11-20T14:59:15Z"),
            ("2d ago", "2026-11-18T15:00:00Z"),
            ("0s ago", "2026-11-20T15:00:00Z"),
            ("2026-11-20T15:00:00Z", "2026-11-20T15:00:00Z"),
            ("latest", "latest"),
            ("Latest", "latest"),
        ] {
            assert_eq!(read(text), Ok(at.to_owned()), "{text}");
        }
    }

    #[test]
    fn malformed_texts_show_the_accepted_forms() {
        for text in [
            "",
            "now",
            "yesterday",
            "14:22",
            "2026-11-20",
            "20.11.2026 14:22",
            "1763648525",
            "2026-11-20T14:22:05.Z",
            "2026-11-20T14:22:051Z",
            "2026-11-20T14:22:05[UTC]",
            "2026-1-20T14:22:05Z",
            "+2026-11-20T14:22:05Z",
            "ago",
            "12mago",
            "2026-11-20T14:22:05é",
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains("is not a time: write `2026-11-20T14:22:05Z`"), "{text}: {error}");
        }
    }

    #[test]
    fn no_zone_is_refused_with_both_readings() {
        assert_eq!(
            read_in("2026-11-20 14:22:05", &berlin()),
            Err("`2026-11-20 14:22:05` has no time zone: write `2026-11-20T14:22:05Z` if it is UTC, \
                 `2026-11-20T14:22:05+01:00` if it is local time (this machine's zone)"
                .to_owned())
        );
        assert_eq!(
            read("2026-11-20T14:22:05"),
            Err("`2026-11-20T14:22:05` has no time zone: write `2026-11-20T14:22:05Z` if it is UTC".to_owned())
        );
    }

    #[test]
    fn no_zone_where_clocks_change_names_both_readings_or_none() {
        let twice = read_in("2026-10-25 02:30:00", &berlin()).expect_err("no zone");
        assert!(
            twice.contains("`2026-10-25T02:30:00+02:00` or `2026-10-25T02:30:00+01:00` if it is local time"),
            "{twice}"
        );
        let never = read_in("2026-03-29 02:30:00", &berlin()).expect_err("no zone");
        assert!(never.ends_with("write `2026-03-29T02:30:00Z` if it is UTC"), "{never}");
    }

    #[test]
    fn every_offered_reading_is_accepted() {
        let now = "2027-01-01T00:00:00Z".parse().expect("a timestamp");
        let Err(MomentError::NoZone { utc, local, .. }) = parse("2026-10-25 02:30:00", now, &berlin()) else {
            panic!("a time without a zone is refused")
        };
        for offered in local.iter().chain([&utc]) {
            assert!(parse(offered, now, &berlin()).is_ok(), "{offered}");
        }
    }

    #[test]
    fn other_refusals_say_what_to_write() {
        for (text, error) in [
            (
                "2026-11-20 14:22:05 CET",
                "`CET` in `2026-11-20 14:22:05 CET` is not a time zone daybreak reads: write `UTC` or an offset such as `+02:00`",
            ),
            (
                "2026-11-20T14:22:05+2",
                "`+2` in `2026-11-20T14:22:05+2` is not a time zone daybreak reads: write `UTC` or an offset such as `+02:00`",
            ),
            (
                "2026-11-20T14:22:05+24:00",
                "`+24:00` in `2026-11-20T14:22:05+24:00` is not a time zone daybreak reads: write `UTC` or an offset such as `+02:00`",
            ),
            (
                "2026-11-20 14:22 UTC",
                "`2026-11-20 14:22 UTC` has no seconds: write `2026-11-20 14:22:00 UTC` if you mean the full minute",
            ),
            ("2026-02-29T14:22:05Z", "`2026-02-29T14:22:05Z` does not exist: check the day and the time of day"),
            ("2026-11-20T24:00:00Z", "`2026-11-20T24:00:00Z` does not exist: check the day and the time of day"),
            ("2026-11-20T14:22:60Z", "`2026-11-20T14:22:60Z` does not exist: check the day and the time of day"),
            (
                "2026-11-20T14:22:05.5+01:00",
                "`2026-11-20T14:22:05.5+01:00` is finer than a second, which is the precision of a restore: write `2026-11-20T13:22:05Z` or `2026-11-20T13:22:06Z`",
            ),
            ("2026-11-20T15:00:01Z", "2026-11-20 15:00:01 UTC is in the future: it is 2026-11-20 15:00:00 UTC now"),
        ] {
            assert_eq!(read(text), Err(error.to_owned()));
        }
    }

    #[test]
    fn a_span_that_leads_before_all_time_is_refused() {
        let read = parse("36525d ago", Timestamp::MIN, &TimeZone::UTC);
        assert_eq!(read, Err(MomentError::NoSuchTime("36525d ago".to_owned())));
    }

    #[test]
    fn a_bad_span_before_ago_is_the_source_of_the_error() {
        let now = NOW.parse().expect("a timestamp");
        let error = parse("12 ago", now, &TimeZone::UTC).expect_err("no unit");
        let MomentError::Ago { source, .. } = error else { panic!("{error}") };
        assert_eq!(source, SpanError::NoUnit("12".to_owned()));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(
            text in "\\PC*|[-0-9TZ:+. ]{0,40}|[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9].{0,12}|[0-9dhms ]* ago",
            now in -377_000_000_000_i64..=253_000_000_000,
        ) {
            let now = Timestamp::from_second(now).expect("in range");
            if let Ok(Moment::At(at)) = parse(&text, now, &berlin()) {
                prop_assert!(at <= now);
                prop_assert_eq!(at.subsec_nanosecond(), 0);
            }
        }

        #[test]
        fn what_is_shown_is_read_back(second in 0_i64..=4_000_000_000) {
            let at = Timestamp::from_second(second).expect("in range");
            prop_assert_eq!(parse(&show(at), at, &TimeZone::UTC), Ok(Moment::At(at)));
            prop_assert_eq!(parse(&at.to_string(), at, &TimeZone::UTC), Ok(Moment::At(at)));
        }
    }
}
