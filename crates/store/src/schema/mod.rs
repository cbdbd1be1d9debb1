//! The schema as a value: what the tables of this program look like ([`model`]), what a live database looks like, the
//! difference between two, and the operations that lead from one to the other. Neutral: how each database spells a type
//! or a statement is in `dialect/ddl/`, and how a live one is read in `dialect/introspect/`.
//!
//! # To add a column
//! 1. Write it into its table in `schema/model/`, behind the other columns:
//!    `varchar("colour", 20).nullable(),`
//! 2. `havre db migrate -m "Add a colour"` compares the model with the database and writes
//!    `migrations/0002_add_a_colour.toml`, up and down, for all databases at once. Read it: steps that lose something are
//!    marked, and `fill` says what rows that are there get.
//! 3. Add the file's name to `EMBEDDED` in `schema/migrations.rs`. A test fails until that is done, and another one until
//!    all migrations together lead exactly to the model.
//! 4. Read and write it in the entity's file (`rows/`, and where its statements are).
//!
//! An applied migration is never changed: databases remember its checksum.
//!
//! # What holds
//! - An [`Op`] that one database would refuse is refused for all, before anything is done: the rules are in `check.rs`.
//! - Values that would not fit are never cut off: `Dialect::checks` finds them first and says which they are.
//! - [`diff`] never names a table that is not Havre's, if [`recognise`] was asked first.

mod apply;
pub(crate) mod build;
mod check;
mod convert;
mod diff;
mod lookup;
mod migration;
mod migrations;
mod model;
mod op;
mod order;
mod recognise;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod write;

pub use apply::OpError;
pub(crate) use convert::Conversion;
pub use diff::{DiffError, diff, migration};
pub use migration::{FileError, Migration, slug};
pub use migrations::{Migrations, MigrationsError};
pub use model::model;
pub use op::Op;
pub use recognise::recognise;
pub use table::{Column, ColumnType, Default, ForeignKey, Index, IndexColumn, Schema, Table};

/// How the names of tables begin that are there only while SQLite rebuilds one.
pub(crate) const REBUILT: &str = "havre_new_";
