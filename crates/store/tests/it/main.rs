//! The contract of the port `Store`, run by every database, and what only SQLite has.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod world;

mod accept;
mod cancel;
mod change;
mod dial;
mod fence;
mod figures;
mod foreign;
mod guests;
mod invariants;
mod kill;
mod list;
mod open;
mod order;
mod other;
mod pipeline;
mod races;
mod records;
mod rollback;
mod same_answers;
mod secrecy;
mod servers;
mod sqlalchemy;
mod work;
mod seed;
mod stats;
