//! The port of source code: Git repositories.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use crate::{Commit, GitRef, GitUrl};

/// What to fetch.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// From where.
    pub url: GitUrl,
    /// Which ref; none: the default branch. A full commit hash is fetched as such.
    pub git_ref: Option<GitRef>,
    /// The commit that an earlier try resolved: fetched instead of the ref, so that a resumed deploy builds the same.
    pub commit: Option<Commit>,
    /// The folder to make; what is there from an earlier, cut call is replaced. Its parent exists.
    pub into: PathBuf,
    /// Given up after this long.
    pub timeout: Duration,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The commit.
    pub commit: Commit,
    /// Bytes of the tree.
    pub bytes: u64,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Why source could not be fetched. The first four are the user's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The user's: no such repository, no permission, no such ref, or something Havre does not take yet.
    #[error("{what}")]
    Refused {
        /// What happened.
        what: String,
        /// What to do.
        cure: String,
    },
    /// Larger than the bounds for bytes, files or one file.
    #[error("{0}")]
    TooLarge(String),
    /// Took longer than its bound.
    #[error("fetching took longer than {0:?}")]
    TimedOut(Duration),
    /// The network or the other side; worth trying again.
    #[error("{0}")]
    Transient(String),
    /// The platform's.
    #[error("{what}")]
    Other {
        /// What was being done.
        what: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Where source code comes from.
#[async_trait]
pub trait Source: Send + Sync + 'static {
    /// Refuses a URL that this server does not admit (a local path outside its allow-list), before anything is stored.
    fn admit(&self, url: &GitUrl) -> Result<(), SourceError>;

    /// Fetches one commit into a folder, without its history and `.git`.
    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError>;

    /// A fetched folder as detection reads it: bounded, and never following a link.
    fn tree(&self, folder: &Path) -> Box<dyn crate::tree::SourceTree + Send>;
}
