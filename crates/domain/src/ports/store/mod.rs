//! The port of the database. Its methods are whole transactions, named after what happens, so that no caller can leave
//! half of one behind. Statuses change only through [`crate::Status::on`] and [`crate::ReleaseStatus::on`], repeated by
//! the database as compare-and-set, with the event row in the same transaction.

mod deployments;
mod events;
mod guests;
mod imports;
mod jobs;
mod leaders;
mod releases;
mod servers;
mod sort;

pub use deployments::*;
pub use events::*;
pub use guests::*;
pub use imports::*;
pub use jobs::*;
pub use leaders::*;
pub use releases::*;
pub use servers::*;
pub use sort::BadSort;

use crate::status::{IllegalReleaseTransition, IllegalTransition};

/// The whole database.
pub trait Store:
    Deployments + Releases + Jobs + Guests + Events + Servers + Leaders + Imports
{
}

impl<T: Deployments + Releases + Jobs + Guests + Events + Servers + Leaders + Imports> Store for T {}

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row, or not one that the caller may see.
    #[error("not found")]
    NotFound,
    /// The host label is held by a live deployment.
    #[error("the name is taken by `{holder}`")]
    NameTaken {
        /// The name of the holder.
        holder: String,
    },
    /// The name is held by a live deployment of another repository.
    #[error("`{holder}` deploys {url}")]
    OtherSource {
        /// The name of the holder.
        holder: String,
        /// Its repository.
        url: String,
    },
    /// The deployment is a record: it has no release.
    #[error("the deployment is not managed by Havre")]
    NotManaged,
    /// The request does not fit the state of the deployment; the text says why, for the user.
    #[error("{0}")]
    Refused(String),
    /// A cursor that no page of this list gave.
    #[error("the cursor belongs to no page of this list")]
    BadCursor,
    /// The lease is over: another worker has the job. The caller must stop at once.
    #[error("the lease is lost")]
    LeaseLost,
    /// The release was cancelled by its user.
    #[error("the release was cancelled")]
    Cancelled,
    /// A status and an event that do not go together.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A release status and an event that do not go together.
    #[error(transparent)]
    IllegalRelease(#[from] IllegalReleaseTransition),
    /// No room for the database.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The database does not answer; worth trying again.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Anything else, with its technical cause for the log.
    #[error("{what}")]
    Other {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What every method gives.
pub type StoreResult<T> = Result<T, StoreError>;
