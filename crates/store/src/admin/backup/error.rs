//! Why a backup was not made.

use std::io;
use std::path::PathBuf;

use crate::migrate::MigrateError;
use crate::portable::CannotWrite;
use crate::text::backup as text;

/// Why. No file is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing of Havre's in the database.
    #[error("{}", text::NOTHING_TO_SAVE)]
    Nothing,
    /// The schema is not one that this program knows.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// A file of that name is there.
    #[error("{}", text::exists(.0))]
    Exists(PathBuf),
    /// Another backup is being written to that name.
    #[error("{}", text::being_written(.0))]
    BeingWritten(PathBuf),
    /// The file cannot be made.
    #[error("{}", text::cannot_make(path, source))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] CannotWrite),
    /// The database could not be read.
    #[error("{}", text::not_saved(.0))]
    Database(#[from] sqlx::Error),
    /// The program is being stopped.
    #[error("{}", text::STOPPED)]
    Stopped,
}
