//! Pointers: what the application follows to its database. Pure reading and editing; fetching
//! and storing them is the business of the layers that talk to AWS.
//!
//! [`SecretValue`] is the text of a secret in any of the usual shapes. It is edited in place, so
//! that all but the address stays byte for byte what the application's owners wrote. [`Master`] is what RDS
//! keeps in a secret of its own.

mod error;
mod json;
mod master;
mod secret_value;
mod url;

pub use error::SecretValueError;
pub use master::Master;
pub use secret_value::{Address, Connection, Names, SecretValue, Shape};

/// PostgreSQL's port, meant where a secret names none.
const DEFAULT_PORT: u16 = 5432;
