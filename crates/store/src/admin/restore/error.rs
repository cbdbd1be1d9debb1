//! Why a backup was not restored.

use crate::admin::verify::VerifyError;
use crate::migrate::MigrateError;
use crate::text::backup as text;

/// Why. The database is as it was, unless the words say otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file is not a whole backup.
    #[error(transparent)]
    File(#[from] VerifyError),
    /// A newer Havre made the backup.
    #[error("{}", text::newer_backup(made_by, *found, *known))]
    Newer {
        /// The version of that Havre.
        made_by: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The backup's schema is not the one that this program knows under its number.
    #[error("{}", text::other_schema(.0))]
    OtherSchema(String),
    /// Rows that this database cannot hold as they are.
    #[error("{}", text::unfit(examples, *count))]
    Unfit {
        /// The first ones: which row, which column, why.
        examples: Vec<String>,
        /// How many there are.
        count: u64,
    },
    /// What is encrypted in it cannot be read with the key at hand.
    #[error("{}", text::unreadable_values(wanted, found.as_deref(), deployments, *values))]
    OtherKey {
        /// The ids of the keys that it was encrypted with.
        wanted: Vec<String>,
        /// The id of the key at hand.
        found: Option<String>,
        /// The names of the first deployments whose values cannot be read.
        deployments: Vec<String>,
        /// How many values there are.
        values: u64,
    },
    /// The database is in no state to restore into.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// The file is not the one that was checked a moment ago.
    #[error("{}", text::FILE_CHANGED)]
    FileChanged,
    /// Some rows point at rows that are not there.
    #[error("{}", text::dangling(table, parent, *rows))]
    Dangling {
        /// Their table.
        table: String,
        /// The table that they point at.
        parent: String,
        /// How many.
        rows: i64,
    },
    /// The database refused some rows.
    #[error("{}", text::rows_refused(table, *first, *last, source))]
    Rows {
        /// Their table.
        table: String,
        /// The number of the first one in the backup, from 1.
        first: u64,
        /// The number of the last one.
        last: u64,
        /// What the database said.
        source: sqlx::Error,
    },
    /// The database failed.
    #[error("{}", text::not_restored(.0))]
    Database(#[from] sqlx::Error),
    /// The restore reached its end, and a last step on MySQL did not.
    #[error("{}", text::not_finished(.0))]
    Unfinished(MigrateError),
    /// The program is being stopped.
    #[error("{}", text::RESTORE_STOPPED)]
    Stopped,
}
