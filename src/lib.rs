//! daybreak brings a broken Aurora PostgreSQL database back: it restores a cluster to a point in time, proves the data,
//! moves the application over, and takes everything back when something fails.

pub mod aws;
pub mod config;
pub mod expect;
pub mod http;
pub mod moment;
pub mod pg;
pub mod pointer;
pub mod recovery;
pub mod run;
pub mod steps;
pub mod store;
