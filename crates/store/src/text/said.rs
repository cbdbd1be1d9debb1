//! What a driver said, in words for people: without its codes, and with a cure where there is one.

use crate::dialect::{self, Trouble};

pub(crate) const DISK_FULL: &str = "the disk of the database is full. Make room where the database is kept, then try again; what was saved \
    before is not lost";

/// An error of the driver.
pub(crate) fn said(error: &sqlx::Error) -> String {
    if dialect::trouble(error) == Trouble::DiskFull {
        return DISK_FULL.to_owned();
    }
    let words = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    match dialect::is_missing_table(error) {
        true => missing_table(&words),
        false => words,
    }
}

/// `words`: the database's own.
pub(crate) fn missing_table(words: &str) -> String {
    format!(
        "{words}. Either another program changes the schema at this moment (a reset, an upgrade): then try again; or \
         somebody dropped the table: `havre db current` tells, and a backup brings it back (`havre db restore`)"
    )
}
