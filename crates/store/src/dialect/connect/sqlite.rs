//! A connection to an SQLite file that may be somebody else's.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};

use crate::dial::network_filesystem;
use crate::dialect;

/// A connection that may write and changes nothing by itself: whether the database keeps a write-ahead log stands in its
/// file, and the file of a stranger stays as it is to the last byte until it is known that it may be taken over. A file that
/// nothing was written to yet is ours.
pub(crate) fn guest(path: &Path) -> SqliteConnectOptions {
    let is_new = path.metadata().is_ok_and(|found| found.len() == 0);
    // On a network file system no log may be kept, whoever began it.
    if is_new || network_filesystem(path).is_some() {
        return dialect::writer(path);
    }
    dialect::reader(path)
        .pragma("query_only", "OFF")
        .pragma("journal_size_limit", "16777216")
        .synchronous(SqliteSynchronous::Full)
}
