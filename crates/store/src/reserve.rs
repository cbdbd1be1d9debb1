//! A file that holds room for the database. On a full disk it goes, so that what is under way can still be written down
//! and deployments can be removed; once there is room again it comes back.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::posix_fallocate;
use nix::sys::statvfs::statvfs;

/// Bytes held.
const HELD: i64 = 16 * 1024 * 1024;

/// The file beside the database, and when it comes and goes.
pub(crate) struct Reserve {
    path: PathBuf,
    /// Below this many free bytes it goes.
    low: u64,
    /// Above this many free bytes it comes back.
    high: u64,
}

impl Reserve {
    /// The reserve of a database file.
    pub fn beside(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push(".reserve");
        Self {
            path: path.into(),
            low: 4 * 1024 * 1024,
            high: 256 * 1024 * 1024,
        }
    }

    /// Looks at the room on the disk, and gives or takes the reserve. Two system calls when there is nothing to do; never
    /// a reason to fail.
    pub fn look_after(&self) {
        if let Err(error) = self.keep() {
            tracing::debug!(%error, "the reserve of the database could not be looked after");
        }
    }

    /// A database that is closed well needs none.
    pub fn give_up(&self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(%error, "the reserve of the database was not removed");
        }
    }

    fn keep(&self) -> io::Result<()> {
        let free = self.free()?;
        let there = self.path.exists();
        if there && free < self.low {
            std::fs::remove_file(&self.path)?;
            tracing::warn!("the disk is nearly full: the room held for the database is given up");
        } else if !there && free > self.high {
            self.fill()?;
        }
        Ok(())
    }

    fn free(&self) -> io::Result<u64> {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let disk = statvfs(folder.unwrap_or(Path::new(".")))?;
        Ok(disk.blocks_available() * disk.fragment_size())
    }

    fn fill(&self) -> io::Result<()> {
        let file: File = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&self.path)?;
        Ok(posix_fallocate(&file, 0, HELD)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn reserve(folder: &Path, low: u64, high: u64) -> Reserve {
        Reserve {
            low,
            high,
            ..Reserve::beside(&folder.join("deployments.db"))
        }
    }

    #[test]
    fn it_holds_real_room_and_gives_it_up() {
        let folder = tempfile::tempdir().unwrap();
        let roomy = reserve(folder.path(), 0, 0);
        roomy.look_after();
        let held = std::fs::metadata(&roomy.path).unwrap();
        assert!(
            held.blocks() * 512 >= HELD.unsigned_abs(),
            "a hole holds nothing"
        );
        reserve(folder.path(), u64::MAX, u64::MAX).look_after();
        assert!(!roomy.path.exists());
    }

    #[test]
    fn between_the_bounds_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let between = reserve(folder.path(), 0, u64::MAX);
        between.look_after();
        assert!(!between.path.exists());
        reserve(folder.path(), 0, 0).look_after();
        between.look_after();
        assert!(between.path.exists());
    }
}
