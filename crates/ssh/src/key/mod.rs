//! Keys: our own, and those that machines show. Ed25519 only.

mod client;
mod file;
mod host;

use std::path::PathBuf;

use crate::text;

pub use client::ClientKey;
pub use host::{HostKey, HostKeyPair};

/// Why a key is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{}", text::key_io(path, doing, source))]
    Io {
        /// The key's file.
        path: PathBuf,
        /// `read` or `write`.
        doing: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("{}", text::key_mode(path, *mode))]
    Open {
        /// The key's file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The text is no OpenSSH key.
    #[error("{}", text::KEY_FORM)]
    Form,
    /// It is a key of another kind.
    #[error("{}", text::KEY_KIND)]
    Kind,
    /// It is encrypted.
    #[error("{}", text::KEY_LOCKED)]
    Locked,
}

/// A pair from 32 bytes of the caller's randomness.
fn pair(
    rng: &mut (impl rand::Rng + ?Sized),
    comment: &str,
) -> Result<russh::keys::PrivateKey, KeyError> {
    use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
    let mut seed = secrecy::SecretBox::new(Box::new([0_u8; 32]));
    rng.fill_bytes(secrecy::ExposeSecretMut::expose_secret_mut(&mut seed));
    let pair = Ed25519Keypair::from_seed(secrecy::ExposeSecret::expose_secret(&seed));
    russh::keys::PrivateKey::new(KeypairData::from(pair), comment.to_owned())
        .map_err(|_| KeyError::Form)
}

/// A pair from an OpenSSH private key file's text.
fn parse(text: &str) -> Result<russh::keys::PrivateKey, KeyError> {
    let key = russh::keys::PrivateKey::from_openssh(text).map_err(|_| KeyError::Form)?;
    if key.is_encrypted() {
        return Err(KeyError::Locked);
    }
    if key.key_data().ed25519().is_none() {
        return Err(KeyError::Kind);
    }
    Ok(key)
}

/// The text of an OpenSSH private key file.
fn print(key: &russh::keys::PrivateKey) -> Result<secrecy::SecretString, KeyError> {
    let text = key
        .to_openssh(russh::keys::ssh_key::LineEnding::LF)
        .map_err(|_| KeyError::Form)?;
    Ok(secrecy::SecretString::from(text.as_str()))
}

/// A comment that stays one line and one word list.
fn clean(comment: &str) -> String {
    let plain = |c: &char| !c.is_control();
    comment.chars().filter(plain).take(100).collect()
}
