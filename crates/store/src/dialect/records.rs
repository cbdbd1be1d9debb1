//! What saving one row of the seed's table needs of each database.

use super::{Dialect, Trouble, trouble};

/// How rows are added by one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adding {
    /// All, or none.
    All,
    /// All, or none; the server says when they were made, and they have no value for `created_at`. Only where
    /// [`super::now`] gives a server's time.
    Dated,
    /// Those whose id is not there yet.
    New,
}

/// How the server's time gets to whoever added a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The statement gives `id` and `created_at`.
    Itself,
    /// The rows have to be read once more.
    ReadAgain,
}

/// A statement that adds so many rows, with a `?` for each of their values, row by row.
///
/// SQLite undoes a statement by a copy of each page that it changed, made before. What fails undoes the whole
/// transaction instead, so that no copies are made: whoever runs it has a transaction of nothing else.
pub(crate) fn insert(dialect: Dialect, adding: Adding, rows: usize) -> String {
    let verb = match (dialect, adding) {
        (Dialect::Sqlite, _) => "INSERT OR ROLLBACK INTO",
        (Dialect::MySql | Dialect::MariaDb, Adding::New) => "INSERT IGNORE INTO",
        _ => "INSERT INTO",
    };
    let behind = match (dialect, adding) {
        (Dialect::Sqlite | Dialect::Postgres, Adding::New) => " ON CONFLICT (id) DO NOTHING",
        (Dialect::Postgres | Dialect::MariaDb, Adding::Dated) => " RETURNING id, created_at",
        _ => "",
    };
    let at = match adding {
        Adding::Dated => now_of_row(dialect),
        Adding::All | Adding::New => "?",
    };
    let row = format!("(?, ?, ?, ?, ?, ?, ?, {at}, ?, ?, ?, ?, ?, ?, ?)");
    let rows = vec![row.as_str(); rows].join(", ");
    format!("{verb} deployments ({COLUMNS}) VALUES {rows}{behind}")
}

const COLUMNS: &str = "id, name, deployment_type, framework, github_url, resources, status, created_at, deployed_at, \
    deleted_at, ip_address, vm_id, error_message, user_id, tags";

fn now_of_row(dialect: Dialect) -> &'static str {
    match dialect {
        // It has no clock; the default of the column is as near as it gets.
        Dialect::Sqlite => "CURRENT_TIMESTAMP",
        Dialect::Postgres => "CAST(clock_timestamp() AT TIME ZONE 'UTC' AS TIMESTAMP)",
        Dialect::MySql | Dialect::MariaDb => "UTC_TIMESTAMP(6)",
    }
}

/// How [`Adding::Dated`] answers.
pub(crate) fn answer(dialect: Dialect) -> Answer {
    match dialect {
        Dialect::Sqlite | Dialect::MySql => Answer::ReadAgain,
        Dialect::Postgres | Dialect::MariaDb => Answer::Itself,
    }
}

/// How many statements that add rows run at the same time: SQLite has one writer. A server works on one while the next
/// rows gather; with many more, each would have one row.
pub(crate) fn writers(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sqlite => 1,
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => 2,
    }
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

/// True when a statement of many rows was undone for what one of them is, or for what others did to the same rows: each
/// part of them may be tried by itself. Anything else is no better for fewer rows.
pub(crate) fn may_be_one_row(error: &sqlx::Error) -> bool {
    let Some(said) = error.as_database_error() else {
        return false;
    };
    let code = said.code().unwrap_or_default();
    if said
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        // TOOBIG, CONSTRAINT, MISMATCH: <https://www.sqlite.org/rescode.html>
        return code
            .parse::<u32>()
            .is_ok_and(|code| matches!(code & 0xff, 18..=20));
    }
    // A deadlock: PostgreSQL, MySQL.
    matches!(&*code, "40P01" | "40001") || trouble(error) == Trouble::Other
}
