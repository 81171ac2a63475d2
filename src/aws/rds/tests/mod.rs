//! The RDS client over scripted answers: what goes out, what comes back, what is repeated.

mod backups;
mod errors;
mod fittings;
mod gather;
mod reads;
mod requests;
mod throttling;
