//! What can go wrong between here and a server, and what it means.

use std::error::Error as StdError;
use std::fmt;

use tokio_postgres::error::{DbError, SqlState};

/// A boxed cause.
pub(super) type Cause = Box<dyn StdError + Send + Sync>;

/// A failed dealing with a PostgreSQL server.
///
/// `Display` says what was being done and why it failed, without the causes behind it: those are
/// its sources. Only the server's primary message is kept; its DETAIL may quote rows, so it is left
/// behind.
#[derive(Debug)]
pub struct Error {
    /// What was being done: a verb and its object.
    pub doing: String,
    /// The server's SQLSTATE, when the server answered.
    pub sqlstate: Option<String>,
    /// Why it failed: the server's own message, or ours.
    pub message: String,
    /// What sort of failure it is.
    pub kind: ErrorKind,
    /// What a person can do about it.
    pub hint: Option<String>,
    source: Option<Cause>,
}

/// The sorts of failure that are acted on differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server could not be reached, or the connection to it was lost.
    Unreachable,
    /// Something answered and will have no connection now: port closed, starting up, no slot left,
    /// no such database.
    Refused,
    /// TLS is not offered, or the certificate is not to be trusted for this host.
    Tls,
    /// The server knows no such role, or the password or token is wrong.
    Authentication,
    /// The server refused a statement.
    Query,
    /// A connect, statement or lock timeout ran out.
    Timeout,
    /// Anything else, such as an unreadable certificate file.
    Other,
}

impl Error {
    /// An error without a server's answer behind it.
    pub fn new(kind: ErrorKind, doing: impl Into<String>, message: impl Into<String>) -> Self {
        Self { doing: doing.into(), sqlstate: None, message: message.into(), kind, hint: None, source: None }
    }

    pub(super) fn with_source(mut self, source: impl Into<Cause>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Builds the error for what a server answered.
    pub(super) fn answered(doing: impl Into<String>, answer: &DbError) -> Self {
        let mut error = Self::new(kind_of(answer.code()), doing, answer.message());
        error.sqlstate = Some(answer.code().code().to_owned());
        error
    }

    /// Builds the error for a statement that failed on an open session.
    pub(super) fn statement(doing: impl Into<String>, error: tokio_postgres::Error) -> Self {
        if let Some(answer) = error.as_db_error() {
            return Self::answered(doing, answer);
        }
        let io = error.source().is_some_and(|cause| cause.is::<std::io::Error>());
        if error.is_closed() || io {
            return Self::new(ErrorKind::Unreachable, doing, "the connection was lost").with_source(error);
        }
        Self::new(ErrorKind::Other, doing, "the answer could not be read").with_source(error)
    }

    /// Says whether the same attempt may succeed later with nothing changed by a person: a name
    /// that does not resolve yet, a port not yet open, a server starting up, a full house, a
    /// timeout.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self.kind {
            ErrorKind::Unreachable | ErrorKind::Timeout => true,
            ErrorKind::Refused => self.sqlstate.as_deref() != Some(SqlState::INVALID_CATALOG_NAME.code()),
            ErrorKind::Tls | ErrorKind::Authentication | ErrorKind::Query | ErrorKind::Other => false,
        }
    }

    /// Says whether the question was not put, not answered or no question at all, which says nothing
    /// about the data: no privilege, a timeout, a lost connection, a server short of resources, a
    /// conflict with replay on a replica, an attempt to write, a statement that is no SQL.
    pub(super) fn says_nothing_of_the_data(&self) -> bool {
        /// Tables, columns, functions, other objects and schemas that are not there.
        const NO_SUCH_THING: [SqlState; 5] = [
            SqlState::UNDEFINED_TABLE,
            SqlState::UNDEFINED_COLUMN,
            SqlState::UNDEFINED_FUNCTION,
            SqlState::UNDEFINED_OBJECT,
            SqlState::INVALID_SCHEMA_NAME,
        ];
        // Without a state it is our own refusal to ask.
        let (Some(state), ErrorKind::Query) = (self.sqlstate.as_deref(), self.kind) else {
            return true;
        };
        // Transaction state, transaction rollback, a wrong statement or one not allowed,
        // insufficient resources.
        ["25", "40", "42", "53"].iter().any(|class| state.starts_with(class))
            && !NO_SUCH_THING.iter().any(|missing| state == missing.code())
    }

    /// Says whether the server met damaged data or a damaged index (class XX, data_corrupted and
    /// index_corrupted).
    pub(super) fn is_corruption(&self) -> bool {
        self.sqlstate
            .as_deref()
            .is_some_and(|state| [SqlState::DATA_CORRUPTED.code(), SqlState::INDEX_CORRUPTED.code()].contains(&state))
    }
}

/// Sorts a SQLSTATE.
fn kind_of(code: &SqlState) -> ErrorKind {
    let refused = [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS, SqlState::INVALID_CATALOG_NAME];
    let timeout = [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE];
    if refused.contains(code) {
        ErrorKind::Refused
    } else if timeout.contains(code) {
        ErrorKind::Timeout
    } else {
        match code.code().get(..2) {
            Some("08" | "57") => ErrorKind::Unreachable,
            // 25P03 and 25P04 end the session; the rest of class 25 blames the statement.
            Some("25") if ["25P03", "25P04"].contains(&code.code()) => ErrorKind::Unreachable,
            Some("28") => ErrorKind::Authentication,
            _ => ErrorKind::Query,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.message)?;
        match &self.sqlstate {
            Some(state) => write!(f, " (SQLSTATE {state})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: &str) -> Error {
        let mut error = Error::new(kind_of(&SqlState::from_code(state)), "read loans", "no");
        error.sqlstate = Some(state.to_owned());
        error
    }

    #[test]
    fn a_sqlstate_decides_the_kind() {
        use ErrorKind::*;
        for (state, kind) in [
            ("28P01", Authentication),
            ("28000", Authentication),
            ("57P03", Refused),
            ("53300", Refused),
            ("3D000", Refused),
            ("57014", Timeout),
            ("55P03", Timeout),
            ("57P01", Unreachable),
            ("08006", Unreachable),
            ("25P03", Unreachable),
            ("25006", Query),
            ("42601", Query),
            ("42P01", Query),
            ("XX001", Query),
        ] {
            assert_eq!(of(state).kind, kind, "{state}");
        }
    }

    #[test]
    fn only_some_refusals_say_something_of_the_data() {
        for state in ["42501", "42601", "57014", "55P03", "57P01", "53100", "40001", "53300", "25006", "25P02"] {
            assert!(of(state).says_nothing_of_the_data(), "{state}");
        }
        for state in ["42P01", "42703", "42883", "3F000", "22P02", "XX001"] {
            assert!(!of(state).says_nothing_of_the_data(), "{state}");
        }
        assert!(of("XX002").is_corruption());
        assert!(!of("XX000").is_corruption());
    }

    #[test]
    fn a_missing_database_does_not_mend_itself() {
        assert!(!of("3D000").may_pass());
        assert!(of("57P03").may_pass());
        assert!(!of("28P01").may_pass());
    }

    #[test]
    fn display_names_action_reason_and_state() {
        assert_eq!(of("42P01").to_string(), "read loans: no (SQLSTATE 42P01)");
        assert_eq!(Error::new(ErrorKind::Other, "a", "b").to_string(), "a: b");
    }
}
