//! How lists are ordered and filtered where the databases differ.

use sqlx::mysql::MySqlDatabaseError;

use super::Dialect;

/// The status of the deployment `d` as it orders and groups: equal in any case.
pub(crate) fn status_word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "d.status COLLATE NOCASE",
        Dialect::Postgres => "LOWER(d.status)",
        Dialect::MySql | Dialect::MariaDb => "d.status",
    }
}

/// The status of the deployment `d` is not `deleted` in any case.
pub(crate) fn not_deleted(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "d.status COLLATE NOCASE <> 'deleted'",
        Dialect::Postgres => "LOWER(d.status) <> 'deleted'",
        // The collation of the column folds more than ASCII.
        Dialect::MySql | Dialect::MariaDb => {
            "CAST(LOWER(d.status) AS BINARY) <> CAST('deleted' AS BINARY)"
        }
    }
}

/// What stands before a column that only narrows what another index finds.
///
/// SQLite keeps no statistics here and would as soon use the worse of two indexes; the others know their data.
pub(crate) fn only_narrows(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "+",
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => "",
    }
}

/// Behind the table of a part of a list that goes on from a place: the index that gives it in order.
///
/// MariaDB loses count of what its indexes hold, now and then, and takes the way to a row for long. Then it reads all rows
/// that are equal in the first column of the index, from the beginning, instead of going to the place.
pub(crate) fn by_index(dialect: Dialect, index: &str) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => String::new(),
        Dialect::MySql | Dialect::MariaDb => format!(" FORCE INDEX ({index})"),
    }
}

/// True when a statement named an index that is not there: another hand removed it, and `havre db check` tells.
/// <https://mariadb.com/kb/en/mariadb-error-codes/>
pub(crate) fn is_missing_index(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    let error = error.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| error.number() == 1176)
}

/// What the order of live rows begins with, although it is the same in all of them: PostgreSQL does not see that, and
/// would sort what its index holds in order; MariaDB sees it, and sorts for this.
pub(crate) fn order_of_live(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres => Some("d.deleted_at"),
        Dialect::Sqlite | Dialect::MySql | Dialect::MariaDb => None,
    }
}
