//! What is wrong with a backup, or with writing one.

use std::io;

use crate::text::backup as text;

/// A file that is not a whole backup. Nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It cannot be read at all.
    #[error("{}", text::unreadable(.0))]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("{}", text::NOT_A_BACKUP)]
    NotABackup,
    /// A newer Havre wrote it.
    #[error("{}", text::newer_format(*.0))]
    Newer(u32),
    /// It stops before its end.
    #[error("{}", text::cut(*at))]
    Cut {
        /// How many bytes of it are whole.
        at: u64,
    },
    /// Something in it is not as it was written.
    #[error("{}", text::damaged(*at, why))]
    Damaged {
        /// The byte at which the damaged part begins.
        at: u64,
        /// What was found.
        why: String,
    },
}

/// Why a backup was not written.
#[derive(Debug, thiserror::Error)]
pub enum CannotWrite {
    /// The file cannot be written.
    #[error("{}", text::unwritable(.0))]
    Io(#[from] io::Error),
    /// A row is larger than a row may be.
    #[error("{}", text::row_too_big(table, row))]
    RowTooBig {
        /// Its table.
        table: String,
        /// Its first column, as text.
        row: String,
    },
    /// The rows that came are not the ones that were announced: a fault of this program.
    #[error("{}", text::miscounted(table, *announced, *came))]
    Miscounted {
        /// The table.
        table: String,
        /// How many rows the header says.
        announced: u64,
        /// How many came.
        came: u64,
    },
    /// The header names more than a backup may, or something twice: a fault of this program.
    #[error("{}", text::bad_header(.0))]
    BadHeader(String),
}
