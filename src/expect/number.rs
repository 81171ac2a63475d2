//! Exact decimal numbers of any length: enough arithmetic to compare and to take a percentage.

use std::cmp::Ordering;
use std::fmt;

/// The largest power of ten read; PostgreSQL's `double precision` ends at 308.
const LARGEST_EXPONENT: usize = 400;

/// A decimal number, exact and without limit of digits.
///
/// Equal values are equal whatever their notation: `1.50`, `1.5` and `15e-1` are one number,
/// and zero has no sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    negative: bool,
    /// Digits before the point without leading zeros; empty for none.
    whole: String,
    /// Digits after the point without trailing zeros.
    fraction: String,
}

impl Number {
    /// Reads `-12`, `0.5`, `+3` or `1.5e+10`; `None` for anything else, `NaN` and infinities included.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = match exponent {
            Some(exponent) => shift(whole, fraction, exponent)?,
            None => (whole.to_owned(), fraction.to_owned()),
        };
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    /// Whether the number is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Says whether this number differs from `reference` by at most `percent` per cent of it.
    /// `None` when the numbers have too many digits for the calculation (about 30).
    pub fn is_within(&self, percent: &Self, reference: &Self) -> Option<bool> {
        let scale = self.fraction.len().max(reference.fraction.len());
        let difference = self.scaled(scale)?.checked_sub(reference.scaled(scale)?)?.checked_abs()?;
        let percent_scale = percent.fraction.len();
        let unit = 10_i128.checked_pow(u32::try_from(percent_scale).ok()?)?;
        let distance = difference.checked_mul(100)?.checked_mul(unit)?;
        let allowance = reference.scaled(scale)?.checked_abs()?.checked_mul(percent.scaled(percent_scale)?)?;
        Some(distance <= allowance)
    }

    /// The number times ten to the power of `scale`, which must make it whole.
    fn scaled(&self, scale: usize) -> Option<i128> {
        if scale > 40 {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}0{}{:0<scale$}", self.whole, self.fraction).parse().ok()
    }

    fn magnitude_cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer whole part is the larger; without trailing zeros
        // the order of fractions is that of their texts.
        (self.whole.len().cmp(&other.whole.len()))
            .then_with(|| self.whole.cmp(&other.whole))
            .then_with(|| self.fraction.cmp(&other.fraction))
    }
}

/// Moves the decimal point as an exponent says.
fn shift(whole: &str, fraction: &str, exponent: &str) -> Option<(String, String)> {
    let (left, exponent) = match exponent.as_bytes().first()? {
        b'-' => (true, &exponent[1..]),
        b'+' => (false, &exponent[1..]),
        _ => (false, exponent),
    };
    if !exponent.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places: usize = exponent.parse().ok().filter(|places| *places <= LARGEST_EXPONENT)?;
    let padding = "0".repeat(places);
    if left {
        let whole = format!("{padding}{whole}");
        let (whole, moved) = whole.split_at(whole.len() - places);
        Some((whole.to_owned(), format!("{moved}{fraction}")))
    } else {
        let fraction = format!("{fraction}{padding}");
        let (moved, fraction) = fraction.split_at(places);
        Some((format!("{whole}{moved}"), fraction.to_owned()))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude_cmp(other),
            (true, true) => other.magnitude_cmp(self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        write!(f, "{sign}{whole}")?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        Ok(())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        let digits = number.unsigned_abs().to_string();
        Self { negative: number < 0, whole: digits.trim_start_matches('0').to_owned(), fraction: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("`{text}` is a number"))
    }

    #[test]
    fn notations_of_one_value_are_one_number() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("007", "7"),
            ("+3", "3"),
            ("1.50", "1.5"),
            ("15e-1", "1.5"),
            ("1.5e+3", "1500"),
            ("1E2", "100"),
            ("12e-4", "0.0012"),
            ("-1e0", "-1"),
            (
                "12345678901234567890123456789012345678901234567890.01",
                "12345678901234567890123456789012345678901234567890.01",
            ),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "", "-", ".5", "5.", "1_000", "1,5", "0x10", "NaN", "Infinity", "1e", "1e+", "1e401", "1e1.5", " 1", "1 ",
            "--1", "٣",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }

    #[test]
    fn order_is_that_of_values() {
        let ascending = ["-1000", "-2.5", "-2.41", "-2", "0", "0.09", "0.1", "0.11", "2", "10", "9007199254740993"];
        for pair in ascending.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        assert!(number("9007199254740992") < number("9007199254740993"), "beyond a double's precision");
    }

    #[test]
    fn percentages_are_exact_at_their_bounds() {
        for (found, percent, reference, within) in [
            ("99", "1", "100", true),
            ("101", "1", "100", true),
            ("98.99", "1", "100", false),
            ("100.29", "0.29", "100", true),
            ("100.2901", "0.29", "100", false),
            ("-99", "1", "-100", true),
            ("0", "50", "0", true),
            ("0.001", "50", "0", false),
            ("5", "0", "5", true),
        ] {
            let judged = number(found).is_within(&number(percent), &number(reference));
            assert_eq!(judged, Some(within), "{found} within {percent}% of {reference}");
        }
        let long = number(&"9".repeat(60));
        assert_eq!(long.is_within(&number("1"), &long), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|[-+.eE0-9]*") {
            if let Some(number) = Number::parse(&text) {
                prop_assert_eq!(Number::parse(&number.to_string()), Some(number));
            }
        }

        #[test]
        fn integers_keep_their_order(a: i64, b: i64) {
            prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
            prop_assert_eq!(Number::parse(&a.to_string()), Some(Number::from(a)));
        }

        #[test]
        fn percentages_agree_with_integers(found in -100_000_i64..100_000, percent in 0_i64..200, reference in -100_000_i64..100_000) {
            let expected = (found - reference).abs() * 100 <= percent * reference.abs();
            let judged = Number::from(found).is_within(&Number::from(percent), &Number::from(reference));
            prop_assert_eq!(judged, Some(expected));
        }
    }
}
