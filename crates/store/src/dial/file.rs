//! The file of SQLite: is it one, and can it be used? Nothing is made or changed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, faccessat};

use super::{DialKind, in_use};

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Looks at file and folder. `Ok(true)`: it can only be read.
pub(super) fn look(path: &Path) -> Result<bool, DialKind> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    look_at_folder(folder)?;
    if in_use(path) {
        // It is a database then, and perhaps this process has it open: closing it here would end SQLite's locks on it.
        return Ok(false);
    }
    let read_only = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => look_at_file(path, file).map(|()| false)?,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) if is_read_only(&error) => {
            let file = File::open(path).map_err(|error| cannot(path, &error))?;
            look_at_file(path, file).map(|()| true)?
        }
        Err(error) => return Err(cannot(path, &error)),
    };
    // The journal is a file beside it.
    match may_write(folder) {
        Ok(()) => Ok(read_only),
        Err(nix::Error::EROFS) => Ok(true),
        Err(_) if read_only => Ok(true),
        Err(_) => Err(DialKind::NoAccess(folder.to_owned())),
    }
}

fn look_at_folder(folder: &Path) -> Result<(), DialKind> {
    let missing = || DialKind::MissingFolder(folder.to_owned());
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(DialKind::NotAFile(folder.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(DialKind::NotAFile(folder.to_owned()))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(DialKind::NoAccess(folder.to_owned()))
        }
        Err(_) => Err(missing()),
    }
}

/// An empty file is a database that nothing was written to yet.
fn look_at_file(path: &Path, file: File) -> Result<(), DialKind> {
    let found = file.metadata().map_err(|error| cannot(path, &error))?;
    if !found.is_file() {
        return Err(DialKind::NotAFile(path.to_owned()));
    }
    let mut head = Vec::new();
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut head);
    read.map_err(|error| cannot(path, &error))?;
    if head.is_empty() || head == MAGIC {
        Ok(())
    } else {
        Err(DialKind::NotADatabase(path.to_owned()))
    }
}

/// A file system that is mounted read-only, or a file that its owner may only read.
fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied
    )
}

fn may_write(folder: &Path) -> nix::Result<()> {
    let wanted = AccessFlags::W_OK | AccessFlags::X_OK;
    faccessat(AT_FDCWD, folder, wanted, AtFlags::AT_EACCESS)
}

fn cannot(path: &Path, error: &io::Error) -> DialKind {
    let path: PathBuf = path.to_owned();
    match error.kind() {
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => DialKind::NotAFile(path),
        ErrorKind::StorageFull => DialKind::DiskFull,
        _ => DialKind::NoAccess(path),
    }
}
