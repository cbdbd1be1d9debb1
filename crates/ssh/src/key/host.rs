//! The keys that machines show.

use std::fmt;
use std::str::FromStr;

use russh::keys::ssh_key::public::{Ed25519PublicKey, KeyData};
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use secrecy::SecretString;

use super::{KeyError, pair, parse, print};

/// The public part of a machine's ed25519 key. Prints and parses as `ssh-ed25519 AAAA...`; a comment is dropped.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostKey(Ed25519PublicKey);

impl HostKey {
    /// `SHA256:...` as `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        self.public().fingerprint(HashAlg::Sha256).to_string()
    }

    pub(crate) fn from_public(key: &PublicKey) -> Option<Self> {
        key.key_data().ed25519().copied().map(Self)
    }

    fn public(&self) -> PublicKey {
        PublicKey::from(KeyData::Ed25519(self.0))
    }
}

impl FromStr for HostKey {
    type Err = KeyError;

    fn from_str(line: &str) -> Result<Self, KeyError> {
        let key = PublicKey::from_openssh(line.trim()).map_err(|_| KeyError::Form)?;
        Self::from_public(&key).ok_or(KeyError::Kind)
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public().to_openssh().map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKey({})", self.fingerprint())
    }
}

/// A machine's whole key, made here to be installed there. `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct HostKeyPair {
    private: PrivateKey,
    public: HostKey,
}

impl HostKeyPair {
    /// A new pair. `rng` must be fit for cryptography (`Dice` is).
    ///
    /// # Errors
    /// Not in practice.
    pub fn generate(rng: &mut (impl rand::Rng + ?Sized)) -> Result<Self, KeyError> {
        Self::new(pair(rng, "")?)
    }

    /// The pair of this OpenSSH private key text.
    ///
    /// # Errors
    /// No key, another kind, or one with a passphrase.
    pub fn from_openssh(text: &str) -> Result<Self, KeyError> {
        Self::new(parse(text)?)
    }

    /// The text to install as `/etc/ssh/ssh_host_ed25519_key`, mode 0600; sshd makes do without the `.pub` file.
    ///
    /// # Errors
    /// Not in practice.
    pub fn private_openssh(&self) -> Result<SecretString, KeyError> {
        print(&self.private)
    }

    /// What the machine will show.
    pub fn public(&self) -> &HostKey {
        &self.public
    }

    fn new(private: PrivateKey) -> Result<Self, KeyError> {
        let public = HostKey::from_public(private.public_key()).ok_or(KeyError::Kind)?;
        Ok(Self { private, public })
    }
}

impl fmt::Debug for HostKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKeyPair({})", self.public().fingerprint())
    }
}
