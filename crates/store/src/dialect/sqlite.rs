//! SQLite: how its connections are set up.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

use crate::dial::network_filesystem;
use crate::text;

/// Moves the write-ahead log into the database file, so that copying that one file is a backup.
pub(crate) const FOLD_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Before `VACUUM INTO` on a connection that only reads.
pub(crate) const MAY_COPY: &str = "PRAGMA query_only = OFF";

/// How long a connection waits for a lock that another process holds (a backup, an SQLAlchemy program).
const BUSY: Duration = Duration::from_secs(10);

/// A connection that writes.
///
/// `synchronous` is FULL: with NORMAL a power cut may take back the last commits of a write-ahead log, and a deploy that
/// was answered with 202 would be gone. It costs one fsync per transaction; there are a few dozen in a whole deploy.
///
/// Each row of a large table touches a page of each of its indexes: with a cache that holds the busy ones few are read again.
/// It grows as pages are touched. The log is folded into the file at every 8 MB, which it then keeps: pages that were
/// written again and again are folded once, and a file that does not grow is synced faster.
///
/// On a network file system there is no write-ahead log: what its readers and writers share does not reach the other
/// machine, and the database would break.
pub(crate) fn writer(path: &Path) -> SqliteConnectOptions {
    let network = network_filesystem(path);
    if let Some(kind) = network {
        tracing::warn!(kind, file = %path.display(), "{}", text::NETWORK_FILE);
    }
    writer_on(path, network.is_some())
}

fn writer_on(path: &Path, network: bool) -> SqliteConnectOptions {
    let journal = match network {
        true => SqliteJournalMode::Delete,
        false => SqliteJournalMode::Wal,
    };
    common(SqliteConnectOptions::new().filename(path), "-8192")
        .journal_mode(journal)
        .pragma("wal_autocheckpoint", "2048")
        .pragma("journal_size_limit", "16777216")
        .synchronous(SqliteSynchronous::Full)
}

/// A connection that only reads: small, since idle memory is counted.
pub(crate) fn reader(path: &Path) -> SqliteConnectOptions {
    common(SqliteConnectOptions::new().filename(path), "-512").pragma("query_only", "ON")
}

/// The one connection of a database that lives in memory.
pub(crate) fn memory() -> SqliteConnectOptions {
    common(SqliteConnectOptions::new().in_memory(true), "-1024")
}

fn common(options: SqliteConnectOptions, cache: &'static str) -> SqliteConnectOptions {
    options
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("cache_size", cache)
        .statement_cache_capacity(64)
        .thread_name(|id| format!("havre-db-{id}"))
}

/// True when a transaction can begin on a connection that is idle in its pool; another one is opened instead of it else.
///
/// SQLite rolls back by itself when the disk is full or cannot be read. The driver then fails to roll back once more and
/// counts the transaction as open for ever: with one writer, nothing could be written until the next start.
pub(crate) async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Behind this, a rollback that was asked for when the last transaction was dropped is done.
    connection.ping().await?;
    let usable = !connection.is_in_transaction();
    if !usable {
        tracing::warn!("SQLite undid a transaction by itself; its connection is opened anew");
    }
    Ok(usable)
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions, Row};

    use super::*;

    async fn journal_of(path: &Path, network: bool) -> String {
        let options = writer_on(path, network).create_if_missing(true);
        let mut link = options.connect().await.unwrap();
        let made = "CREATE TABLE IF NOT EXISTS t (i); INSERT INTO t VALUES (1)";
        sqlx::raw_sql(made).execute(&mut link).await.unwrap();
        let row = sqlx::raw_sql("PRAGMA journal_mode")
            .fetch_one(&mut link)
            .await;
        let mode = row.unwrap().get(0);
        link.close().await.unwrap();
        mode
    }

    #[tokio::test]
    async fn no_write_ahead_log_on_a_network_file_system_even_where_there_was_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        assert_eq!(journal_of(&path, false).await, "wal");
        assert_eq!(journal_of(&path, true).await, "delete");
        assert_eq!(journal_of(&path, false).await, "wal");
    }
}
