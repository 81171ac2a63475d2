//! The expectations and their grammar.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::Number;

/// What a check expects of the one value its query returns.
///
/// Written `= 0`, `!= 3`, `> 1`, `>= 1000`, `< 5`, `<= 5`, `= source` (any of the six signs),
/// `within 1% of source`, `"paid"`, `= "paid"` or `!= "paid"`; in a text, `\"` and `\\` stand
/// for `"` and `\`. `Display` writes the canonical form, which [`Expect::parse`] reads back.
///
/// NULL meets no expectation, `!=` included: a query that finds nothing proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expect(pub(super) Rule);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Number(Sign, Number),
    Source(Sign),
    Within(Number),
    Text { equal: bool, text: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    NotEqual,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

/// The sort of value that can meet an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Numbers only.
    Number,
    /// Texts only.
    Text,
    /// What the source has.
    Either,
}

/// Signs as written; a sign that begins with another comes before it.
const SIGNS: [(&str, Sign); 6] = [
    (">=", Sign::AtLeast),
    ("<=", Sign::AtMost),
    ("!=", Sign::NotEqual),
    ("=", Sign::Equal),
    (">", Sign::Greater),
    ("<", Sign::Less),
];

/// Why a text is no expectation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpectError {
    /// The text follows none of the forms.
    #[error("`{0}` is not an expectation: write `= 0`, `>= 1000`, `= source`, `within 1% of source` or `= \"text\"`")]
    Malformed(String),
    /// A quoted text does not end, goes on after its end, or has an unknown escape.
    #[error("the text in `{0}` is not well quoted: write `= \"text\"`, with `\\\"` and `\\\\` for `\"` and `\\`")]
    BadText(String),
    /// A text was given to a sign that orders.
    #[error("`{0}` orders texts: texts can be compared with `=` and `!=` only")]
    TextHasNoOrder(String),
    /// The tolerance is below zero.
    #[error("`{0}` can never be met: the percentage is negative")]
    NegativeTolerance(String),
}

impl Expect {
    /// The sort of value that can meet it.
    pub fn wants(&self) -> Wants {
        match &self.0 {
            Rule::Number(..) | Rule::Within(_) => Wants::Number,
            Rule::Source(Sign::Equal | Sign::NotEqual) => Wants::Either,
            Rule::Source(Sign::Greater | Sign::AtLeast | Sign::Less | Sign::AtMost) => Wants::Number,
            Rule::Text { .. } => Wants::Text,
        }
    }

    /// Reads an expectation in one of the forms listed at [`Expect`].
    ///
    /// # Errors
    ///
    /// When the text is in none of them.
    pub fn parse(text: &str) -> Result<Self, ExpectError> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("within") {
            return within(text, rest);
        }
        let (sign, operand) = SIGNS
            .iter()
            .find_map(|(written, sign)| Some((*sign, text.strip_prefix(written)?.trim_start())))
            .unwrap_or((Sign::Equal, text));
        if operand.starts_with('"') {
            let equal = match sign {
                Sign::Equal => true,
                Sign::NotEqual => false,
                _ => return Err(ExpectError::TextHasNoOrder(text.to_owned())),
            };
            let operand = unquote(operand).ok_or_else(|| ExpectError::BadText(text.to_owned()))?;
            return Ok(Self(Rule::Text { equal, text: operand }));
        }
        // A number alone is not taken for `= number`: "1000" may well have meant "at least".
        let signed = operand.len() < text.len();
        match Number::parse(operand) {
            Some(number) if signed => Ok(Self(Rule::Number(sign, number))),
            None if signed && operand == "source" => Ok(Self(Rule::Source(sign))),
            _ => Err(ExpectError::Malformed(text.to_owned())),
        }
    }

    /// Whether judging takes the same query's value from the source.
    pub fn needs_source(&self) -> bool {
        matches!(self.0, Rule::Source(_) | Rule::Within(_))
    }
}

