//! The key that environments and secrets are encrypted with. It is never in the database.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::ports::Dice;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::text;

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", text::key_file(path, why))]
pub struct KeyError {
    path: PathBuf,
    why: String,
}

/// The key, and where it stands. A key that was made just now is written to its file only when a new database is opened
/// with it: beside an encrypted database a missing key is an error, not a reason for another one.
pub struct SecretKey {
    bytes: SecretBox<[u8; 32]>,
    path: PathBuf,
    saved: bool,
}

impl SecretKey {
    /// Reads `key_file` when one is given, which must be there; else `DATA_DIR/secret.key`, or makes that one anew.
    pub fn load_or_create(
        data_dir: &Path,
        key_file: Option<&Path>,
        dice: &Dice,
    ) -> Result<Self, KeyError> {
        let own = data_dir.join("secret.key");
        let path = key_file.unwrap_or(&own);
        match read(path) {
            Ok(bytes) => Ok(Self::new(bytes, path, true)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && key_file.is_none() => {
                let bytes = dice.roll(|rng| {
                    let mut bytes = [0; 32];
                    rng.fill_bytes(&mut bytes);
                    bytes
                });
                Ok(Self::new(bytes, path, false))
            }
            Err(error) => Err(key_error(path, &error)),
        }
    }

    fn new(bytes: [u8; 32], path: &Path, saved: bool) -> Self {
        Self {
            bytes: SecretBox::new(Box::new(bytes)),
            path: path.to_owned(),
            saved,
        }
    }

    /// Names the key without giving it away: the start of a hash of it.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"havre key id\0")
            .chain_update(self.bytes())
            .finalize();
        hex::encode(&digest[..4])
    }

    /// Where it stands, or will stand.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True when its file is there.
    pub fn is_saved(&self) -> bool {
        self.saved
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        self.bytes.expose_secret()
    }

    /// Writes a key that was made just now. All of it is on disk, under its name, before anything is encrypted with it.
    pub(crate) fn save(&mut self) -> Result<(), KeyError> {
        if !self.saved {
            write(&self.path, self.bytes()).map_err(|error| key_error(&self.path, &error))?;
            self.saved = true;
        }
        Ok(())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn key_error(path: &Path, error: &io::Error) -> KeyError {
    KeyError {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

fn read(path: &Path) -> io::Result<[u8; 32]> {
    let mut text = String::new();
    let file = File::open(path)?;
    if file.metadata()?.mode() & 0o007 != 0 {
        return Err(io::Error::other(text::KEY_OPEN_TO_ALL));
    }
    file.take(1024).read_to_string(&mut text)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| io::Error::other(text::KEY_SHAPE))?;
    Ok(bytes)
}

/// Under a name of its own first, then linked: the key's name never shows half a key, and never replaces a key.
fn write(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let half = path.with_extension("key.new");
    drop(fs::remove_file(&half));
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&half)?;
    writeln!(file, "{}", hex::encode(bytes))?;
    file.sync_all()?;
    fs::hard_link(&half, path)?;
    fs::remove_file(&half)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
