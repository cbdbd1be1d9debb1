//! The contract of the port `Store`, run by every database, and what only SQLite has.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod ground;
#[macro_use]
mod world;

mod accept;
mod adopt;
mod backup;
mod broken;
mod by_hand;
mod cancel;
mod change;
mod check;
mod dial;
mod dial_tls;
mod elsewhere;
mod fence;
mod figures;
mod foreign;
mod guests;
mod imports;
mod introspect;
mod invariants;
mod kill;
mod killed;
mod list;
mod machines;
mod migrations;
mod open;
mod order;
mod other;
mod own_postgres;
mod pipeline;
mod places;
mod put_off;
mod races;
mod records;
mod reset;
mod rollback;
mod same_answers;
mod secrecy;
mod seed;
mod servers;
mod sqlalchemy;
mod stats;
mod work;