fn within(text: &str, rest: &str) -> Result<Expect, ExpectError> {
    let parts = rest.split_once('%').filter(|_| rest.starts_with(char::is_whitespace));
    let percent = parts
        .filter(|(_, tail)| tail.split_whitespace().eq(["of", "source"]) && tail.starts_with(char::is_whitespace))
        .and_then(|(percent, _)| Number::parse(percent.trim()))
        .ok_or_else(|| ExpectError::Malformed(text.to_owned()))?;
    if percent.is_negative() {
        return Err(ExpectError::NegativeTolerance(text.to_owned()));
    }
    Ok(Expect(Rule::Within(percent)))
}

/// The content of a `"…"` text, `None` when it is not exactly one.
fn unquote(quoted: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = quoted.strip_prefix('"')?.chars();
    loop {
        match rest.next()? {
            '"' => return rest.as_str().is_empty().then_some(text),
            '\\' => text.push(rest.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            plain => text.push(plain),
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = SIGNS.iter().find(|(_, sign)| sign == self).map_or("", |(written, _)| *written);
        f.write_str(written)
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Number(sign, number) => write!(f, "{sign} {number}"),
            Rule::Source(sign) => write!(f, "{sign} source"),
            Rule::Within(percent) => write!(f, "within {percent}% of source"),
            Rule::Text { equal, text } => {
                let sign = if *equal { Sign::Equal } else { Sign::NotEqual };
                write!(f, "{sign} \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
    }
}

impl TryFrom<String> for Expect {
    type Error = ExpectError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Expect> for String {
    fn from(expect: Expect) -> Self {
        expect.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expect(text: &str) -> Expect {
        Expect::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_form_is_read_and_written_canonically() {
        for (text, written) in [
            ("= 0", "= 0"),
            ("!=3", "!= 3"),
            ("> 1", "> 1"),
            (" >= 1000 ", ">= 1000"),
            ("< 5.50", "< 5.5"),
            ("<=-5", "<= -5"),
            ("= source", "= source"),
            (">=source", ">= source"),
            ("within 1% of source", "within 1% of source"),
            ("within  0.5 %  of  source", "within 0.5% of source"),
            (r#""paid""#, r#"= "paid""#),
            (r#"= "a \"b\" \\ c""#, r#"= "a \"b\" \\ c""#),
            (r#"!="""#, r#"!= """#),
        ] {
            assert_eq!(expect(text).to_string(), written, "{text}");
            assert_eq!(expect(written), expect(text));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        type Reason = fn(String) -> ExpectError;
        let cases: [(&str, Reason); 20] = [
            ("", ExpectError::Malformed),
            ("1000", ExpectError::Malformed),
            ("source", ExpectError::Malformed),
            ("paid", ExpectError::Malformed),
            ("=", ExpectError::Malformed),
            ("== 1", ExpectError::Malformed),
            ("<> 1", ExpectError::Malformed),
            ("= 1 2", ExpectError::Malformed),
            ("= NaN", ExpectError::Malformed),
            ("within1% of source", ExpectError::Malformed),
            ("within 1% ofsource", ExpectError::Malformed),
            ("within 1%of source", ExpectError::Malformed),
            ("within 1 of source", ExpectError::Malformed),
            ("within % of source", ExpectError::Malformed),
            ("within -1% of source", ExpectError::NegativeTolerance),
            ("> \"a\"", ExpectError::TextHasNoOrder),
            ("= \"a", ExpectError::BadText),
            ("= \"a\" b", ExpectError::BadText),
            ("= \"a\\n\"", ExpectError::BadText),
            ("\"", ExpectError::BadText),
        ];
        for (text, reason) in cases {
            assert_eq!(Expect::parse(text), Err(reason(text.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|(within|[<>=!]{0,2}) ?[-0-9.e\"\\\\a%]*( of source)?") {
            if let Ok(expect) = Expect::parse(&text) {
                prop_assert_eq!(Expect::parse(&expect.to_string()), Ok(expect));
            }
        }

        #[test]
        fn any_text_survives_quoting(text in any::<String>()) {
            let written = Expect(Rule::Text { equal: true, text: text.clone() }).to_string();
            prop_assert_eq!(expect(&written), Expect(Rule::Text { equal: true, text }));
        }
    }
}
