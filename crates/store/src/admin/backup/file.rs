//! The file of a backup: nobody else reads it, it has its name only when it is whole, and it never takes the place of
//! another one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use super::BackupError;

/// The name of a backup that is given none: `havre-20261122T230509Z.backup`.
#[must_use]
pub fn default_name(now: DateTime<Utc>) -> String {
    now.format("havre-%Y%m%dT%H%M%SZ.backup").to_string()
}

const MOST_A_SECOND: u32 = 100;

/// A backup on its way: `NAME.part`, removed when it is dropped.
#[derive(Debug)]
pub(super) struct PartFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
    finished: bool,
}

impl PartFile {
    /// Begins it. What a killed backup left under the name of the part is written over.
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let cannot = |source| BackupError::File {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&part)
            .map_err(cannot)?;
        let mine = alone(&file, &part).map_err(cannot)?;
        if !mine {
            return Err(BackupError::BeingWritten(path.to_owned()));
        }
        file.set_len(0).map_err(cannot)?;
        Ok(Self {
            path: path.to_owned(),
            part,
            file,
            finished: false,
        })
    }

    /// Begins one that is named by the time; a second one in the same second gets a number.
    pub(super) fn create_in(folder: &Path, now: DateTime<Utc>) -> Result<Self, BackupError> {
        let name = default_name(now);
        let mut path = folder.join(&name);
        for number in 2..=MOST_A_SECOND {
            match Self::create(&path) {
                Err(BackupError::Exists(_) | BackupError::BeingWritten(_)) => {
                    let stem = name.trim_end_matches(".backup");
                    path = folder.join(format!("{stem}-{number}.backup"));
                }
                begun => return begun,
            }
        }
        Self::create(&path)
    }

    /// All of it is on disk before it has its name.
    pub(super) fn finish(mut self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        rename(&self.part, &self.path)?;
        self.finished = true;
        let folder = self.path.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(self.path.clone())
    }
}

/// True when nobody else has the file, and it is still the one of that name: another backup may have finished it between
/// our opening and our locking, and then it is whole and theirs.
fn alone(file: &File, path: &Path) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let (ours, named) = (file.metadata()?, path.symlink_metadata());
    Ok(named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())))
}

/// Never over a file that is there.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE) {
        Ok(()) => Ok(()),
        // Not every file system knows it.
        Err(Errno::EINVAL | Errno::ENOSYS) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        Err(error) => Err(error.into()),
    }
}

impl io::Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.finished
            && let Err(error) = fs::remove_file(&self.part)
        {
            tracing::warn!(%error, file = %self.part.display(), "an unfinished backup was not removed");
        }
    }
}
