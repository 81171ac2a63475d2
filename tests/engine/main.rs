//! The engine over an in-memory world: no network, no clock, no disk. Every history here is one that production can have;
//! the world remembers, so what is compared is what would exist, not what was called.

mod choice;
mod corpus;
mod deadlines;
mod fence;
mod fleet;
mod idempotency;
mod instances;
mod interrupts;
mod journal;
mod kills;
mod leftovers;
mod looks;
mod parity;
mod planning;
mod promotions;
mod promotions_fenced;
mod promotions_kept;
mod records;
mod recovery;
mod removal;
mod stores;
mod support;
mod torn;
mod turning_back;
mod waits;
mod ways;
