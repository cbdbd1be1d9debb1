//! What goes wrong, and how it is told: [`OpenError`] at start, [`Fault`] inside a query until the port's own error.

use std::path::{Path, PathBuf};

use domain::ports::{StoreError, StoreResult};
use domain::status::{IllegalReleaseTransition, IllegalTransition};

use crate::dial::{DialError, DialKind};
use crate::dialect::{self, Trouble};
use crate::key::KeyError;
use crate::migrate::MigrateError;
use crate::target::DatabaseTarget;
use crate::text;

/// Why a database was not opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server uses it.
    #[error("{}", text::in_use(.0))]
    InUse(PathBuf),
    /// The file or its folder cannot be used.
    #[error("{}", text::cannot_open(path, why))]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// There is no such file, and the command does not make one.
    #[error("{}", text::not_there(.0))]
    NotThere(PathBuf),
    /// Its schema is not one that this program may use as it is.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// It was encrypted with another key.
    #[error("{}", text::wrong_key(found, wanted, source_of_key))]
    WrongKey {
        /// The id of the key that was given.
        found: String,
        /// The id of the key that it was encrypted with.
        wanted: String,
        /// Where the given key came from.
        source_of_key: PathBuf,
    },
    /// It was encrypted with a key that is not there.
    #[error("{}", text::missing_key(.0))]
    MissingKey(PathBuf),
    /// The key could not be kept.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot be reached or used.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Anything else.
    #[error("{}", text::not_opened(&text::said(.0)))]
    Database(#[from] sqlx::Error),
}

impl OpenError {
    /// A file beside the database, or the database, that the system does not give.
    pub(crate) fn of_io(database: &Path, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        if matches!(error.kind(), StorageFull | QuotaExceeded) {
            let target = DatabaseTarget::Sqlite(database.to_owned());
            return DialError::new(&target, DialKind::DiskFull, None).into();
        }
        Self::CannotOpen {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }
}

/// What went wrong inside a query, before it is known what was being done.
#[derive(Debug)]
pub(crate) enum Fault {
    Told(StoreError),
    Sql(sqlx::Error),
    /// A stored value that cannot be read: which, and why. Never the value itself.
    Unreadable(String),
}

pub(crate) type Ran<T> = Result<T, Fault>;

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}
impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}
impl From<IllegalTransition> for Fault {
    fn from(error: IllegalTransition) -> Self {
        Self::Told(error.into())
    }
}
impl From<IllegalReleaseTransition> for Fault {
    fn from(error: IllegalReleaseTransition) -> Self {
        Self::Told(error.into())
    }
}

/// A refusal with words.
pub(crate) fn refused<T>(words: impl Into<String>) -> Ran<T> {
    Err(Fault::Told(StoreError::Refused(words.into())))
}

/// Gives a fault the port's form, with what was being done.
pub(crate) trait During<T> {
    fn during(self, what: &str) -> StoreResult<T>;
}

impl<T> During<T> for Ran<T> {
    fn during(self, what: &str) -> StoreResult<T> {
        self.map_err(|fault| match fault {
            Fault::Told(error) => error,
            Fault::Sql(error) => told(what, error),
            Fault::Unreadable(which) => StoreError::Other {
                what: text::could_not(what),
                source: which.into(),
            },
        })
    }
}

fn told(what: &str, error: sqlx::Error) -> StoreError {
    if matches!(error, sqlx::Error::RowNotFound) {
        return StoreError::NotFound;
    }
    match dialect::trouble(&error) {
        Trouble::DiskFull => StoreError::DiskFull,
        Trouble::Unavailable => StoreError::Unavailable(error.to_string()),
        Trouble::Other => other(what, error),
    }
}

fn other(what: &str, error: sqlx::Error) -> StoreError {
    StoreError::Other {
        what: text::could_not(what),
        source: error.into(),
    }
}
