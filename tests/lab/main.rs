//! The real binary against the lab: real API calls, real PostgreSQL, real restores. Every test here compares what is in
//! the lab afterwards, not only what daybreak says.
//!
//! The lab is needed: without it these tests fail, and say that `make lab` makes it.

mod bad_input;
mod buckets;
mod cleanup;
mod faults;
mod fence;
mod fleets;
mod guard_cutover;
mod instances;
mod leaks;
mod ledger;
mod parity;
mod permissions;
mod plans;
mod promotions;
mod promotions_apart;
mod promotions_fenced;
mod proofs;
mod proxies;
mod records;
mod recovery;
mod renames;
mod secrets;
mod signals;
mod snapshots;
mod stops;
mod storage;
mod stuck;
mod support;
mod terraform;
mod unconfirmed;
mod upkeep;
mod watching;
mod ways;
mod windows;
