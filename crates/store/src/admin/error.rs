//! Why a command of an administrator did not do what it was asked for.

use crate::dialect;
use crate::error::OpenError;
use crate::migrate::MigrateError;
use crate::text::admin as text;

/// Why. Each says what it means and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its schema is not one that this program may use as it is.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// What was asked does not fit the database; nothing was changed. In words.
    #[error("{0}")]
    Refused(String),
    /// Somebody else has what is needed; worth trying again.
    #[error("{}", text::BUSY)]
    Busy,
    /// The database failed.
    #[error("{}", text::failed(&crate::text::said(.0)))]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        if dialect::is_locked(&error) {
            return Self::Busy;
        }
        if dialect::is_missing_table(&error) {
            return Self::Refused(crate::text::said(&error));
        }
        Self::Database(error)
    }
}
