//! The contract of the port `Store`, run by every database, and what only SQLite has.

mod smoke;
mod world;
