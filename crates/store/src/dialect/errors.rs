//! What a database's error codes mean.

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No room on the disk.
    DiskFull,
    /// Worth trying again.
    Unavailable,
    /// Neither.
    Other,
}

/// Sorts what a driver says.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => of_database(error.as_ref()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Trouble::Unavailable,
        _ => Trouble::Other,
    }
}

fn of_database(error: &dyn DatabaseError) -> Trouble {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return of_postgres(error.code());
    }
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        return of_mysql(error.number());
    }
    match error.code().and_then(|code| code.parse::<u32>().ok()) {
        Some(code) => of_sqlite(code),
        None => Trouble::Other,
    }
}

/// The low byte of SQLite's extended result code: FULL; BUSY, LOCKED, IOERR, CANTOPEN, PROTOCOL.
/// <https://www.sqlite.org/rescode.html>
fn of_sqlite(code: u32) -> Trouble {
    // IOERR_SHMSIZE: what readers of a write-ahead log share is a file too, and there was no room to make it larger.
    if code == 4874 {
        return Trouble::DiskFull;
    }
    match code & 0xff {
        13 => Trouble::DiskFull,
        5 | 6 | 10 | 14 | 15 => Trouble::Unavailable,
        _ => Trouble::Other,
    }
}

/// Classes 08 (connection), 53 (resources), 57P (shut down); serialization failure, deadlock, lock not available.
/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>
fn of_postgres(code: &str) -> Trouble {
    match code {
        "53100" => Trouble::DiskFull,
        "40001" | "40P01" | "55P03" | "57014" => Trouble::Unavailable,
        _ if ["08", "53", "57P", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Trouble::Unavailable
        }
        _ => Trouble::Other,
    }
}

/// <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>
fn of_mysql(number: u16) -> Trouble {
    match number {
        // DISK_FULL, RECORD_FILE_FULL
        1021 | 1114 => Trouble::DiskFull,
        // CON_COUNT, SERVER_SHUTDOWN, TOO_MANY_USER_CONNECTIONS, LOCK_WAIT_TIMEOUT, LOCK_DEADLOCK, NEW_ABORTING, read only,
        // QUERY_INTERRUPTED, statement timeout (MySQL, MariaDB)
        1040 | 1053 | 1203 | 1205 | 1213 | 1184 | 1290 | 1792 | 1836 | 1317 | 1969 | 3024 => {
            Trouble::Unavailable
        }
        _ => Trouble::Other,
    }
}

/// True when a statement names a table that is not there: somebody else drops and makes tables at this moment, or did away
/// with one.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return error.code() == "42P01";
    }
    if let Some(error) = error.try_downcast_ref::<MySqlDatabaseError>() {
        return error.number() == 1146;
    }
    // SQLite has one code for all that a statement can get wrong.
    error.message().starts_with("no such table")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(13, Trouble::DiskFull)]
    #[case(4874, Trouble::DiskFull)]
    #[case(10, Trouble::Unavailable)]
    #[case(778, Trouble::Unavailable)]
    #[case(261, Trouble::Unavailable)]
    #[case(1, Trouble::Other)]
    fn sqlite_codes(#[case] code: u32, #[case] trouble: Trouble) {
        assert_eq!(of_sqlite(code), trouble);
    }
}
