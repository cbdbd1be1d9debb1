//! What saving one row of the seed's table needs of each database.

use super::Dialect;

/// The columns and values of a row that a server dates.
macro_rules! insert {
    ($now:literal, $returning:literal) => {
        concat!(
            "INSERT INTO deployments (id, name, deployment_type, framework, github_url, resources, status, created_at, \
             deployed_at, deleted_at, ip_address, vm_id, error_message, user_id, tags) VALUES (?, ?, ?, ?, ?, ?, ?, ",
            $now,
            ", ?, ?, ?, ?, ?, ?, ?)",
            $returning
        )
    };
}

/// A statement that saves a row which the server dates: all values but `created_at`.
pub(crate) struct DatedInsert {
    /// The statement.
    pub(crate) statement: &'static str,
    /// True when it answers with `created_at`; else the row is read once more.
    pub(crate) answers: bool,
}

/// None where the database has no clock of its own.
pub(crate) fn dated_insert(dialect: Dialect) -> Option<DatedInsert> {
    let (statement, answers) = match dialect {
        Dialect::Sqlite => return None,
        Dialect::Postgres => (
            insert!(
                "CAST(clock_timestamp() AT TIME ZONE 'UTC' AS TIMESTAMP)",
                " RETURNING created_at"
            ),
            true,
        ),
        Dialect::MariaDb => (insert!("UTC_TIMESTAMP(6)", " RETURNING created_at"), true),
        Dialect::MySql => (insert!("UTC_TIMESTAMP(6)", ""), false),
    };
    Some(DatedInsert { statement, answers })
}

/// Before many rows are added: SQLite's small cache would write and read each page of each index again and again, and
/// fold its log into the file at every thousandth page. Both are of this connection alone.
pub(crate) fn before_many(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => Some("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384"),
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => None,
    }
}

/// Put behind a query of rows: holds them until the transaction ends, also against programs that know nothing of our lock.
/// SQLite's write transaction holds the whole file.
pub(crate) fn hold(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => " FOR UPDATE",
    }
}

/// True when a row of this key is there already.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.is_unique_violation())
}

/// True when SQLite refused one statement and the transaction around it goes on: a constraint, a type, a size (CONSTRAINT,
/// MISMATCH, TOOBIG). Anything else may have ended it. <https://www.sqlite.org/lang_transaction.html>
pub(crate) fn is_of_the_row(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 18..=20))
}
