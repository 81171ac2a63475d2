//! The RDS client over scripted answers: what goes out, what comes back, what is repeated.

mod backups;
mod errors;
mod fittings;
mod gather;
#[macro_use]
mod requests;
mod plain;
mod proxies;
mod reads;
mod snapshots;
mod throttling;
mod versions;
