//! Why a migration was refused or failed.

use std::path::PathBuf;

use crate::dialect;
use crate::schema::MigrationsError;
use crate::text::migrate as text;

/// Why. Each says what it means and what to do.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The `deployments` table is the original's; which model's.
    #[error("{}", text::not_adopted(.0))]
    NotAdopted(&'static str),
    /// Havre's tables without the record of their version.
    #[error("{}", text::no_ledger(*version, stamp))]
    NoLedger {
        /// The version whose schema they have; none when they have another one.
        version: Option<u32>,
        /// The statements that write the record anew.
        stamp: Vec<String>,
    },
    /// A table or column is missing that the recorded version has.
    #[error("{}", text::not_whole(missing, cure))]
    NotWhole {
        /// Which: `table` or `table.column`.
        missing: Vec<String>,
        /// The statements that put them back, where they can be told.
        cure: Vec<String>,
    },
    /// Tables of something else.
    #[error("{}", text::foreign_tables(.0))]
    ForeignTables(String),
    /// A newer program, or a migration that is not at hand, made the schema.
    #[error("{}", text::newer(*found, *known))]
    Newer {
        /// Its version.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// A migration that was applied is not the one at hand.
    #[error("{}", text::changed(*version, recorded, known))]
    Changed {
        /// Which.
        version: u32,
        /// Its name in the database.
        recorded: String,
        /// Its name here.
        known: String,
    },
    /// A migration was cut, and the database is between two versions.
    #[error("{}", text::cut(what, *done, *total))]
    Cut {
        /// What was cut.
        what: String,
        /// Steps that were done for sure.
        done: u32,
        /// Steps in all.
        total: u32,
    },
    /// Somebody else migrates.
    #[error("{}", text::LOCKED)]
    Locked,
    /// A step did not work.
    #[error("{} {after}", text::step_failed(revision, step, why))]
    Step {
        /// Of which migration.
        revision: String,
        /// What it is.
        step: String,
        /// What the database said.
        why: String,
        /// What this means.
        after: &'static str,
    },
    /// The backup before it could not be made.
    #[error("{}", text::backup_failed(path, why))]
    Backup {
        /// Where it should have been.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Migrations could not be loaded.
    #[error(transparent)]
    Files(#[from] MigrationsError),
    /// Anything else that was found before anything was changed; in words.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("{}", text::failed(&crate::text::said(.0)))]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        if dialect::is_locked(&error) {
            return Self::Locked;
        }
        if dialect::is_missing_table(&error) {
            return Self::Refused(crate::text::said(&error));
        }
        Self::Database(error)
    }
}
