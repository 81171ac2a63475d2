//! The RDS client over scripted answers: what goes out, what comes back, what is repeated.

mod errors;
mod reads;
mod requests;
