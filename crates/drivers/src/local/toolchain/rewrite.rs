//! Files that settings name: shown to builds where they lie, copied when they lie in a home.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A bundle of certificates is far smaller.
const LARGEST: u64 = 4 * 1024 * 1024;

/// What every guest sees anyway.
const SEEN_ANYWAY: [&str; 5] = [
    "/usr",
    "/etc/ssl/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
];

pub(super) struct Files {
    homes: Vec<PathBuf>,
    copies: PathBuf,
    /// Paths to show read-only in the guest.
    pub binds: Vec<PathBuf>,
}

impl Files {
    pub fn new(home: Option<PathBuf>, copies: PathBuf) -> Self {
        let mut homes: Vec<PathBuf> = ["/root".into(), "/home".into()]
            .into_iter()
            .chain(home)
            .collect();
        homes.extend(
            homes
                .clone()
                .iter()
                .filter_map(|home| home.canonicalize().ok()),
        );
        // `/` as a home (of a service account) would make everything private.
        homes.retain(|home| home != Path::new("/"));
        Self {
            homes,
            copies,
            binds: Vec::new(),
        }
    }

    /// Shows a file or folder where it lies. False when it is not there or lies in a home.
    pub fn show(&mut self, path: &Path) -> bool {
        let Ok(real) = path.canonicalize() else {
            return false;
        };
        if !path.is_absolute() || self.is_private(path) || self.is_private(&real) {
            return false;
        }
        if !SEEN_ANYWAY.iter().any(|seen| path.starts_with(seen))
            && !self.binds.iter().any(|bind| bind == path)
        {
            self.binds.push(path.to_owned());
        }
        true
    }

    /// Shows a path, or a copy of the file when it lies in a home. Gives the path to use; none when that cannot be done.
    pub fn pass(&mut self, path: &Path) -> Option<PathBuf> {
        if self.show(path) {
            return Some(path.to_owned());
        }
        match self.copy(path) {
            Ok(copy) => {
                self.binds.push(copy.clone());
                Some(copy)
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a file that a setting names is not passed on");
                None
            }
        }
    }

    fn is_private(&self, path: &Path) -> bool {
        self.homes.iter().any(|home| path.starts_with(home))
    }

    /// Named by content, so that a changed file is another one and builds that run keep theirs.
    fn copy(&self, path: &Path) -> io::Result<PathBuf> {
        let meta = fs::metadata(path)?;
        if !path.is_absolute() || !meta.is_file() || meta.len() > LARGEST {
            return Err(io::Error::other("not a file, or too large"));
        }
        let content = fs::read(path)?;
        let name = hex::encode(&Sha256::digest(&content)[..8]);
        let copy = self.copies.join(name);
        if !copy.exists() {
            fs::create_dir_all(&self.copies)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.copies)?;
            io::Write::write_all(&mut file, &content)?;
            let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            file.as_file().set_permissions(readable)?;
            file.persist(&copy)?;
        }
        Ok(copy)
    }
}
