//! The command line without a cloud: what is printed where, and with which exit code.

mod completions;
mod configuration;
mod documents;
mod help;
mod journals;
mod plan_files;
#[path = "../support/daybreak.rs"]
mod support;
mod times;
mod usage;
