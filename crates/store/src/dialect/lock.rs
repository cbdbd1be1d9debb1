//! One writer at a time: what SQLite does by itself, the others are asked for. Every rule of this crate that reads before
//! it writes relies on it.

use super::Dialect;

/// SQLite: a write transaction takes its lock at once, since one that is upgraded later fails without waiting.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// The number of the advisory lock on PostgreSQL: `havre` in ASCII, then 1. Locks are per database.
const NUMBER: i64 = 0x0068_6176_7265_0001;

/// Makes the row that MySQL and MariaDB lock. It is on every database, so that a backup of one restores on all.
/// Two servers may make it at once.
pub(crate) fn make_write_lock(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            "INSERT INTO havre_meta (name, value) VALUES ('write_lock', '') ON CONFLICT (name) DO NOTHING"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "INSERT INTO havre_meta (name, value) VALUES ('write_lock', '') \
             ON DUPLICATE KEY UPDATE name = name"
        }
    }
}

/// How a write transaction takes the lock, and what it reads with it.
pub(crate) struct WriteLock {
    /// The statement; gives `now`, the server's time once it has the lock.
    pub(crate) statement: &'static str,
    /// Its value, where it has one.
    pub(crate) number: Option<i64>,
}

/// The first statement of a write transaction. None where the database locks by itself.
pub(crate) fn write_lock(dialect: Dialect) -> Option<WriteLock> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(WriteLock {
            statement: "WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(?)) \
                SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now FROM held",
            number: Some(NUMBER),
        }),
        // A locking read sees what is newest, and the snapshot of the transaction
        // is taken by the first plain read behind it.
        Dialect::MySql | Dialect::MariaDb => Some(WriteLock {
            statement: "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED) AS now \
                FROM havre_meta WHERE name = 'write_lock' FOR UPDATE",
            number: None,
        }),
    }
}

/// Behind a choice among rows that several servers make at once: a row that another session holds is left out instead of
/// waited for.
pub(crate) fn skip_locked(dialect: Dialect) -> &'static str {
    match dialect {
        // There is one writer, and it has the whole file.
        Dialect::Sqlite => "",
        Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => " FOR UPDATE SKIP LOCKED",
    }
}

/// True where a database takes only one server: the lock of its file keeps others out.
pub(crate) fn is_sole(dialect: Dialect) -> bool {
    dialect == Dialect::Sqlite
}
