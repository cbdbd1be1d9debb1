//! Watches what a guest writes: ordinary file systems have no quota for a folder.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::super::trees;
use super::held::held;

/// How often the file system is asked; asking costs one system call.
const LOOK: Duration = Duration::from_millis(500);
/// A full count happens at least this often, since others may free as much as the guest writes…
const COUNT_AT_LEAST: Duration = Duration::from_secs(5);
/// … but never takes more than this share of the time.
const SHARE: u32 = 50;

/// Folders, and how much may be in them together.
pub struct Watch {
    folders: Vec<PathBuf>,
    limit: u64,
    floor: u64,
    holder: Option<Pid>,
}

impl Watch {
    /// Watches these folders; on a file system with less than `floor` bytes free, too.
    pub fn new(folders: Vec<PathBuf>, limit: u64, floor: u64) -> Self {
        Self {
            folders,
            limit,
            floor,
            holder: None,
        }
    }

    /// Counts what this process and its descendants hold open after removing it, too.
    pub fn with_held(self, init: Pid) -> Self {
        let holder = Some(init);
        Self { holder, ..self }
    }

    /// Returns when there is more in the folders than allowed, or too little disk is free. Counts only when the file
    /// system has filled by as much as was left at the last count: an idle guest costs nothing.
    pub async fn over(&self) {
        loop {
            let started = Instant::now();
            let (filled, _) = self.disk();
            let used = self.count().await;
            if used > self.limit {
                return;
            }
            let again = COUNT_AT_LEAST.max(started.elapsed() * SHARE);
            while started.elapsed() < again {
                tokio::time::sleep(LOOK).await;
                let (now, free) = self.disk();
                if free < self.floor {
                    return;
                }
                if now.saturating_sub(filled) > self.limit - used {
                    break;
                }
            }
        }
    }

    async fn count(&self) -> u64 {
        let (folders, enough) = (self.folders.clone(), self.limit.saturating_add(1));
        let holder = self.holder;
        let count = move || {
            let held = holder.map_or(0, held);
            folders
                .iter()
                .fold(held, |sum, folder| sum + trees::used(folder, enough))
        };
        tokio::task::spawn_blocking(count).await.unwrap_or(0)
    }

    /// Bytes used and bytes free on the file system of the first folder.
    fn disk(&self) -> (u64, u64) {
        let stat = self
            .folders
            .first()
            .and_then(|folder| nix::sys::statvfs::statvfs(folder).ok());
        stat.map_or((0, u64::MAX), |stat| {
            let unit = stat.fragment_size();
            (
                (stat.blocks() - stat.blocks_free()) * unit,
                stat.blocks_available() * unit,
            )
        })
    }
}
