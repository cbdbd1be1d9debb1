//! Private keys on disk: whole or not there, and readable by nobody else.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::KeyError;

/// More than any key of the kinds OpenSSH knows.
const MOST: u64 = 64 * 1024;

/// Reads a private key's text.
pub(super) fn read(path: &Path) -> Result<SecretString, KeyError> {
    let fail = |source| KeyError::Io {
        path: path.to_owned(),
        doing: "read",
        source,
    };
    let file = File::open(path).map_err(fail)?;
    let mode = file.metadata().map_err(fail)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).map_err(fail)?;
    Ok(SecretString::from(text))
}

/// Writes a private key's text as a new file with mode 0600. Answers false, and changes nothing, when there is a file
/// already: of two writers one wins, and a cut leaves either no file or a whole one.
pub(super) fn create(path: &Path, text: &SecretString) -> Result<bool, KeyError> {
    let fail = |source| KeyError::Io {
        path: path.to_owned(),
        doing: "write",
        source,
    };
    let folder = folder(path);
    let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(fail)?;
    file.write_all(text.expose_secret().as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .map_err(fail)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(e) => return Err(fail(e.error)),
    }
    fs::File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(fail)?;
    Ok(true)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
