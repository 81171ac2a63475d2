//! The configuration, `daybreak.toml`.
//!
//! The text is compared with the JSON Schema, read into the raw types the schema is derived
//! from, and checked into the model that the rest of daybreak uses. Every fault of a file is
//! reported at once, each with its line and key path; an unknown key is a fault, since a
//! misspelt key must not disarm a safety. A configuration holds names, never secrets.

mod check;
mod error;
mod load;
mod model;
mod names;
mod raw;
mod regional;
mod schema;
mod shape;

pub use error::{ConfigError, Fault, Faults};
pub use load::Lookup;
pub use model::{
    Check, Config, Connect, Credentials, Cutover, CutoverDns, CutoverSecret, Database, Deadlines, Fence, FenceMode,
    HostPort, InstanceClass, Page, Promote, Proof, Readers, Restore, Source, Unreachable, Watch, Zone,
};
pub use regional::Regional;
pub use schema::schema;

/// The commented default configuration, itself valid: what `daybreak config --default` prints.
pub const DEFAULT: &str = include_str!("default.toml");

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
