//! The port.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use domain::GitUrl;
use domain::ports::{FetchRequest, Fetched, Source, SourceError};
use domain::tree::SourceTree;
use tokio::sync::oneshot;

use crate::config::GitConfig;
use crate::fetch::fetch;
use crate::git::Cancel;
use crate::remote::Remote;
use crate::tree::DiskTree;

/// Fetches from Git repositories with the git binary.
#[derive(Debug, Clone)]
pub struct GitSource {
    config: Arc<GitConfig>,
}

impl GitSource {
    /// Nothing is looked at or made yet.
    pub fn new(config: GitConfig) -> Self {
        Self {
            config: Arc::new(config),
        }
    }
}

fn other(what: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SourceError {
    SourceError::Other {
        what: what.to_owned(),
        source: error.into(),
    }
}

#[async_trait]
impl Source for GitSource {
    fn admit(&self, url: &GitUrl) -> Result<(), SourceError> {
        Remote::of(&self.config, url).map(drop)
    }

    /// Dropping the future ends git and removes what it made.
    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let (_drop_cancels, cancel) = Cancel::new().map_err(|error| other("make a pipe", error))?;
        let (tell, told) = oneshot::channel();
        let (config, request) = (self.config.clone(), request.clone());
        // A thread of its own: git's life is bound to the thread that starts it, and pooled threads come and go.
        let thread = std::thread::Builder::new().name("git-fetch".into());
        let work = move || drop(tell.send(fetch(&config, &request, &cancel)));
        thread
            .spawn(work)
            .map_err(|error| other("start a thread", error))?;
        told.await
            .unwrap_or_else(|error| Err(other("fetch the source", error)))
    }

    fn tree(&self, folder: &Path) -> Box<dyn SourceTree + Send> {
        Box::new(DiskTree::new(folder))
    }
}
