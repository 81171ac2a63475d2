//! The command line: one file per command, each with its arguments, the call into the library, and what it prints.
//!
//! Only this module and [`crate::ui`] speak to a person. Errors of the library become [`error::CliError`] here, and nowhere
//! else, with an exit code and the next command to type.

mod args;
mod cancel;
mod capture;
mod cleanup;
mod commands;
mod completions;
mod config;
mod confirm;
mod cutover;
mod desk;
mod display;
mod door;
mod error;
mod execute;
mod exit;
mod fleet;
mod host;
mod ledger;
mod look;
mod loss;
mod plan;
mod promote;
mod questions;
mod recover;
mod region;
mod removal;
mod report;
mod resume;
mod rollback;
mod runs;
mod several;
mod status;
mod turn_back;
mod validate;
mod which;
mod windows;

pub use door::main;
