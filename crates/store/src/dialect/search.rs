//! Looking for text without regard to case.

use super::Dialect;

/// The status of the deployment `d` equals the next two parameters in any case: both are given the word in lower case.
///
/// MySQL finds it by a collation that folds more than ASCII, so what is found is compared once more, bytewise.
pub(crate) fn status_is(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "d.status COLLATE NOCASE = ? AND LOWER(d.status) = ?",
        Dialect::Postgres => "LOWER(d.status) = ? AND LOWER(d.status) = ?",
        Dialect::MySql | Dialect::MariaDb => {
            "d.status = ? AND CAST(LOWER(d.status) AS BINARY) = CAST(? AS BINARY)"
        }
    }
}

/// The names of all tables, as `name`.
pub(crate) fn tables(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Dialect::Postgres => {
            "SELECT tablename AS name FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT table_name AS name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
        }
    }
}
