//! What a query returned, and what was made of it.

use std::fmt;

use super::number::Number;

/// The single value a check's query returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL. It meets no expectation.
    Null,
    /// A finite number of any SQL type.
    Number(Number),
    /// Anything else in its text form, `NaN` and infinities included.
    Text(String),
}

impl Value {
    /// Takes the text form of an SQL number: `NaN` and infinities become [`Value::Text`],
    /// so that no comparison with a number is met by them.
    pub fn numeric(text: &str) -> Self {
        Number::parse(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    /// The value as an error quotes it: texts in quotation marks and cut at 60 characters.
    pub(super) fn quoted(&self) -> String {
        const SHOWN: usize = 60;
        match self {
            Self::Text(text) => {
                let mut shown: String = text.chars().take(SHOWN).collect();
                if shown.len() < text.len() {
                    shown.push('…');
                }
                format!("{shown:?}")
            }
            other => other.to_string(),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::numeric(&number.to_string())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The judgement on one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// The value is as expected.
    Met,
    /// It is not, and why.
    NotMet(String),
    /// It could not be compared for lack of the source's value, and why. Never counts as met.
    Unjudged(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_become_exact_numbers_or_text() {
        assert_eq!(Value::from(0.1), Value::numeric("0.1"));
        assert_eq!(Value::from(1e300).to_string().len(), 301);
        assert_eq!(Value::from(f64::NAN), Value::Text("NaN".to_owned()));
        assert_eq!(Value::from(f64::NEG_INFINITY), Value::Text("-inf".to_owned()));
    }

    #[test]
    fn long_texts_are_cut_when_quoted() {
        assert_eq!(Value::from("a\"b\n").quoted(), r#""a\"b\n""#);
        assert_eq!(Value::from("ä".repeat(61).as_str()).quoted(), format!("\"{}…\"", "ä".repeat(60)));
        assert_eq!(Value::from("ä".repeat(60).as_str()).quoted(), format!("\"{}\"", "ä".repeat(60)));
    }
}
