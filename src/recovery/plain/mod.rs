//! RDS instances that are no part of a cluster: what is asked of RDS for a target like its source, and the table of settings
//! that tells it.

pub mod freshness;
pub mod requests;
pub mod settings;
