//! One question with one value for an answer.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::types::Type;
use tokio_postgres::{SimpleQueryMessage, Statement};

use super::error::{Error, ErrorKind};
use super::session::Session;
use crate::expect::{Expect, Value, Wants};

/// Has the server parse a question, and refuses what cannot be one: parameters, or other than one
/// column.
///
/// The extended protocol takes one statement only, so what passes here cannot end the transaction
/// it will run in.
pub(super) async fn parse(session: &Session, doing: &str, query: &str) -> Result<Statement, Error> {
    let statement = session.prepare(doing, query).await?;
    let fault = match (statement.params().len(), statement.columns().len()) {
        (0, 1) => return Ok(statement),
        (0, 0) => "the statement returns nothing; a check is a query for one value".to_owned(),
        (0, columns) => format!("the query returns {columns} columns; a check asks for one value"),
        _ => "the query has parameters ($1), and a check has nothing to fill them with".to_owned(),
    };
    Err(Error::new(ErrorKind::Query, doing, fault))
}

const NUMBERS: [Type; 7] = [Type::INT2, Type::INT4, Type::INT8, Type::OID, Type::NUMERIC, Type::FLOAT4, Type::FLOAT8];

/// What a question found.
pub(super) struct Answer {
    /// The value of the first row, if there is a row.
    pub(super) value: Option<Value>,
    /// Whether there are more rows.
    pub(super) more: bool,
    /// The type of the value.
    pub(super) of: Type,
}

impl Answer {
    /// Returns the value, which must be the only one, or what the data has in its place.
    pub(super) fn only(self) -> Result<Value, &'static str> {
        match self.value {
            Some(value) if !self.more => Ok(value),
            Some(_) => Err("the query returns several rows; a check asks for one value"),
            None => Err("the query returns no row; a check asks for one value"),
        }
    }
}

/// Asks a question.
pub(super) async fn ask(session: &Session, doing: &str, query: &str, limit: Duration) -> Result<Answer, Error> {
    let statement = parse(session, doing, query).await?;
    let of = statement.columns()[0].type_().clone();
    let (first, more) = session.bounded(doing, limit, first_row(session, query)).await?;
    Ok(Answer { value: first.map(|text| value(&of, text)), more, of })
}

/// Says why no value of a type can meet an expectation, if none can: the fault is the question's.
pub(super) fn unfit(expect: &Expect, of: &Type) -> Option<String> {
    let (wanted, cast) = match (expect.wants(), NUMBERS.contains(of)) {
        (Wants::Number, false) => ("a number", "::numeric"),
        (Wants::Text, true) => ("a text", "::text"),
        (Wants::Number, true) | (Wants::Text, false) | (Wants::Either, _) => return None,
    };
    Some(format!("the query returns {of}, and `{expect}` is met by {wanted} only: cast the value with `{cast}`"))
}

/// Says why no value of a type can be the time of the newest data, if none can.
pub(super) fn no_time(of: &Type) -> Option<String> {
    if *of == Type::TIMESTAMPTZ {
        return None;
    }
    let advice = if *of == Type::TIMESTAMP {
        "a time without a zone could be any time: say whose it is, as in `max(created_at) AT TIME ZONE 'UTC'`"
    } else {
        "and the time of the newest data is a timestamptz"
    };
    Some(format!("the query returns {of}; {advice}"))
}

/// Returns the first row's value in text, and whether more rows came. The simple protocol answers
/// in text whatever the type.
async fn first_row(session: &Session, query: &str) -> Result<(Option<Option<String>>, bool), tokio_postgres::Error> {
    let mut messages = pin!(session.client.simple_query_raw(query).await?);
    let (mut first, mut more) = (None, false);
    while let Some(message) = messages.try_next().await? {
        if let SimpleQueryMessage::Row(row) = message {
            more = first.is_some();
            first.get_or_insert_with(|| row.get(0).map(str::to_owned));
        }
    }
    Ok((first, more))
}

fn value(of: &Type, text: Option<String>) -> Value {
    match text {
        None => Value::Null,
        Some(text) if NUMBERS.contains(of) => Value::numeric(&text),
        // The wire says "t"; a cast to text, and whoever writes an expectation, says "true".
        Some(text) if *of == Type::BOOL => Value::Text(if text == "t" { "true" } else { "false" }.to_owned()),
        Some(text) => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_decides_what_a_text_is() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(value(&Type::INT8, some("12")), Value::from(12));
        assert_eq!(value(&Type::NUMERIC, some("12.50")), Value::numeric("12.5"));
        assert_eq!(value(&Type::TEXT, some("12")), Value::from("12"));
        assert_eq!(value(&Type::BOOL, some("t")), Value::from("true"));
        assert_eq!(value(&Type::BOOL, some("f")), Value::from("false"));
        assert_eq!(value(&Type::FLOAT8, some("NaN")), Value::from("NaN"));
        assert_eq!(value(&Type::INT8, None), Value::Null);
    }

    #[test]
    fn a_type_that_can_meet_no_expectation_is_the_questions_fault() {
        let unfit = |expect: &str, of| unfit(&Expect::parse(expect).expect("an expectation"), &of);
        for expect in ["= 0", "within 1% of source", "> source"] {
            assert_eq!(unfit(expect, Type::INT8), None);
            assert!(
                unfit(expect, Type::TEXT)
                    .is_some_and(|fault| fault.contains("returns text") && fault.contains("::numeric"))
            );
        }
        assert_eq!(unfit("= \"paid\"", Type::VARCHAR), None);
        assert!(unfit("= \"1\"", Type::INT4).is_some_and(|fault| fault.contains("::text")));
        assert_eq!((unfit("= source", Type::INT4), unfit("!= source", Type::TEXT)), (None, None));
        assert_eq!(no_time(&Type::TIMESTAMPTZ), None);
        assert!(no_time(&Type::TIMESTAMP).is_some_and(|fault| fault.contains("AT TIME ZONE")));
        assert!(no_time(&Type::DATE).is_some_and(|fault| fault.contains("timestamptz")));
    }
}
