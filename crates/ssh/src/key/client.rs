//! The key that we show.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use russh::keys::{HashAlg, PrivateKey};
use secrecy::{ExposeSecret, SecretString};

use super::{KeyError, clean, file, pair, parse, print};

/// Our own ed25519 key. `Debug` shows its fingerprint only.
#[derive(Clone)]
pub struct ClientKey {
    private: Arc<PrivateKey>,
    line: String,
}

impl ClientKey {
    /// A new key. `rng` must be fit for cryptography (`Dice` is). The comment ends up in the public line.
    ///
    /// # Errors
    /// Not in practice.
    pub fn generate(rng: &mut (impl rand::Rng + ?Sized), comment: &str) -> Result<Self, KeyError> {
        Self::new(pair(rng, &clean(comment))?)
    }

    /// The key of this OpenSSH private key text.
    ///
    /// # Errors
    /// No key, another kind, or one with a passphrase.
    pub fn from_openssh(text: &str) -> Result<Self, KeyError> {
        Self::new(parse(text)?)
    }

    /// Reads an OpenSSH private key file. Blocks for a moment.
    ///
    /// # Errors
    /// As `from_openssh`; the file cannot be read, or others can read it.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_openssh(file::read(path)?.expose_secret())
    }

    /// Writes it as a new OpenSSH private key file, mode 0600, whole or not at all. Answers false, and changes
    /// nothing, when there is a file already. Blocks for a moment.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<bool, KeyError> {
        file::create(path, &print(&self.private)?)
    }

    /// The key in this file, made first when there is none. Two at the same time get the same key. Blocks for a moment.
    ///
    /// # Errors
    /// As `load` and `save`.
    pub fn load_or_create(
        path: &Path,
        rng: &mut (impl rand::Rng + ?Sized),
        comment: &str,
    ) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            known => return known,
        }
        let key = Self::generate(rng, comment)?;
        if key.save(path)? {
            return Ok(key);
        }
        Self::load(path)
    }

    /// The private part as OpenSSH text, to be kept secret.
    ///
    /// # Errors
    /// Not in practice.
    pub fn private_openssh(&self) -> Result<SecretString, KeyError> {
        print(&self.private)
    }

    /// The line for `authorized_keys`: `ssh-ed25519 AAAA... comment`, without a newline.
    pub fn public_line(&self) -> &str {
        &self.line
    }

    /// `SHA256:...` of the public part, as OpenSSH shows it.
    pub fn fingerprint(&self) -> String {
        self.private.fingerprint(HashAlg::Sha256).to_string()
    }

    pub(crate) fn private(&self) -> Arc<PrivateKey> {
        Arc::clone(&self.private)
    }

    fn new(private: PrivateKey) -> Result<Self, KeyError> {
        let line = private.public_key().to_openssh();
        Ok(Self {
            line: line.map_err(|_| KeyError::Form)?,
            private: Arc::new(private),
        })
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientKey({})", self.fingerprint())
    }
}
