//! The judgement of values by expectations.

use std::cmp::Ordering;

use super::rule::{Expect, Rule, Sign};
use super::value::{Judged, Value};

impl Expect {
    /// Judges the value found in the target. `source` is the same query's value in the source,
    /// `None` when the source was not asked; expectations that need none ignore it.
    pub fn judge(&self, found: &Value, source: Option<&Value>) -> Judged {
        if *found == Value::Null {
            return Judged::NotMet(format!("found NULL, expected {self}"));
        }
        match &self.0 {
            Rule::Number(sign, number) => match found {
                Value::Number(found) if sign.holds(found.cmp(number)) => Judged::Met,
                Value::Number(_) => self.not_met(found),
                _ => Judged::NotMet(format!("found the text {}, expected a number {self}", found.quoted())),
            },
            Rule::Text { equal, text } => match found {
                Value::Text(found) if (found == text) == *equal => Judged::Met,
                Value::Number(_) => Judged::NotMet(format!("found the number {found}, expected a text {self}")),
                _ => self.not_met(found),
            },
            Rule::Source(_) | Rule::Within(_) => match source {
                None => Judged::Unjudged("the source was not asked".to_owned()),
                Some(Value::Null) => Judged::Unjudged("the source's value is NULL".to_owned()),
                Some(source) => self.judge_by_source(found, source),
            },
        }
    }

    fn judge_by_source(&self, found: &Value, source: &Value) -> Judged {
        let against =
            |judgement: &str| format!("found {}, {judgement}; the source has {}", found.quoted(), source.quoted());
        match (&self.0, found, source) {
            (Rule::Source(sign), Value::Number(a), Value::Number(b)) if sign.holds(a.cmp(b)) => Judged::Met,
            (Rule::Source(Sign::Equal), Value::Text(a), Value::Text(b)) if a == b => Judged::Met,
            (Rule::Source(Sign::NotEqual), Value::Text(a), Value::Text(b)) if a != b => Judged::Met,
            (Rule::Source(Sign::Equal | Sign::NotEqual), Value::Text(_), Value::Text(_))
            | (Rule::Source(_), Value::Number(_), Value::Number(_)) => {
                Judged::NotMet(against(&format!("expected {self}")))
            }
            (Rule::Within(percent), Value::Number(a), Value::Number(b)) => match a.is_within(percent, b) {
                Some(true) => Judged::Met,
                Some(false) => Judged::NotMet(against(&format!("expected {self}"))),
                None => Judged::Unjudged(against("too many digits to compare")),
            },
            _ => Judged::NotMet(against(&format!("expected numbers to be {self}"))),
        }
    }

    fn not_met(&self, found: &Value) -> Judged {
        Judged::NotMet(format!("found {}, expected {self}", found.quoted()))
    }
}

impl Sign {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expect(text: &str) -> Expect {
        Expect::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn number(text: &str) -> Value {
        Value::numeric(text)
    }

    #[test]
    fn numbers_are_judged_by_each_sign() {
        for (rule, met, not_met) in [
            ("= 5", vec!["5", "5.0"], vec!["4", "5.1"]),
            ("!= 5", vec!["4", "5.1"], vec!["5", "5.00"]),
            ("> 5", vec!["5.01"], vec!["5", "-6"]),
            (">= 5", vec!["5", "6"], vec!["4.99"]),
            ("< 5", vec!["4.99", "-6"], vec!["5"]),
            ("<= 5", vec!["5", "0"], vec!["5.01"]),
        ] {
            for found in met {
                assert_eq!(expect(rule).judge(&number(found), None), Judged::Met, "{found} {rule}");
            }
            for found in not_met {
                let reason = format!("found {}, expected {rule}", number(found));
                assert_eq!(expect(rule).judge(&number(found), None), Judged::NotMet(reason));
            }
        }
    }

    #[test]
    fn null_meets_nothing() {
        for rule in ["= 0", "!= 0", "= source", "within 100% of source", "\"\"", "!= \"a\""] {
            let judged = expect(rule).judge(&Value::Null, Some(&Value::Null));
            let Judged::NotMet(reason) = judged else { panic!("{rule}: {judged:?}") };
            assert!(reason.starts_with("found NULL, expected "), "{reason}");
        }
    }

    #[test]
    fn texts_and_numbers_are_not_mixed() {
        for (rule, found, reason) in [
            ("= 5", Value::from("5"), "found the text \"5\", expected a number = 5"),
            ("!= 5", Value::from("NaN"), "found the text \"NaN\", expected a number != 5"),
            ("!= \"a\"", number("5"), "found the number 5, expected a text != \"a\""),
            ("= \"a\"", Value::from("b"), "found \"b\", expected = \"a\""),
        ] {
            assert_eq!(expect(rule).judge(&found, None), Judged::NotMet(reason.to_owned()));
        }
        assert_eq!(expect("\"a\"").judge(&Value::from("a"), None), Judged::Met);
        assert_eq!(expect("!= \"a\"").judge(&Value::from("b"), None), Judged::Met);
    }

    #[test]
    fn the_source_decides_where_it_is_asked() {
        for (rule, found, source, judged) in [
            ("= source", number("7"), number("7.0"), Judged::Met),
            ("= source", Value::from("x"), Value::from("x"), Judged::Met),
            ("!= source", Value::from("x"), Value::from("y"), Judged::Met),
            (">= source", number("8"), number("7"), Judged::Met),
            ("within 1% of source", number("990"), number("1000"), Judged::Met),
            (
                "= source",
                number("6"),
                number("7"),
                Judged::NotMet("found 6, expected = source; the source has 7".into()),
            ),
            (
                "= source",
                Value::from("x"),
                Value::from("y"),
                Judged::NotMet("found \"x\", expected = source; the source has \"y\"".into()),
            ),
            (
                "within 1% of source",
                number("989"),
                number("1000"),
                Judged::NotMet("found 989, expected within 1% of source; the source has 1000".into()),
            ),
            (
                "> source",
                Value::from("b"),
                Value::from("a"),
                Judged::NotMet("found \"b\", expected numbers to be > source; the source has \"a\"".into()),
            ),
            (
                "= source",
                Value::from("7"),
                number("7"),
                Judged::NotMet("found \"7\", expected numbers to be = source; the source has 7".into()),
            ),
        ] {
            assert_eq!(expect(rule).judge(&found, Some(&source)), judged);
        }
    }

    #[test]
    fn without_the_source_nothing_is_judged() {
        for rule in ["= source", "!= source", "within 5% of source"] {
            assert!(expect(rule).needs_source());
            assert!(matches!(expect(rule).judge(&number("1"), None), Judged::Unjudged(_)));
            assert!(matches!(expect(rule).judge(&number("1"), Some(&Value::Null)), Judged::Unjudged(_)));
        }
        for rule in ["= 0", "\"a\""] {
            assert!(!expect(rule).needs_source());
        }
    }

    proptest! {
        #[test]
        fn judging_never_panics(rule in "(= source|within [0-9]{1,40}% of source|>= [0-9]{1,40})", a in "[-]?[0-9]{1,50}(\\.[0-9]{1,50})?|\\PC*", b in "[-]?[0-9]{1,50}(\\.[0-9]{1,50})?|\\PC*") {
            let _: Judged = expect(&rule).judge(&Value::numeric(&a), Some(&Value::numeric(&b)));
        }
    }
}
