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
