//! Whole tables, out of a database and into one, fast: what backup and restore do differently on each database.

mod carry;
mod fill;
mod load;
mod load_mysql;
mod load_postgres;
mod load_sqlite;
mod read;
mod snapshot;

pub(crate) use carry::carry;
pub(crate) use fill::{broken_references, commit_anyway, drop_tables, prepare, set_last_number};
pub(crate) use load::{analyze, load};
pub(crate) use read::{read_row, select};
pub(crate) use snapshot::{begin_snapshot, count, end_snapshot, last_number};

use super::Dialect;

/// A name of ours in a statement; a reserved word, too.
pub(crate) fn quoted(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("\"{name}\""),
        Dialect::MySql | Dialect::MariaDb => format!("`{name}`"),
    }
}

/// What the tables of a restore are called before they take their places, where that is a moment of its own.
pub(crate) const NEW: &str = "havre_new__";
/// What those are called that had their places before.
pub(crate) const OLD: &str = "havre_old__";
/// The table that is there from that moment on until nothing is left to be done.
pub(crate) const RESTORE_MARK: &str = "havre_old__restore";

/// True for a table that a restore made for itself.
pub(crate) fn is_of_restore(table: &str) -> bool {
    table.starts_with(NEW) || table.starts_with(OLD)
}
