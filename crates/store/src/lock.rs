//! One server per SQLite file: an advisory lock on a file beside it. The kernel lets it go when the process ends, however
//! it ends; who ends well removes the file too.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// How often the file may be replaced under whoever takes the lock.
const TRIES: u32 = 16;

/// Held as long as the database is open.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of this database, or says that another server has it.
    pub(crate) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let cannot = |error: io::Error| OpenError::of_io(database, &path, &error);
        for _ in 0..TRIES {
            let file = open(&path).map_err(cannot)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(database.to_owned())),
                Err(TryLockError::Error(error)) => return Err(cannot(error)),
            }
            // Who had it before may have removed the file between our opening and our locking: then it locks nothing.
            if is_at(&file, &path).map_err(cannot)? {
                return Ok(Self { path, _file: file });
            }
        }
        Err(OpenError::InUse(database.to_owned()))
    }
}

impl Drop for Lock {
    /// Removed while it is still held, so that nobody else's file goes.
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the file of the lock stays");
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The file of the lock.
pub(crate) fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.db");
        let lock = Lock::take(&database).unwrap();
        assert!(matches!(Lock::take(&database), Err(OpenError::InUse(_))));
        drop(lock);
        assert!(!lock_path(&database).exists());
        drop(Lock::take(&database).unwrap());
    }

    /// Many take it and let it go: at each moment one has it at most.
    #[test]
    fn it_is_never_held_twice() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.db");
        let holders = std::sync::atomic::AtomicU32::new(0);
        let taken = std::sync::atomic::AtomicU32::new(0);
        let order = std::sync::atomic::Ordering::SeqCst;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Ok(lock) = Lock::take(&database) {
                            assert_eq!(holders.fetch_add(1, order), 0);
                            taken.fetch_add(1, order);
                            holders.fetch_sub(1, order);
                            drop(lock);
                        }
                    }
                });
            }
        });
        assert!(taken.load(order) > 0);
    }
}
