//! daybreak brings a broken Aurora PostgreSQL database back: it restores a cluster to a point in time, proves the data,
//! moves the application over, and takes everything back when something fails.
//!
//! The map, top to bottom; a module uses only what stands below it (`tests/architecture.rs` holds this list against the
//! code):
//!
//! - [`cli`]: one file per command.
//! - [`ui`], [`report`]: from events to a terminal, from a journal to evidence.
//! - [`recovery`]: the recipes: from configuration and observation to a plan.
//! - [`steps`]: what plans are made of, one file per step; [`store`]: where journals live.
//! - [`aws`], [`pg`], [`http`], [`resolver`], [`pointer`], [`config`]: the world's edges, which do not know each other.
//! - [`run`]: the durable run: plan, journal, state, executor.
//! - [`moment`], [`expect`]: times and expectations, as people write them.

pub mod aws;
pub mod cli;
pub mod config;
pub mod expect;
pub mod http;
pub mod moment;
pub mod pg;
pub mod pointer;
pub mod recovery;
pub mod report;
pub mod resolver;
pub mod run;
pub mod steps;
pub mod store;
pub mod ui;
