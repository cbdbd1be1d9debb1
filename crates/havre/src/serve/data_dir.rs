//! The data folder: made for this user alone, used by one server at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exit::{Exit, Fault};
use crate::text;

/// How long a lock may be held by what a killed server left.
pub const PATIENCE: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(20);

/// A data folder that is ours as long as this lives.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder (mode 0700) if it is not there, and takes its lock.
    pub async fn open(path: &Path, patience: Duration) -> Result<Self, Fault> {
        let broken = |error: std::io::Error| {
            Fault::new(
                Exit::BadInput,
                text::data_dir_broken(path, &error.to_string()),
            )
            .cure(text::data_dir_cure(path))
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(broken)?;
        let path = fs::canonicalize(path).map_err(broken)?;
        close_to_others(&path).map_err(broken)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("serve.lock"))
            .map_err(broken)?;
        take(&lock, &path, patience, broken).await?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A folder below, made for this user alone.
    pub fn folder(&self, name: &str) -> Result<PathBuf, Fault> {
        let folder = self.path.join(name);
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.map_err(|error| {
            Fault::new(
                Exit::Platform,
                text::data_dir_broken(&folder, &error.to_string()),
            )
        })?;
        Ok(folder)
    }
}

/// A folder that was there before may be open to everybody: the key and the database in it must not be.
fn close_to_others(path: &Path) -> std::io::Result<()> {
    let found = fs::metadata(path)?;
    let is_ours = found.uid() == nix::unistd::geteuid().as_raw();
    if is_ours && found.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// A server that was killed while it started a program leaves its lock to that program for a moment: until it has become
/// that program.
async fn take(
    lock: &File,
    path: &Path,
    patience: Duration,
    broken: impl Fn(std::io::Error) -> Fault,
) -> Result<(), Fault> {
    let mut left = patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if left.is_zero() => return Err(taken(path)),
            Err(TryLockError::WouldBlock) => {
                tokio::time::sleep(GLANCE).await;
                left = left.saturating_sub(GLANCE);
            }
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
    }
}

fn taken(path: &Path) -> Fault {
    Fault::new(Exit::Refused, text::data_dir_taken(path)).cure(text::DATA_DIR_TAKEN_CURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_data_folder_is_made_closed_and_used_once() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b");
        let first = DataDir::open(&path, Duration::ZERO).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        assert_eq!(
            DataDir::open(&path, Duration::ZERO)
                .await
                .map(|_| ())
                .unwrap_err()
                .exit,
            Exit::Refused
        );
        drop(first);
        assert!(DataDir::open(&path, Duration::ZERO).await.is_ok());
    }

    #[tokio::test]
    async fn a_folder_open_to_others_is_closed() {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        DataDir::open(place.path(), Duration::ZERO).await.unwrap();
        assert_eq!(fs::metadata(place.path()).unwrap().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        fs::write(&path, "").unwrap();
        assert_eq!(
            DataDir::open(&path, Duration::ZERO)
                .await
                .map(|_| ())
                .unwrap_err()
                .exit,
            Exit::BadInput
        );
    }
}
