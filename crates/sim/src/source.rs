//! The simulated source, and a folder as detection reads it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::GitUrl;
use domain::ports::{FetchRequest, Fetched, Source, SourceError};
use domain::tree::{EntryKind, SourceTree};

use crate::call::{Op, When};
use crate::hub::{Hub, Life};
use crate::repo::{HEAD, write_out};
use crate::state::State;

/// Fetches from the repositories of the world, writing real files.
pub struct SimSource {
    pub(crate) hub: Arc<Hub>,
    pub(crate) life: Arc<Life>,
}

type Files = BTreeMap<String, String>;

#[async_trait]
impl Source for SimSource {
    fn admit(&self, url: &GitUrl) -> Result<(), SourceError> {
        if self
            .hub
            .peek(|state| state.not_admitted.contains(url.as_str()))
        {
            return Err(refused(
                format!("{url} is not admitted"),
                "ask for another one",
            ));
        }
        Ok(())
    }

    async fn fetch(&self, request: &FetchRequest) -> Result<Fetched, SourceError> {
        let going = self
            .hub
            .begin(&self.life, Op::Fetch, request.url.to_string())
            .await;
        going.refused()?;
        let result = match self.hub.peek(|state| find(state, request)) {
            Err(error) => Err(error),
            Ok((commit, files)) => {
                let half: Files = files.clone().into_iter().take(files.len() / 2).collect();
                let begun = write_out(&half, &request.into);
                going.boundary(When::Middle).await;
                match begun.and_then(|_| write_out(&files, &request.into)) {
                    Ok(bytes) => Ok(Fetched {
                        commit,
                        bytes,
                        warnings: Vec::new(),
                    }),
                    Err(error) => Err(SourceError::Other {
                        what: "write the source".into(),
                        source: error.into(),
                    }),
                }
            }
        };
        going.end(result).await
    }

    fn tree(&self, folder: &Path) -> Box<dyn SourceTree + Send> {
        Box::new(FolderTree(folder.to_path_buf()))
    }
}

fn refused(what: String, cure: &str) -> SourceError {
    SourceError::Refused {
        what,
        cure: cure.into(),
    }
}

fn find(state: &State, request: &FetchRequest) -> Result<(domain::Commit, Files), SourceError> {
    let url = &request.url;
    let repo = state.repos.get(url.as_str());
    let repo =
        repo.ok_or_else(|| refused(format!("there is no repository at {url}"), "check the URL"))?;
    let name = match (&request.commit, &request.git_ref) {
        (Some(commit), _) => commit.as_str(),
        (None, Some(git_ref)) => git_ref.as_str(),
        (None, None) => HEAD,
    };
    let found = repo.find(name).cloned();
    found.ok_or_else(|| {
        refused(
            format!("{url} has no branch, tag or commit `{name}`"),
            "check the ref",
        )
    })
}

/// A folder that the source itself wrote.
struct FolderTree(PathBuf);

impl FolderTree {
    fn at(&self, path: &str) -> Option<PathBuf> {
        let relative = Path::new(path);
        let plain = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        plain.then(|| self.0.join(relative))
    }
}

impl SourceTree for FolderTree {
    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        let Some(Ok(entries)) = self.at(folder).map(std::fs::read_dir) else {
            return Vec::new();
        };
        let kind = |kind: std::fs::FileType| match kind {
            kind if kind.is_dir() => EntryKind::Folder,
            kind if kind.is_file() => EntryKind::File,
            _ => EntryKind::Link,
        };
        let mut list: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                Some((
                    entry.file_name().into_string().ok()?,
                    kind(entry.file_type().ok()?),
                ))
            })
            .collect();
        list.sort();
        list
    }

    fn read(&self, path: &str) -> Option<String> {
        self.has(path)
            .then(|| std::fs::read_to_string(self.at(path)?).ok())
            .flatten()
    }
}
