//! The secret in which RDS keeps a master password that it manages: user and password, and nothing of where.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::error::SecretValueError;

/// Who may do everything in a database.
#[derive(Debug, Clone)]
pub struct Master {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

#[derive(Deserialize)]
struct Stored {
    username: String,
    password: SecretString,
}

impl Master {
    /// Reads the text of such a secret.
    ///
    /// # Errors
    /// When it is not JSON with `username` and `password`. The error contains none of the text.
    pub fn parse(text: &SecretString) -> Result<Self, SecretValueError> {
        let stored: Stored = serde_json::from_str(text.expose_secret()).map_err(|_| SecretValueError::NoCredentials)?;
        Ok(Self { user: stored.username, password: stored.password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_managed_secret_holds_user_and_password() {
        let text = SecretString::from(r#"{"username":"master","password":"p\"w","more":1}"#);
        let master = Master::parse(&text).expect("RDS writes it so");
        assert_eq!((master.user.as_str(), master.password.expose_secret()), ("master", "p\"w"));
    }

    #[test]
    fn what_is_none_is_refused_without_a_word_of_it() {
        for text in ["hunter2", r#"{"username":"hunter2"}"#, r#"{"username":1,"password":"hunter2"}"#] {
            let error = Master::parse(&SecretString::from(text)).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
