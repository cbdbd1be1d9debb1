//! A copy of an SQLite file beside it, before it is changed.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::{io, iter};

use chrono::{DateTime, Utc};

use super::MigrateError;
use crate::sql::{Link, query};
use crate::text::migrate as text;

/// Two backups of the same second get numbers, up to this one.
const MOST: u32 = 100;
/// How the name of one ends that is not whole yet.
const PART: &str = ".part";

/// Makes `FILE.backup-YYYYMMDDTHHMMSSZ`: one consistent state, for us alone, never over another file. It has its name only
/// once it is whole and on the disk. Not inside a transaction.
pub(crate) async fn back_up_file(
    link: &mut Link<'_>,
    file: &Path,
    now: DateTime<Utc>,
) -> Result<PathBuf, MigrateError> {
    let wanted = beside(file, &format!(".backup-{}", now.format("%Y%m%dT%H%M%SZ")));
    remove_unfinished(file);
    copy_file(link, wanted).await
}

/// What a backup left that was killed: whoever makes one holds the lock of the database, so nobody is at work on these.
fn remove_unfinished(file: &Path) {
    let begins = beside(file, ".backup-");
    let Some(folder) = folder(file).and_then(|folder| folder.read_dir().ok()) else {
        return;
    };
    let begins = begins.file_name().map(OsStr::as_encoded_bytes);
    for path in folder.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path
            .file_name()
            .map(OsStr::as_encoded_bytes)
            .unwrap_or_default();
        let is_ours = begins.is_some_and(|begins| name.starts_with(begins));
        if is_ours && name.ends_with(PART.as_bytes()) && std::fs::remove_file(&path).is_ok() {
            tracing::info!(file = %path.display(), "removed a backup that was not finished");
        }
    }
}

/// The folder that a file is in.
fn folder(file: &Path) -> Option<&Path> {
    let folder = file.parent()?;
    Some(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    })
}

/// Copies an SQLite database, as it is at one moment, into a new file; it gets a number when the name is taken.
pub(crate) async fn copy_file(
    link: &mut Link<'_>,
    wanted: PathBuf,
) -> Result<PathBuf, MigrateError> {
    let part = beside(&wanted, PART);
    let failed = |why: &dyn Display| MigrateError::Backup {
        path: wanted.clone(),
        why: why.to_string(),
    };
    // SQLite takes names as text only.
    let name = part.to_str().ok_or_else(|| failed(&text::NOT_TEXT))?;
    make_empty(&part).map_err(|error| failed(&error))?;
    let copied = query("VACUUM INTO ?")
        .bind(name)
        .execute(link.again())
        .await;
    let kept = match copied {
        Ok(_) => keep(part.clone(), wanted.clone())
            .await
            .map_err(|error| failed(&error)),
        Err(error) => Err(failed(&crate::text::said(&error))),
    };
    // It has its other name, or it is of no use.
    if let Err(error) = std::fs::remove_file(&part) {
        tracing::warn!(%error, "the unfinished backup was not removed");
    }
    kept
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// SQLite writes into a file that is there only if it is empty, and leaves its mode.
fn make_empty(part: &Path) -> io::Result<()> {
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)
        .map(drop)
}

/// Waits for the disk.
async fn keep(part: PathBuf, wanted: PathBuf) -> io::Result<PathBuf> {
    tokio::task::spawn_blocking(move || name_it(&part, &wanted))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// A second name for the whole file is made or not, and never takes the place of another.
fn name_it(part: &Path, wanted: &Path) -> io::Result<PathBuf> {
    File::open(part)?.sync_all()?;
    let numbered = (2..MOST).map(|number| beside(wanted, &format!("-{number}")));
    for name in iter::once(wanted.to_owned()).chain(numbered) {
        match std::fs::hard_link(part, &name) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            // A file system without second names. Nobody else makes names here: the database is locked.
            Err(_) if !name.exists() => {
                std::fs::rename(part, &name).and_then(|()| make_empty(part))?
            }
            Err(error) => return Err(error),
        }
        File::open(folder(wanted).unwrap_or_else(|| Path::new(".")))?.sync_all()?;
        return Ok(name);
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
