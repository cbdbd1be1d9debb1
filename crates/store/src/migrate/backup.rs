//! A copy of an SQLite file beside it, before it is changed.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::MigrateError;
use crate::sql::{Link, query};

/// Two backups of the same second get numbers, up to this one.
const MOST: u32 = 100;

/// Makes `FILE.backup-YYYYMMDDTHHMMSSZ`: one consistent state, for us alone, never over another file. It has its name only
/// once it is whole and on the disk. Not inside a transaction.
pub(crate) async fn back_up_file(
    link: &mut Link<'_>,
    file: &Path,
    now: DateTime<Utc>,
) -> Result<PathBuf, MigrateError> {
    let wanted = beside(file, &format!(".backup-{}", now.format("%Y%m%dT%H%M%SZ")));
    copy_file(link, wanted).await
}

/// Copies an SQLite database, as it is at one moment, into a new file; it gets a number when the name is taken.
pub(crate) async fn copy_file(
    link: &mut Link<'_>,
    wanted: PathBuf,
) -> Result<PathBuf, MigrateError> {
    let part = beside(&wanted, ".part");
    let failed = |why: String| MigrateError::Backup {
        path: wanted.clone(),
        why,
    };
    make_empty(&part).map_err(|error| failed(error.to_string()))?;
    let copied = query("VACUUM INTO ?")
        .bind(part.to_string_lossy().into_owned())
        .execute(link.again())
        .await;
    let kept = match copied {
        Ok(_) => keep(&part, &wanted).map_err(|error| failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
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
fn make_empty(part: &Path) -> std::io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(part)
        .map(drop)
}

/// A second name for the whole file is made or not, and never takes the place of another.
fn keep(part: &Path, wanted: &Path) -> std::io::Result<PathBuf> {
    File::open(part)?.sync_all()?;
    let mut name = wanted.to_owned();
    for number in 2..MOST {
        match std::fs::hard_link(part, &name) {
            Ok(()) => break,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                name = beside(wanted, &format!("-{number}"));
            }
            // A file system without second names: it is the only program here (it holds the lock of the database).
            Err(_) if !name.exists() => {
                std::fs::copy(part, &name)?;
                File::open(&name)?.sync_all()?;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let folder = wanted
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    Ok(name)
}
