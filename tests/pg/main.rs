//! `daybreak::pg` against real PostgreSQL servers: each check with a database that passes and one
//! that fails.

mod builtin;
mod catalogs;
mod fencing;
mod ledger;
mod login;
mod newest;
mod probation;
mod profile;
mod questions;
mod rehearsal;
mod snapshot;
#[path = "../support/postgres.rs"]
mod support;
