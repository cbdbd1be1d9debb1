//! Brings a database from one version of its schema to another, up or down, or takes over the original's. What a version
//! is made of is in [`crate::schema`]; how each database does it, in [`crate::dialect`].
//!
//! - One migrator at a time ([`run`]).
//! - SQLite and PostgreSQL do all of it in one transaction. MySQL commits each step: [`stepwise`] writes down how far it is.
//! - A database that is not known for sure is never touched ([`ledger`], [`adopt`]).

pub(crate) mod adopt;
mod backup;
mod bring_up;
mod effect;
mod error;
pub(crate) mod ledger;
pub(crate) mod losses;
pub(crate) mod moves;
pub(crate) mod reset;
pub(crate) mod run;
mod step;
mod stepwise;
#[cfg(test)]
mod tests;
pub(crate) mod whole;

pub(crate) use backup::{back_up_file, copy_file};
pub(crate) use bring_up::{bring_up, is_known, refuse, settled};
pub use error::MigrateError;
