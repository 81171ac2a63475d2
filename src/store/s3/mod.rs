//! Journals as objects of S3: `PREFIX/runs/RUN/000000.json`, `000001.json`, … and the lease, `PREFIX/runs/RUN/lease`.
//!
//! No object is ever removed. A record is written once and never again; the lease is replaced, and free when it says so.

mod keys;
mod lease;
mod nonce;
mod note;
mod probe;
mod process;
mod records;

pub use records::S3Store;
